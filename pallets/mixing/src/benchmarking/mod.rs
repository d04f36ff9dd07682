//! Benchmarks, at the worst case: rings as full as they get, intervals as long as notes have them, fresh addresses.
//!
//! A runtime cannot make ring proofs, so those to be verified are compiled in: [`fixture`].

mod fixture;

use crate::{note_impls::feeder_of, ring_impls::block_key, types::Member, *};
use alloc::{vec, vec::Vec};
use fixture::Fixture;
use frame_benchmarking::v2::*;
use frame_support::{
	pallet_prelude::TransactionSource,
	traits::{fungible::Mutate, EnsureOrigin, Get},
	BoundedVec,
};
use frame_system::{pallet_prelude::BlockNumberFor, RawOrigin};
use petra_primitives::{
	messages::mixing, AssetKind, AssetLedger, BlockNumber, EnergyAsset, FeederId, FreeOrder, Grid,
	Note, Source, Timestep, Withdrawal,
};
use sp_runtime::{traits::Zero, AccountId32, SaturatedConversion};
use verifiable::{ring::bandersnatch::BandersnatchVrfVerifiable as Scheme, GenerateVerifiable};

const FEEDER: FeederId = 7;
#[allow(non_snake_case)]
fn STOP() -> BenchmarkError {
	BenchmarkError::Stop("the benchmark's state could not be made")
}

fn address(index: u32) -> AccountId32 {
	account("address", index, 0)
}

/// An energy note that is as long as may be and begins at that multiple of its length after the present.
fn energy_note<T: Config>(multiple: i64) -> Note {
	let (now, parameters) = (T::Grid::now(), T::Grid::parameters());
	let length = 1u64 << parameters.horizon.max(1).ilog2();
	let past = now.saturating_add(parameters.gate_lead).checked_div(length).unwrap_or_default();
	let start = past.saturating_add_signed(multiple).saturating_mul(length);
	let (kind, feeder, traded) = (AssetKind::Production, FEEDER, false);
	let (power, end) = (parameters.power_lot, start.saturating_add(length).saturating_sub(1));
	Note::Energy { kind, feeder, traded, power, start, end }
}

fn asset_of(note: &Note, owner: AccountId32) -> Result<EnergyAsset<AccountId32>, BenchmarkError> {
	let Note::Energy { kind, feeder, traded, power, start, end } = *note else {
		return Err(STOP());
	};
	Ok(EnergyAsset { owner, kind, power, start, end, feeder, traded, locked: false })
}

fn money_note<T: Config>() -> Note {
	Note::Financial { amount: Unit::<T>::get().saturating_mul(1 << 20) }
}

fn give_money<T: Config>(who: &AccountId32, note: &Note) -> Result<Source, BenchmarkError> {
	let Note::Financial { amount } = *note else { return Err(STOP()) };
	T::Currency::mint_into(who, amount).map_err(|_| STOP())?;
	Ok(Source::Financial(amount))
}

fn secret(index: u8) -> <Scheme as GenerateVerifiable>::Secret {
	Scheme::new_secret([index; 32])
}

fn key(index: u8) -> MemberKey {
	Scheme::member_from_secret(&secret(index))
}

fn sign(index: u8, message: &[u8; 32]) -> Result<[u8; 64], BenchmarkError> {
	Scheme::sign(&secret(index), message).map_err(|_| STOP())
}

