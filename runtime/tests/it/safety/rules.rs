//! Which calls the model allows, with every rule that a forbidden one breaks, and what the allowed ones do.

use super::model::{Meters, Model, Refusal};
use codec::Encode;
use pallet_energy_assets::{CoSignatures, TransferInputs, TransferOutputs};
use pallet_regulation::RegulatoryTransaction;
use petra_primitives::{
	AssetId, AssetOutput, EnergyAsset, FeederId, MarketMode, MeterId, NewAsset, Path, Power, Price,
	Timestep, WithdrawalOutput,
};
use petra_runtime::{AccountId, Balance, Runtime, RuntimeCall, System};
use sp_runtime::{traits::Verify, DispatchError};
use std::collections::{BTreeMap, BTreeSet};

type Assets = pallet_energy_assets::Error<Runtime>;
type Rules = pallet_regulation::Error<Runtime>;
type AssetsCall = pallet_energy_assets::Call<Runtime>;
type RulesCall = pallet_regulation::Call<Runtime>;

/// How many blocks ahead co-signatures may be valid: an hour of one-second blocks.
pub const MAX_DEADLINE: u32 = 3_600;

/// Who calls.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Origin {
	Root,
	Signed(AccountId),
}

/// The rules that a call breaks; none if it is allowed.
#[derive(Default)]
pub struct Faults(pub Vec<DispatchError>);

impl Faults {
	pub fn add(&mut self, error: impl Into<DispatchError>) {
		let error = error.into();
		if !self.0.contains(&error) {
			self.0.push(error);
		}
	}

	pub fn add_if(&mut self, broken: bool, error: impl Into<DispatchError>) {
		if broken {
			self.add(error);
		}
	}
}

/// An amount that each account gives or gets.
fn by_account(amounts: &[(AccountId, Balance)]) -> BTreeMap<&AccountId, Balance> {
	let mut sums = BTreeMap::<_, Balance>::new();
	for (who, amount) in amounts {
		let sum = sums.entry(who).or_default();
		*sum = sum.saturating_add(*amount);
	}
	sums
}

/// The sum of amounts; none if it does not fit.
fn total(mut amounts: impl Iterator<Item = Balance>) -> Option<Balance> {
	amounts.try_fold(0, Balance::checked_add)
}

fn refusal(refusal: Refusal) -> Rules {
	match refusal {
		Refusal::NoMeter => Rules::MeterNotFound,
		Refusal::KeyInUse => Rules::KeyInUse,
		Refusal::FeederInUse => Rules::FeederInUse,
	}
}

impl Model {
	/// Says which rules `call` breaks, and does what it does if it breaks none.
	pub fn take(&mut self, origin: &Origin, call: &RuntimeCall) -> Faults {
		match (call, origin) {
			(RuntimeCall::EnergyAssets(call), Origin::Signed(who)) => self.assets_call(who, call),
			(RuntimeCall::EnergyAssets(call), Origin::Root) => self.issuance_call(call),
			(RuntimeCall::Offers(call), Origin::Signed(who)) => self.market_call(who, call),
			(RuntimeCall::Regulation(call), Origin::Root) => self.regulation_call(call),
			(RuntimeCall::Regulation(_), Origin::Signed(_)) => bad_origin(),
			_ => panic!("the model does not know {call:?}"),
		}
	}

	fn assets_call(&mut self, who: &AccountId, call: &AssetsCall) -> Faults {
		match call {
			AssetsCall::withdraw { meter, outputs } => self.withdraw(who, *meter, outputs),
			AssetsCall::transfer { inputs, outputs, co_signatures } => {
				self.transfer(who, inputs, outputs, co_signatures.as_ref())
			},
			AssetsCall::deposit_energy_asset { asset_id } => self.deposit(who, *asset_id),
			AssetsCall::deposit_financial { amount } => self.deposit_money(who, *amount),
			AssetsCall::reap { asset_id } => self.reap(*asset_id),
			_ if self.issuer.as_ref() == Some(who) => self.issuance_call(call),
			_ => bad_origin(),
		}
	}

	fn issuance_call(&mut self, call: &AssetsCall) -> Faults {
		match call {
			AssetsCall::add_energy_asset { address, asset } => self.add_asset(address, asset),
			AssetsCall::add_financial_balance { address, amount } => {
				let mut faults = Faults::default();
				faults.add_if(*amount == 0, Assets::ZeroAmount);
				let fits = self.issuance.checked_add(*amount).is_some();
				faults.add_if(!fits, Assets::Overflow);
				if faults.0.is_empty() {
					self.issue(address, *amount);
				}
				faults
			},
			_ => bad_origin(),
		}
	}

