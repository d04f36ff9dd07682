//! Mixing on a chain: deposits, withdrawals that are made anew when the ring has moved on, reclaims, and what a program
//! finds when it comes back after it was killed.

use super::{
	journal::{Bytes32, Entry, Journal, JournalError, Stage},
	member::MemberKey,
	proof::{self, Flaw, Proof, ProofError, Proven, Statement},
	refusals::{code_of, refused_for_good, NOTE_EXPIRED, RING_FAILED, RING_NOT_FOUND},
};
use crate::{AccountId32, BlockRef, Call, Client, Error, Ledger, Outcome, PetraConfig, Signer};
use codec::{Decode, Encode};
use petra_primitives::{BlockNumber, Note, PoolInfo, RevisionInfo, RingInfo, Source, Withdrawal};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use subxt::{dynamic::storage, rpcs::rpc_params, utils::Static};

/// For how many blocks a withdrawal is valid: one that does not make it by then is proven anew.
const VALID_FOR: BlockNumber = 32;
/// Somebody has sent the reclaim already.
const RECLAIMED: &str = "Mixing::AlreadyReclaimed";
/// What it means that a ring of energy is gone.
const EXPIRED: &str =
	"Mixing::NoteExpired: the settlement window of the note has passed. If a withdrawal was under way before that, the \
	 note is where it was to arrive";

/// Why a note was not mixed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MixError {
	/// The chain or the node.
	#[error(transparent)]
	Chain(#[from] Error),
	/// The journal.
	#[error(transparent)]
	Journal(#[from] JournalError),
	/// The proof.
	#[error(transparent)]
	Proof(#[from] ProofError),
	/// The journal knows of no note under this key, or of one that is elsewhere.
	#[error("{member}: {what}")]
	NotThere {
		/// The member key.
		member: Bytes32,
		/// Where the note is.
		what: &'static str,
	},
	/// The ring failed: it had no usable revision by its deadline.
	#[error("ring {ring} of this pool has failed: take the note back with a reclaim. Everybody sees whose it was")]
	RingFailed {
		/// The ring.
		ring: u32,
	},
	/// The ring has not enough members yet, and patience is over.
	#[error(
		"ring {ring} had no usable revision with at least {wanted} members until block {until}: wait, or be content with \
		 fewer"
	)]
	RingNotReady {
		/// The ring.
		ring: u32,
		/// How many members were asked for.
		wanted: u32,
		/// The block.
		until: BlockNumber,
	},
	/// The note was taken out before this journal was begun.
	#[error(
		"the note was taken out before this journal was begun: look at the addresses of the wallet"
	)]
	AlreadyOut,
	/// The ledger refuses the withdrawal, now and later.
	#[error("{meaning} (the node says: {reason})")]
	Refused {
		/// What that means.
		meaning: &'static str,
		/// What the node says.
		reason: String,
	},
	/// The withdrawal came into no block, and patience is over.
	#[error("the withdrawal came into no block until {until} ({attempts} attempts): {reason}")]
	NotIncluded {
		/// The block.
		until: BlockNumber,
		/// How often it was proven.
		attempts: u32,
		/// What the node said last.
		reason: String,
	},
}

impl MixError {
	/// Whether the note has expired, and is lost: its timesteps' settlement window has passed.
	pub fn is_expired(&self) -> bool {
		match self {
			Self::Refused { meaning, reason } => {
				*meaning == EXPIRED
					|| matches!(code_of(reason), Some(NOTE_EXPIRED | RING_NOT_FOUND))
			},
			_ => false,
		}
	}

	/// Whether nothing comes out of any pool now, since the regulator has paused that.
	pub fn is_paused(&self) -> bool {
		matches!(self, Self::Refused { meaning, reason } if *meaning != EXPIRED && code_of(reason).is_none())
	}
}

impl From<Flaw> for MixError {
	fn from(_: Flaw) -> Self {
		Self::Proof(ProofError::DoesNotHold)
	}
}