/// A ring of a pool with `members` keys, revised in each of the last blocks, that fails or has not yet.
fn put_ring<T: Config>(note: Note, members: u32, fate: Fate) -> Result<RingId, BenchmarkError> {
	let id = (note, 0);
	Pools::<T>::insert(note, Pool { rings: 1, stored: 1 });
	if let Some(feeder) = feeder_of(&note) {
		PoolsOn::<T>::insert(feeder, 1);
	}
	let undecided = fate == Fate::Undecided;
	let deadline = match note {
		Note::Energy { start, end, .. } => {
			if undecided {
				Gates::<T>::insert(start.to_be_bytes(), id, ());
			}
			Ends::<T>::insert(end.to_be_bytes(), id, ());
			None
		},
		Note::Financial { .. } => {
			let deadline = Pallet::<T>::block().saturating_add(1_000);
			if undecided {
				Timeouts::<T>::insert(block_key(deadline), id, ());
			}
			Some(deadline)
		},
	};
	let root = Fixture::root().ok_or_else(STOP)?;
	for index in 0..members {
		Members::<T>::insert(id, index, Member { key: [index as u8; 32], reclaimed: false });
		let block = Pallet::<T>::block();
		Revisions::<T>::insert(id, index, Revision { block, root: Some(root.clone()) });
	}
	Builders::<T>::insert(id, Fixture::builder().ok_or_else(STOP)?);
	let rules = RingRules { min_size: 2, min_age: 0 };
	let ring = Ring {
		rules,
		deadline,
		members,
		held: members,
		expired: 0,
		usable_from: Some(BlockNumber::zero()),
		oldest_root: 0,
		fate,
	};
	Rings::<T>::insert(id, ring);
	Ok(id)
}

/// Makes key 7 one that signs.
fn put_key<T: Config>(id: &RingId) {
	Keys::<T>::insert(key(7), 7);
	Members::<T>::insert(id, 7, Member { key: key(7), reclaimed: false });
}

/// The ring that the fixture's proofs are about; its withdrawals, to addresses that were never seen.
fn put_fixture<T: Config>(count: u32) -> Result<Vec<Withdrawal<AccountId32>>, BenchmarkError> {
	let zero = BlockNumberFor::<T>::zero();
	frame_system::BlockHash::<T>::insert(zero, Fixture::GENESIS);
	let id = put_ring::<T>(Fixture::POOL, RING_CAPACITY, Fate::Undecided)?;
	Builders::<T>::remove(id);
	T::Order::benchmark_worst_case(&Fixture::recipient(0));
	for _ in 0..count {
		give_money::<T>(&Pallet::<T>::pot(), &Fixture::POOL)?;
	}
	(0..count).map(|index| Fixture::withdrawal(index).ok_or_else(STOP)).collect()
}

/// Makes a withdrawal dearer by what the first proof of each call of a runtime costs besides: the domain of the ring, which
/// later ones of the same call, and so all but the first run of a benchmark, find made.
fn as_first_of_a_call() {
	let domain = verifiable::ring::RingDomainSize::Domain11;
	core::hint::black_box(verifiable::ring::make_ring_context::<fixture::Suite>(domain));
	core::hint::black_box(verifiable::ring::make_empty_members_set::<fixture::Suite>(domain));
}

#[benchmarks]
mod benchmarks {
	use super::*;

	/// In a ring that is nearly full, of which two roots are forgotten.
	#[benchmark]
	fn deposit_energy() -> Result<(), BenchmarkError> {
		T::Grid::benchmark_worst_case();
		let (note, who) = (energy_note::<T>(1), address(0));
		put_ring::<T>(note, Fixture::BUILDER_KEYS, Fate::Undecided)?;
		Rings::<T>::mutate((note, 0), |ring| {
			if let Some(ring) = ring {
				ring.rules.min_size = 100;
			}
		});
		let id =
			T::Assets::benchmark_withdraw(asset_of(&note, who.clone())?).map_err(|_| STOP())?;
		let message = mixing::possession(Pallet::<T>::genesis(), &who, &note);
		let signature = sign(254, &message)?;

		#[extrinsic_call]
		deposit(RawOrigin::Signed(who), Source::Energy(id), key(254), signature);

		let ring = Rings::<T>::get((note, 0)).ok_or_else(STOP)?;
		assert_eq!((ring.members, ring.oldest_root), (Fixture::BUILDER_KEYS.saturating_add(1), 2));
		Ok(())
	}

