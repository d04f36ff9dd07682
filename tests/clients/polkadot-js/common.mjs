// What the polkadot.js scripts here have in common.
//
// The library is looked for in the folder that PETRA_NODE_MODULES names, else in node_modules here (`npm ci`).

import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';

const modules = process.env.PETRA_NODE_MODULES;

/// Finds the library and what comes with it.
export const require = createRequire(modules ? join(modules, 'from-here.js') : import.meta.url);

const { ApiPromise, Keyring, WsProvider } = require('@polkadot/api');

/// Billionths in a EUR.
export const EUR = 1_000_000_000n;

export function ensure(holds, otherwise) {
	if (!holds) {
		throw new Error(otherwise);
	}
}

/// Plain values must be the same, lists in the same order.
export function ensureEqual(is, expected, what) {
	const same = isDeepStrictEqual(is, expected);
	ensure(same, `${what}: ${JSON.stringify(is)} instead of ${JSON.stringify(expected)}`);
}

function fail(message) {
	console.error(`Error: ${message}`);
	process.exit(1);
}

export function connect(url) {
	return ApiPromise.create({ provider: new WsProvider(url), throwOnConnect: true });
}

/// A key that nobody has seen before.
export const newKey = (type = 'sr25519') => new Keyring({ type }).addFromSeed(randomBytes(32));

/// The name of an error, `pallet.Error` for a pallet's own.
export function nameOf(api, error) {
	if (!error.isModule) {
		return error.toString();
	}
	const { section, name } = api.registry.findMetaError(error.asModule);
	return `${section}.${name}`;
}

/// Signs, submits, and waits for the transaction to be final; the events of a successful one.
export function send(api, transaction, signer, options = {}) {
	return new Promise((resolve, reject) => {
		transaction
			.signAndSend(signer, options, ({ dispatchError, events, status }) => {
				if (dispatchError) {
					reject(new Error(nameOf(api, dispatchError)));
				} else if (status.isFinalized) {
					resolve(events.map(({ event }) => event));
				} else if (status.isInvalid || status.isDropped || status.isUsurped) {
					reject(new Error(`the transaction is ${status.type}`));
				}
			})
			.catch(reject);
	});
}

/// A transaction that must fail in its block, by this name.
export async function refused(api, transaction, signer, expected) {
	const reason = await send(api, transaction, signer).then(() => 'it succeeded', ({ message }) => message);
	ensure(reason === expected, `${transaction.method.section}.${transaction.method.method}: ${reason}, not ${expected}`);
}

/// The events of this name, as plain values.
export const named = (events, kind) => events.filter((event) => kind.is(event)).map((event) => event.data.toJSON());

/// Money, on hold and in all, and references of an account.
export async function account(api, address) {
	const { data, nonce, providers, sufficients } = await api.query.system.account(address);
	const held = data.reserved.toBigInt();
	const money = data.free.toBigInt() + held;
	return { money, held, nonce: nonce.toNumber(), providers: providers.toNumber(), sufficients: sufficients.toNumber() };
}

export function ensureFree(api, events) {
	ensure(!events.some((event) => api.events.transactionPayment.TransactionFeePaid.is(event)), 'a fee was paid');
}

/// A call that must be free for a signer who must have this money and no more: no fee is charged to anybody, and the
/// signature really is its own.
export async function sendFree(api, transaction, signer, money = 0n) {
	const before = await account(api, signer.address);
	ensure(before.money === money, `a signer has ${before.money} billionths before, not ${money}`);
	ensure(money > 0n || before.sufficients > 0, 'nothing holds the account of a signer without money');
	const events = await send(api, transaction, signer);
	ensureFree(api, events);
	const after = await account(api, signer.address);
	ensure(after.nonce === before.nonce + 1, 'the nonce of the signer has not moved by one');
	return events;
}

/// The assets of an address through the runtime API, with their ids.
export async function assetsOf(api, address) {
	const assets = await api.call.petraApi.assetsOf(address);
	return assets.map(([id, asset]) => ({ id: id.toNumber(), ...asset.toJSON() }));
}

/// Those of an address, without ids, must be these, in any order.
export async function ensureAssets(api, address, expected, what) {
	const assets = (await assetsOf(api, address)).map(({ id, ...asset }) => asset);
	const full = expected.map((asset) => ({ owner: address, traded: false, locked: false, ...asset }));
	const sorted = (list) => list.map((asset) => JSON.stringify(Object.entries(asset).sort())).sort();
	ensureEqual(sorted(assets), sorted(full), what);
}

/// Has root make a call, with the sudo key; the events of a successful one.
export async function sudo(api, call, signer, options = {}) {
	const events = await send(api, api.tx.sudo.sudo(call), signer, options);
	const result = events.find((event) => api.events.sudo.Sudid.is(event))?.data.sudoResult;
	ensure(result, 'sudo: no event sudo.Sudid');
	ensure(result.isOk, `sudo: ${result.isErr ? nameOf(api, result.asErr) : result}`);
	return events;
}

/// Has root make calls, one after the other, without waiting in between; the events of each.
export async function sudoAll(api, calls, signer) {
	const nonce = (await api.rpc.system.accountNextIndex(signer.address)).toNumber();
	return Promise.all(calls.map((call, index) => sudo(api, call, signer, { nonce: nonce + index })));
}

/// Runs a script against the node whose address is its argument; it must end in time.
export function main(script, name, limitMs) {
	const url = process.argv[2];
	if (!url) {
		fail(`give the WebSocket address of a node, as in: node ${name} ws://127.0.0.1:9944`);
	}
	setTimeout(() => fail(`not done after ${limitMs / 1000} s`), limitMs).unref();
	script(url).then(
		() => process.exit(0),
		(error) => fail(error.message),
	);
}
