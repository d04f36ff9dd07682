//! What an agent trades and with whom: pure functions.

use crate::types::{AssetKind, Offer, OfferId, Power, Price, Timestep};

/// How an agent trades.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
	/// At the price in force: sellers post, buyers accept.
	Fixed,
	/// Sellers post at their reservation price, buyers accept the cheapest that is not above theirs.
	FirstCome,
	/// All post at their reservation prices, and the ledger clears.
	Auction,
}

/// Which notes are traded, by their places in `notes`: as many as the prediction bears in every timestep of the stretch,
/// the largest first. `expected` is net consumption in watts; who buys wants at most what it draws, who sells has at most
/// what it feeds in.
pub fn chosen(kind: AssetKind, notes: &[Power], expected: &[i64]) -> Vec<usize> {
	let least = expected
		.iter()
		.map(|watts| match kind {
			AssetKind::Consumption => *watts,
			AssetKind::Production => watts.saturating_neg(),
		})
		.min()
		.unwrap_or_default();
	let mut left = u64::try_from(least).unwrap_or_default();
	let mut order: Vec<_> = notes.iter().copied().enumerate().collect();
	order.sort_by_key(|(_, power)| std::cmp::Reverse(*power));
	let mut chosen: Vec<_> = order
		.into_iter()
		.filter_map(|(place, power)| {
			left = left.checked_sub(power)?;
			Some(place)
		})
		.collect();
	chosen.sort_unstable();
	chosen
}

/// Net consumption that is expected, in watts, when the household takes its share, in percent, of what a control signal asks
/// the microgrid's load to change by.
pub fn followed(expected: i64, signal: Option<i64>, percent: u8) -> i64 {
	let change =
		i128::from(signal.unwrap_or_default()).saturating_mul(percent.min(100).into()) / 100;
	// No more than the signal, so it fits.
	expected.saturating_add(i64::try_from(change).unwrap_or_default())
}

/// What one has to trade with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mine {
	/// To sell or to buy.
	pub kind: AssetKind,
	/// Watts.
	pub power: Power,
	/// First timestep.
	pub start: Timestep,
	/// Last timestep.
	pub end: Timestep,
	/// The least that one sells at, or the most that one buys at.
	pub reservation: Price,
}

/// An offer that one can accept whole with what one has, within the reservation price: the cheapest ask or the highest bid,
/// and of those alike the one at `turn`. Somebody else was faster `missed` times: then one of the best two, four, eight, so
/// that not all run for the same.
pub fn best(
	mine: &Mine,
	offers: &[(OfferId, Offer)],
	missed: u32,
	turn: usize,
) -> Option<(OfferId, Price)> {
	let worth = |offer: &Offer| match mine.kind {
		AssetKind::Consumption => i128::from(offer.price).saturating_neg(),
		AssetKind::Production => offer.price.into(),
	};
	let fits = |offer: &Offer| {
		let price = match mine.kind {
			AssetKind::Consumption => offer.price <= mine.reservation,
			AssetKind::Production => offer.price >= mine.reservation,
		};
		price
			&& offer.kind != mine.kind
			&& offer.power >= mine.power
			&& offer.start <= mine.start
			&& offer.end >= mine.end
			&& (!offer.options.all_or_nothing || offer.power == mine.power)
	};
	let mut fitting: Vec<_> = offers.iter().filter(|(_, offer)| fits(offer)).collect();
	fitting.sort_by_key(|(_, offer)| std::cmp::Reverse(worth(offer)));
	let wide = 1_usize.checked_shl(missed).unwrap_or(usize::MAX).min(fitting.len());
	let (_, least) = fitting.get(wide.checked_sub(1)?)?;
	fitting.retain(|(_, offer)| worth(offer) >= worth(least));
	let place = turn.checked_rem(fitting.len())?;
	fitting.get(place).map(|(id, offer)| (*id, offer.price))
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::indexing_slicing)]
mod tests {
	use super::*;
	use crate::AccountId32;
	use proptest::prelude::*;