/// The result of mixing.
pub type Result<T, E = MixError> = core::result::Result<T, E>;

/// How long to go on, and what to be content with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
	/// For how many blocks to wait, and to send the withdrawal again.
	pub blocks: BlockNumber,
	/// How many members a revision must have: the more, the better hidden. The chain's minimum holds besides.
	pub members: u32,
}

/// A note that came into a ring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deposited {
	/// The ring.
	pub ring: u32,
	/// Its place among the members.
	pub index: u32,
	/// The block.
	pub block: BlockRef,
}

/// A note that came out of a ring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withdrawn {
	/// Where it arrived. If an earlier withdrawal was under way, it is the one that was named then.
	pub recipient: AccountId32,
	/// How many members the revision had over which it was proven; 0: see `attempts`.
	pub members: u32,
	/// How long the last proof took to make.
	pub proving: Duration,
	/// How often it was proven; 0: an attempt of another program, which was ended meanwhile, had come through.
	pub attempts: u32,
}

/// A note, as the journal and the ledger know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
	/// What the journal knows.
	pub entry: Entry,
	/// How many members the newest usable revision of its ring has that contains it; 0: there is none yet.
	pub members: u32,
	/// Whether its ring has failed.
	pub failed: bool,
}

/// What takes a note back from a failed ring, whoever sends it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Reclaim {
	/// The pool.
	pub pool: Note,
	/// The ring.
	pub ring: u32,
	/// The member key's public key.
	pub member: Bytes32,
	/// Where the note arrives.
	pub recipient: Bytes32,
	/// The member key's signature, in hexadecimal.
	pub signature: String,
}

/// The call that takes a note back.
///
/// # Errors
/// [`MixError::Chain`] if the node does not answer, or its chain has no mixing; [`MixError::Proof`] if the signature is none.
pub async fn reclaim_call(client: &Client, reclaim: &Reclaim) -> Result<Call> {
	let mut signature = [0; 64];
	hex::decode_to_slice(&reclaim.signature, &mut signature)
		.map_err(|_| ProofError::DoesNotHold)?;
	let &Reclaim { pool, ring, member, recipient, .. } = reclaim;
	mixing_call(client, "reclaim", (pool, ring, member.0, recipient.0, signature)).await
}

/// Puts a household's notes into mixing pools and takes them out again, and forgets none.
#[derive(Debug)]
pub struct Mixer {
	client: Client,
	genesis: [u8; 32],
	journal: Journal,
}

/// What is done to get one note out.
struct Aim {
	entry: Entry,
	ring: u32,
	index: u32,
	recipient: [u8; 32],
	nullifier: [u8; 32],
}

/// How far attempts at a withdrawal have come.
#[derive(Default)]
struct Progress {
	members: u32,
	proving: Duration,
	attempts: u32,
	/// What the node said last.
	refusal: Option<String>,
}

/// Whether a note has left its ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Left {
	No,
	/// In the best block.
	NotFinally,
	Finally,
}

impl Progress {
	fn proven(&mut self, members: u32, proving: Duration) {
		(self.members, self.proving) = (members, proving);
		self.attempts = self.attempts.saturating_add(1);
	}

	/// Why nothing came of it.
	fn gave_up(self, aim: &Aim, patience: Patience, until: BlockNumber) -> MixError {
		let Self { attempts, refusal, .. } = self;
		match (attempts, refusal) {
			(0, _) => MixError::RingNotReady { ring: aim.ring, wanted: patience.members, until },
			(_, refusal) => {
				let reason = refusal.unwrap_or_else(|| "no block had room for it".into());
				MixError::NotIncluded { until, attempts, reason }
			},
		}
	}
}

