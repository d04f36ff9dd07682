use super::*;
use codec::Encode;
use sp_runtime::transaction_validity::ValidTransaction;

#[test]
fn validation_should_not_use_up_quota() {
	ExtBuilder::default().build_and_execute(|| {
		let _unchanged = StorageNoopGuard::default();
		for _ in 0..2 * QUOTA {
			assert_ok!(signed(MEMBER, write(1)).validate());
		}
	});
}

#[test]
fn immortal_free_call_should_be_refused() {
	ExtBuilder::default().build_and_execute(|| {
		let immortal = || signed(MEMBER, write(1)).era(Era::immortal());
		let error = InvalidTransaction::Custom(IMMORTAL).into();
		assert_eq!(immortal().validate(), Err(error));
		assert_invalid(immortal(), error);
		assert_ok!(signed(MEMBER, write(1)).apply().unwrap());
		// Those who pay may be immortal.
		assert_ok!(signed(PAYER, write(1)).era(Era::immortal()).apply().unwrap());
	});
}

#[test]
fn free_call_should_be_refused_when_its_nonce_is_beyond_the_quota() {
	ExtBuilder::default().build_and_execute(|| {
		let next = nonce_of(MEMBER);
		let ahead =
			|nonces: u32, cost: u32| signed(MEMBER, write(cost)).nonce(next + nonces).validate();
		assert_ok!(ahead(QUOTA - 1, 1));
		assert_eq!(ahead(QUOTA, 1), Err(over_quota()));
		assert_eq!(ahead(u32::MAX - next, 1), Err(over_quota()));
		// The calls before it cost at least one each.
		assert_ok!(ahead(QUOTA - 3, 3));
		assert_eq!(ahead(QUOTA - 2, 3), Err(over_quota()));
		// What is used up is not there for the calls that wait.
		assert_ok!(signed(MEMBER, write(5)).apply().unwrap());
		let next = nonce_of(MEMBER);
		assert_ok!(signed(MEMBER, write(1)).nonce(next + 2).validate());
		assert_eq!(signed(MEMBER, write(1)).nonce(next + 3).validate(), Err(over_quota()));
	});
}

#[test]
fn a_flood_should_not_enter() {
	ExtBuilder::default().build_and_execute(|| {
		let next = nonce_of(MEMBER);
		let entered = (0..10_000)
			.filter(|nonce| signed(MEMBER, write(1)).nonce(next + nonce).validate().is_ok())
			.count();
		assert_eq!(entered as u32, QUOTA);
	});
}

#[test]
fn nonce_should_be_checked_as_ever() {
	ExtBuilder::default().build_and_execute(|| {
		assert_ok!(signed(MEMBER, write(1)).apply().unwrap());
		let next = nonce_of(MEMBER);
		let stale = signed(MEMBER, write(1)).nonce(next - 1);
		assert_eq!(stale.validate(), Err(InvalidTransaction::Stale.into()));
		assert_invalid(stale, InvalidTransaction::Stale.into());
		let future = signed(MEMBER, write(1)).nonce(next + 1);
		let valid = future.validate().unwrap();
		assert_eq!(valid.requires, vec![(MEMBER, next).encode()]);
		assert_eq!(valid.provides, vec![(MEMBER, next + 1).encode()]);
		assert_invalid(future, InvalidTransaction::Future.into());
		assert_ok!(signed(MEMBER, write(1)).nonce(next).apply().unwrap());
	});
}

#[test]
fn era_should_be_checked_as_ever() {
	ExtBuilder::default().build_and_execute(|| {
		let transaction = signed(MEMBER, write(1)).era(Era::mortal(4, 0));
		assert_ok!(transaction.validate());
		run_to(6);
		let transaction = transaction.nonce(nonce_of(MEMBER));
		// The era that began at 0 is over: what was signed is not what this block expects.
		let implicit = |era: Era| {
			let extension = FreeCallQuota::<Test>(signed(MEMBER, write(1)).era(era).standard());
			sp_runtime::traits::TransactionExtension::<RuntimeCall>::implicit(&extension)
				.map(|implicit| implicit.0)
		};
		assert_eq!(transaction.era.birth(6), 4);
		assert_ne!(implicit(transaction.era).unwrap(), System::block_hash(0));
	});
}

