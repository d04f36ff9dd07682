// The market through polkadot.js: node market.mjs ws://127.0.0.1:9944
//
// The trading workflow of P3, figure 2, from withdrawal to deposit: a household sells by an ask that another accepts, and
// one buys by a bid that another accepts. Offers are rescinded, and accepted in part, in power and in time; what no rule
// allows is refused by name, feeder limits and market modes included. At the end the events of the blocks are read, and
// each scene must have had its own in its order. Every key and feeder is new, so the script can run again on the same
// chain. No gate passes on it while it runs: the double auction's clearing is tested elsewhere.

import { randomInt } from 'node:crypto';
import {
	EUR, account, assetsOf, connect, ensure, ensureAssets, ensureEqual, ensureFree, main, named, newKey, refused, require,
	send, sendFree, sudoAll,
} from './common.mjs';

const { Keyring } = require('@polkadot/api');

const LIMIT_MS = 170_000;

/// What offers cost here, in money units per watt and timestep.
const PRICE = 200;
/// The DSO's price where it sets one, and what the bid there offers.
const [FIXED, DEARER] = [150, 300];
/// Limits of every meter, in watts.
const LIMIT = 2_000;
/// So far ahead are the timesteps in which the market has other modes.
const MODES_AHEAD = 30;
/// Offers on one page of the book, few, so that there is more than one.
const PAGE = 3;

/// The DSO. Its calls go one list after the other, whoever asks for them.
function dsoOf(api, alice) {
	let turn = Promise.resolve();
	return (calls) => {
		turn = turn.then(() => sudoAll(api, calls, alice));
		return turn;
	};
}

/// A meter on a feeder of its own.
const newMeter = (path) => ({ id: randomInt(2 ** 31), key: newKey(), feeder: randomInt(2 ** 31), path });

/// The DSO authorises meters, and says what the market is: first come first served, in one timestep a fixed price, and
/// from the next one on a double auction.
async function regulate({ api, dso, time, modes }, meters) {
	const limits = { maxProduction: LIMIT, maxConsumption: LIMIT, maxFinancial: 0 };
	const authorize = meters.map(({ id, key, feeder, path }) => ({ id, pubkey: key.address, feeder, limits, path }));
	const { regulate, setMarket } = api.tx.regulation;
	const prices = { priceConsumption: null, priceProduction: null };
	const market = [
		['FirstComeFirstServed', time],
		[{ FixedPrice: FIXED }, modes - 1],
		['DoubleAuction', modes],
	];
	const calls = market.map(([mode, from]) => setMarket(mode, from));
	await dso([regulate({ authorize, ban: [], ...prices, time }), ...calls]);
	const modeAt = async (t) => (await api.call.petraApi.marketMode(t)).toJSON();
	ensureEqual(await modeAt(time + 1), { firstComeFirstServed: null }, 'the market mode');
	ensureEqual(await modeAt(modes - 1), { firstComeFirstServed: null }, 'the market mode before the fixed price');
	ensureEqual(await modeAt(modes), { fixedPrice: FIXED }, 'the market mode of the fixed price');
	ensureEqual(await modeAt(modes + 1), { doubleAuction: null }, 'the market mode after the fixed price');
	console.log(`${meters.length} meters are authorised, three market modes are set`);
}

/// The assets that came into being, as they were then.
function added(api, events) {
	return named(events, api.events.energyAssets.AssetAdded).map(([, id, asset]) => ({ id, ...asset }));
}

/// Those of an address, without ids.
const bare = (assets) => assets.map(({ id, ...asset }) => asset);

/// What is on the ledger must be what was asked for: [owner, kind, power, start, end], on that feeder.
function ensureAdded(assets, asked, feeder) {
	const expected = asked.map(([owner, kind, power, start, end]) => ({
		owner: owner.address, kind, power, start, end, feeder, traded: false, locked: false,
	}));
	ensureEqual(bare(assets), expected, 'energyAssets.AssetAdded of a withdrawal');
	return assets;
}