	fn ask(price: Price, power: Power) -> Offer {
		Offer {
			poster: AccountId32([0; 32]),
			asset_id: 0,
			kind: AssetKind::Production,
			power,
			start: 10,
			end: 11,
			price,
			options: Default::default(),
			posted_at: 0,
		}
	}

	const BUYER: Mine =
		Mine { kind: AssetKind::Consumption, power: 200, start: 10, end: 11, reservation: 7 };

	#[test]
	fn notes_should_be_chosen_from_the_largest_when_all_do_not_fit() {
		let buys =
			|expected: &[i64]| chosen(AssetKind::Consumption, &[100, 400, 200, 200], expected);
		assert_eq!(buys(&[650, 700]), [1, 2]);
		assert_eq!(buys(&[900, 900]), [0, 1, 2, 3]);
		assert_eq!(buys(&[900, 150]), [0]);
		assert_eq!(buys(&[900, -1]), [0_usize; 0]);
		assert_eq!(buys(&[]), [0_usize; 0]);
		assert_eq!(chosen(AssetKind::Production, &[400], &[-400, -401]), [0]);
		assert_eq!(chosen(AssetKind::Production, &[400], &[-400, -399]), [0_usize; 0]);
	}

	#[test]
	fn control_signal_should_change_what_is_expected_by_a_share() {
		assert_eq!(followed(700, Some(-2_000), 25), 200);
		assert_eq!(followed(700, Some(2_000), 25), 1_200);
		assert_eq!(followed(-700, Some(-999), 50), -1_199);
		for (signal, percent) in [(None, 100), (Some(-2_000), 0), (Some(0), 100)] {
			assert_eq!(followed(700, signal, percent), 700);
		}
		assert_eq!(followed(700, Some(i64::MIN), 255), i64::MIN + 700);
		assert_eq!(followed(1, Some(i64::MAX), 100), i64::MAX);
	}

	#[test]
	fn best_offer_should_be_the_cheapest_that_fits() {
		let offers = [
			(1, ask(7, 200)),
			(2, ask(5, 100)),
			(3, ask(6, 400)),
			(4, ask(6, 200)),
			(5, ask(8, 200)),
		];
		assert_eq!(best(&BUYER, &offers, 0, 0), Some((3, 6)));
		assert_eq!(best(&BUYER, &offers, 0, 1), Some((4, 6)));
		assert_eq!(best(&BUYER, &offers, 0, 2), Some((3, 6)));
		assert_eq!(best(&BUYER, &offers, 1, 1), Some((4, 6)));
		assert_eq!(best(&BUYER, &offers, 2, 2), Some((1, 7)));
		assert_eq!(best(&BUYER, &offers, 99, 3), Some((3, 6)));
		assert_eq!(best(&Mine { reservation: 4, ..BUYER }, &offers, 0, 0), None);
		assert_eq!(best(&Mine { end: 12, ..BUYER }, &offers, 1, 0), None);
		let bid = Offer { kind: AssetKind::Consumption, ..ask(9, 200) };
		let seller = Mine { kind: AssetKind::Production, ..BUYER };
		assert_eq!(
			best(&seller, &[(6, bid.clone()), (7, Offer { price: 8, ..bid })], 0, 0),
			Some((6, 9))
		);
		assert_eq!(best(&seller, &offers, 0, 0), None);
	}

	proptest! {
		#[test]
		fn notes_should_never_exceed_what_is_expected(
			notes in prop::collection::vec(1_u64..1_000, 0..8),
			expected in prop::collection::vec(-3_000_i64..3_000, 1..6),
		) {
			for (kind, sign) in [(AssetKind::Consumption, 1), (AssetKind::Production, -1)] {
				let places = chosen(kind, &notes, &expected);
				let sum: u64 = places.iter().map(|place| notes[*place]).sum();
				let least = expected.iter().map(|watts| watts * sign).min().unwrap().max(0) as u64;
				prop_assert!(sum <= least);
				// Nothing that still fits is left out.
				for (place, power) in notes.iter().enumerate() {
					prop_assert!(places.contains(&place) || sum + power > least);
				}
			}
		}
	}
}
