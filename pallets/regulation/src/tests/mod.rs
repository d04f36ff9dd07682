//! Tests, one file per subject.

mod control_signal;
mod feeder_limits;
mod genesis;
mod issuer;
mod market;
mod meters;
mod parameters;
mod prices;
mod pruning;
mod series;
mod try_state;

use crate::mock::*;
use crate::{Call, RegulatoryTransaction};
use petra_primitives::{Authorization, Limits, MeterId, Path, Price, Timestep};

/// A regulation that does nothing yet.
fn nothing(time: Timestep) -> RegulatoryTransaction<Test> {
	RegulatoryTransaction {
		authorize: Default::default(),
		ban: Default::default(),
		price_consumption: None,
		price_production: None,
		time,
	}
}

/// A regulation of prices.
fn prices(
	consumption: impl Into<Option<Price>>,
	production: impl Into<Option<Price>>,
	time: Timestep,
) -> Call<Test> {
	let regulation = RegulatoryTransaction {
		price_consumption: consumption.into(),
		price_production: production.into(),
		..nothing(time)
	};
	Call::regulate { regulation }
}

/// A regulation of meters.
fn meters(authorize: Vec<Authorization<u64>>, ban: Vec<MeterId>, time: Timestep) -> Call<Test> {
	let regulation = RegulatoryTransaction {
		authorize: authorize.try_into().unwrap(),
		ban: ban.try_into().unwrap(),
		..nothing(time)
	};
	Call::regulate { regulation }
}

/// An authorisation with a key of its own.
fn meter(id: MeterId) -> Authorization<u64> {
	Authorization {
		id,
		pubkey: 100 + u64::from(id),
		feeder: 1,
		limits: Limits { max_production: 5_000, max_consumption: 7_000, max_financial: 9 },
		path: Path::Meter,
	}
}

/// Asserts that the regulator's call succeeds.
fn assert_regulated(call: Call<Test>) {
	use sp_runtime::traits::Dispatchable;
	frame_support::assert_ok!(RuntimeCall::from(call).dispatch(RuntimeOrigin::root()));
}