	fn regulation_call(&mut self, call: &RulesCall) -> Faults {
		let mut faults = Faults::default();
		match call {
			RulesCall::regulate { regulation } => return self.regulate(regulation),
			RulesCall::set_limits { meter, limits, time } => {
				faults.add_if(*time < self.now, Rules::TimeInPast);
				faults.add_if(!self.meters.contains_key(meter), Rules::MeterNotFound);
				if faults.0.is_empty() {
					self.set_limits(*meter, *limits, *time);
				}
			},
			RulesCall::set_feeder_limits { feeder, limits, time } => {
				faults.add_if(*time < self.now, Rules::TimeInPast);
				if faults.0.is_empty() {
					self.set_feeder_limits(*feeder, *limits, *time);
				}
			},
			RulesCall::set_market { mode, time } => {
				let earliest = self.now + self.parameters.gate_lead;
				faults.add_if(*time < earliest, Rules::GateClosed);
				if let MarketMode::FixedPrice(price) = mode {
					faults.add_if(self.off_tick(*price), Rules::NotMultipleOfTick);
				}
				if faults.0.is_empty() {
					self.set_market(*mode, *time);
				}
			},
			RulesCall::publish_control_signal { start, end, power_change } => {
				faults.add_if(*start < self.now, Rules::TimeInPast);
				faults.add_if(start > end, Rules::BadInterval);
				if faults.0.is_empty() {
					self.signals.extend(self.steps(*start, *end).map(|t| (t, *power_change)));
				}
			},
			RulesCall::set_issuer { issuer } => self.issuer = issuer.clone(),
			RulesCall::set_parameters { parameters } => {
				faults.add_if(!self.assets.is_empty(), Rules::AssetsExist);
				let differs = parameters.timestep_ms != self.parameters.timestep_ms;
				faults.add_if(differs, Rules::BadParameters);
				if faults.0.is_empty() {
					self.parameters = *parameters;
				}
			},
			_ => panic!("the model does not know {call:?}"),
		}
		faults
	}

	fn off_tick(&self, price: Price) -> bool {
		!price.is_multiple_of(self.parameters.price_tick)
	}

	fn regulate(&mut self, regulation: &RegulatoryTransaction<Runtime>) -> Faults {
		let RegulatoryTransaction { authorize, ban, price_consumption, price_production, time } =
			regulation;
		let mut faults = Faults::default();
		faults.add_if(*time < self.now, Rules::TimeInPast);
		let ids: Vec<MeterId> = authorize.iter().map(|meter| meter.id).collect();
		faults.add_if(ids.iter().any(|id| ban.contains(id)), Rules::AuthorizedAndBanned);
		let listed = |list: &[MeterId]| list.iter().collect::<BTreeSet<_>>().len();
		let twice = listed(&ids) < ids.len() || listed(ban) < ban.len();
		faults.add_if(twice, Rules::MeterListedTwice);

		let mut meters: Meters = self.meters.clone();
		for authorization in authorize {
			if let Err(reason) = self.authorize(&mut meters, authorization, *time) {
				faults.add(refusal(reason));
			}
		}
		for id in ban {
			if let Err(reason) = self.ban(&mut meters, *id, *time) {
				faults.add(refusal(reason));
			}
		}
		let policy = match (price_consumption, price_production) {
			(None, None) => None,
			(consumption, production) => {
				// An absent price is what it was to be right after that time.
				let before = self.policy(*time + 1);
				let policy = (consumption.unwrap_or(before.0), production.unwrap_or(before.1));
				let given = [consumption, production];
				let off_tick = given.into_iter().flatten().any(|price| self.off_tick(*price));
				faults.add_if(off_tick, Rules::NotMultipleOfTick);
				faults.add_if(policy.1 > policy.0, Rules::PricesReversed);
				Some(policy)
			},
		};
		if faults.0.is_empty() {
			self.meters = meters;
			policy.into_iter().for_each(|policy| self.set_policy(policy, *time));
		}
		faults
	}

