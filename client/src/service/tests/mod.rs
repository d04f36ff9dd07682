//! The service with a ledger in memory: everything but the chain itself, which the network tests have.

#![allow(clippy::arithmetic_side_effects)]

mod crashes;
mod household;
mod http;
mod ledger;
mod rules;

use super::{
	messages::{Answer, Asset, RequestId, SignedAnswer, SignedRequest, WithdrawAssets},
	store::{StoreError, StoreResult},
	unix_time, Options, Realm, Service,
};
use crate::{dev, types::*, AccountId32, Keypair, H256};
use codec::Decode;
use ledger::SimLedger;
use std::{
	path::{Path as FilePath, PathBuf},
	sync::{Arc, Mutex},
};

const GENESIS: H256 = H256([5; 32]);

/// The steps of a service's life, and where it ends.
#[derive(Clone, Default)]
pub(crate) struct Steps(Arc<Mutex<Life>>);

#[derive(Default)]
struct Life {
	steps: usize,
	/// The step at which it is killed.
	kill_at: Option<usize>,
	/// The database, and what a kill leaves of it.
	file: PathBuf,
	left: PathBuf,
}

impl Steps {
	/// Counts a step that a kill could come at. A killed service does nothing any more.
	pub(crate) fn at(&self, name: &'static str) -> StoreResult<()> {
		let mut life = self.0.lock().unwrap();
		let step = life.steps;
		life.steps += 1;
		match life.kill_at {
			Some(kill_at) if step >= kill_at => {
				if step == kill_at {
					// What is in the file now is what the next process finds.
					std::fs::copy(&life.file, &life.left).unwrap();
				}
				Err(StoreError::Killed(name))
			},
			_ => Ok(()),
		}
	}

	fn taken(&self) -> usize {
		self.0.lock().unwrap().steps
	}
}

fn key_of_dso() -> Keypair {
	dev::ferdie()
}

fn realm() -> Realm {
	Realm { genesis: GENESIS, dso: key_of_dso().public_key().to_account_id() }
}

fn options(file: &FilePath) -> Options {
	let mut options = Options::new(file);
	options.freshness = std::time::Duration::from_secs(3_600);
	options.rate_of_address = (1_000_000, 1_000_000);
	options.rate_of_household = (1_000_000, 1_000_000);
	options
}

async fn open(ledger: &SimLedger, options: Options) -> Arc<Service<SimLedger>> {
	Service::open(ledger.clone(), Arc::new(key_of_dso()), GENESIS, options)
		.await
		.unwrap()
}

/// The key of household 1, 2, 3.
fn key_of(household: MeterId) -> Keypair {
	match household {
		1 => dev::alice(),
		2 => dev::bob(),
		_ => dev::charlie(),
	}
}

fn address(number: u8) -> AccountId32 {
	AccountId32([number; 32])
}

/// The present timestep of [`ledger::PARAMETERS`].
fn now() -> Timestep {
	unix_time() / ledger::PARAMETERS.timestep_ms
}

fn energy(kind: AssetKind, power: Power, start: Timestep, end: Timestep) -> Asset {
	Asset::Energy { kind, power, start, end }
}

fn money(amount: Balance) -> Asset {
	Asset::Financial { amount }
}

fn request(household: MeterId, id: u8, assets: Vec<Asset>) -> WithdrawAssets {
	let anon_address = address(id);
	WithdrawAssets { household, id: RequestId([id; 16]), time: unix_time(), anon_address, assets }
}

fn signed(request: WithdrawAssets) -> SignedRequest<WithdrawAssets> {
	let key = key_of(request.household);
	SignedRequest::new(request, &realm(), &key)
}

/// An answer, with its signature checked.
fn answer(bytes: &[u8]) -> Answer {
	let answer = SignedAnswer::decode(&mut &*bytes).unwrap();
	assert!(answer.is_genuine(&realm()));
	answer.answer
}
