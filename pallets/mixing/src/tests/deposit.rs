//! Notes that go into rings.

use crate::{mock::*, Error, Event, Keys, Members, Pools, PoolsOn};
use petra_primitives::{AssetLedger, Note, Source};

#[test]
fn deposit_should_put_energy_into_the_pool_of_its_kind() {
	build_and_execute(|| {
		let source = fund(0, &ENERGY);
		let Source::Energy(id) = source else { panic!("energy") };
		assert_done(signed(0), deposit_call(0, source, &ENERGY));
		assert_eq!(EnergyAssets::asset(id), None);
		let (pool, ring) = (ENERGY, 0);
		assert_eq!(
			take_events(),
			[
				Event::NoteDeposited { pool, ring, index: 0, member_key: key(0) },
				Event::RingRevised { pool, ring, revision: 0, members: 1 },
			]
		);
		deposit(1, &ENERGY);
		assert_eq!(
			take_events(),
			[
				Event::NoteDeposited { pool, ring, index: 1, member_key: key(1) },
				Event::RingRevised { pool, ring, revision: 1, members: 2 },
			]
		);
		assert_eq!((stored(&ENERGY).members, stored(&ENERGY).held), (2, 2));
		assert_eq!(Keys::<Test>::get(key(1)), Some(1));
	});
}

#[test]
fn deposit_should_put_money_on_the_pots_account() {
	build_and_execute(|| {
		let source = fund(0, &MONEY);
		fund(0, &MONEY);
		let issuance = Balances::total_issuance();
		assert_done(signed(0), deposit_call(0, source, &MONEY));
		assert_eq!(Balances::free_balance(Mixing::pot()), 8 * UNIT);
		assert_eq!(Balances::free_balance(account(0)), 8 * UNIT);
		assert_eq!(Balances::total_issuance(), issuance);
		// All of it, too.
		let proof_of_possession = possession(1, &account(0), &MONEY);
		let call = crate::Call::deposit { source, member_key: key(1), proof_of_possession };
		assert_done(signed(0), call);
		assert_eq!(Balances::free_balance(account(0)), 0);
		assert_eq!(stored(&MONEY).held, 2);
	});
}

#[test]
fn deposit_should_refuse_what_is_no_note() {
	build_and_execute(|| {
		for (power, start, end) in [
			(300, START, START + 3),
			(600, START, START + 3),
			(400, START, START + 2),
			(400, START + 1, START + 4),
			(400, START + 4, START + 11),
			(400, START + 1, START + 2),
		] {
			let note = energy_note(power, start, end);
			let source = fund(0, &note);
			assert_refused(signed(0), deposit_call(0, source, &note), Error::<Test>::NotANote);
		}
		for amount in [0, 1, UNIT - 1, UNIT + 1, 3 * UNIT, 8 * UNIT + 1] {
			let note = Note::Financial { amount };
			fund(0, &MONEY);
			let source = Source::Financial(amount);
			assert_refused(signed(0), deposit_call(0, source, &note), Error::<Test>::NotANote);
		}
		// What differs by a hair is one.
		for (who, (power, start, end)) in
			[(100, START, START), (6_400, START, START + 7), (200, START + 6, START + 7)]
				.into_iter()
				.enumerate()
		{
			deposit(who as u16, &energy_note(power, start, end));
		}
		deposit(9, &Note::Financial { amount: UNIT });
	});
}

#[test]
fn deposit_should_refuse_what_is_not_the_origins_to_give() {
	build_and_execute(|| {
		let source = fund(0, &ENERGY);
		let Source::Energy(id) = source else { panic!("energy") };
		let call = |source| deposit_call(0, source, &ENERGY);
		assert_refused(RuntimeOrigin::none(), call(source), sp_runtime::DispatchError::BadOrigin);
		assert_refused(signed(1), call(source), Error::<Test>::NotOwner);
		let nothing = Source::Energy(id + 1);
		assert_refused(signed(0), call(nothing), Error::<Test>::AssetNotFound);
		EnergyAssets::lock(&account(0), id).unwrap();
		assert_refused(signed(0), call(source), Error::<Test>::AssetLocked);
		EnergyAssets::unlock(id).unwrap();
		assert_done(signed(0), call(source));

		let source = Source::Financial(8 * UNIT);
		let call = || deposit_call(1, source, &MONEY);
		assert_refused(signed(1), call(), Error::<Test>::InsufficientFunds);
		fund(1, &Note::Financial { amount: 8 * UNIT + 5 });
		ExistentialDeposit::set(6);
		assert_refused(signed(1), call(), Error::<Test>::BelowExistentialDeposit);
		ExistentialDeposit::set(5);
		assert_done(signed(1), call());
	});
}

#[test]
fn deposit_should_refuse_a_key_that_was_used_in_any_pool() {
	build_and_execute(|| {
		deposit(0, &ENERGY);
		let again = |note: &Note| {
			let source = fund(0, note);
			assert_refused(signed(0), deposit_call(0, source, note), Error::<Test>::KeyUsed);
		};
		again(&ENERGY);
		again(&energy_note(800, START, START + 3));
		again(&MONEY);
		deposit(1, &ENERGY);
	});
}