	fn well_formed(&self, power: Power, start: Timestep, end: Timestep, faults: &mut Faults) {
		faults.add_if(start > end, Assets::BadInterval);
		faults.add_if(power == 0, Assets::ZeroPower);
		let of_lot = power.is_multiple_of(self.parameters.power_lot);
		faults.add_if(!of_lot, Assets::NotMultipleOfLot);
	}

	fn withdrawable(&self, start: Timestep, end: Timestep, faults: &mut Faults) {
		faults.add_if(start < self.first_open(), Assets::NotOpen);
		faults.add_if(end > self.last(), Assets::BeyondHorizon);
	}

	fn withdraw(
		&mut self,
		who: &AccountId,
		id: MeterId,
		outputs: &[WithdrawalOutput<AccountId>],
	) -> Faults {
		let mut faults = Faults::default();
		faults.add_if(outputs.is_empty(), Assets::NothingToTransfer);
		let Some(meter) = self.meters.get(&id) else {
			faults.add(Assets::MeterNotFound);
			return faults;
		};
		faults.add_if(meter.key != *who, Assets::NotTheMeter);
		let (mut withdrawn, mut amounts) = (meter.withdrawn.clone(), vec![]);
		for output in outputs {
			match *output {
				WithdrawalOutput::Energy { kind, power, start, end, .. } => {
					self.well_formed(power, start, end, &mut faults);
					self.withdrawable(start, end, &mut faults);
					for t in self.steps(start, end) {
						*withdrawn.entry((kind, t)).or_default() += u128::from(power);
						match meter.status.get(&t).filter(|status| status.authorized) {
							None => faults.add(Assets::MeterNotAuthorized),
							Some(status) if status.path != Path::Meter => {
								faults.add(Assets::WrongPath)
							},
							Some(status) => {
								let over = withdrawn[&(kind, t)] > status.limit(kind);
								faults.add_if(over, Assets::LimitExceeded);
							},
						}
					}
				},
				WithdrawalOutput::Financial { amount, .. } => {
					faults.add_if(amount == 0, Assets::ZeroAmount);
					amounts.push(amount);
				},
			}
		}
		let money = self.withdraw_money(id, &amounts, &mut faults);
		if faults.0.is_empty() {
			let feeder = meter.feeder;
			let period = self.period();
			if let Some(meter) = self.meters.get_mut(&id) {
				meter.withdrawn = withdrawn;
				meter.money.insert(period, money);
			}
			outputs.iter().for_each(|output| self.give(output, feeder));
		}
		faults
	}

	/// What the meter will have withdrawn in this billing period.
	fn withdraw_money(&self, id: MeterId, amounts: &[Balance], faults: &mut Faults) -> Balance {
		let meter = &self.meters[&id];
		let before = self.money_withdrawn(meter);
		if amounts.is_empty() {
			return before;
		}
		let status = meter.status.get(&self.now).filter(|status| status.authorized);
		faults.add_if(status.is_none(), Assets::MeterNotAuthorized);
		let money = total(amounts.iter().copied().chain([before]));
		faults.add_if(money.is_none(), Assets::Overflow);
		if let Some(status) = status {
			faults.add_if(status.path != Path::Meter, Assets::WrongPath);
			let over = money.is_some_and(|money| money > status.limits.max_financial);
			faults.add_if(over && status.path == Path::Meter, Assets::FinancialLimitExceeded);
		}
		money.unwrap_or_default()
	}

	fn give(&mut self, output: &WithdrawalOutput<AccountId>, feeder: FeederId) {
		match output.clone() {
			WithdrawalOutput::Energy { address, kind, power, start, end } => {
				let asset = NewAsset { feeder, kind, power, start, end };
				self.create_withdrawn(fresh(&address, &asset));
			},
			WithdrawalOutput::Financial { address, amount } => self.issue(&address, amount),
		}
	}

	fn add_asset(&mut self, address: &AccountId, asset: &NewAsset) -> Faults {
		let NewAsset { feeder, kind, power, start, end } = *asset;
		let mut faults = Faults::default();
		self.well_formed(power, start, end, &mut faults);
		self.withdrawable(start, end, &mut faults);
		let short = |t| self.room(feeder, kind, t) < u128::from(power);
		faults.add_if(self.steps(start, end).any(short), Assets::FeederLimitExceeded);
		if faults.0.is_empty() {
			let steps = self.steps(start, end);
			let created = self.created.entry(feeder).or_default();
			steps.for_each(|t| *created.entry((kind, t)).or_default() += u128::from(power));
			self.create_withdrawn(fresh(address, asset));
		}
		faults
	}

