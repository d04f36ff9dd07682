use super::*;
use std::collections::BTreeMap;

/// A few lines that keep the quota in another way: every charge with the block it fell in.
#[derive(Default)]
struct Model {
	/// The first block in which an address has a quota.
	from: BTreeMap<AccountId, u32>,
	charges: Vec<(AccountId, u32, u32)>,
}

impl Model {
	fn left(&self, who: AccountId, now: u32) -> Option<u32> {
		let from = *self.from.get(&who)?;
		let first = now - now % WINDOW;
		let used: u32 = self
			.charges
			.iter()
			.filter(|(charged, block, _)| *charged == who && *block >= first)
			.map(|(.., cost)| cost)
			.sum();
		Some(if now < from { 0 } else { QUOTA - used })
	}
}

#[test]
fn random_history_should_agree_with_a_list_of_charges() {
	// A linear congruential generator, so that a failure repeats.
	let mut state = 7u64;
	let mut random = move |below: u32| {
		state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
		((state >> 33) % u64::from(below)) as u32
	};
	let (mut free, mut failed, mut over, mut paid, mut poor) = (0, 0, 0, 0, 0);
	ExtBuilder::default().build_and_execute(|| {
		let mut model = Model::default();
		model.from.extend([(RICH, 0), (MEMBER, 0)]);
		for step in 0..5_000 {
			let now = System::block_number();
			let who = AccountId::from(1 + random(12));
			match random(10) {
				0 => next_block(),
				1 if who > PAYER && !System::account_exists(&who) => {
					System::inc_sufficients(&who);
					let at_once = random(2) == 0;
					let from = if at_once { 0 } else { now - now % WINDOW + WINDOW };
					model
						.from
						.entry(who)
						.and_modify(|first| *first = from.min(*first))
						.or_insert(from);
					if at_once {
						FreeCalls::grant(&who, AddressMaker::Meter(who as MeterId % 3));
					} else {
						FreeCalls::grant_from_next_window(&who);
					}
				},
				kind => {
					let cost = 1 + random(3);
					let call = if kind < 4 { failing(cost) } else { write(cost) };
					let left = model.left(who, now);
					let outcome = signed(who, call).apply();
					match left {
						Some(left) if left >= cost => {
							let failing = outcome.unwrap().is_err();
							model.charges.push((who, now, cost));
							if failing {
								failed += 1
							} else {
								free += 1
							}
						},
						Some(_) => {
							assert_eq!(outcome, Err(over_quota()), "step {step}");
							over += 1;
						},
						None if who == PAYER => {
							let _ = outcome.unwrap();
							paid += 1;
						},
						None => {
							assert_eq!(outcome, Err(InvalidTransaction::Payment.into()));
							poor += 1;
						},
					}
				},
			}
			assert_eq!(FreeCalls::remaining(&who), model.left(who, System::block_number()));
			FreeCalls::do_try_state().unwrap();
		}
	});
	let counts = [free, failed, over, paid, poor];
	assert!(counts.iter().all(|&count| count >= 10), "{counts:?}");
	assert!(free + failed + paid > over + poor, "{counts:?}");
}