	#[benchmark]
	fn deposit_financial() -> Result<(), BenchmarkError> {
		T::Grid::benchmark_worst_case();
		let (note, who) = (money_note::<T>(), address(0));
		put_ring::<T>(note, Fixture::BUILDER_KEYS, Fate::Undecided)?;
		Rings::<T>::mutate((note, 0), |ring| {
			if let Some(ring) = ring {
				ring.rules.min_size = 100;
			}
		});
		let source = give_money::<T>(&who, &note)?;
		let message = mixing::possession(Pallet::<T>::genesis(), &who, &note);
		let signature = sign(254, &message)?;

		#[extrinsic_call]
		deposit(RawOrigin::Signed(who), source, key(254), signature);

		let ring = Rings::<T>::get((note, 0)).ok_or_else(STOP)?;
		assert_eq!((ring.members, ring.oldest_root), (Fixture::BUILDER_KEYS.saturating_add(1), 2));
		Ok(())
	}

	#[benchmark]
	fn withdraw_energy() -> Result<(), BenchmarkError> {
		T::Grid::benchmark_worst_case();
		let (note, recipient) = (energy_note::<T>(1), address(1));
		put_ring::<T>(note, 200, Fate::Undecided)?;
		let id = T::Assets::benchmark_withdraw(asset_of(&note, address(0))?).map_err(|_| STOP())?;
		T::Assets::pool(&address(0), id, 1).map_err(|_| STOP())?;
		// The proof is not looked at.
		let withdrawal = Withdrawal {
			pool: note,
			ring: 0,
			revision: 199,
			nullifier: [1; 32],
			deadline: BlockNumber::MAX,
			proof: BoundedVec::truncate_from(vec![0; PROOF_BYTES]),
			recipient,
		};

		#[extrinsic_call]
		withdraw(RawOrigin::Authorized, withdrawal);

		assert_eq!(Rings::<T>::get((note, 0)).map(|ring| ring.held), Some(199));
		Ok(())
	}

	/// The last note of a ring that is full.
	#[benchmark]
	fn withdraw_financial() -> Result<(), BenchmarkError> {
		let withdrawal = put_fixture::<T>(1)?.pop().ok_or_else(STOP)?;
		let id = (Fixture::POOL, 0);
		Rings::<T>::mutate(id, |ring| {
			if let Some(ring) = ring {
				ring.held = 1;
			}
		});

		#[extrinsic_call]
		withdraw(RawOrigin::Authorized, withdrawal);

		assert!(Done::<T>::contains_key(id));
		Ok(())
	}

	#[benchmark]
	fn authorize_withdraw() -> Result<(), BenchmarkError> {
		let withdrawal = put_fixture::<T>(1)?.pop().ok_or_else(STOP)?;
		let valid;

		#[block]
		{
			as_first_of_a_call();
			valid = Pallet::<T>::authorize_withdraw(TransactionSource::External, &withdrawal);
		}

		assert!(valid.is_ok());
		Ok(())
	}

	#[benchmark]
	fn authorize_withdraw_batch(
		n: Linear<2, { T::MaxBatch::get() }>,
	) -> Result<(), BenchmarkError> {
		let withdrawals = BoundedVec::truncate_from(put_fixture::<T>(n)?);
		let valid;

		#[block]
		{
			as_first_of_a_call();
			valid =
				Pallet::<T>::authorize_withdraw_batch(TransactionSource::External, &withdrawals);
		}

		assert!(valid.is_ok());
		Ok(())
	}

	/// Nobody has noticed that the ring failed.
	#[benchmark]
	fn reclaim_energy() -> Result<(), BenchmarkError> {
		T::Grid::benchmark_worst_case();
		let (note, recipient) = (energy_note::<T>(0), address(1));
		let id = put_ring::<T>(note, 200, Fate::Undecided)?;
		fail::<T>(&id);
		let asset = T::Assets::benchmark_withdraw(asset_of(&note, address(0))?);
		T::Assets::pool(&address(0), asset.map_err(|_| STOP())?, 1).map_err(|_| STOP())?;
		put_key::<T>(&id);
		let message = mixing::reclaim(Pallet::<T>::genesis(), &note, 0, &recipient);
		let signature = sign(7, &message)?;

		#[extrinsic_call]
		reclaim(RawOrigin::Signed(address(2)), note, 0, key(7), recipient, signature);

		let ring = Rings::<T>::get(id).ok_or_else(STOP)?;
		assert_eq!((ring.held, ring.fate), (199, Fate::Failed));
		Ok(())
	}