	/// What stands in the way of spending an asset, besides whose it is.
	fn spendable(&self, id: AssetId, faults: &mut Faults) -> Option<&EnergyAsset<AccountId>> {
		let asset = self.assets.get(&id);
		faults.add_if(asset.is_none(), Assets::AssetNotFound);
		faults.add_if(asset.is_some_and(|asset| asset.locked), Assets::AssetLocked);
		faults.add_if(asset.is_some_and(|asset| self.is_expired(asset)), Assets::AssetExpired);
		asset
	}

	fn deposit(&mut self, who: &AccountId, id: AssetId) -> Faults {
		let mut faults = Faults::default();
		let foreign = self.spendable(id, &mut faults).is_some_and(|asset| asset.owner != *who);
		faults.add_if(foreign, Assets::NotOwner);
		if faults.0.is_empty() {
			self.retire(id);
		}
		faults
	}

	fn deposit_money(&mut self, who: &AccountId, amount: Balance) -> Faults {
		let mut faults = Faults::default();
		faults.add_if(amount == 0, Assets::ZeroAmount);
		faults.add_if(amount > self.available(who), Assets::InsufficientFunds);
		if faults.0.is_empty() && amount > 0 {
			self.issuance -= amount;
			*self.money.get_mut(who).expect("the balance was enough") -= amount;
		}
		faults
	}

	fn reap(&mut self, id: AssetId) -> Faults {
		let mut faults = Faults::default();
		let asset = self.assets.get(&id);
		faults.add_if(asset.is_none(), Assets::AssetNotFound);
		faults.add_if(asset.is_some_and(|asset| asset.locked), Assets::AssetLocked);
		faults.add_if(asset.is_some_and(|asset| !self.is_expired(asset)), Assets::NotExpired);
		if faults.0.is_empty() {
			self.retire(id);
		}
		faults
	}

	fn transfer(
		&mut self,
		origin: &AccountId,
		inputs: &TransferInputs<Runtime>,
		outputs: &TransferOutputs<Runtime>,
		co_signatures: Option<&CoSignatures<Runtime>>,
	) -> Faults {
		let mut faults = Faults::default();
		let nothing = (inputs.assets.is_empty() && inputs.money.is_empty())
			|| (outputs.assets.is_empty() && outputs.money.is_empty());
		if nothing {
			// Without inputs there is no owner, without outputs nothing is conserved.
			faults.add(Assets::NothingToTransfer);
			return faults;
		}
		let distinct: BTreeSet<_> = inputs.assets.iter().collect();
		faults.add_if(distinct.len() < inputs.assets.len(), Assets::AssetNotFound);
		let ids = inputs.assets.iter();
		let spent: Vec<_> = ids.filter_map(|id| self.spendable(*id, &mut faults)).collect();
		for output in &outputs.assets {
			self.well_formed(output.power, output.start, output.end, &mut faults);
		}
		self.conserved(&spent, &outputs.assets, &mut faults);
		self.money_conserved(&inputs.money, &outputs.money, &mut faults);
		let assets = spent.iter().map(|asset| &asset.owner);
		let owners = assets.chain(inputs.money.iter().map(|(owner, _)| owner)).collect();
		let digest =
			signed_by_all(self, origin, owners, inputs, outputs, co_signatures, &mut faults);
		if faults.0.is_empty() {
			self.used.extend(digest);
			self.assets.retain(|id, _| !inputs.assets.contains(id));
			outputs.assets.iter().for_each(|output| self.create(created(output)));
			for (who, amount) in by_account(&inputs.money) {
				*self.money.get_mut(who).expect("the balance was enough") -= amount;
			}
			for (who, amount) in by_account(&outputs.money) {
				*self.money.entry(who.clone()).or_default() += amount;
			}
		}
		faults
	}