/// P1's withdrawal: a meter's, for addresses.
async function withdraw({ api }, { id, key, feeder }, asked) {
	const outputs = asked.map(([{ address }, kind, power, start, end]) => ({
		Energy: { address, kind, power, start, end },
	}));
	const events = await sendFree(api, api.tx.energyAssets.withdraw(id, outputs), key);
	return ensureAdded(added(api, events), asked, feeder);
}

/// P3's withdrawal: the DSO creates assets, and money: [owner, amount].
async function issue({ api, dso }, feeder, asked, money) {
	const { addEnergyAsset, addFinancialBalance } = api.tx.energyAssets;
	const energy = asked.map(([{ address }, kind, power, start, end]) =>
		addEnergyAsset(address, { feeder, kind, power, start, end }),
	);
	const events = (await dso([...energy, ...fund(addFinancialBalance, money)])).flat();
	const funded = named(events, api.events.energyAssets.FinancialAdded);
	const expected = money.map(([{ address }, amount]) => [address, Number(amount)]);
	ensureEqual(funded, expected, 'energyAssets.FinancialAdded');
	return ensureAdded(added(api, events), asked, feeder);
}

const fund = (call, money) => money.map(([{ address }, amount]) => call(address, amount));

/// The open offers of a kind in an interval that these addresses have posted, page by page, by id.
async function book({ api }, kind, [start, end], posters) {
	const found = new Map();
	let after = null;
	for (;;) {
		const page = await api.call.petraApi.offers(kind, start, end, after, PAGE);
		ensure(page.length <= PAGE, `a page of the book has ${page.length} offers`);
		if (page.length === 0) {
			return found;
		}
		for (const [id, offer] of page) {
			ensure(after === null || id.toNumber() > after, 'the book is not in the order of ids');
			after = id.toNumber();
			if (posters.some(({ address }) => offer.poster.eq(address))) {
				found.set(after, offer.toJSON());
			}
		}
	}
}

/// What the event of an offer says, against what it must say.
function ensurePosted(event, poster, { id, kind, power, start, end }, price, parent) {
	const said = event.slice(1);
	ensureEqual(said, [id, poster.address, kind, power, start, end, price, parent], 'offers.OfferPosted');
}

/// Posts an offer; the event and the book must have it, and the asset must be locked. Its id.
async function post(market, poster, asset, price, money = 0n, options = null) {
	const { api } = market;
	const { postOffer, postOfferWith } = api.tx.offers;
	const call = options ? postOfferWith(asset.id, price, options) : postOffer(asset.id, price);
	const events = named(await sendFree(api, call, poster, money), api.events.offers.OfferPosted);
	ensure(events.length === 1, `${events.length} events offers.OfferPosted`);
	ensurePosted(events[0], poster, asset, price, null);
	const [[offerId]] = events;
	const { kind, power, start, end } = asset;
	const offer = (await book(market, kind, [start, end], [poster])).get(offerId);
	ensure(offer, `offer ${offerId} is not in the book`);
	const none = { allOrNothing: false, closeOnPartial: false };
	const expected = {
		poster: poster.address, assetId: asset.id, kind, power, start, end, price, options: options ?? none,
		postedAt: offer.postedAt,
	};
	ensureEqual(offer, expected, 'the offer in the book');
	const held = (await assetsOf(api, poster.address)).find(({ id }) => id === asset.id);
	ensure(held?.locked, 'the asset of an offer is not locked');
	return { id: offerId, poster, postedAt: offer.postedAt };
}

