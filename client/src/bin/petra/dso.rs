//! `petra dso`

use crate::{
	answer::{put, Answer},
	context::{price, timestep, Context},
	failure::Failure,
};
use clap::{Args, Subcommand, ValueEnum};
use petra_client::{
	call, calls,
	petra::energy_assets::events::AssetAdded,
	spb,
	types::{
		AssetKind, Authorization, Balance, BlockNumber, FeederId, FeederLimits, Limits, MarketMode,
		MeterId, NewAsset, Path, Power, RegulatoryTransaction, Timestep,
	},
	units::{format_money, format_power, parse_money, parse_power, PriceInput, TimeInput},
	AccountId32, Call, Client, Ledger, Outcome, Payload, Value as Argument,
};
use serde_json::{json, Value};

/// What the ledger says to a time that is over.
const TIME_IN_PAST: &str = "Regulation::TimeInPast";
const TIME: &str = "It takes effect at timesteps after this one";

#[derive(Subcommand)]
#[command(
	after_help = "The key is that of --key-file, else the wallet's //petra//dso. On development networks Alice has it:\n  printf //Alice >alice.key; petra --key-file alice.key dso market auction"
)]
pub enum Command {
	#[command(flatten)]
	Regulate(Regulation),
	/// Answer households' requests: withdrawals, deposits, accounts, bills
	#[command(
		after_help = "Example:\n  petra --key-file service.key dso serve --listen 127.0.0.1:8460 --database dso-service.redb\ndocs/dso-service.md says what it does and how to run it."
	)]
	Serve(crate::serve::Arguments),
}

#[derive(Clone, Subcommand)]
pub enum Regulation {
	/// Authorise a meter, or authorise it again with other limits
	#[command(
		after_help = "Example:\n  petra --key-file dso.key dso authorize 7 --key 5F… --feeder 1 --max-production 5kW --max-consumption 5kW --max-money 100EUR"
	)]
	Authorize {
		/// The meter's number
		meter: MeterId,
		/// The meter's key (`petra wallet address --meter 7` on the meter)
		#[arg(long, value_name = "ADDRESS")]
		key: AccountId32,
		/// The feeder on which it hangs
		#[arg(long)]
		feeder: FeederId,
		#[command(flatten)]
		limits: LimitArguments,
		/// Who withdraws for the household
		#[arg(long, value_enum, default_value = "meter")]
		path: PathArgument,
		#[arg(long, default_value = "now", help = TIME)]
		time: TimeInput,
	},
	/// Ban meters: they can withdraw nothing any more
	Ban {
		/// The meters' numbers
		#[arg(required = true)]
		meters: Vec<MeterId>,
		#[arg(long, default_value = "now", help = TIME)]
		time: TimeInput,
	},
	/// Set what the DSO sells and buys at; what is not given stays
	#[command(
		after_help = "Example:\n  petra dso prices --consumption 0.35EUR/kWh --production 0.08EUR/kWh"
	)]
	Prices {
		/// What the DSO sells at
		#[arg(long, required_unless_present = "production")]
		consumption: Option<PriceInput>,
		/// What the DSO buys at: at most what it sells at
		#[arg(long)]
		production: Option<PriceInput>,
		#[arg(long, default_value = "now", help = TIME)]
		time: TimeInput,
	},
	/// Change a meter's limits
	Limits {
		/// The meter's number
		meter: MeterId,
		#[command(flatten)]
		limits: LimitArguments,
		#[arg(long, default_value = "now", help = TIME)]
		time: TimeInput,
	},
	/// Set how much may be traded on a feeder
	Feeder {
		/// The feeder's number
		feeder: FeederId,
		/// The most production, and the most consumption
		#[arg(long, value_parser = parse_power, required_unless_present = "unlimited", requires = "external")]
		internal: Option<Power>,
		/// The most by which the two may differ
		#[arg(long, value_parser = parse_power, requires = "internal")]
		external: Option<Power>,
		/// Lift the limits
		#[arg(long, conflicts_with_all = ["internal", "external"])]
		unlimited: bool,
		#[arg(long, default_value = "now", help = TIME)]
		time: TimeInput,
	},
	/// Set how energy is traded
	#[command(
		after_help = "Examples:\n  petra dso market auction\n  petra dso market fixed 0.25EUR/kWh --time +8"
	)]
	Market {
		/// How
		#[arg(value_enum)]
		mode: ModeArgument,
		/// The price, if it is fixed
		#[arg(required_if_eq("mode", "fixed"))]
		price: Option<PriceInput>,
		/// It takes effect at timesteps after this one: at the earliest, the first whose gate is open
		#[arg(long)]
		time: Option<TimeInput>,
	},
	/// Ask the agents for more or less power
	#[command(
		after_help = "Example:\n  petra dso signal --from +2 --to +5 --change=-2000     2 kW less"
	)]
	Signal {
		/// First timestep
		#[arg(long)]
		from: TimeInput,
		/// Last timestep
		#[arg(long)]
		to: TimeInput,
		/// Watts
		#[arg(long, value_name = "WATTS", allow_hyphen_values = true)]
		change: i64,
	},
	/// Create money, or an asset of a household on the DSO path, at an address (P3)
	#[command(
		after_help = "Examples:\n  petra dso issue 5F… --money 2EUR\n  petra dso issue 5F… --production 2kW --feeder 1 --from +4 --to +7"
	)]
	Issue(IssueArguments),
	/// Name the account of the withdrawal service, which creates assets on the DSO path
	Issuer {
		/// The account
		#[arg(required_unless_present = "none")]
		account: Option<AccountId32>,
		/// There is none any more
		#[arg(long, conflicts_with = "account")]
		none: bool,
	},
	/// Set when a mixing ring's notes can be withdrawn; rings that are open keep their rules
	#[command(after_help = "Example:\n  petra dso rings --members 10 --age 20")]
	Rings {
		/// How many notes must be in a ring, 2 to 255
		#[arg(long)]
		members: u32,
		/// For how many blocks
		#[arg(long)]
		age: BlockNumber,
	},
	/// List who may certify producers for payment against delivery; whoever is not listed no longer may
	#[command(after_help = "Example:\n  petra dso authorities 5F… 5G…")]
	Authorities {
		/// Their accounts
		accounts: Vec<AccountId32>,
	},
}

