//! What extrinsics ask for, also inside sudo, utility, proxy and multisig: who makes what an event says was added.

use super::{Maker, Signatory};
use crate::{
	petra::{
		self,
		runtime_types::{
			pallet_energy_assets::pallet::Call as Assets, pallet_mixing::pallet::Call as Mixing,
			pallet_multisig::pallet::Call as Multisig, pallet_offers::pallet::Call as Offers,
			pallet_proxy::pallet::Call as Proxy, pallet_sudo::pallet::Call as Sudo,
			pallet_utility::pallet::Call as Utility, petra_primitives::types as generated,
		},
	},
	types::*,
	AccountId32,
};
use petra_primitives::Note;
use subxt::utils::MultiAddress;

/// A call of the runtime.
pub(super) type RuntimeCall = petra::Call;

/// How many calls may be in one another: more than the runtime decodes.
const MAX_DEPTH: usize = 256;

/// What an extrinsic asks for.
#[derive(Debug, Default)]
pub(super) struct Asked {
	/// Assets and money that it is to make by withdrawals, in order.
	withdrawals: Vec<(Maker, WithdrawalOutput)>,
	/// Notes that it is to put into rings: member key, who, which asset.
	notes_in: Vec<([u8; 32], Signatory, Option<AssetId>)>,
	/// Notes that it is to take out: pool, ring, nullifier, members.
	notes_out: Vec<(Note, u32, [u8; 32], u32)>,
	/// Offers that it is to accept, with which asset.
	acceptances: Vec<(OfferId, AssetId)>,
}

impl Asked {
	/// What a call asks for that `who` signed.
	pub(super) fn of(call: RuntimeCall, who: Signatory) -> Self {
		let mut asked = Self::default();
		// The last one is the next.
		let mut waiting = vec![(call, who, 0)];
		while let Some((call, who, depth)) = waiting.pop() {
			let inner = asked.take(call, who);
			if depth < MAX_DEPTH {
				let inner = inner.into_iter().rev();
				waiting.extend(inner.map(|(call, who)| (call, who, depth.saturating_add(1))));
			}
		}
		asked
	}

	/// Takes in one call; returns the calls that are in it.
	fn take(&mut self, call: RuntimeCall, who: Signatory) -> Vec<(RuntimeCall, Signatory)> {
		match call {
			RuntimeCall::EnergyAssets(call) => self.take_assets(call),
			RuntimeCall::Mixing(call) => self.take_mixing(call, who),
			RuntimeCall::Offers(Offers::accept_offer { offer_id, asset_id, .. }) => {
				self.acceptances.push((offer_id, asset_id));
			},
			call => return inner(call, who),
		}
		Vec::new()
	}

	fn take_assets(&mut self, call: Assets) {
		match call {
			Assets::withdraw { meter, outputs } => {
				let outputs = outputs.into_iter().map(|output| (Maker::Meter(meter), output.0));
				self.withdrawals.extend(outputs);
			},
			Assets::add_energy_asset { address, asset } => {
				let NewAsset { kind, power, start, end, .. } = asset.0;
				let output = WithdrawalOutput::Energy { address, kind, power, start, end };
				self.withdrawals.push((Maker::Dso, output));
			},
			Assets::add_financial_balance { address, amount } => {
				let output = WithdrawalOutput::Financial { address, amount };
				self.withdrawals.push((Maker::Dso, output));
			},
			_ => (),
		}
	}

	fn take_mixing(&mut self, call: Mixing, who: Signatory) {
		let mut out = |withdrawal: generated::Withdrawal<AccountId32>| {
			let generated::Withdrawal { pool, ring, revision, nullifier, .. } = withdrawal;
			// Revision n has the first n + 1 keys.
			self.notes_out.push((note(pool), ring, nullifier, revision.saturating_add(1)));
		};
		match call {
			Mixing::deposit { source, member_key, .. } => {
				let asset = match source {
					generated::Source::Energy(asset) => Some(asset),
					generated::Source::Financial(_) => None,
				};
				self.notes_in.push((member_key, who, asset));
			},
			Mixing::withdraw { withdrawal } => out(withdrawal),
			Mixing::withdraw_batch { withdrawals } => withdrawals.into_iter().for_each(out),
			_ => (),
		}
	}

	/// By which withdrawal an asset came into being; none: by none. Each is there once.
	pub(super) fn maker_of_asset(&mut self, asset: &EnergyAsset) -> Option<Maker> {
		// What comes of a withdrawal is like this.
		if asset.traded || asset.locked {
			return None;
		}
		let output = WithdrawalOutput::Energy {
			address: asset.owner,
			kind: asset.kind,
			power: asset.power,
			start: asset.start,
			end: asset.end,
		};
		self.maker_of(&output)
	}

