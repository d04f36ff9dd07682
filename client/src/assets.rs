//! What `transfer` can do with assets: split, merge, hand over, exchange. Pure functions: nothing is asked of a node.

use crate::{
	types::{
		AssetId, AssetKind, AssetOutput, Balance, EnergyAsset, FeederId, Power, Timestep,
		TransferInputs, TransferOutputs,
	},
	AccountId32,
};
use std::collections::BTreeMap;

/// Why assets cannot be made of others.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AssetError {
	/// Parts of no power, or of more than there is.
	#[error("an asset of {power} W cannot be split into {wanted:?} W: each part must be positive, and something left over")]
	Parts {
		/// The asset's power.
		power: Power,
		/// The parts that were asked for.
		wanted: Vec<Power>,
	},
	/// A cut outside of the asset's interval.
	#[error("an asset over {start}..={end} cannot be cut before {at}: that must be in {start}+1..={end}")]
	Cut {
		/// Its first timestep.
		start: Timestep,
		/// Its last timestep.
		end: Timestep,
		/// Where it was to be cut.
		at: Timestep,
	},
	/// Assets of different kinds, feeders, or one that was traded and one that was not.
	#[error("only assets of one kind and feeder can be merged, all traded or all not, and these are not")]
	Different,
	/// Fewer than two assets.
	#[error("there is nothing to merge")]
	Nothing,
	/// More power than can be counted.
	#[error("that is more power than can be counted")]
	Overflow,
}

/// A whole asset at another address.
pub fn moved(asset: &EnergyAsset, address: AccountId32) -> AssetOutput {
	AssetOutput {
		address,
		kind: asset.kind,
		power: asset.power,
		start: asset.start,
		end: asset.end,
		feeder: asset.feeder,
		traded: asset.traded,
	}
}

/// Splits an asset by power: one part for each of `parts`, and one for the rest, if there is some.
///
/// # Errors
/// [`AssetError::Parts`] if they are more than the asset has, or all of it in one piece.
pub fn split_by_power(
	asset: &EnergyAsset,
	parts: &[Power],
) -> Result<Vec<AssetOutput>, AssetError> {
	let wrong = || AssetError::Parts { power: asset.power, wanted: parts.to_vec() };
	let rest = parts
		.iter()
		.try_fold(asset.power, |left, part| left.checked_sub(*part))
		.ok_or_else(wrong)?;
	let all: Vec<_> = parts.iter().copied().chain((rest > 0).then_some(rest)).collect();
	if all.len() < 2 || parts.contains(&0) {
		return Err(wrong());
	}
	let part = |power| AssetOutput { power, ..moved(asset, asset.owner) };
	Ok(all.into_iter().map(part).collect())
}

/// Splits an asset in time, before each of `cuts`.
///
/// # Errors
/// [`AssetError::Cut`] if one is not after its first timestep and at most its last.
pub fn split_in_time(
	asset: &EnergyAsset,
	cuts: &[Timestep],
) -> Result<Vec<AssetOutput>, AssetError> {
	let mut cuts = cuts.to_vec();
	cuts.sort_unstable();
	cuts.dedup();
	let mut outputs = Vec::new();
	let mut start = asset.start;
	for at in cuts {
		let before = at
			.checked_sub(1)
			.filter(|before| *before >= asset.start && at <= asset.end)
			.ok_or(AssetError::Cut { start: asset.start, end: asset.end, at })?;
		outputs.push(AssetOutput { start, end: before, ..moved(asset, asset.owner) });
		start = at;
	}
	outputs.push(AssetOutput { start, ..moved(asset, asset.owner) });
	Ok(outputs)
}

/// Merges assets into as few as there are stretches of one power.
///
/// # Errors
/// [`AssetError::Different`] if they are not of one kind.
pub fn merged(
	assets: &[EnergyAsset],
	address: AccountId32,
) -> Result<Vec<AssetOutput>, AssetError> {
	let [first, rest @ ..] = assets else { return Err(AssetError::Nothing) };
	if rest.is_empty() {
		return Err(AssetError::Nothing);
	}
	let kind = |asset: &EnergyAsset| -> (AssetKind, FeederId, bool) {
		(asset.kind, asset.feeder, asset.traded)
	};
	if rest.iter().any(|asset| kind(asset) != kind(first)) {
		return Err(AssetError::Different);
	}
	// By how much power rises and falls at the beginning of a timestep.
	let mut changes: BTreeMap<Timestep, i128> = BTreeMap::new();
	for asset in assets {
		let power = i128::from(asset.power);
		let after = asset.end.checked_add(1).ok_or(AssetError::Overflow)?;
		for (at, change) in [(asset.start, power), (after, power.saturating_neg())] {
			let sum = changes.entry(at).or_default();
			*sum = sum.saturating_add(change);
		}
	}
	changes.retain(|_, change| *change != 0);
	let mut outputs = Vec::new();
	let mut power = 0_i128;
	let ends = changes.keys().skip(1).copied().chain([Timestep::MAX]).collect::<Vec<_>>();
	for ((start, change), next) in changes.into_iter().zip(ends) {
		power = power.saturating_add(change);
		if power > 0 {
			let power = Power::try_from(power).map_err(|_| AssetError::Overflow)?;
			let end = next.saturating_sub(1);
			outputs.push(AssetOutput { power, start, end, ..moved(first, address) });
		}
	}
	Ok(outputs)
}

/// Assets and money that change hands in one step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exchange {
	/// Assets, and who gets them.
	pub assets: Vec<(AssetId, EnergyAsset, AccountId32)>,
	/// Money: who pays, who gets it, how much.
	pub money: Vec<(AccountId32, AccountId32, Balance)>,
}