	#[benchmark]
	fn reclaim_financial() -> Result<(), BenchmarkError> {
		let (note, recipient) = (money_note::<T>(), address(1));
		let id = put_ring::<T>(note, 200, Fate::Failed)?;
		Rings::<T>::mutate(id, |ring| {
			if let Some(ring) = ring {
				ring.held = 1;
			}
		});
		give_money::<T>(&Pallet::<T>::pot(), &note)?;
		put_key::<T>(&id);
		let message = mixing::reclaim(Pallet::<T>::genesis(), &note, 0, &recipient);
		let signature = sign(7, &message)?;

		#[extrinsic_call]
		reclaim(RawOrigin::Signed(address(2)), note, 0, key(7), recipient, signature);

		assert!(Done::<T>::contains_key(id));
		Ok(())
	}

	#[benchmark]
	fn set_ring_rules() -> Result<(), BenchmarkError> {
		let origin = T::RegulatorOrigin::try_successful_origin().map_err(|_| STOP())?;

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, 20, 3);

		assert_eq!(Rules::<T>::get(), RingRules { min_size: 20, min_age: 3 });
		Ok(())
	}

	/// A timestep has begun that decides about a ring.
	#[benchmark]
	fn on_initialize() -> Result<(), BenchmarkError> {
		T::Grid::benchmark_worst_case();
		put_ring::<T>(energy_note::<T>(0), 3, Fate::Undecided)?;
		let now = T::Grid::now();

		#[block]
		{
			Pallet::<T>::note_time();
		}

		assert!(FirstBlocks::<T>::contains_key(now.to_be_bytes()));
		Ok(())
	}

	#[benchmark]
	fn decide_ring() -> Result<(), BenchmarkError> {
		T::Grid::benchmark_worst_case();
		let id = put_ring::<T>(energy_note::<T>(0), 3, Fate::Undecided)?;
		fail::<T>(&id);

		#[block]
		{
			Pallet::<T>::decide_next();
		}

		assert_eq!(Rings::<T>::get(id).map(|ring| ring.fate), Some(Fate::Failed));
		Ok(())
	}

	#[benchmark]
	fn expire_ring() -> Result<(), BenchmarkError> {
		T::Grid::benchmark_worst_case();
		let note = expired_note::<T>();
		let id = put_ring::<T>(note, 2, Fate::Undecided)?;
		fail::<T>(&id);
		for index in 0..2 {
			// Pooled or not, they count the same.
			T::Assets::benchmark_withdraw(asset_of(&note, address(index))?).map_err(|_| STOP())?;
		}

		#[block]
		{
			Pallet::<T>::expire_next();
		}

		assert!(Done::<T>::contains_key(id));
		Ok(())
	}

	/// The last part, with as many revisions as a step takes.
	#[benchmark]
	fn clean_ring() -> Result<(), BenchmarkError> {
		let id =
			put_ring::<T>(energy_note::<T>(0), CLEANED_PER_STEP.saturating_sub(1), Fate::Usable)?;
		for index in 0..RING_CAPACITY {
			Members::<T>::remove(id, index);
		}
		Done::<T>::insert(id, ());

		#[block]
		{
			Pallet::<T>::clean_next();
		}

		assert!(!Rings::<T>::contains_key(id) && !PoolsOn::<T>::contains_key(FEEDER));
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}

/// The ring's gate is closed, and it would have been usable too late.
fn fail<T: Config>(id: &RingId) {
	let late = Pallet::<T>::block().saturating_add(1_000);
	Rings::<T>::mutate(id, |ring| {
		if let Some(ring) = ring {
			ring.usable_from = Some(late);
		}
	});
	let now: Timestep = T::Grid::now();
	FirstBlocks::<T>::insert(now.to_be_bytes(), late.saturating_sub(1).saturated_into::<u32>());
}

/// The longest energy note whose settlement window has passed.
fn expired_note<T: Config>() -> Note {
	let mut multiple = 0;
	loop {
		let note = energy_note::<T>(multiple);
		if Pallet::<T>::is_expired(&note) {
			return note;
		}
		multiple = multiple.saturating_sub(1);
	}
}