/// Accepts an offer. Exchanged must be `part`, at `price`; returns what came into being, and what stays offered.
async function accept({ api }, acceptor, offer, asset, { part, price, limits = null, money = 0n }) {
	const call = api.tx.offers.acceptOffer(offer.id, asset.id, limits);
	const events = await sendFree(api, call, acceptor, money);
	const [power, start, end] = part;
	const cost = price * power * (end - start + 1);
	const assets = added(api, events);
	const of = (kind) => assets.find(({ traded, ...one }) => traded && one.kind === kind);
	const [production, consumption] = [of('Production'), of('Consumption')];
	ensure(production && consumption, 'a trade has not created an asset for either side');
	const accepted = named(events, api.events.offers.OfferAccepted);
	ensureEqual(
		accepted,
		[[offer.id, asset.id, power, start, end, price, cost, production.id, consumption.id]],
		'offers.OfferAccepted',
	);
	for (const got of [production, consumption]) {
		const seen = (await assetsOf(api, got.owner)).find(({ id }) => id === got.id);
		ensureEqual(seen, got, 'an asset that came out of a trade');
		ensureEqual([got.power, got.start, got.end, got.locked], [power, start, end, false], 'what was exchanged');
	}
	ensure(production.owner !== consumption.owner, 'one side has got both');
	return { cost: BigInt(cost), production, consumption, assets, posted: named(events, api.events.offers.OfferPosted) };
}

/// Money of an address, in all and on hold.
async function ensureMoney({ api }, { address }, money, held, what) {
	const is = await account(api, address);
	ensure(is.money === money, `${what}: ${is.money} billionths, not ${money}`);
	ensure(is.held === held, `${what}: ${is.held} billionths on hold, not ${held}`);
}

/// The load of a feeder: [start, end, production, consumption, withdrawn of both], and the limits.
async function ensureLoad({ api }, feeder, stretches, limits, what) {
	const [from, to] = [stretches[0][0], stretches.at(-1)[1]];
	const load = (await api.call.petraApi.feederLoad(feeder, from, to)).toJSON();
	const expected = stretches.map(([start, end, production, consumption, withdrawnProduction, withdrawnConsumption]) => ({
		start, end, production, consumption, withdrawnProduction, withdrawnConsumption, limits,
	}));
	ensureEqual(load, expected, what);
}

/// Deposits an asset, free.
async function depositAsset({ api }, owner, { id, ...asset }, money = 0n) {
	const events = await sendFree(api, api.tx.energyAssets.depositEnergyAsset(id), owner, money);
	const deposited = named(events, api.events.energyAssets.AssetDeposited);
	ensureEqual(deposited, [[owner.address, id, asset]], 'energyAssets.AssetDeposited');
}

/// Deposits all of an address, energy and then money; nothing is left of its account.
async function depositAll(market, owner, assets, money) {
	const { api } = market;
	for (const asset of assets) {
		await depositAsset(market, owner, asset, money);
	}
	ensureEqual(await assetsOf(api, owner.address), [], 'the assets after the deposit');
	// The account goes with the last of its money, and its nonce with it.
	const events = await send(api, api.tx.energyAssets.depositFinancial(money), owner);
	ensureFree(api, events);
	const deposited = named(events, api.events.energyAssets.FinancialDeposited);
	ensureEqual(deposited, [[owner.address, Number(money)]], 'energyAssets.FinancialDeposited');
	await ensureMoney(market, owner, 0n, 0n, 'the money after the deposit');
}

/// A scene's events in their order, each with the address or the offer that it is about.
const events = (scene, ...expected) => ({ scene, expected });
const addedTo = (...owners) => owners.map(({ address }) => ['AssetAdded', address]);
const fundedTo = (...owners) => owners.map(({ address }) => ['FinancialAdded', address]);