#[derive(Clone, Args)]
#[command(group = clap::ArgGroup::new("what").required(true))]
pub struct IssueArguments {
	/// The address
	address: AccountId32,
	/// Money
	#[arg(long, value_parser = parse_money, group = "what")]
	money: Option<Balance>,
	/// Permission to sell
	#[arg(long, value_name = "POWER", value_parser = parse_power, group = "what", requires_all = ["feeder", "from", "to"])]
	production: Option<Power>,
	/// Permission to buy
	#[arg(long, value_name = "POWER", value_parser = parse_power, group = "what", requires_all = ["feeder", "from", "to"])]
	consumption: Option<Power>,
	/// The feeder
	#[arg(long)]
	feeder: Option<FeederId>,
	/// First timestep
	#[arg(long)]
	from: Option<TimeInput>,
	/// Last timestep
	#[arg(long)]
	to: Option<TimeInput>,
}

#[derive(Clone, Args)]
pub struct LimitArguments {
	/// The most production that it may withdraw, in each timestep
	#[arg(long, value_name = "POWER", value_parser = parse_power)]
	max_production: Power,
	/// The most consumption that it may withdraw, in each timestep
	#[arg(long, value_name = "POWER", value_parser = parse_power)]
	max_consumption: Power,
	/// The most money that it may withdraw, in each billing period
	#[arg(long, value_name = "MONEY", value_parser = parse_money)]
	max_money: Balance,
}

impl LimitArguments {
	fn limits(&self) -> Limits {
		Limits {
			max_production: self.max_production,
			max_consumption: self.max_consumption,
			max_financial: self.max_money,
		}
	}
}