	/// For each (kind, feeder, traded) and timestep as much comes out as goes in; where it has begun, for each owner.
	fn conserved(
		&self,
		spent: &[&EnergyAsset<AccountId>],
		outputs: &[AssetOutput<AccountId>],
		faults: &mut Faults,
	) {
		let mut all = BTreeMap::<_, i128>::new();
		let mut begun = BTreeMap::<_, i128>::new();
		let mut count =
			|owner: &AccountId, asset: (_, FeederId, bool), t: Timestep, power: i128| {
				*all.entry((asset, t)).or_default() += power;
				if t <= self.now {
					*begun.entry((owner.clone(), asset, t)).or_default() += power;
				}
			};
		for asset in spent {
			for t in self.steps(asset.start, asset.end) {
				let sort = (asset.kind, asset.feeder, asset.traded);
				count(&asset.owner, sort, t, asset.power.into());
			}
		}
		for asset in outputs {
			for t in self.steps(asset.start, asset.end) {
				let sort = (asset.kind, asset.feeder, asset.traded);
				count(&asset.address, sort, t, -i128::from(asset.power));
			}
		}
		let conserved = all.values().all(|power| *power == 0);
		faults.add_if(!conserved, Assets::NotConserved);
		let kept = begun.values().all(|power| *power == 0);
		faults.add_if(conserved && !kept, Assets::AssetBegun);
	}

	fn money_conserved(
		&self,
		inputs: &[(AccountId, Balance)],
		outputs: &[(AccountId, Balance)],
		faults: &mut Faults,
	) {
		let zero = inputs.iter().chain(outputs).any(|(_, amount)| *amount == 0);
		faults.add_if(zero, Assets::ZeroAmount);
		let sums = [inputs, outputs].map(|list| total(list.iter().map(|(_, amount)| *amount)));
		faults.add_if(sums.contains(&None), Assets::Overflow);
		faults.add_if(sums[0] != sums[1], Assets::MoneyNotConserved);
		let gives = by_account(inputs);
		let short = gives.into_iter().any(|(who, amount)| amount > self.available(who));
		faults.add_if(short, Assets::InsufficientFunds);
	}
}

/// Whether every owner, and nobody else, has signed; what they signed.
fn signed_by_all(
	model: &Model,
	origin: &AccountId,
	mut owners: BTreeSet<&AccountId>,
	inputs: &TransferInputs<Runtime>,
	outputs: &TransferOutputs<Runtime>,
	co_signatures: Option<&CoSignatures<Runtime>>,
	faults: &mut Faults,
) -> Option<[u8; 32]> {
	faults.add_if(!owners.remove(origin), Assets::NotOwner);
	let Some(CoSignatures { salt, deadline, signatures }) = co_signatures else {
		faults.add_if(!owners.is_empty(), Assets::MissingSignature);
		return None;
	};
	faults.add_if(*deadline < model.block, Assets::DeadlinePassed);
	faults.add_if(*deadline > model.block + MAX_DEADLINE, Assets::DeadlineTooFar);
	let message = message(origin, inputs, outputs, salt, *deadline);
	faults.add_if(model.used.contains(&message), Assets::AlreadyUsed);
	let wrapped = [b"<Bytes>".as_slice(), &message, b"</Bytes>"].concat();
	for (signer, signature) in signatures {
		faults.add_if(!owners.remove(signer), Assets::SuperfluousSignature);
		let plain = signature.verify(message.as_slice(), signer);
		let good = plain || signature.verify(wrapped.as_slice(), signer);
		faults.add_if(!good, Assets::BadSignature);
	}
	faults.add_if(!owners.is_empty(), Assets::MissingSignature);
	Some(message)
}

/// What co-owners sign, as `INTERFACE.md` says.
pub fn message(
	origin: &AccountId,
	inputs: &TransferInputs<Runtime>,
	outputs: &TransferOutputs<Runtime>,
	salt: &[u8; 32],
	deadline: u32,
) -> [u8; 32] {
	let domain = "petra/EnergyAssets/transfer";
	let genesis = System::block_hash(0);
	let fields = (domain, genesis, origin, inputs, outputs, salt, deadline);
	fields.using_encoded(sp_io::hashing::blake2_256)
}

fn fresh(owner: &AccountId, asset: &NewAsset) -> EnergyAsset<AccountId> {
	let NewAsset { feeder, kind, power, start, end } = *asset;
	let (traded, locked) = (false, false);
	EnergyAsset { owner: owner.clone(), kind, power, start, end, feeder, traded, locked }
}

fn created(output: &AssetOutput<AccountId>) -> EnergyAsset<AccountId> {
	let AssetOutput { address: owner, kind, power, start, end, feeder, traded } = output.clone();
	EnergyAsset { owner, kind, power, start, end, feeder, traded, locked: false }
}

fn bad_origin() -> Faults {
	Faults(vec![DispatchError::BadOrigin])
}