impl Exchange {
	/// The inputs and outputs of the transfer that makes it.
	pub fn transfer(&self) -> (TransferInputs, TransferOutputs) {
		let inputs = TransferInputs {
			assets: self.assets.iter().map(|(id, ..)| *id).collect(),
			money: self.money.iter().map(|(payer, _, amount)| (*payer, *amount)).collect(),
		};
		let outputs = TransferOutputs {
			assets: self.assets.iter().map(|(_, asset, to)| moved(asset, *to)).collect(),
			money: self.money.iter().map(|(_, to, amount)| (*to, *amount)).collect(),
		};
		(inputs, outputs)
	}
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	const OWNER: AccountId32 = AccountId32([1; 32]);

	fn asset(power: Power, start: Timestep, end: Timestep) -> EnergyAsset {
		EnergyAsset {
			owner: OWNER,
			kind: AssetKind::Production,
			power,
			start,
			end,
			feeder: 3,
			traded: false,
			locked: false,
		}
	}

	fn shape(outputs: &[AssetOutput]) -> Vec<(Power, Timestep, Timestep)> {
		outputs.iter().map(|output| (output.power, output.start, output.end)).collect()
	}

	#[test]
	fn split_by_power_should_keep_the_rest() {
		let whole = asset(500, 10, 13);
		let parts = split_by_power(&whole, &[300]).unwrap();
		assert_eq!(shape(&parts), [(300, 10, 13), (200, 10, 13)]);
		assert_eq!(shape(&split_by_power(&whole, &[300, 200]).unwrap()), shape(&parts));
		assert!(parts.iter().all(|part| part.address == OWNER && part.feeder == 3));
		for wrong in [&[][..], &[500], &[600], &[0, 100], &[u64::MAX, 1]] {
			assert!(matches!(split_by_power(&whole, wrong), Err(AssetError::Parts { .. })));
		}
	}

	#[test]
	fn split_in_time_should_cut_before_each_timestep() {
		let whole = asset(500, 10, 13);
		assert_eq!(
			shape(&split_in_time(&whole, &[13, 11, 11]).unwrap()),
			[(500, 10, 10), (500, 11, 12), (500, 13, 13)]
		);
		for wrong in [0, 10, 14, u64::MAX] {
			assert!(matches!(split_in_time(&whole, &[wrong]), Err(AssetError::Cut { .. })));
		}
	}

	#[test]
	fn merge_should_join_what_is_alike_and_add_what_overlaps() {
		let merge = |assets: &[EnergyAsset]| shape(&merged(assets, OWNER).unwrap());
		assert_eq!(merge(&[asset(500, 10, 11), asset(500, 12, 13)]), [(500, 10, 13)]);
		assert_eq!(merge(&[asset(300, 10, 13), asset(200, 10, 13)]), [(500, 10, 13)]);
		assert_eq!(
			merge(&[asset(300, 10, 12), asset(200, 12, 14)]),
			[(300, 10, 11), (500, 12, 12), (200, 13, 14)]
		);
		assert_eq!(merge(&[asset(1, 0, 0), asset(1, 5, 5)]), [(1, 0, 0), (1, 5, 5)]);
	}

	#[test]
	fn merge_should_be_refused_when_assets_are_of_different_kinds() {
		let one = asset(500, 10, 11);
		let others = [
			EnergyAsset { kind: AssetKind::Consumption, ..one.clone() },
			EnergyAsset { feeder: 4, ..one.clone() },
			EnergyAsset { traded: true, ..one.clone() },
		];
		for other in others {
			assert_eq!(merged(&[one.clone(), other], OWNER), Err(AssetError::Different));
		}
		assert_eq!(merged(std::slice::from_ref(&one), OWNER), Err(AssetError::Nothing));
		assert_eq!(merged(&[], OWNER), Err(AssetError::Nothing));
		let (most, endless) = (asset(u64::MAX, 1, 1), asset(1, 1, u64::MAX));
		assert_eq!(
			merged(&[most, one.clone()].map(|a| EnergyAsset { start: 1, end: 11, ..a }), OWNER),
			Err(AssetError::Overflow)
		);
		assert_eq!(merged(&[endless, one], OWNER), Err(AssetError::Overflow));
	}

	/// Power of each of the first timesteps, counted one by one.
	fn counted<'a>(
		parts: impl Iterator<Item = (Power, Timestep, Timestep)> + Clone + 'a,
	) -> Vec<Power> {
		(0..40)
			.map(|t| {
				parts
					.clone()
					.filter(|(_, start, end)| (*start..=*end).contains(&t))
					.map(|(power, ..)| power)
					.sum()
			})
			.collect()
	}

	proptest! {
		#[test]
		fn merge_should_conserve_power_in_every_timestep_and_be_short(
			parts in prop::collection::vec((1_u64..1_000, 0_u64..20, 0_u64..19), 2..8),
		) {
			let assets: Vec<_> =
				parts.iter().map(|(power, start, length)| asset(*power, *start, start + length)).collect();
			let outputs = merged(&assets, OWNER).unwrap();
			let before = counted(assets.iter().map(|asset| (asset.power, asset.start, asset.end)));
			let after = counted(shape(&outputs).into_iter());
			prop_assert_eq!(&before, &after);
			// No two stretches that touch have the same power.
			for pair in outputs.windows(2) {
				prop_assert!(pair[0].end < pair[1].start);
				prop_assert!(pair[0].end + 1 < pair[1].start || pair[0].power != pair[1].power);
			}
		}
	}
}
