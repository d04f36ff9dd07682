//! The DSO's withdrawal service.

use super::*;
use crate::{EnsureIssuer, Event};
use frame_support::traits::EnsureOrigin;
use sp_runtime::DispatchError::BadOrigin;

#[test]
fn issuer_should_pass_when_it_is_named() {
	build_and_execute(|| {
		let passes = |origin| EnsureIssuer::<Test>::ensure_origin(origin).is_ok();
		assert!(passes(RuntimeOrigin::root()));
		assert!(!passes(RuntimeOrigin::signed(5)));
		assert!(!passes(RuntimeOrigin::none()));
		let call = |issuer| Call::set_issuer { issuer };
		assert_refused(RuntimeOrigin::signed(5), call(Some(5)), BadOrigin);
		assert_regulated(call(Some(5)));
		assert!(passes(RuntimeOrigin::signed(5)));
		assert!(!passes(RuntimeOrigin::signed(6)));
		assert_regulated(call(None));
		assert!(!passes(RuntimeOrigin::signed(5)));
		assert_eq!(
			events(),
			vec![Event::IssuerSet { issuer: Some(5) }, Event::IssuerSet { issuer: None }]
		);
	});
}

#[test]
fn issuer_should_not_regulate() {
	build_and_execute(|| {
		assert_regulated(Call::set_issuer { issuer: Some(5) });
		assert_refused(RuntimeOrigin::signed(5), prices(300, 100, NOW), BadOrigin);
		assert_regulated(prices(300, 100, NOW));
	});
}