#[derive(Clone, Copy, ValueEnum)]
pub enum PathArgument {
	/// Its meter (the DSO does not learn the addresses)
	Meter,
	/// The DSO's service
	Dso,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum ModeArgument {
	/// Every trade at one price
	Fixed,
	/// Trades at the offer's price, for whoever accepts it first
	FirstCome,
	/// One clearing at gate closure, at one price
	Auction,
}

pub async fn run(command: Command, context: &Context) -> Result<Answer, Failure> {
	match command {
		Command::Regulate(regulation) => match regulate(regulation.clone(), context).await {
			// A timestep may have begun meanwhile: `now` is another one.
			Err(failure) if failure.name() == Some(TIME_IN_PAST) => {
				regulate(regulation, context).await
			},
			answer => answer,
		},
		Command::Serve(arguments) => crate::serve::run(arguments, context).await,
	}
}

async fn regulate(regulation: Regulation, context: &Context) -> Result<Answer, Failure> {
	let client = context.client().await?;
	let ledger = client.ledger().await?;
	let desk = Desk { context, client, ledger };
	match regulation {
		Regulation::Authorize { meter, key, feeder, limits, path, time } => {
			let path = match path {
				PathArgument::Meter => Path::Meter,
				PathArgument::Dso => Path::Dso,
			};
			let limits = limits.limits();
			let authorization = Authorization { id: meter, pubkey: key, feeder, limits, path };
			let regulation = RegulatoryTransaction {
				authorize: vec![authorization],
				..desk.nothing(time).await?
			};
			let said =
				format!("meter {meter} is authorised on feeder {feeder}: {}", shown(&limits));
			desk.regulate(regulation, said, json!({ "meter": meter, "feeder": feeder }))
				.await
		},
		Regulation::Ban { meters, time } => {
			let regulation =
				RegulatoryTransaction { ban: meters.clone(), ..desk.nothing(time).await? };
			let said = format!("banned: {meters:?}");
			desk.regulate(regulation, said, json!({ "meters": meters })).await
		},
		Regulation::Prices { consumption, production, time } => {
			desk.prices(consumption, production, time).await
		},
		Regulation::Limits { meter, limits, time } => {
			desk.limits(meter, limits.limits(), time).await
		},
		Regulation::Issue(arguments) => desk.issue(&arguments).await,
		Regulation::Feeder { feeder, internal, external, time, .. } => {
			let limits = internal
				.zip(external)
				.map(|(internal, external)| FeederLimits { internal, external });
			let time = timestep(&desk.ledger, time).await?;
			let said = limits.map_or("no limits".into(), |limits| {
				let (internal, external) =
					(format_power(limits.internal), format_power(limits.external));
				format!("at most {internal} each way, and {external} of difference")
			});
			let said = format!("feeder {feeder}: {said}, after timestep {time}");
			let call = calls::set_feeder_limits(feeder, limits, time);
			desk.sudo(&call, said, json!({ "feeder": feeder, "limits": limits })).await
		},
		Regulation::Market { mode, price, time } => desk.market(mode, price, time).await,
		Regulation::Signal { from, to, change } => {
			let (from, to) =
				(timestep(&desk.ledger, from).await?, timestep(&desk.ledger, to).await?);
			let call = calls::publish_control_signal(from, to, change);
			let said = format!("asked for {change:+} W from timestep {from} to {to}");
			desk.sudo(&call, said, json!({ "from": from, "to": to, "change": change }))
				.await
		},
		Regulation::Issuer { account, .. } => {
			let said = account.map_or("there is no issuer".into(), |account| {
				format!("the withdrawal service is {account}")
			});
			desk.sudo(&calls::set_issuer(account), said, json!({ "issuer": account })).await
		},
		Regulation::Rings { members, age } => {
			let said = format!(
				"new rings: notes can be withdrawn when {members} have been in for {age} blocks"
			);
			let call = set_ring_rules(members, age);
			desk.sudo(&call, said, json!({ "members": members, "age": age })).await
		},
		Regulation::Authorities { accounts } => {
			let said = format!("{} authorities may certify producers", accounts.len());
			let call = spb::calls::set_authorities(accounts.clone());
			desk.sudo(&call, said, json!({ "authorities": accounts })).await
		},
	}
}

/// Where the regulator sits.
struct Desk<'a> {
	context: &'a Context,
	client: Client,
	ledger: Ledger,
}