impl Mixer {
	/// Mixes on the chain of this node, with this journal.
	///
	/// # Errors
	/// [`MixError::Chain`] if the node does not answer.
	pub async fn new(client: Client, journal: Journal) -> Result<Self> {
		let genesis =
			client.block_hash(0).await?.ok_or_else(|| Error::BlockNotFound("0".into()))?;
		Ok(Self { client, genesis: genesis.0, journal })
	}

	/// What is known of the household's notes.
	pub fn journal(&self) -> &Journal {
		&self.journal
	}

	/// All pools with their rings.
	///
	/// # Errors
	/// [`MixError::Chain`] if the node does not answer, or its chain has no mixing.
	pub async fn pools(&self) -> Result<Vec<PoolInfo>> {
		Ok(self.client.mixing_pools().await?)
	}

	/// A ring, if there is one of that number.
	///
	/// # Errors
	/// As [`Mixer::pools`].
	pub async fn ring(&self, pool: &Note, ring: u32) -> Result<Option<RingInfo>> {
		Ok(self.client.mixing_ring(pool, ring).await?)
	}

	/// Puts a note into its pool: `source` is an asset of the signer's, whole, or money; `number` the number from which
	/// the wallet derived the key. Returns when that is final.
	///
	/// # Errors
	/// [`MixError::Chain`] with the chain's own error, [`MixError::Journal`] before anything is sent.
	pub async fn deposit(
		&mut self,
		number: u32,
		key: &MemberKey,
		note: Note,
		source: Source,
		signer: &impl Signer<PetraConfig>,
	) -> Result<Deposited> {
		let depositor = signer.account_id();
		let current = self.current_ring(&note).await?;
		let stage = Stage::Depositing { depositor: Bytes32(depositor.0), ring: current };
		let entry = Entry { note, number, member: Bytes32(key.public()), stage };
		self.journal.record(entry.clone())?;

		let call = self.deposit_call(key, note, source, &depositor).await?;
		let outcome = match self.client.send(&call, signer).await {
			Ok(outcome) => outcome,
			Err(error) => {
				if matches!(error, Error::Dispatch { .. } | Error::Refused { .. }) {
					self.journal.record(Entry { stage: Stage::Refused, ..entry })?;
				}
				return Err(error.into());
			},
		};
		self.deposited(number, key, note, &outcome)
	}

	/// The call that puts a note into its pool, for who sends it otherwise than with [`Mixer::deposit`]: then
	/// [`Mixer::deposited`] hears of it, or [`Mixer::recover`] finds it. The journal knows of nothing before that.
	///
	/// # Errors
	/// [`MixError::Chain`] if the node does not answer, or its chain has no mixing.
	pub async fn deposit_call(
		&self,
		key: &MemberKey,
		note: Note,
		source: Source,
		depositor: &AccountId32,
	) -> Result<Call> {
		let possession = key.prove_possession(self.genesis, depositor.0, &note);
		mixing_call(&self.client, "deposit", (source, key.public(), possession)).await
	}

	/// Writes down that a note has come into its pool, as its deposit's events say.
	///
	/// # Errors
	/// [`MixError::Chain`] if they say nothing of it, [`MixError::Journal`].
	pub fn deposited(
		&mut self,
		number: u32,
		key: &MemberKey,
		note: Note,
		outcome: &Outcome,
	) -> Result<Deposited> {
		let (ring, index) = deposited(outcome)?;
		let (member, stage) = (Bytes32(key.public()), Stage::Pooled { ring, index });
		self.journal.record(Entry { note, number, member, stage })?;
		Ok(Deposited { ring, index, block: outcome.block })
	}