/// P3, figure 2, as seller: withdrawal, ask, acceptance, deposits. The acceptor is refused what its limits exclude.
async function sell(market, home) {
	const { api, start } = market;
	const [seller, buyer] = [newKey(), newKey()];
	const [first, last] = [start, start + 3];
	const part = [400, first, last];
	const cost = BigInt(PRICE * 400 * 4);
	const asked = [[seller, 'Production', ...part], [buyer, 'Consumption', ...part]];
	const [produced, consumed] = await issue(market, home, asked, [[buyer, cost + EUR]]);
	const ask = await post(market, seller, produced, PRICE);

	const exact = { price: PRICE, minPower: 400, start: first, end: last };
	for (const worse of [{ price: PRICE - 1 }, { minPower: 401 }, { start: first - 1 }, { end: last + 1 }]) {
		const call = api.tx.offers.acceptOffer(ask.id, consumed.id, { ...exact, ...worse });
		await refused(api, call, buyer, 'offers.WorseThanLimits');
	}
	await ensureMoney(market, buyer, cost + EUR, 0n, 'the money of a buyer who was refused');
	const trade = await accept(market, buyer, ask, consumed, { part, price: PRICE, limits: exact, money: cost + EUR });
	ensure(trade.cost === cost && trade.posted.length === 0, 'the ask was not accepted as a whole');
	ensureEqual([trade.production.owner, trade.consumption.owner], [buyer.address, seller.address], 'who got what');
	await ensureMoney(market, seller, cost, 0n, 'the money of the seller');
	await ensureMoney(market, buyer, EUR, 0n, 'the money of the buyer');
	ensureEqual((await book(market, 'Production', [first, last], [seller])).size, 0, 'offers of the seller');
	await ensureLoad(market, home, [[first, last, 400, 400, 400, 400]], null, 'the load after a sale');

	await depositAll(market, buyer, [trade.production], EUR);
	await depositAll(market, seller, [trade.consumption], cost);
	console.log('sold by an ask, from withdrawal to deposit; refused by limits: offers.WorseThanLimits');
	return events(
		'a sale',
		...addedTo(seller, buyer), ...fundedTo(buyer), ['OfferPosted', ask.id],
		...addedTo(buyer, seller), ['OfferAccepted', ask.id],
		['AssetDeposited', buyer.address], ['FinancialDeposited', buyer.address],
		['AssetDeposited', seller.address], ['FinancialDeposited', seller.address],
	);
}

/// P3, figure 2, as buyer: withdrawal, bid, acceptance with an EPA, deposits.
async function buy(market, home) {
	const { api, start } = market;
	const [buyer, seller] = [newKey(), newKey()];
	const [first, last] = [start + 4, start + 7];
	const part = [300, first, last];
	const cost = BigInt(PRICE * 300 * 4);
	const asked = [[buyer, 'Consumption', ...part], [seller, 'Production', ...part]];
	const [consumed, produced] = await issue(market, home, asked, [[buyer, cost + EUR]]);
	const bid = await post(market, buyer, consumed, PRICE, cost + EUR);
	await ensureMoney(market, buyer, cost + EUR, cost, 'the money of a bidder');

	const exact = { price: PRICE, minPower: 300, start: first, end: last };
	const worse = api.tx.offers.acceptOffer(bid.id, produced.id, { ...exact, price: PRICE + 1 });
	await refused(api, worse, seller, 'offers.WorseThanLimits');
	const trade = await accept(market, seller, bid, produced, { part, price: PRICE, limits: exact });
	ensure(trade.cost === cost && trade.posted.length === 0, 'the bid was not accepted as a whole');
	ensureEqual([trade.production.owner, trade.consumption.owner], [buyer.address, seller.address], 'who got what');
	await ensureMoney(market, seller, cost, 0n, 'the money of who accepted the bid');
	await ensureMoney(market, buyer, EUR, 0n, 'the money of the bidder after the trade');
	await ensureLoad(market, home, [[first, last, 300, 300, 300, 300]], null, 'the load after a purchase');

	await depositAll(market, buyer, [trade.production], EUR);
	await depositAll(market, seller, [trade.consumption], cost);
	console.log('bought by a bid, from withdrawal to deposit');
	return events(
		'a purchase',
		...addedTo(buyer, seller), ...fundedTo(buyer), ['OfferPosted', bid.id],
		...addedTo(buyer, seller), ['OfferAccepted', bid.id],
		['AssetDeposited', buyer.address], ['FinancialDeposited', buyer.address],
		['AssetDeposited', seller.address], ['FinancialDeposited', seller.address],
	);
}