#[test]
fn free_call_should_live_a_window_in_the_pool_at_most() {
	ExtBuilder::default().build_and_execute(|| {
		let longevity = |era| signed(MEMBER, write(1)).era(era).validate().unwrap().longevity;
		assert_eq!(longevity(Era::mortal(4, 0)), 3);
		assert_eq!(longevity(Era::mortal(256, 0)), u64::from(WINDOW));
	});
}

#[test]
fn priority_should_be_higher_the_less_of_the_quota_is_used() {
	ExtBuilder::default().build_and_execute(|| {
		let priority = |who| signed(who, write(1)).validate().unwrap().priority;
		assert_eq!(priority(MEMBER), priority(RICH));
		assert_ok!(signed(RICH, write(2)).apply().unwrap());
		assert_eq!(priority(MEMBER) - priority(RICH), 2);
		// Calls that wait for others come after them.
		let next = nonce_of(MEMBER);
		let later = signed(MEMBER, write(1)).nonce(next + 4).validate().unwrap().priority;
		assert!(later < priority(RICH), "{later}");
	});
}

#[test]
fn priority_should_be_lower_than_that_of_whoever_pays() {
	// With the greatest quota there can be.
	ExtBuilder { quota: u32::MAX, window: 1 }.build_and_execute(|| {
		let free = signed(MEMBER, write(1)).tip(1_000).validate().unwrap().priority;
		// The cheapest of those who pay fills a block by itself.
		let cheapest = signed(PAYER, heavy(1, 700, 700)).validate().unwrap().priority;
		assert!(free > 0);
		assert!(free < cheapest, "{free} {cheapest}");
		let tipped = signed(PAYER, heavy(1, 700, 700)).tip(9).validate().unwrap().priority;
		assert!(cheapest < tipped);
	});
}

#[test]
fn paid_call_should_have_the_validity_of_the_standard_extensions() {
	ExtBuilder::default().build_and_execute(|| {
		for transaction in [
			signed(PAYER, remark()),
			signed(PAYER, write(1)).tip(77).nonce(40),
			signed(RICH, remark()).era(Era::immortal()),
		] {
			let standard = transaction.validate_by(transaction.standard()).unwrap();
			let wrapped = transaction.validate().unwrap();
			let first = ValidTransaction {
				priority: wrapped.priority - standard.priority,
				..Default::default()
			};
			assert_eq!(first.priority, PAID_PRIORITY);
			assert_eq!(wrapped, standard.combine_with(first));
		}
		let poor = signed(MEMBER, remark());
		assert_eq!(poor.validate(), poor.validate_by(poor.standard()));
	});
}

#[test]
fn general_transactions_should_pass_through() {
	ExtBuilder::default().build_and_execute(|| {
		let general = authorized(heavy(1, 1, 1));
		assert_eq!(general.validate(), general.validate_by(general.standard()));
		assert_ok!(general.apply().unwrap());
		// Without an origin there is no transaction.
		let mut nobody = authorized(write(1));
		nobody.origin = RuntimeOrigin::none();
		assert_eq!(nobody.validate(), Err(InvalidTransaction::UnknownOrigin.into()));
	});
}

#[test]
fn bare_transactions_should_pass_through() {
	use frame_support::dispatch::GetDispatchInfo;
	use sp_runtime::traits::TransactionExtension;
	type Standard = StandardExtensions<Test>;
	ExtBuilder::default().build_and_execute(|| {
		let call = heavy(1, 5, 5);
		let info = call.get_dispatch_info();
		assert_eq!(
			FreeCallQuota::<Test>::bare_validate(&call, &info, LENGTH),
			<Standard as TransactionExtension<RuntimeCall>>::bare_validate(&call, &info, LENGTH)
		);
		assert_ok!(FreeCallQuota::<Test>::bare_validate_and_prepare(&call, &info, LENGTH));
		assert_eq!(System::block_weight().total().ref_time(), 6 * UNIT);
		let mut post = frame_support::dispatch::PostDispatchInfo::default();
		assert_ok!(FreeCallQuota::<Test>::bare_post_dispatch(&info, &mut post, LENGTH, &Ok(())));
	});
}
