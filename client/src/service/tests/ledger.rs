//! A ledger in memory with what matters of a chain: numbers of transactions, a last block for each, a pool that forgets,
//! finality that lags.

use super::{key_of, Steps};
use crate::{
	billing::Entry,
	service::{Change, Issue, Ledger, LedgerBlock, LedgerError, Member},
	types::*,
	AccountId32, Signed, H256,
};
use codec::{Decode, Encode};
use std::{
	collections::BTreeMap,
	sync::{Arc, Mutex},
};

pub const PARAMETERS: Parameters = Parameters {
	timestep_ms: 900_000,
	power_lot: 100,
	price_tick: 1,
	gate_lead: 1,
	horizon: 672,
	settlement_window: 96,
	billing_period: 2_880,
};
pub const LIMITS: Limits =
	Limits { max_production: 5_000, max_consumption: 3_000, max_financial: 1_000_000 };
/// For how many blocks a transaction is valid: so few that some come too late.
const MORTAL_FOR: u64 = 6;
/// By how many blocks finality lags.
const LAG: u64 = 2;
/// What is issued to this address, the ledger refuses.
pub const CURSED: AccountId32 = AccountId32([66; 32]);

#[derive(Default)]
pub struct State {
	pub blocks: Vec<Block>,
	/// By number.
	pool: BTreeMap<u64, (Signed, Issue)>,
	nonce: u64,
	salt: u64,
	/// Deposits of the next block.
	pub deposits: Vec<Entry>,
	/// Whether the next block has a transaction of the same account that is not the service's.
	pub foreign: bool,
	/// Whether nobody answers.
	pub down: bool,
	/// The household that is not authorised.
	pub banned: Option<MeterId>,
	/// What changes for all households later.
	pub changes: Vec<Change>,
}

#[derive(Clone, Default)]
pub struct Block {
	nonce: u64,
	pub issued: Vec<(H256, Issue, Result<(), String>)>,
	deposits: Vec<Entry>,
}

#[derive(Clone, Default)]
pub struct SimLedger {
	pub state: Arc<Mutex<State>>,
	pub steps: Arc<Mutex<Steps>>,
}

impl SimLedger {
	pub fn new() -> Self {
		let ledger = Self::default();
		(0..=LAG).for_each(|_| ledger.mine());
		ledger
	}

	/// Makes a block of what is in the pool.
	pub fn mine(&self) {
		let mut state = self.state.lock().unwrap();
		let number = state.blocks.len() as u64;
		let mut block = Block { deposits: std::mem::take(&mut state.deposits), ..Block::default() };
		if std::mem::take(&mut state.foreign) {
			state.nonce += 1;
		}
		while let Some((signed, issue)) = {
			let nonce = state.nonce;
			state.pool.remove(&nonce)
		} {
			if number > signed.until {
				break;
			}
			state.nonce += 1;
			let (Issue::Energy(to, _) | Issue::Financial(to, _)) = issue;
			let outcome =
				if to == CURSED { Err("EnergyAssets::FeederLimitExceeded".into()) } else { Ok(()) };
			block.issued.push((signed.hash(), issue, outcome));
		}
		let nonce = state.nonce;
		state.pool.retain(|number, _| *number >= nonce);
		block.nonce = nonce;
		state.blocks.push(block);
	}

	pub fn forget_pool(&self) {
		self.state.lock().unwrap().pool.clear();
	}

	/// Everything that was ever issued successfully.
	pub fn issued(&self) -> Vec<Issue> {
		let state = self.state.lock().unwrap();
		let all = state.blocks.iter().flat_map(|block| &block.issued);
		all.filter(|(_, _, outcome)| outcome.is_ok())
			.map(|(_, issue, _)| *issue)
			.collect()
	}

	fn step(&self, name: &'static str) -> Result<(), LedgerError> {
		let steps = self.steps.lock().unwrap().clone();
		steps.at(name).map_err(|_| LedgerError::Killed(name))
	}

	fn up(&self) -> Result<std::sync::MutexGuard<'_, State>, LedgerError> {
		let state = self.state.lock().unwrap();
		if state.down {
			return Err(LedgerError::Unreachable("it is down".into()));
		}
		Ok(state)
	}
}

impl Ledger for SimLedger {
	async fn finalized(&self) -> Result<u64, LedgerError> {
		Ok(self.up()?.blocks.len() as u64 - 1 - LAG)
	}

	async fn block(&self, number: u64, transactions: &[H256]) -> Result<LedgerBlock, LedgerError> {
		let state = self.up()?;
		let block = state.blocks.get(usize::try_from(number).unwrap()).unwrap();
		let outcomes = block.issued.iter().filter(|(hash, ..)| transactions.contains(hash));
		Ok(LedgerBlock {
			number,
			timestep: super::now(),
			nonce: Some(block.nonce),
			outcomes: outcomes.map(|(hash, _, outcome)| (*hash, outcome.clone())).collect(),
			deposits: block.deposits.clone(),
		})
	}

	async fn sign(&self, issue: &Issue, nonce: u64) -> Result<Signed, LedgerError> {
		let born = self.finalized().await?;
		let mut state = self.up()?;
		state.salt += 1;
		let bytes = (issue, nonce, state.salt).encode();
		Ok(Signed { call: "issue".into(), bytes, nonce, born, until: born + MORTAL_FOR })
	}

	async fn submit(&self, signed: &Signed) -> Result<(), LedgerError> {
		self.step("before a submission")?;
		{
			let mut state = self.up()?;
			let next = state.blocks.len() as u64;
			if signed.nonce < state.nonce {
				return Ok(());
			}
			if next > signed.until {
				return Err(LedgerError::Refused("ancient".into()));
			}
			let (issue, ..) = <(Issue, u64, u64)>::decode(&mut &signed.bytes[..]).unwrap();
			state.pool.entry(signed.nonce).or_insert((signed.clone(), issue));
		}
		self.step("after a submission")
	}

	async fn member(&self, household: MeterId) -> Result<Option<Member>, LedgerError> {
		let state = self.up()?;
		let path = if household == 3 { Path::Meter } else { Path::Dso };
		let authorized = state.banned != Some(household);
		let first = Change { from: 0, authorized, path, limits: LIMITS, dso_from: 0 };
		let changes = [[first].as_slice(), state.changes.as_slice()].concat();
		let key = key_of(household).public_key().to_account_id();
		Ok((1..=3).contains(&household).then_some(Member { key, feeder: 7, changes }))
	}

	async fn parameters(&self) -> Result<Parameters, LedgerError> {
		self.up().map(|_| PARAMETERS)
	}
}
