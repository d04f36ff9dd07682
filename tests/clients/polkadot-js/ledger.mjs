// The ledger through polkadot.js: node ledger.mjs ws://127.0.0.1:9944
//
// The DSO authorises two meters by sudo; one withdraws for two addresses; one owner splits; the two exchange energy
// against money by a transfer that both sign, one of them as a wallet's signRaw does; they deposit. The other meter
// withdraws past its limit and is refused by name. What happens is read back through the runtime API. Every key is new,
// so the script can run again on the same chain. No custom types: all encoding is by the node's metadata.

import { randomBytes, randomInt } from 'node:crypto';
import {
	EUR, account, assetsOf, connect, ensure, ensureAssets, ensureEqual, main, named, newKey, refused, require, send, sendFree,
	sudo,
} from './common.mjs';

const { Keyring } = require('@polkadot/api');
const { hexToU8a, u8aConcat, u8aToHex, u8aWrapBytes } = require('@polkadot/util');
const { blake2AsU8a } = require('@polkadot/util-crypto');

const LIMIT_MS = 170_000;

/// What co-owners sign begins with this.
const DOMAIN = 'petra/EnergyAssets/transfer';
/// Prices of the DSO, in money units per watt and timestep.
const [SELLS_AT, BUYS_AT] = [300, 100];
/// Price between the two, in the same unit.
const PRICE = 200n;
/// Limits of the two meters, in watts.
const [LIMIT, SMALL_LIMIT] = [1_000, 300];

async function segments(api, method, meter, kind, from, to) {
	return (await api.call.petraApi[method](meter, kind, from, to)).toJSON();
}

/// The 32 bytes that co-owners sign, by the types of the call in the metadata.
function digest(api, origin, inputs, outputs, salt, deadline) {
	const [inputsType, outputsType] = api.tx.energyAssets.transfer(inputs, outputs, null).args;
	const create = (type, value) => api.registry.createType(type, value).toU8a();
	return blake2AsU8a(
		u8aConcat(
			create('Text', DOMAIN),
			create('H256', api.genesisHash),
			create('AccountId', origin),
			inputsType.toU8a(),
			outputsType.toU8a(),
			create('[u8; 32]', salt),
			create('u32', deadline),
		),
	);
}

/// What a wallet answers to `signRaw({ address, data, type: 'bytes' })`: it signs the bytes wrapped in <Bytes>…</Bytes>.
function signRaw(pair, { address, data, type }) {
	ensure(address === pair.address && type === 'bytes', 'the wallet was asked for another signature');
	return { signature: u8aToHex(pair.sign(u8aWrapBytes(hexToU8a(data)))) };
}

/// A transfer with the signature of one co-owner, who signs in a wallet.
async function coSigned(api, origin, coOwner, inputs, outputs) {
	const salt = randomBytes(32);
	const deadline = (await api.rpc.chain.getHeader()).number.toNumber() + 60;
	const data = u8aToHex(digest(api, origin.address, inputs, outputs, salt, deadline));
	const { signature } = signRaw(coOwner, { address: coOwner.address, data, type: 'bytes' });
	const signatures = [[coOwner.address, { Sr25519: signature }]];
	return api.tx.energyAssets.transfer(inputs, outputs, { salt, deadline, signatures });
}

/// The DSO authorises meters and sets its prices; both are read back at the block in which that happened, and count
/// from the timestep after `time` on.
async function authorise(api, alice, meters) {
	const time = (await api.call.petraApi.currentTimestep()).toNumber() + 1;
	const before = (await api.call.petraApi.prices(time)).toJSON();
	const authorize = meters.map(({ id, key, feeder, limit }) => ({
		id,
		pubkey: key.address,
		feeder,
		limits: { maxProduction: limit, maxConsumption: limit, maxFinancial: 5n * EUR },
		path: 'Meter',
	}));
	const prices = { priceConsumption: SELLS_AT, priceProduction: BUYS_AT };
	const events = await sudo(api, api.tx.regulation.regulate({ authorize, ban: [], ...prices, time }), alice);
	const authorised = named(events, api.events.regulation.MeterAuthorized);
	ensureEqual(authorised, meters.map(({ id, feeder }) => [id, feeder, time]), 'regulation.MeterAuthorized');
	ensureEqual(named(events, api.events.regulation.Regulated), [[time, SELLS_AT, BUYS_AT]], 'regulation.Regulated');

	ensureEqual((await api.call.petraApi.prices(time)).toJSON(), before, 'the prices at the time itself');
	ensureEqual((await api.call.petraApi.prices(time + 1)).toJSON(), [SELLS_AT, BUYS_AT], 'the prices after the time');
	for (const { id, key, feeder, limit } of meters) {
		const info = (await api.call.petraApi.meter(id)).toJSON();
		ensure(info.pubkey === key.address && info.feeder === feeder, `meter ${id} is ${JSON.stringify(info)}`);
		ensure(info.limits.maxProduction === limit && info.path === 'Meter', `meter ${id} is ${JSON.stringify(info)}`);
		const { money, sufficients } = await account(api, key.address);
		ensure(money === 0n && sufficients === 1, `the account of meter ${id} is not held without money`);
	}
	console.log('two meters are authorised, prices are set: read back through the runtime API');
	return time;
}