	/// Takes the note under `key` out of its ring to `recipient`, which should never have been seen. Waits for a usable
	/// revision, proves over the newest, and does so again when the ring has moved on, or when the connection broke, if it
	/// is [lasting](Client::connect_lasting). Returns when that is final.
	///
	/// # Errors
	/// [`MixError::RingFailed`]: reclaim it; [`MixError::RingNotReady`] and [`MixError::NotIncluded`] when patience is over:
	/// the note stays in its ring.
	pub async fn withdraw(
		&mut self,
		key: &MemberKey,
		recipient: &AccountId32,
		patience: Patience,
	) -> Result<Withdrawn> {
		let aim = self.aim(key, recipient)?;
		let mut heads = self.client.best_heads().await?;
		let begun = block_number(self.client.best_head().await?);
		let until = begun.saturating_add(patience.blocks);
		let mut done = Progress::default();
		// It can have left its ring without an attempt of this program; once it is known that it has not, it cannot.
		let mut elsewhere = true;
		loop {
			let now = block_number(self.client.best_head().await?);
			if now >= until {
				return Err(done.gave_up(&aim, patience, until));
			}
			let left =
				if elsewhere || done.attempts > 0 { self.left(&aim).await? } else { Left::No };
			elsewhere = matches!(aim.entry.stage, Stage::Withdrawing { .. });
			let usable = match left {
				Left::No => self.usable(&aim, patience.members).await?,
				Left::NotFinally => None,
				Left::Finally => return self.came_out(aim, done),
			};
			if let Some((revision, keys)) = usable {
				let deadline = now.saturating_add(VALID_FOR).min(until);
				let proven = self.prove(key, &aim, revision, deadline, keys).await?;
				done.proven(revision.members, proven.took);
				self.announce(&aim, now, deadline)?;
				if self.attempt(&proven.proof, &aim, &mut done).await? {
					return self.finish(aim, done);
				}
			}
			match heads.next_number().await {
				Ok(_) => (),
				Err(_) if self.client.lasting => heads = self.client.best_heads().await?,
				Err(error) => return Err(error.into()),
			}
		}
	}

	/// Takes the note under `key` back from its failed ring to `recipient`, openly: everybody sees that it was the
	/// depositor's. `signer` only sends it, and may be anybody. Returns where the note arrived: if an earlier reclaim was
	/// under way, at the address that was named then.
	///
	/// # Errors
	/// [`MixError::Chain`] with `Mixing::RingNotFailed` if the ring is in use, or has time left.
	pub async fn reclaim(
		&mut self,
		key: &MemberKey,
		recipient: &AccountId32,
		signer: &impl Signer<PetraConfig>,
	) -> Result<AccountId32> {
		let before = self.aim(key, recipient)?.entry;
		let reclaim = self.begin_reclaim(key, recipient)?;
		let call = reclaim_call(&self.client, &reclaim).await?;
		match self.client.send(&call, signer).await {
			Ok(_) => (),
			Err(error) if error.dispatch_error() == Some(RECLAIMED) => (),
			Err(error) => {
				self.journal.record(before)?;
				return Err(error.into());
			},
		}
		self.reclaimed(key, recipient)
	}

	/// What has to be sent to take the note under `key` back from its failed ring, by whoever can: then [`Mixer::reclaimed`]
	/// hears of it. Asked again, it is the same, with the recipient that was named first.
	///
	/// # Errors
	/// [`MixError::NotThere`], [`MixError::Journal`].
	pub fn begin_reclaim(&mut self, key: &MemberKey, recipient: &AccountId32) -> Result<Reclaim> {
		let Aim { entry, ring, index, recipient, .. } = self.aim(key, recipient)?;
		let (pool, recipient) = (entry.note, Bytes32(recipient));
		let stage = Stage::Reclaiming { ring, index, recipient };
		self.journal.record(Entry { stage, ..entry })?;
		let signature = key.sign_reclaim(self.genesis, &pool, ring, recipient.0);
		let signature = hex::encode(signature);
		Ok(Reclaim { pool, ring, member: Bytes32(key.public()), recipient, signature })
	}

