//! Offers and exchanges.

use super::{length, minus, money, plus, FiguresError, Result, MAX_TIMESTEPS};
use crate::{
	billing::Period,
	history::{Block, History, What},
	types::*,
	AccountId32,
};
use petra_report::Trade;
use std::collections::BTreeMap;

/// An offer as it was posted.
#[derive(Clone, Copy)]
pub(super) struct Posted<'a> {
	pub(super) block: &'a Block,
	pub(super) poster: AccountId32,
	pub(super) kind: AssetKind,
	pub(super) power: Power,
	pub(super) start: Timestep,
	pub(super) end: Timestep,
	pub(super) price: Price,
	pub(super) parent: Option<OfferId>,
}

/// Who sells, or buys, in an exchange.
#[derive(Clone, Copy)]
pub(super) struct Side {
	pub(super) address: AccountId32,
	/// The feeder on which its asset counts.
	pub(super) feeder: FeederId,
	/// Whether its asset came out of a trade.
	pub(super) traded: bool,
}

/// An exchange.
pub(super) struct Exchange<'a> {
	pub(super) block: &'a Block,
	/// Whether a clearing made it.
	pub(super) clearing: bool,
	pub(super) id: OfferId,
	/// The offer; in a clearing, the ask.
	pub(super) offer: Posted<'a>,
	/// Block in which the offer was posted, or the one of which it is what was left.
	pub(super) posted: &'a Block,
	pub(super) asset: AssetId,
	pub(super) power: Power,
	pub(super) start: Timestep,
	pub(super) end: Timestep,
	pub(super) price: Price,
	pub(super) cost: Balance,
	pub(super) seller: Side,
	pub(super) buyer: Side,
}

/// All offers and exchanges, in order.
pub(super) struct Market<'a> {
	pub(super) offers: BTreeMap<OfferId, Posted<'a>>,
	pub(super) exchanges: Vec<Exchange<'a>>,
}

impl<'a> Market<'a> {
	pub(super) fn of(
		history: &'a History,
		assets: &BTreeMap<AssetId, &'a EnergyAsset>,
	) -> Result<Self> {
		let mut market = Self { offers: BTreeMap::new(), exchanges: Vec::new() };
		for (block, fact) in history.facts() {
			match &fact.what {
				What::Posted { offer, poster, kind, power, start, end, price, parent, .. } => {
					let (poster, kind, power) = (*poster, *kind, *power);
					let (start, end, price, parent) = (*start, *end, *price, *parent);
					let posted = Posted { block, poster, kind, power, start, end, price, parent };
					market.offers.insert(*offer, posted);
				},
				What::Exchanged { .. } => {
					let clearing = fact.extrinsic.is_none();
					let exchange = market.exchange(block, clearing, &fact.what, assets)?;
					market.exchanges.extend(exchange);
				},
				_ => (),
			}
		}
		Ok(market)
	}

	fn exchange(
		&self,
		block: &'a Block,
		clearing: bool,
		what: &What,
		assets: &BTreeMap<AssetId, &'a EnergyAsset>,
	) -> Result<Option<Exchange<'a>>> {
		let What::Exchanged {
			offer: id,
			asset,
			power,
			start,
			end,
			price,
			cost,
			production,
			consumption,
		} = *what
		else {
			return Ok(None);
		};
		if length(start, end) > i128::from(MAX_TIMESTEPS) {
			return Err(FiguresError::Overflow);
		}
		let too_old = |what: String| FiguresError::TooOld { block: block.number, what };
		let offer = *self.offers.get(&id).ok_or_else(|| too_old(format!("offer {id}")))?;
		// Each side gets the other's asset, on its own feeder; it is traded if the side's own was not.
		let side = |got: AssetId| -> Result<Side> {
			let got = assets.get(&got).ok_or_else(|| too_old(format!("asset {got}")))?;
			Ok(Side { address: got.owner, feeder: got.feeder, traded: !got.traded })
		};
		let (seller, buyer) = (side(consumption)?, side(production)?);
		let posted = self.posted(block, id)?;
		Ok(Some(Exchange {
			block,
			clearing,
			id,
			offer,
			posted,
			asset,
			power,
			start,
			end,
			price,
			cost,
			seller,
			buyer,
		}))
	}

	/// The block in which an offer, or that of which it is what was left, was posted.
	fn posted(&self, block: &Block, mut id: OfferId) -> Result<&'a Block> {
		loop {
			let offer = self.offers.get(&id).ok_or_else(|| FiguresError::TooOld {
				block: block.number,
				what: format!("offer {id}"),
			})?;
			match offer.parent {
				// Numbers are counted up.
				Some(parent) if parent < id => id = parent,
				_ => return Ok(offer.block),
			}
		}
	}

	/// The exchanges as a report lists them.
	pub(super) fn trades(&self) -> Result<Vec<Trade>> {
		self.exchanges
			.iter()
			.map(|exchange| {
				Ok(Trade {
					offer: exchange.id,
					asset: exchange.asset,
					power: exchange.power,
					start: exchange.start,
					end: exchange.end,
					price: exchange.price,
					cost: money(exchange.cost)?,
					posted_block: exchange.posted.number,
					posted_at: exchange.posted.timestamp,
					accepted_block: exchange.block.number,
					accepted_at: exchange.block.timestamp,
				})
			})
			.collect()
	}
}

