//! Who takes part: households with meters and addresses.

use petra_primitives::{FeederId, MeterId};
use petra_runtime::AccountId;
use sp_core::{sr25519, Pair};
use std::collections::BTreeMap;

/// Households. The first four begin on the meter path, the others on the DSO's.
pub const PROSUMERS: usize = 6;
/// Of these, those that begin on the meter path.
pub const WITH_METER: usize = 4;
/// Addresses of each household.
pub const ADDRESSES: usize = 4;
/// Keys of each meter, of which one is registered at a time.
pub const KEYS: usize = 2;
/// The feeders.
pub const FEEDERS: [FeederId; 2] = [1, 2];
/// No meter hangs on it.
pub const EMPTY_FEEDER: FeederId = 9;
/// No meter has it.
pub const NO_METER: MeterId = 99;

/// The households' accounts, with their key pairs.
pub struct World {
	/// The addresses of each household.
	pub addresses: Vec<Vec<AccountId>>,
	/// The keys of each household's meter.
	pub keys: Vec<Vec<AccountId>>,
	/// The account of the DSO's withdrawal service.
	pub service: AccountId,
	pairs: BTreeMap<AccountId, sr25519::Pair>,
}

impl World {
	pub fn new() -> Self {
		let mut pairs = BTreeMap::new();
		let mut account = || {
			let pair = sr25519::Pair::from_seed(&[pairs.len() as u8 + 1; 32]);
			let account = AccountId::from(pair.public());
			pairs.insert(account.clone(), pair);
			account
		};
		let mut accounts = |each: usize| -> Vec<Vec<AccountId>> {
			(0..PROSUMERS).map(|_| (0..each).map(|_| account()).collect()).collect()
		};
		let (addresses, keys) = (accounts(ADDRESSES), accounts(KEYS));
		let service = account();
		Self { addresses, keys, service, pairs }
	}

	/// The meter of a household.
	pub fn meter(prosumer: usize) -> MeterId {
		prosumer as MeterId + 1
	}

	/// The household of a meter.
	pub fn prosumer(meter: MeterId) -> usize {
		meter as usize - 1
	}

	/// The household that an address belongs to.
	pub fn owner(&self, address: &AccountId) -> usize {
		let owner = self.addresses.iter().position(|addresses| addresses.contains(address));
		owner.expect("only households own assets")
	}

	/// The signature of `signer` over `message`.
	pub fn sign(&self, signer: &AccountId, message: &[u8]) -> sr25519::Signature {
		self.pairs[signer].sign(message)
	}
}