	/// Writes down that a note was taken back, and this is final. Returns where it arrived.
	///
	/// # Errors
	/// As [`Mixer::begin_reclaim`].
	pub fn reclaimed(&mut self, key: &MemberKey, recipient: &AccountId32) -> Result<AccountId32> {
		let Aim { entry, recipient, .. } = self.aim(key, recipient)?;
		let stage = Stage::Reclaimed { recipient: Bytes32(recipient) };
		self.journal.record(Entry { stage, ..entry })?;
		Ok(AccountId32(recipient))
	}

	/// Where the household's notes are that are not out yet.
	///
	/// # Errors
	/// As [`Mixer::pools`].
	pub async fn positions(&self) -> Result<Vec<Position>> {
		let mut positions = Vec::new();
		for entry in self.journal.entries().filter(|entry| !entry.stage.is_over()) {
			let (mut members, mut failed) = (0, false);
			if let Some((ring, index)) = place(&entry.stage) {
				if let Some(info) = self.ring(&entry.note, ring).await? {
					failed = info.failed;
					members = newest(&info, index).map_or(0, |revision| revision.members);
				}
			}
			positions.push(Position { entry: entry.clone(), members, failed });
		}
		Ok(positions)
	}

	/// Finds out what became of deposits that were under way when a program was killed, and of notes of which the journal
	/// was lost: looks for the keys in the pools' rings. `keys` are those that the wallet may have used, with their
	/// numbers. Returns how many notes were found that the journal did not know to be there. What was taken out before the
	/// journal was begun is written down as such, and not counted.
	///
	/// # Errors
	/// As [`Mixer::pools`], and [`MixError::Journal`].
	pub async fn recover(&mut self, keys: &[(u32, MemberKey)]) -> Result<usize> {
		let mut found = 0usize;
		for PoolInfo { pool, ring, .. } in self.pools().await? {
			let Some(info) = self.ring(&pool, ring).await? else { continue };
			for (number, key) in keys {
				let known = self.journal.entry(key.public()).map(|entry| &entry.stage);
				if known.is_some_and(|stage| place(stage).is_some() || is_out(stage)) {
					continue;
				}
				let at = info.members.iter().position(|member| *member == key.public());
				let Some(index) = at.and_then(|index| u32::try_from(index).ok()) else { continue };
				let nullifier = proof::nullifier(key, self.genesis, &pool, ring)
					.ok_or(ProofError::DoesNotHold)?;
				let ledger = self.client.final_ledger().await?;
				let stage = if is_used(&ledger, (pool, ring), nullifier).await? {
					Stage::Withdrawn { recipient: None }
				} else {
					found = found.saturating_add(1);
					Stage::Pooled { ring, index }
				};
				let member = Bytes32(key.public());
				self.journal.record(Entry { note: pool, number: *number, member, stage })?;
			}
		}
		Ok(found)
	}
}

impl Mixer {
	/// Where the note under a key lies, and where it is to go.
	fn aim(&self, key: &MemberKey, recipient: &AccountId32) -> Result<Aim> {
		let member = Bytes32(key.public());
		let not_there = |what| MixError::NotThere { member, what };
		let entry = self
			.journal
			.entry(key.public())
			.ok_or_else(|| not_there("the journal knows of no note under this key"))?
			.clone();
		let (ring, index) = place(&entry.stage).ok_or_else(|| {
			not_there(match entry.stage {
				Stage::Depositing { .. } => {
					"it is not known whether its deposit came through: recover first"
				},
				_ => "the note is in no ring any more",
			})
		})?;
		let nullifier = proof::nullifier(key, self.genesis, &entry.note, ring)
			.ok_or(ProofError::DoesNotHold)?;
		// Two withdrawals for two recipients would race: the one that was named first stays.
		let recipient = match entry.stage {
			Stage::Withdrawing { recipient, .. } | Stage::Reclaiming { recipient, .. } => {
				recipient.0
			},
			_ => recipient.0,
		};
		Ok(Aim { entry, ring, index, recipient, nullifier })
	}