/// An ask is accepted twice in part. The first time three parts stay offered, before, after and above what was exchanged;
/// the second time the acceptor keeps a part above and one after it.
async function inPart(market, meter) {
	const { api, start } = market;
	const [seller, one, other] = [newKey(), newKey(), newKey()];
	const [produced, small, large] = await withdraw(market, meter, [
		[seller, 'Production', 800, start, start + 5],
		[one, 'Consumption', 300, start + 1, start + 2],
		[other, 'Consumption', 1_000, start + 3, start + 7],
	]);
	await issue(market, meter.feeder, [], [[one, EUR], [other, EUR]]);
	const ask = await post(market, seller, produced, PRICE);

	const first = await accept(market, one, ask, small, { part: [300, start + 1, start + 2], price: PRICE, money: EUR });
	const rest = [[800, start, start], [800, start + 3, start + 5], [500, start + 1, start + 2]];
	const offered = await book(market, 'Production', [start, start + 7], [seller]);
	ensureEqual([...offered.keys()], first.posted.map(([id]) => id), 'the parts that stay offered');
	const assets = await assetsOf(api, seller.address);
	for (const [index, [power, from, to]] of rest.entries()) {
		const asset = assets.find(({ id }) => id === first.posted[index][1]);
		ensureEqual([asset?.power, asset?.start, asset?.end, asset?.locked], [power, from, to, true], 'a part that stays');
		ensurePosted(first.posted[index], seller, asset, PRICE, ask.id);
		const offer = offered.get(first.posted[index][0]);
		ensureEqual([offer.price, offer.postedAt], [PRICE, ask.postedAt], 'price and age of a part that stays');
	}
	ensure(first.posted.length === rest.length, `${first.posted.length} parts stay offered`);
	ensureEqual(bare(await assetsOf(api, one.address)), bare([first.production]), 'what an acceptor has in the end');

	const after = { id: first.posted[1][0] };
	const second = await accept(market, other, after, large, {
		part: [800, start + 3, start + 5], price: PRICE, money: EUR,
	});
	ensureEqual(second.posted, [], 'what stays of a part that was accepted as a whole');
	const { owner, locked, ...consumption } = bare([large])[0];
	await ensureAssets(api, other.address, [
		...bare([second.production]),
		{ ...consumption, start: start + 6, end: start + 7 },
		{ ...consumption, power: 200, start: start + 3, end: start + 5 },
	], 'what an acceptor keeps');
	await ensureMoney(market, seller, first.cost + second.cost, 0n, 'the money of a seller in part');
	await ensureMoney(market, other, EUR - second.cost, 0n, 'the money of a buyer in part');
	await ensureLoad(market, meter.feeder, [
		[start, start, 0, 0, 800, 0],
		[start + 1, start + 2, 300, 300, 800, 300],
		[start + 3, start + 5, 800, 800, 800, 1_000],
		[start + 6, start + 7, 0, 0, 0, 1_000],
	], null, 'the load after sales in part');
	console.log('an ask was accepted in part, in power and in time: the rest stays offered');
	return events(
		'a sale in part',
		...addedTo(seller, one, other), ...fundedTo(one, other), ['OfferPosted', ask.id],
		...addedTo(one, seller, seller, seller, seller), ['OfferAccepted', ask.id],
		...first.posted.map(([id]) => ['OfferPosted', id]),
		...addedTo(other, seller, other, other), ['OfferAccepted', after.id],
	);
}