/// The meter withdraws for two new addresses, and says so in events, assets and headroom.
async function withdraw(api, { id, key, feeder, limit }, seller, buyer, [start, end]) {
	const asset = (owner, kind, power) => ({ owner: owner.address, kind, power, start, end, feeder });
	const produced = asset(seller, 'Production', 800);
	const consumed = asset(buyer, 'Consumption', 400);
	const outputs = [produced, consumed].map(({ owner: address, feeder: _, ...rest }) => ({ Energy: { address, ...rest } }));
	const transaction = api.tx.energyAssets.withdraw(id, outputs);

	const forEver = await send(api, transaction, key, { era: 0 }).then(() => 'it succeeded', ({ message }) => message);
	ensure(forEver.includes('Custom error: 102'), `a free call that never expires: ${forEver}`);

	const added = named(await sendFree(api, transaction, key), api.events.energyAssets.AssetAdded);
	ensureEqual(added.map(([address]) => address), [seller.address, buyer.address], 'energyAssets.AssetAdded');
	await ensureAssets(api, seller.address, [produced], 'the assets of the seller');
	await ensureAssets(api, buyer.address, [consumed], 'the assets of the buyer');
	for (const [kind, power] of [['Production', 800], ['Consumption', 400]]) {
		ensureEqual(await segments(api, 'withdrawn', id, kind, start, end), [{ start, end, power }], `withdrawn ${kind}`);
		const left = [{ start, end, power: limit - power }];
		ensureEqual(await segments(api, 'headroom', id, kind, start, end), left, `headroom ${kind}`);
	}
	console.log('the meter, without money, has withdrawn for two addresses: assets and headroom are as they should be');
}

/// The seller, who has no money, splits its asset in power and in time.
async function split(api, seller, [start, end], feeder) {
	const [{ id, kind }] = await assetsOf(api, seller.address);
	const part = (power, from, to) => ({
		address: seller.address, kind, power, start: from, end: to, feeder, traded: false,
	});
	const parts = [part(400, start, end), part(400, start, start), part(400, start + 1, end)];
	const transfer = api.tx.energyAssets.transfer({ assets: [id], money: [] }, { assets: parts, money: [] }, null);
	const [[spent, created]] = named(await sendFree(api, transfer, seller), api.events.energyAssets.AssetTransferred);
	ensureEqual(spent, [id], 'what the split has spent');
	const assets = await assetsOf(api, seller.address);
	ensureEqual(assets.map((asset) => asset.id), created, 'what the split has created');
	await ensureAssets(
		api,
		seller.address,
		parts.map(({ address, traded, ...asset }) => asset),
		'the assets after the split',
	);
	console.log('the seller, without money, has split its asset in three');
	return assets[0];
}

/// The seller's production for the buyer's consumption and money, signed by both.
async function exchange(api, seller, buyer, sold, cost) {
	const [bought] = await assetsOf(api, buyer.address);
	const swap = (asset, address) => {
		const { kind, power, start, end, feeder, traded } = asset;
		return { address, kind, power, start, end, feeder, traded };
	};
	const inputs = { assets: [sold.id, bought.id], money: [[buyer.address, cost]] };
	const outputs = {
		assets: [swap(sold, buyer.address), swap(bought, seller.address)],
		money: [[seller.address, cost]],
	};
	await refused(api, api.tx.energyAssets.transfer(inputs, outputs, null), seller, 'energyAssets.MissingSignature');
	const other = { ...outputs, money: [[seller.address, cost - 1n]] };
	const { args } = await coSigned(api, seller, buyer, inputs, other);
	const forged = api.tx.energyAssets.transfer(inputs, outputs, args[2]);
	await refused(api, forged, seller, 'energyAssets.BadSignature');

	const money = (await account(api, buyer.address)).money;
	await sendFree(api, await coSigned(api, seller, buyer, inputs, outputs), seller);
	ensure((await account(api, seller.address)).money === cost, 'the seller has not exactly the price');
	ensure((await account(api, buyer.address)).money === money - cost, 'the buyer has not exactly paid the price');
	const has = async (owner, { kind, power }) =>
		(await assetsOf(api, owner.address)).some((asset) => asset.kind === kind && asset.power === power);
	ensure(await has(buyer, sold), 'the buyer has not got the production');
	ensure(await has(seller, bought), 'the seller has not got the consumption');
	ensure((await assetsOf(api, buyer.address)).length === 1, 'the buyer has kept its consumption');
	console.log('the two have exchanged energy and money by a co-signed transfer (signRaw)');
}