impl Exchange<'_> {
	/// Whether it covers a timestep.
	pub(super) fn covers(&self, t: Timestep) -> bool {
		(self.start..=self.end).contains(&t)
	}
}

/// What an address offered of a kind, for each timestep of the rows: what is offered at the moment, what it sold (or bought),
/// and the most of both together.
#[derive(Clone, Copy, Default)]
struct Offered {
	open: i128,
	done: i128,
	most: i128,
}

/// What was offered of a kind and not exchanged in each of the timesteps: for each address, the most that was on offer at
/// once and exchanged before, less what it exchanged. So what is taken back and offered again counts once.
pub(super) fn unmatched(
	history: &History,
	market: &Market<'_>,
	kind: AssetKind,
	rows: Period,
) -> Result<Vec<i128>> {
	let mut offered: BTreeMap<(AccountId32, Timestep), Offered> = BTreeMap::new();
	let mut exchanges = market.exchanges.iter();
	for (_, fact) in history.facts() {
		match &fact.what {
			What::Posted { offer, .. } => {
				if let Some(posted) = market.offers.get(offer).filter(|posted| posted.kind == kind)
				{
					change(&mut offered, posted, rows, i128::from(posted.power));
				}
			},
			What::Rescinded { offer } | What::OfferExpired { offer } => {
				if let Some(posted) = market.offers.get(offer).filter(|posted| posted.kind == kind)
				{
					let less = i128::from(posted.power).saturating_neg();
					change(&mut offered, posted, rows, less);
				}
			},
			What::Exchanged { .. } => {
				if let Some(exchange) = exchanges.next() {
					exchanged(&mut offered, exchange, kind, rows);
				}
			},
			_ => (),
		}
	}
	let mut left = vec![0i128; usize::try_from(rows.len()).map_err(|_| FiguresError::Overflow)?];
	for ((_, t), offered) in offered {
		let index = t.checked_sub(rows.first).and_then(|index| usize::try_from(index).ok());
		if let Some(left) = index.and_then(|index| left.get_mut(index)) {
			*left = plus(*left, minus(offered.most, offered.done)?)?;
		}
	}
	Ok(left)
}

/// The timesteps of a stretch that are in the rows.
fn within(start: Timestep, end: Timestep, rows: Period) -> impl Iterator<Item = u64> {
	start.max(rows.first)..=end.min(rows.last)
}

fn change(
	offered: &mut BTreeMap<(AccountId32, Timestep), Offered>,
	posted: &Posted<'_>,
	rows: Period,
	by: i128,
) {
	for t in within(posted.start, posted.end, rows) {
		let offered = offered.entry((posted.poster, t)).or_default();
		offered.open = offered.open.saturating_add(by).max(0);
		offered.most = offered.most.max(offered.open.saturating_add(offered.done));
	}
}

/// Takes in an exchange: an offer that is accepted leaves the market, and what is left of it is posted anew; a clearing takes
/// what it exchanges.
fn exchanged(
	offered: &mut BTreeMap<(AccountId32, Timestep), Offered>,
	exchange: &Exchange<'_>,
	kind: AssetKind,
	rows: Period,
) {
	if !exchange.clearing && exchange.offer.kind == kind {
		let less = i128::from(exchange.offer.power).saturating_neg();
		change(offered, &exchange.offer, rows, less);
	}
	let side = match kind {
		AssetKind::Production => exchange.seller,
		AssetKind::Consumption => exchange.buyer,
	};
	let power = i128::from(exchange.power);
	for t in within(exchange.start, exchange.end, rows) {
		let offered = offered.entry((side.address, t)).or_default();
		if exchange.clearing {
			offered.open = offered.open.saturating_sub(power).max(0);
		}
		offered.done = offered.done.saturating_add(power);
		offered.most = offered.most.max(offered.open.saturating_add(offered.done));
	}
}