/// What no rule allows; and an offer is rescinded.
async function refusals(market, meter) {
	const { api, start } = market;
	const [seller, rival, buyer, late, bidder] = [newKey(), newKey(), newKey(), newKey(), newKey()];
	const part = [100, start, start + 1];
	const [produced, other, consumed, later, held] = await withdraw(market, meter, [
		[seller, 'Production', ...part],
		[rival, 'Production', ...part],
		[buyer, 'Consumption', ...part],
		[late, 'Consumption', 100, start + 2, start + 3],
		[bidder, 'Consumption', ...part],
	]);
	await issue(market, meter.feeder, [], [[bidder, EUR]]);
	const ask = await post(market, seller, produced, PRICE);
	const { acceptOffer, postOffer, rescindOffer } = api.tx.offers;
	await Promise.all([
		refused(api, acceptOffer(ask.id, other.id, null), rival, 'offers.WrongKind'),
		refused(api, acceptOffer(ask.id, later.id, null), late, 'offers.IntervalsDisjoint'),
		refused(api, acceptOffer(ask.id, consumed.id, null), buyer, 'offers.InsufficientFunds'),
		refused(api, postOffer(produced.id, PRICE), seller, 'offers.AssetLocked'),
		refused(api, postOffer(held.id, 5_000_000), bidder, 'offers.BelowExistentialDeposit'),
	]);
	await Promise.all([
		refused(api, rescindOffer(ask.id), rival, 'offers.NotOwner'),
		refused(api, acceptOffer(2n ** 64n - 1n, later.id, null), late, 'offers.OfferNotFound'),
		refused(api, postOffer(consumed.id, PRICE), buyer, 'offers.InsufficientFunds'),
		refused(api, api.tx.energyAssets.depositEnergyAsset(produced.id), seller, 'energyAssets.AssetLocked'),
		refused(api, acceptOffer(ask.id, consumed.id, null), bidder, 'offers.NotOwner'),
	]);
	ensureEqual(await assetsOf(api, buyer.address), [consumed], 'the assets of who was refused');

	const options = { allOrNothing: true, closeOnPartial: false };
	const bid = await post(market, bidder, held, PRICE, EUR, options);
	await ensureMoney(market, bidder, EUR, BigInt(PRICE * 100 * 2), 'the money of a bidder');
	for (const [poster, offer, asset, money] of [[seller, ask, produced, 0n], [bidder, bid, held, EUR]]) {
		const rescinded = await sendFree(api, rescindOffer(offer.id), poster, money);
		ensureEqual(named(rescinded, api.events.offers.OfferRescinded), [[offer.id]], 'offers.OfferRescinded');
		ensureEqual(await assetsOf(api, poster.address), [asset], 'the asset of an offer that was rescinded');
		await ensureMoney(market, poster, money, 0n, 'the money after an offer was rescinded');
		ensureEqual((await book(market, asset.kind, [start, start], [poster])).size, 0, 'offers that were rescinded');
		await refused(api, rescindOffer(offer.id), poster, 'offers.OfferNotFound');
	}
	await ensureLoad(market, meter.feeder, [
		[start, start + 1, 0, 0, 200, 200], [start + 2, start + 3, 0, 0, 0, 100],
	], null, 'the load without a trade');
	console.log('refused by name: WrongKind, IntervalsDisjoint, InsufficientFunds, …; offers are rescinded');
	return events(
		'what was refused',
		...addedTo(seller, rival, buyer, late, bidder), ...fundedTo(bidder), ['OfferPosted', ask.id], ['OfferPosted', bid.id],
		 ['OfferRescinded', ask.id], ['OfferRescinded', bid.id],
	);
}