	/// Whether the note under the key has left its ring: its nullifier is used, or all of the ring's are.
	async fn left(&self, aim: &Aim) -> Result<Left> {
		let ring = (aim.entry.note, aim.ring);
		let ledger = self.client.final_ledger().await?;
		if is_used(&ledger, ring, aim.nullifier).await? {
			return Ok(Left::Finally);
		}
		let ledger = self.client.ledger().await?;
		if is_used(&ledger, ring, aim.nullifier).await? {
			return Ok(Left::NotFinally);
		}
		match (self.ring(&aim.entry.note, aim.ring).await?, aim.entry.note) {
			(Some(_), _) => Ok(Left::No),
			// A ring of money goes when its last note is out; nobody else can have taken this one.
			(None, Note::Financial { .. }) => Ok(Left::Finally),
			(None, Note::Energy { .. }) => Err(MixError::Refused {
				meaning: EXPIRED,
				reason: format!("there is no ring {}", aim.ring),
			}),
		}
	}

	/// The note is out, and not by this withdrawal: by an earlier one, if there was any that this journal knows of.
	fn came_out(&mut self, aim: Aim, done: Progress) -> Result<Withdrawn> {
		if done.attempts > 0 || matches!(aim.entry.stage, Stage::Withdrawing { .. }) {
			return self.finish(aim, done);
		}
		let stage = Stage::Withdrawn { recipient: None };
		self.journal.record(Entry { stage, ..aim.entry })?;
		Err(MixError::AlreadyOut)
	}

	/// The newest usable revision that contains the note, if it has enough members, with its keys.
	async fn usable(
		&self,
		aim: &Aim,
		wanted: u32,
	) -> Result<Option<(RevisionInfo, Vec<[u8; 32]>)>> {
		let Some(info) = self.ring(&aim.entry.note, aim.ring).await? else { return Ok(None) };
		if info.failed {
			return Err(MixError::RingFailed { ring: aim.ring });
		}
		Ok(newest(&info, aim.index)
			.filter(|revision| revision.members >= wanted)
			.map(|revision| {
				let count = usize::try_from(revision.members).unwrap_or(usize::MAX);
				(revision, info.members.into_iter().take(count).collect())
			}))
	}

	/// Makes a proof, on a thread where it holds up nobody.
	async fn prove(
		&self,
		key: &MemberKey,
		aim: &Aim,
		revision: RevisionInfo,
		deadline: BlockNumber,
		members: Vec<[u8; 32]>,
	) -> Result<Proven> {
		let statement = Statement {
			genesis: self.genesis,
			pool: aim.entry.note,
			ring: aim.ring,
			revision: revision.revision,
			deadline,
			recipient: aim.recipient,
		};
		let key = key.clone();
		let proven =
			tokio::task::spawn_blocking(move || proof::prove(&key, statement, &members)).await;
		Ok(proven.map_err(|_| ProofError::DoesNotHold)??)
	}

	/// Writes down that a withdrawal is about to be sent.
	fn announce(&mut self, aim: &Aim, after: BlockNumber, deadline: BlockNumber) -> Result<()> {
		let &Aim { ring, index, .. } = aim;
		let (nullifier, recipient) = (Bytes32(aim.nullifier), Bytes32(aim.recipient));
		let stage = Stage::Withdrawing { ring, index, nullifier, recipient, after, deadline };
		Ok(self.journal.record(Entry { stage, ..aim.entry.clone() })?)
	}

	/// Writes down that the note is out.
	fn finish(&mut self, aim: Aim, done: Progress) -> Result<Withdrawn> {
		let stage = Stage::Withdrawn { recipient: Some(Bytes32(aim.recipient)) };
		self.journal.record(Entry { stage, ..aim.entry })?;
		let Progress { members, proving, attempts, .. } = done;
		Ok(Withdrawn { recipient: AccountId32(aim.recipient), members, proving, attempts })
	}