	/// By which withdrawal money came into being.
	pub(super) fn maker_of_money(
		&mut self,
		address: AccountId32,
		amount: Balance,
	) -> Option<Maker> {
		self.maker_of(&WithdrawalOutput::Financial { address, amount })
	}

	fn maker_of(&mut self, output: &WithdrawalOutput) -> Option<Maker> {
		let place = self.withdrawals.iter().position(|(_, asked)| asked == output)?;
		// Those before it failed, or did not come to pass.
		self.withdrawals.drain(..=place).next_back().map(|(maker, _)| maker)
	}

	/// Whether it is to accept an offer with an asset.
	pub(super) fn accepts(&self, offer: OfferId, asset: AssetId) -> bool {
		self.acceptances.contains(&(offer, asset))
	}

	/// Who put the note of a member key into a ring, and which asset it was.
	pub(super) fn note_in(&self, key: &[u8; 32]) -> (Signatory, Option<AssetId>) {
		let found = self.notes_in.iter().find(|(member, ..)| member == key);
		found.map_or((None, None), |(_, who, asset)| (*who, *asset))
	}

	/// Over how many members the proof was with which a note came out.
	pub(super) fn members(&self, pool: &Note, ring: u32, nullifier: &[u8; 32]) -> Option<u32> {
		self.notes_out
			.iter()
			.find(|(note, number, used, _)| (note, *number, used) == (pool, ring, nullifier))
			.map(|(.., members)| *members)
	}
}

/// The calls inside a call, in order, with who makes them.
fn inner(call: RuntimeCall, who: Signatory) -> Vec<(RuntimeCall, Signatory)> {
	match call {
		RuntimeCall::Sudo(Sudo::sudo { call } | Sudo::sudo_unchecked_weight { call, .. }) => {
			vec![(*call, None)]
		},
		RuntimeCall::Sudo(Sudo::sudo_as { who, call }) => vec![(*call, account_of(who))],
		RuntimeCall::Utility(call) => inner_of_utility(call, who),
		RuntimeCall::Proxy(
			Proxy::proxy { real, call, .. } | Proxy::proxy_announced { real, call, .. },
		) => vec![(*call, account_of(real))],
		// By an account that all of them make together.
		RuntimeCall::Multisig(
			Multisig::as_multi { call, .. } | Multisig::as_multi_threshold_1 { call, .. },
		) => vec![(*call, None)],
		_ => Vec::new(),
	}
}

fn inner_of_utility(call: Utility, who: Signatory) -> Vec<(RuntimeCall, Signatory)> {
	match call {
		Utility::batch { calls }
		| Utility::batch_all { calls }
		| Utility::force_batch { calls } => calls.into_iter().map(|call| (call, who)).collect(),
		Utility::as_derivative { call, .. } | Utility::dispatch_as { call, .. } => {
			vec![(*call, None)]
		},
		Utility::dispatch_as_fallible { call, .. } => vec![(*call, None)],
		Utility::with_weight { call, .. } => vec![(*call, who)],
		Utility::if_else { main, fallback } => vec![(*main, who), (*fallback, who)],
	}
}

fn account_of(address: MultiAddress<AccountId32, ()>) -> Signatory {
	match address {
		MultiAddress::Id(account) => Some(account),
		_ => None,
	}
}

/// A note of the generated code as the interface has it.
pub(super) fn note(note: generated::Note) -> Note {
	match note {
		generated::Note::Energy { kind, feeder, traded, power, start, end } => {
			Note::Energy { kind: kind.0, feeder, traded, power, start, end }
		},
		generated::Note::Financial { amount } => Note::Financial { amount },
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn accept(offer_id: OfferId, asset_id: AssetId) -> RuntimeCall {
		RuntimeCall::Offers(Offers::accept_offer { offer_id, asset_id, limits: None })
	}

	#[test]
	fn acceptances_should_be_found_inside_other_calls() {
		let calls = vec![accept(1, 2), accept(3, 4)];
		let batch = RuntimeCall::Utility(Utility::batch { calls });
		let asked = Asked::of(RuntimeCall::Sudo(Sudo::sudo { call: batch.into() }), None);
		assert!(asked.accepts(1, 2) && asked.accepts(3, 4));
		assert!(!asked.accepts(1, 4) && !Asked::of(accept(1, 2), None).accepts(2, 1));
	}
}