/// The DSO limits a feeder after the first sale: further ones go exactly up to the limits, `internal` and `external`.
async function feederLimits(market, here, there) {
	const { api, dso, start, time } = market;
	const [seller, neighbour, stranger] = [newKey(), newKey(), newKey()];
	const bought = (owner, power) => [owner, 'Consumption', power, start, start];
	const [produced, inside, insideLess] = await withdraw(market, here, [
		[seller, 'Production', 600, start, start], bought(neighbour, 200), bought(neighbour, 100),
	]);
	const [first, over, exact] = await withdraw(
		market, there, [bought(stranger, 200), bought(stranger, 200), bought(stranger, 100)],
	);
	await issue(market, here.feeder, [], [[neighbour, EUR], [stranger, EUR]]);
	const ask = await post(market, seller, produced, PRICE);
	const one = (power) => ({ part: [power, start, start], price: PRICE });
	const sold = await accept(market, stranger, ask, first, { ...one(200), money: EUR });
	const limits = { internal: 400, external: 300 };
	const [set] = await dso([api.tx.regulation.setFeederLimits(here.feeder, limits, time)]);
	ensureEqual(
		named(set, api.events.regulation.FeederLimitsSet),
		[[here.feeder, limits, time]],
		'regulation.FeederLimitsSet',
	);

	const restOf = ({ posted }) => ({ id: posted[0][0] });
	const refusedOf = (trade, asset, acceptor) =>
		refused(api, api.tx.offers.acceptOffer(restOf(trade).id, asset.id, null), acceptor, 'offers.FeederLimitExceeded');
	// 200 W more would leave the feeder 400 W out of balance; 100 W leave it exactly 300.
	await refusedOf(sold, over, stranger);
	await ensureLoad(market, here.feeder, [[start, start, 200, 0, 600, 300]], limits, 'the load after a refusal');
	const paid = EUR - sold.cost;
	const balance = await accept(market, stranger, restOf(sold), exact, { ...one(100), money: paid });
	// 200 W more would be 500 W of production; 100 W make exactly 400.
	await refusedOf(balance, inside, neighbour);
	const full = await accept(market, neighbour, restOf(balance), insideLess, { ...one(100), money: EUR });
	await ensureLoad(market, here.feeder, [[start, start, 400, 100, 600, 300]], limits, 'the load at its limits');
	await ensureLoad(market, there.feeder, [[start, start, 0, 300, 0, 500]], null, 'the load of the other feeder');
	console.log('sold up to the limits of a feeder, and not past them: offers.FeederLimitExceeded');
	const sale = (buyer, offer) => [...addedTo(buyer, seller, seller), ['OfferAccepted', offer.id]];
	return events(
		'sales within limits',
		...addedTo(seller, neighbour, neighbour, stranger, stranger, stranger), ...fundedTo(neighbour, stranger),
		['OfferPosted', ask.id],
		...sale(stranger, ask), ['OfferPosted', restOf(sold).id],
		...sale(stranger, restOf(sold)), ['OfferPosted', restOf(balance).id],
		...sale(neighbour, restOf(balance)), ['OfferPosted', restOf(full).id],
	);
}