	/// Sends a withdrawal. Returns whether the note is out, finally; if not, another attempt may get it out.
	async fn attempt(&self, proof: &Proof, aim: &Aim, done: &mut Progress) -> Result<bool> {
		let reason = match self.send(proof).await {
			Ok(_) => return Ok(true),
			Err(MixError::Chain(Error::Refused { reason, .. })) => reason,
			Err(MixError::Chain(Error::Expired { .. })) => return Ok(false),
			// It may have come through: whether it has is asked before the next one.
			Err(MixError::Chain(Error::Disconnected { .. })) if self.client.lasting => {
				return Ok(false)
			},
			Err(error) => return Err(error),
		};
		if code_of(&reason) == Some(RING_FAILED) {
			return Err(MixError::RingFailed { ring: aim.ring });
		}
		if let Some(meaning) = refused_for_good(&reason) {
			return Err(MixError::Refused { meaning, reason });
		}
		// The root has moved on, or an earlier attempt is waiting in the pool, or has come through.
		done.refusal = Some(reason);
		Ok(false)
	}

	/// Sends a withdrawal as a general transaction, and waits until it is final.
	async fn send(&self, proof: &Proof) -> Result<Outcome> {
		let withdrawal: Withdrawal<[u8; 32]> = proof.withdrawal()?;
		let call = mixing_call(&self.client, "withdraw", withdrawal).await?;
		Ok(self.client.submit_general(&call).await?.finalized().await?)
	}

	/// The ring of a pool that deposits go to, if the pool is there.
	async fn current_ring(&self, note: &Note) -> Result<Option<u32>> {
		let pools = self.pools().await?.into_iter().filter(|info| info.pool == *note);
		Ok(pools.map(|info| info.ring).max())
	}
}

/// A call of the mixing pallet.
async fn mixing_call(client: &Client, name: &str, arguments: impl Encode) -> Result<Call> {
	let what = || format!("Mixing.{name}");
	let at = client.at(client.best_head().await?.hash).await?;
	let pallet = at.metadata_ref().pallet_by_name("Mixing");
	let (pallet, call) = pallet
		.and_then(|pallet| Some((pallet.call_index(), pallet.call_variant_by_name(name)?.index)))
		.ok_or_else(|| Error::metadata(what(), "there is no such call"))?;
	let bytes = [vec![pallet, call], arguments.encode()].concat();
	Ok(at
		.transactions()
		.from_call_data_bytes(&bytes)
		.map_err(|error| Error::metadata(what(), error))?)
}

/// Whether a nullifier of a ring is used: then the note whose it is has come out.
async fn is_used(ledger: &Ledger, ring: (Note, u32), nullifier: [u8; 32]) -> crate::Result<bool> {
	let nullifiers = storage::<_, Static<()>>("Mixing", "Nullifiers");
	let found = ledger.value(nullifiers, (Static(ring), Static(nullifier))).await?;
	Ok(found.is_some())
}

/// Ring and place of a note that is in one.
fn place(stage: &Stage) -> Option<(u32, u32)> {
	match *stage {
		Stage::Pooled { ring, index }
		| Stage::Withdrawing { ring, index, .. }
		| Stage::Reclaiming { ring, index, .. } => Some((ring, index)),
		_ => None,
	}
}

/// Whether a note left its ring.
fn is_out(stage: &Stage) -> bool {
	matches!(stage, Stage::Withdrawn { .. } | Stage::Reclaimed { .. })
}

/// The newest usable revision that contains the member at `index`.
fn newest(info: &RingInfo, index: u32) -> Option<RevisionInfo> {
	let usable = info.revisions.iter().rev().find(|revision| revision.usable);
	usable.filter(|revision| revision.members > index).copied()
}