#[test]
fn deposit_should_refuse_a_key_whose_holder_did_not_sign_for_it() {
	build_and_execute(|| {
		let source = fund(0, &ENERGY);
		let call = |proof_of_possession| crate::Call::deposit {
			source,
			member_key: key(0),
			proof_of_possession,
		};
		let mut broken = possession(0, &account(0), &ENERGY);
		broken[0] ^= 1;
		for proof in [
			possession(0, &account(1), &ENERGY),
			possession(0, &account(0), &MONEY),
			possession(0, &account(0), &energy_note(800, START, START + 3)),
			possession(1, &account(0), &ENERGY),
			broken,
			[0; 64],
		] {
			assert_refused(signed(0), call(proof), Error::<Test>::BadPossession);
		}
		assert_done(signed(0), call(possession(0, &account(0), &ENERGY)));
	});
}

#[test]
fn deposit_should_refuse_keys_that_are_none() {
	build_and_execute(|| {
		let source = fund(0, &ENERGY);
		let mut identity = [0; 32];
		identity[0] = 1;
		// The point of order two, (0, -1): the field's order less one.
		let mut order_two = [0; 32];
		let order = "73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001";
		for (byte, pair) in order_two.iter_mut().rev().zip(order.as_bytes().chunks(2)) {
			*byte = u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
		}
		// The same as zero, in another encoding.
		let not_canonical = order_two;
		order_two[0] -= 1;
		// About half of all are on no point of the curve; of the others, three in four are outside the group.
		let off_curve = (2..40).map(|byte| {
			let mut bytes = [0; 32];
			bytes[0] = byte;
			bytes
		});
		let bad = [[0; 32], [0xff; 32], identity, order_two, not_canonical];
		let mut refused = 0;
		for member_key in bad.into_iter().chain(off_curve) {
			let call = crate::Call::deposit { source, member_key, proof_of_possession: [0; 64] };
			let error = dispatch(signed(0), call).unwrap_err();
			if error == Error::<Test>::BadKey.into() {
				refused += 1;
			} else {
				assert_eq!(error, Error::<Test>::BadPossession.into());
			}
		}
		assert!(refused >= 30, "{refused}");
		for member_key in bad {
			let call = crate::Call::deposit { source, member_key, proof_of_possession: [0; 64] };
			assert_refused(signed(0), call, Error::<Test>::BadKey);
		}
		assert_done(signed(0), deposit_call(0, source, &ENERGY));
	});
}

#[test]
fn deposit_should_refuse_more_pools_than_a_feeder_may_have() {
	build_and_execute(|| {
		let notes = [100, 200, 400, 800].map(|power| energy_note(power, START, START + 3));
		for (who, note) in notes[..3].iter().enumerate() {
			deposit(who as u16, note);
		}
		let source = fund(3, &notes[3]);
		assert_refused(signed(3), deposit_call(3, source, &notes[3]), Error::<Test>::PoolsFull);
		assert_eq!(PoolsOn::<Test>::get(FEEDER), 3);
		// Pools that are there, other feeders, and money have room.
		deposit(4, &notes[2]);
		let Note::Energy { kind, traded, power, start, end, .. } = notes[3] else { panic!() };
		let elsewhere = Note::Energy { kind, feeder: FEEDER + 1, traded, power, start, end };
		deposit(5, &elsewhere);
		deposit(6, &MONEY);
		assert_eq!(Pools::<Test>::iter().count(), 5);
	});
}

#[test]
fn deposit_should_stop_when_a_timestep_begins() {
	build_and_execute(|| {
		usable_ring(&ENERGY);
		let source = fund(9, &ENERGY);
		let call = || deposit_call(9, source, &ENERGY);
		next_block_at(START);
		assert_refused(signed(9), call(), Error::<Test>::AssetBegun);
		set_now(START - 1);
		assert_done(signed(9), call());
	});
}

#[test]
fn deposit_should_open_no_ring_when_the_gate_has_closed() {
	build_and_execute(|| {
		let source = fund(0, &ENERGY);
		next_block_at(START - GATE_LEAD);
		assert_refused(signed(0), deposit_call(0, source, &ENERGY), Error::<Test>::GateClosed);
		set_now(START - GATE_LEAD - 1);
		assert_done(signed(0), deposit_call(0, source, &ENERGY));
	});
}

#[test]
fn deposit_should_go_on_in_a_usable_ring_when_the_gate_has_closed() {
	build_and_execute(|| {
		usable_ring(&ENERGY);
		let source = fund(3, &ENERGY);
		next_block_at(START - 1);
		assert_done(signed(3), deposit_call(3, source, &ENERGY));
		assert_eq!(Members::<Test>::get((ENERGY, 0), 3).unwrap().key, key(3));
	});
}

#[test]
fn calls_should_weigh_what_they_do() {
	let deposit = |source| {
		let (member_key, proof_of_possession) = ([0; 32], [0; 64]);
		weights(&crate::Call::<Test>::deposit { source, member_key, proof_of_possession }.into())
	};
	assert_eq!(deposit(Source::Energy(0)).0.ref_time(), 1);
	assert_eq!(deposit(Source::Financial(0)).0.ref_time(), 2);
	assert_eq!(deposit(Source::Financial(0)).1.ref_time(), 0);
}

#[test]
fn deposit_and_reclaim_should_be_free_within_the_quota() {
	let cost = |call| Mixing::free_call_cost(&account(0), &call);
	let (member_key, proof_of_possession) = ([0; 32], [0; 64]);
	let source = Source::Energy(0);
	assert_eq!(cost(crate::Call::deposit { source, member_key, proof_of_possession }), Some(1));
	let (recipient, signature) = (account(0), [0; 64]);
	let reclaim = crate::Call::reclaim { pool: MONEY, ring: 0, member_key, recipient, signature };
	assert_eq!(cost(reclaim), Some(1));
	assert_eq!(cost(crate::Call::set_ring_rules { min_size: 2, min_age: 1 }), None);
}