impl Desk<'_> {
	/// A regulation that changes nothing, at a time.
	async fn nothing(&self, time: TimeInput) -> Result<RegulatoryTransaction, Failure> {
		Ok(RegulatoryTransaction {
			authorize: Vec::new(),
			ban: Vec::new(),
			price_consumption: None,
			price_production: None,
			time: timestep(&self.ledger, time).await?,
		})
	}

	async fn regulate(
		&self,
		regulation: RegulatoryTransaction,
		said: String,
		answer: Value,
	) -> Result<Answer, Failure> {
		let said = format!("{said}, after timestep {}", regulation.time);
		self.sudo(&calls::regulate(regulation), said, answer).await
	}

	async fn limits(
		&self,
		meter: MeterId,
		limits: Limits,
		time: TimeInput,
	) -> Result<Answer, Failure> {
		let time = timestep(&self.ledger, time).await?;
		let said = format!("meter {meter}: {}, after timestep {time}", shown(&limits));
		self.sudo(&calls::set_limits(meter, limits, time), said, json!({ "meter": meter }))
			.await
	}

	async fn issue(&self, arguments: &IssueArguments) -> Result<Answer, Failure> {
		let IssueArguments { address, money, production, consumption, feeder, from, to } =
			arguments;
		if let Some(amount) = money {
			let said = format!("{} at {address}", format_money(*amount));
			let call = calls::add_financial_balance(*address, *amount);
			return self.sudo(&call, said, json!({ "address": address, "amount": amount })).await;
		}
		let incomplete = || Failure::Usage("give --feeder, --from and --to".into());
		let (kind, power) = match (production, consumption) {
			(Some(power), _) => (AssetKind::Production, *power),
			(_, Some(power)) => (AssetKind::Consumption, *power),
			_ => return Err(incomplete()),
		};
		let (Some(feeder), Some(from), Some(to)) = (feeder, from, to) else {
			return Err(incomplete());
		};
		let (start, end) =
			(timestep(&self.ledger, *from).await?, timestep(&self.ledger, *to).await?);
		let asset = NewAsset { feeder: *feeder, kind, power, start, end };
		let call = calls::add_energy_asset(*address, asset);
		let outcome = self.context.sudo(&self.client, &call).await?;
		let added: AssetAdded = outcome.first()?;
		let said = format!(
			"asset {}: {} of {} from timestep {start} to {end}, at {address}",
			added.asset_id,
			format_power(power),
			crate::meter::kind(kind),
		);
		let answer =
			json!({ "assetId": added.asset_id, "address": address, "asset": added.asset.0 });
		Ok(done(&outcome, said, answer))
	}

	async fn prices(
		&self,
		consumption: Option<PriceInput>,
		production: Option<PriceInput>,
		time: TimeInput,
	) -> Result<Answer, Failure> {
		let mut said = Vec::new();
		let mut prices = Vec::new();
		for (verb, asked) in [("sells", consumption), ("buys", production)] {
			let price = match asked {
				Some(asked) => {
					let (price, converter) = price(&self.ledger, &asked).await?;
					said.push(format!("{verb} at {price} ({})", converter.per_kwh(price)));
					Some(price)
				},
				None => None,
			};
			prices.push(price);
		}
		let [price_consumption, price_production] = prices[..] else {
			return Err(Failure::Usage("no prices".into()));
		};
		let regulation = RegulatoryTransaction {
			price_consumption,
			price_production,
			..self.nothing(time).await?
		};
		let answer = json!({ "consumption": price_consumption, "production": price_production });
		self.regulate(regulation, format!("the DSO {}", said.join(" and ")), answer)
			.await
	}

	async fn market(
		&self,
		mode: ModeArgument,
		asked: Option<PriceInput>,
		time: Option<TimeInput>,
	) -> Result<Answer, Failure> {
		let (mode, said) = match (mode, asked) {
			(ModeArgument::Fixed, Some(asked)) => {
				let (price, converter) = price(&self.ledger, &asked).await?;
				let said = format!("every trade at {price} ({})", converter.per_kwh(price));
				(MarketMode::FixedPrice(price), said)
			},
			(ModeArgument::FirstCome, None) => {
				(MarketMode::FirstComeFirstServed, "first come, first served".into())
			},
			(ModeArgument::Auction, None) => (MarketMode::DoubleAuction, "double auction".into()),
			_ => return Err(Failure::Usage("a fixed market has a price, and no other has".into())),
		};
		let time = match time {
			Some(time) => timestep(&self.ledger, time).await?,
			None => self.first_open().await?,
		};
		let said = format!("{said}, after timestep {time}");
		self.sudo(&calls::set_market(mode, time), said, json!({ "mode": mode, "time": time }))
			.await
	}

	/// The first timestep that a market rule can be set after, with one to spare for the time until it is in a block.
	async fn first_open(&self) -> Result<Timestep, Failure> {
		let lead = self.ledger.parameters().await?.gate_lead;
		Ok(TimeInput::FromNow(lead.saturating_add(1))
			.resolve(self.ledger.current_timestep().await?))
	}

	async fn sudo(
		&self,
		call: &impl Payload,
		said: String,
		answer: Value,
	) -> Result<Answer, Failure> {
		let outcome = self.context.sudo(&self.client, call).await?;
		Ok(done(&outcome, said, answer))
	}
}

fn set_ring_rules(members: u32, age: BlockNumber) -> Call {
	call("Mixing", "set_ring_rules", [Argument::u128(members.into()), Argument::u128(age.into())])
}

fn shown(limits: &Limits) -> String {
	format!(
		"at most {} of production, {} of consumption, {} in a billing period",
		format_power(limits.max_production),
		format_power(limits.max_consumption),
		format_money(limits.max_financial)
	)
}

/// What was done, and where.
pub fn done(outcome: &Outcome, said: String, mut answer: Value) -> Answer {
	put(&mut answer, "block", json!(outcome.block.number));
	put(&mut answer, "blockHash", json!(outcome.block.hash));
	put(&mut answer, "transaction", json!(outcome.hash));
	Answer::new(format!("{said}\nblock {}, {:?}", outcome.block.number, outcome.block.hash), answer)
}