/// Ring and place of a note, from its deposit's event.
fn deposited(outcome: &Outcome) -> Result<(u32, u32)> {
	let (call, name) = ("Mixing.deposit", "NoteDeposited");
	let event = outcome.event("Mixing", name).ok_or_else(|| Error::NoEvent {
		call: call.into(),
		event: "Mixing.NoteDeposited",
		block: outcome.block.number,
	})?;
	let (_, ring, index) = <(Note, u32, u32)>::decode(&mut event.field_bytes.as_slice())
		.map_err(|error| Error::metadata(format!("events of {call}"), error))?;
	Ok((ring, index))
}

fn block_number(block: BlockRef) -> BlockNumber {
	BlockNumber::try_from(block.number).unwrap_or(BlockNumber::MAX)
}

impl Client {
	/// The mixing pools with their rings, after the best block.
	///
	/// # Errors
	/// [`Error::Rpc`] if the node does not answer, or its chain has no mixing.
	pub async fn mixing_pools(&self) -> crate::Result<Vec<PoolInfo>> {
		self.ask_petra("mixing_pools", ()).await
	}

	/// A ring of a mixing pool, if there is one of that number, after the best block.
	///
	/// # Errors
	/// As [`Client::mixing_pools`].
	pub async fn mixing_ring(&self, pool: &Note, ring: u32) -> crate::Result<Option<RingInfo>> {
		self.ask_petra("ring", (pool, ring)).await
	}

	async fn ask_petra<Answer: Decode>(
		&self,
		method: &str,
		arguments: impl Encode,
	) -> crate::Result<Answer> {
		let function = format!("PetraApi_{method}");
		let arguments = format!("0x{}", hex::encode(arguments.encode()));
		let answer: String = self
			.rpc()
			.request("state_call", rpc_params![&function, arguments])
			.await
			.map_err(Error::rpc("to say what is in the mixing pools"))?;
		let undecodable = |reason: String| Error::metadata(&function, reason);
		let bytes = hex::decode(answer.trim_start_matches("0x"))
			.map_err(|error| undecodable(error.to_string()))?;
		Answer::decode(&mut bytes.as_slice()).map_err(|error| undecodable(error.to_string()))
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn ring(usable: &[bool]) -> RingInfo {
		let revisions = (0u32..)
			.zip(usable)
			.map(|(revision, &usable)| RevisionInfo {
				revision,
				members: revision.saturating_add(1),
				block: 7,
				usable,
			})
			.collect();
		RingInfo { members: vec![[0; 32]; usable.len()], revisions, failed: false }
	}

	#[test]
	fn refusals_should_say_whether_the_note_is_lost_or_only_late() {
		let refused = |reason: &str| {
			let meaning = refused_for_good(reason).unwrap_or(EXPIRED);
			let error = MixError::Refused { meaning, reason: reason.into() };
			(error.is_expired(), error.is_paused())
		};
		for (reason, expected) in [
			("there is no ring 3", (true, false)),
			("Invalid Transaction (1010): Custom error: 113", (true, false)),
			("Invalid Transaction (1010): Custom error: 111", (true, false)),
			("Invalid Transaction (1010): Transaction call is not expected", (false, true)),
			("Invalid Transaction (1010): Custom error: 117", (false, false)),
			("Invalid Transaction (1010): Custom error: 118", (false, false)),
		] {
			assert_eq!(refused(reason), expected, "{reason}");
		}
		let failed = MixError::RingFailed { ring: 3 };
		assert_eq!((failed.is_expired(), failed.is_paused()), (false, false));
	}

	#[test]
	fn the_newest_usable_revision_that_has_the_note_should_be_chosen() {
		let info = ring(&[false, true, true, false]);
		for (index, expected) in [(0, Some(2)), (2, Some(2)), (3, None)] {
			assert_eq!(newest(&info, index).map(|revision| revision.revision), expected);
		}
		assert_eq!(newest(&ring(&[false, false]), 0), None);
		assert_eq!(newest(&ring(&[]), 0), None);
	}
}
