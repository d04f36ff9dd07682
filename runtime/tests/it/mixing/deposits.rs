//! Deposits with other people's keys, or with bad ones.

use super::world::*;
use pallet_mixing::{Call, Error};
use petra_primitives::{Note, Source};
use petra_runtime::{Balances, EnergyAssets};

#[test]
fn a_member_key_should_not_be_copied_from_a_pending_deposit() {
	world(|| {
		let (victims, thiefs) = (give(0, &energy()), give(1, &energy()));
		let pending = deposit_call(0, victims, &energy());
		let Call::deposit { member_key, proof_of_possession, .. } = pending.clone() else {
			panic!()
		};
		// The thief has seen it on its way, and comes first.
		let source = thiefs;
		let copied = Call::deposit { source, member_key, proof_of_possession };
		refused(1, copied, Error::BadPossession);
		let signed_by_thief = possession(1, &account(1), &energy());
		let copied = Call::deposit { source, member_key, proof_of_possession: signed_by_thief };
		refused(1, copied, Error::BadPossession);
		done(0, pending);
		done(1, deposit_call(1, thiefs, &energy()));
	});
}

#[test]
fn a_member_key_should_be_used_once() {
	world(|| {
		deposit(0, &energy());
		let again = give(0, &energy());
		refused(0, deposit_call(0, again, &energy()), Error::KeyUsed);
		let money = give(0, &MONEY);
		refused(0, deposit_call(0, money, &MONEY), Error::KeyUsed);
		// By somebody else, who even has its secret.
		let others = give(1, &energy());
		let proof_of_possession = possession(0, &account(1), &energy());
		let call = Call::deposit { source: others, member_key: key(0), proof_of_possession };
		refused(1, call, Error::KeyUsed);
		done(1, deposit_call(1, others, &energy()));
	});
}

#[test]
fn member_keys_should_be_refused_when_they_are_none() {
	world(|| {
		let source = give(0, &energy());
		let mut identity = [0; 32];
		identity[0] = 1;
		// x such that no point has it; a point that is on the curve but not in the group of prime order; no number of the
		// field at all.
		let off_curve = (2..=255u8)
			.map(|byte| {
				let mut bytes = [0; 32];
				bytes[0] = byte;
				bytes
			})
			.filter(|bytes| {
				use verifiable::{
					ring::bandersnatch::BandersnatchVrfVerifiable, GenerateVerifiable,
				};
				!BandersnatchVrfVerifiable::is_member_valid(bytes)
			});
		let off_curve: Vec<_> = off_curve.take(20).collect();
		assert_eq!(off_curve.len(), 20);
		for member_key in [[0; 32], [0xff; 32], identity].into_iter().chain(off_curve) {
			for proof_of_possession in [[0; 64], possession(0, &account(0), &energy())] {
				let call = Call::deposit { source, member_key, proof_of_possession };
				refused(0, call, Error::BadKey);
			}
		}
		done(0, deposit_call(0, source, &energy()));
	});
}

#[test]
fn what_is_no_note_should_stay_out() {
	world(|| {
		for (place, note) in [
			energy_note(300, start(), start() + 3),
			energy_note(400, start(), start() + 2),
			energy_note(400, start() + 2, start() + 5),
		]
		.into_iter()
		.enumerate()
		{
			let number = 10 + place as u16;
			let source = give(number, &note);
			refused(number, deposit_call(number, source, &note), Error::NotANote);
		}
		let odd = Note::Financial { amount: 64_000_001 };
		let source = give(0, &odd);
		refused(0, deposit_call(0, source, &odd), Error::NotANote);
		done(0, deposit_call(0, Source::Financial(64_000_000), &MONEY));
		assert_eq!(Balances::free_balance(account(0)), 1);
		assert!(EnergyAssets::assets_of(&account(0)).is_empty());
	});
}