/// The buyer returns the energy, the seller the money; neither names a household.
async function deposit(api, seller, buyer, cost) {
	const [{ id, ...asset }] = await assetsOf(api, buyer.address);
	const left = (await account(api, buyer.address)).money;
	const energy = await sendFree(api, api.tx.energyAssets.depositEnergyAsset(id), buyer, left);
	ensureEqual(
		named(energy, api.events.energyAssets.AssetDeposited),
		[[buyer.address, id, asset]],
		'energyAssets.AssetDeposited',
	);
	await ensureAssets(api, buyer.address, [], 'the assets after the deposit');
	const money = await sendFree(api, api.tx.energyAssets.depositFinancial(cost), seller, cost);
	const burned = money.find((event) => api.events.energyAssets.FinancialDeposited.is(event));
	ensure(burned?.data.amount.toBigInt() === cost, 'no event energyAssets.FinancialDeposited of the price');
	ensure((await account(api, seller.address)).money === 0n, 'the deposited money is still there');
	console.log('energy and money are deposited');
}

/// The other meter, whose key is of another kind, may withdraw what its limit says and not one lot more.
async function passTheLimit(api, { id, key, limit }, [start, end], lot) {
	const owner = newKey().address;
	const withdrawal = (power) =>
		api.tx.energyAssets.withdraw(id, [{ Energy: { address: owner, kind: 'Production', power, start, end } }]);
	const headroom = () => segments(api, 'headroom', id, 'Production', start, end);
	await refused(api, withdrawal(limit + lot), key, 'energyAssets.LimitExceeded');
	ensureEqual(await headroom(), [{ start, end, power: limit }], 'the headroom after a refusal');
	ensureEqual(await assetsOf(api, owner), [], 'the assets after a refusal');
	await sendFree(api, withdrawal(limit), key);
	ensureEqual(await headroom(), [], 'the headroom after the limit');
	await refused(api, withdrawal(lot), key, 'energyAssets.LimitExceeded');
	console.log('another meter is refused past its limit: energyAssets.LimitExceeded');
}

async function ledger(url) {
	const api = await connect(url);
	ensure(api.call.petraApi?.headroom, 'the metadata has no runtime API PetraApi');
	const alice = new Keyring({ type: 'sr25519' }).addFromUri('//Alice');
	const { powerLot, gateLead } = await api.call.petraApi.parameters();
	const feeder = randomInt(2 ** 31);
	const meters = [
		{ id: randomInt(2 ** 31), key: newKey(), feeder, limit: LIMIT },
		{ id: randomInt(2 ** 31), key: newKey('ed25519'), feeder, limit: SMALL_LIMIT },
	];
	const time = await authorise(api, alice, meters);
	// Open, and authorised, also if the next timestep begins meanwhile.
	const start = time + gateLead.toNumber() + 4;
	const interval = [start, start + 3];

	const [seller, buyer] = [newKey(), newKey()];
	await withdraw(api, meters[0], seller, buyer, interval);
	const sold = await split(api, seller, interval, feeder);
	const cost = PRICE * BigInt(sold.power) * BigInt(sold.end - sold.start + 1);
	// The money comes by the DSO's path: a meter that was authorised just now may withdraw money from the next timestep.
	const added = await sudo(api, api.tx.energyAssets.addFinancialBalance(buyer.address, cost + EUR), alice);
	ensure(added.some((event) => api.events.energyAssets.FinancialAdded.is(event)), 'no event FinancialAdded');
	await exchange(api, seller, buyer, sold, cost);
	await deposit(api, seller, buyer, cost);
	await passTheLimit(api, meters[1], interval, powerLot.toNumber());

	await api.disconnect();
	console.log('ledger: all done');
}

main(ledger, 'ledger.mjs', LIMIT_MS);