/// A bid over two market modes: the part at the fixed price is exchanged at that, the rest waits for the auction, in which
/// nothing is accepted.
async function modes(market, meter) {
	const { api, modes: fixed } = market;
	const [buyer, seller, dear] = [newKey(), newKey(), newKey()];
	const part = [100, fixed, fixed + 1];
	const [consumed, produced, dearer] = await withdraw(market, meter, [
		[buyer, 'Consumption', ...part],
		[seller, 'Production', ...part],
		[dear, 'Production', 100, fixed, fixed],
	]);
	await issue(market, meter.feeder, [], [[buyer, EUR]]);
	const ask = await post(market, dear, dearer, FIXED + 1);
	const { acceptOffer, rescindOffer } = api.tx.offers;
	await refused(api, acceptOffer(ask.id, consumed.id, null), buyer, 'offers.PriceNotMet');
	const bid = await post(market, buyer, consumed, DEARER, EUR);
	await ensureMoney(market, buyer, EUR, BigInt(DEARER * 100 * 2), 'the money of a bidder over two modes');

	const trade = await accept(market, seller, bid, produced, { part: [100, fixed, fixed], price: FIXED });
	const stays = trade.posted.map((event) => event.slice(4));
	ensureEqual(stays, [[100, fixed + 1, fixed + 1, DEARER, bid.id]], 'the part that waits for the auction');
	const rest = trade.posted[0][0];
	const left = EUR - trade.cost;
	await ensureMoney(market, buyer, left, BigInt(DEARER * 100), 'the money of a bidder at a lower price');
	await ensureMoney(market, seller, trade.cost, 0n, 'the money of a seller at the fixed price');
	const kept = (await assetsOf(api, seller.address)).find(({ kind }) => kind === 'Production');
	await refused(api, acceptOffer(rest, kept.id, null), seller, 'offers.WrongMode');
	const rescinded = await sendFree(api, rescindOffer(rest), buyer, left);
	ensureEqual(named(rescinded, api.events.offers.OfferRescinded), [[rest]], 'offers.OfferRescinded');
	await ensureMoney(market, buyer, left, 0n, 'the money after the rest was rescinded');
	console.log('traded at the fixed price up to the auction, and no further: offers.PriceNotMet, offers.WrongMode');
	return events(
		'a trade over two modes',
		...addedTo(buyer, seller, dear), ...fundedTo(buyer), ['OfferPosted', ask.id], ['OfferPosted', bid.id],
		...addedTo(buyer, seller, seller, buyer), ['OfferAccepted', bid.id], ['OfferPosted', rest], ['OfferRescinded', rest],
	);
}

/// The events of the ledger and the market in blocks, each with the address or the offer that it is about.
async function journal(api, from, to) {
	const all = [];
	for (let number = from; number <= to; number += 1) {
		const at = await api.at(await api.rpc.chain.getBlockHash(number));
		for (const { event } of await at.query.system.events()) {
			if (['energyAssets', 'offers'].includes(event.section)) {
				const about = event.data.address ?? event.data.offerId;
				all.push([event.method, about?.toJSON()]);
			}
		}
	}
	return all;
}

/// Each scene's events must be in the blocks, in the scene's order, and no others about its addresses and offers.
function ensureOrder(all, { scene, expected }) {
	const cast = new Set(expected.map(([, about]) => about));
	ensureEqual(all.filter(([, about]) => cast.has(about)), expected, `the events of ${scene}`);
}

async function run(url) {
	const api = await connect(url);
	ensure(api.call.petraApi?.offers, 'the metadata has no runtime API PetraApi.offers');
	const alice = new Keyring({ type: 'sr25519' }).addFromUri('//Alice');
	const begin = (await api.rpc.chain.getHeader()).number.toNumber();
	const lead = (await api.call.petraApi.parameters()).gateLead.toNumber();
	// Open, and authorised, also if the next timestep begins meanwhile.
	const time = (await api.call.petraApi.currentTimestep()).toNumber() + lead + 1;
	const start = time + lead + 4;
	const market = { api, dso: dsoOf(api, alice), time, start, modes: start + MODES_AHEAD };
	const home = newMeter('Dso');
	const meters = Array.from({ length: 5 }, () => newMeter('Meter'));
	await regulate(market, [home, ...meters]);

	const scenes = await Promise.all([
		sell(market, home.feeder),
		buy(market, home.feeder),
		inPart(market, meters[0]),
		refusals(market, meters[1]),
		feederLimits(market, meters[2], meters[3]),
		modes(market, meters[4]),
	]);
	await market.dso([api.tx.regulation.setMarket('FirstComeFirstServed', market.modes - 1)]);
	const end = (await api.rpc.chain.getHeader(await api.rpc.chain.getFinalizedHead())).number.toNumber();
	const all = await journal(api, begin, end);
	scenes.forEach((scene) => ensureOrder(all, scene));
	console.log(`every scene's events are in blocks ${begin} to ${end}, in their order`);

	await api.disconnect();
	console.log('market: all done');
}

main(run, 'market.mjs', LIMIT_MS);
