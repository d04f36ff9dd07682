use super::*;
use frame_support::traits::KeyOwnerProofSystem;
use pallet_session::historical::{HistoricalSessions, StoredRange};
use sp_runtime::{testing::UintAuthorityId, KeyTypeId, RuntimeAppPublic};

const KEY_TYPE: KeyTypeId = UintAuthorityId::ID;

fn prove(id: u64) -> sp_session::MembershipProof {
	Historical::prove((KEY_TYPE, codec::Encode::encode(&UintAuthorityId(id)))).unwrap()
}

fn owner(id: u64, proof: sp_session::MembershipProof) -> Option<(AccountId, ())> {
	Historical::check_proof((KEY_TYPE, codec::Encode::encode(&UintAuthorityId(id))), proof)
}

#[test]
fn sessions_should_not_change_the_set_when_nothing_changed() {
	ExtBuilder::default().build_and_execute(|| {
		sessions(2);
		for _ in 0..4 {
			next_session();
			assert!(!pallet_session::QueuedChanged::<Test>::get());
		}
	});
}

#[test]
fn keys_should_rotate_in_two_sessions() {
	ExtBuilder::default().build_and_execute(|| {
		sessions(2);
		assert_ok!(set_keys(2, 22));
		next_session();
		assert_eq!(Authorities::get(), vec![1, 2, 3]);
		next_session();
		assert_eq!(Authorities::get(), vec![1, 22, 3]);
		assert_eq!(Session::validators(), vec![1, 2, 3]);
	});
}

#[test]
fn ownership_of_rotated_keys_should_be_provable_in_later_sessions() {
	ExtBuilder::default().build_and_execute(|| {
		assert_ok!(set_keys(2, 22));
		sessions(2);
		let proof = prove(22);
		assert_eq!(proof.session, 2);
		assert_eq!(owner(22, proof.clone()), Some((2, ())));
		sessions(2);
		assert_eq!(owner(22, proof.clone()), Some((2, ())));
		// The key that it had before proves nothing any more.
		assert_eq!(owner(2, proof), None);
	});
}

#[test]
fn ownership_of_a_leavers_keys_should_be_provable_while_it_serves_and_after() {
	ExtBuilder::default().build_and_execute(|| {
		assert_ok!(remove(3));
		next_session();
		let proof = prove(3);
		assert_eq!(owner(3, proof.clone()), Some((3, ())));
		next_session();
		assert_eq!(Session::validators(), vec![1, 2]);
		assert_eq!(owner(3, proof), Some((3, ())));
	});
}

#[test]
fn consensus_should_follow_when_the_last_validator_purges_its_keys() {
	ExtBuilder::default().validators(&[1, 2, 3, 4]).build_and_execute(|| {
		sessions(2);
		// The session pallet compares no further than the shorter list, and would not notice.
		assert_ok!(Session::purge_keys(RuntimeOrigin::signed(4)));
		sessions(2);
		assert_eq!(Session::validators(), vec![1, 2, 3]);
		assert_eq!(Authorities::get(), vec![1, 2, 3]);
		assert_ok!(set_keys(4, 44));
		sessions(2);
		assert_eq!(Authorities::get(), vec![1, 2, 3, 44]);
	});
}

#[test]
fn consensus_should_go_on_when_every_validator_purges_its_keys() {
	ExtBuilder::default().build_and_execute(|| {
		for id in 1..=3 {
			assert_ok!(Session::purge_keys(RuntimeOrigin::signed(id)));
		}
		sessions(4);
		assert_eq!(Authorities::get(), vec![1, 2, 3]);
		for id in 1..=3 {
			assert_ok!(set_keys(id, 10 + id));
		}
		sessions(2);
		assert_eq!(Authorities::get(), vec![11, 12, 13]);
		assert_eq!(Session::validators(), vec![1, 2, 3]);
	});
}

#[test]
fn history_should_be_pruned() {
	ExtBuilder::default().build_and_execute(|| {
		sessions(HISTORY);
		assert_eq!(StoredRange::<Test>::get(), Some((0, HISTORY + 2)));
		sessions(10);
		assert_eq!(StoredRange::<Test>::get(), Some((10, 10 + HISTORY + 2)));
		assert_eq!(HistoricalSessions::<Test>::iter().count() as u32, HISTORY + 2);
	});
}

#[test]
fn history_should_be_pruned_in_bounded_steps_when_much_is_too_old() {
	ExtBuilder::default().build_and_execute(|| {
		sessions(1);
		for index in 3..60 {
			let root = HistoricalSessions::<Test>::get(1).unwrap();
			HistoricalSessions::<Test>::insert(index, root);
		}
		pallet_session::CurrentIndex::<Test>::put(58);
		StoredRange::<Test>::put((0, 60));
		let first = |after: u32| {
			sessions(after);
			StoredRange::<Test>::get().unwrap().0
		};
		assert_eq!((first(1), first(1), first(1), first(1)), (16, 32, 48, 58));
	});
}

#[test]
fn random_history_should_keep_every_invariant() {
	// A linear congruential generator, so that a failure repeats.
	let mut state = 42u64;
	let mut random = move |below: u64| {
		state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
		(state >> 33) % below
	};
	let (mut done, mut refused) = ([0u32; 5], [0u32; 3]);
	ExtBuilder::default().build_and_execute(|| {
		for _ in 0..2_000 {
			let (step, account) = (random(8), 1 + random(8));
			let outcome = match step {
				0 | 1 => add(account).map(|()| 0),
				2 => remove(account).map(|()| 1),
				3 | 4 => set_keys(account, account + 10 * random(3)).map(|()| 2),
				5 if random(4) == 0 => {
					offend_now(account);
					Ok(3)
				},
				_ => {
					next_session();
					Ok(4)
				},
			};
			match outcome {
				Ok(kind) => done[kind] += 1,
				Err(error) if error == Error::<Test>::AlreadyValidator.into() => refused[0] += 1,
				Err(error) if error == Error::<Test>::TooManyValidators.into() => refused[1] += 1,
				Err(_) => refused[2] += 1,
			}
			ValidatorSet::do_try_state().unwrap();
			assert!(Authorities::get().len() >= 2, "consensus has too few");
			assert!(Session::disabled_validators().len() < Session::validators().len());
		}
	});
	assert!(done.iter().all(|&count| count >= 40), "{done:?}");
	assert!(refused.iter().all(|&count| count >= 10), "{refused:?}");
	assert!(done.iter().sum::<u32>() >= 1_000, "{done:?}");
}
