// polkadot.js against a petra node: node smoke.mjs ws://127.0.0.1:9944
//
// Connects, reads the metadata, signs a payment, and has the regulator set a balance by sudo; sees the events of both.
// The library is looked for in the folder that PETRA_NODE_MODULES names, else in node_modules here (`npm ci`).

import { createRequire } from 'node:module';
import { join } from 'node:path';

const modules = process.env.PETRA_NODE_MODULES;
const require = createRequire(modules ? join(modules, 'from-here.js') : import.meta.url);
const { ApiPromise, Keyring, WsProvider } = require('@polkadot/api');

const EUR = 1_000_000_000n;
const LIMIT_MS = 90_000;

function fail(message) {
	console.error(`Error: ${message}`);
	process.exit(1);
}

function ensure(holds, otherwise) {
	if (!holds) {
		throw new Error(otherwise);
	}
}

/// Signs, submits, and waits for the transaction to be final; the events of a successful one.
function send(api, transaction, signer) {
	return new Promise((resolve, reject) => {
		transaction
			.signAndSend(signer, ({ dispatchError, events, status }) => {
				if (dispatchError?.isModule) {
					const { section, name } = api.registry.findMetaError(dispatchError.asModule);
					reject(new Error(`${section}.${name}`));
				} else if (dispatchError) {
					reject(new Error(dispatchError.toString()));
				} else if (status.isFinalized) {
					resolve(events.map(({ event }) => event));
				} else if (status.isInvalid || status.isDropped || status.isUsurped) {
					reject(new Error(`the transaction is ${status.type}`));
				}
			})
			.catch(reject);
	});
}

const free = async (api, address) => (await api.query.system.account(address)).data.free.toBigInt();

async function smoke(url) {
	const api = await ApiPromise.create({ provider: new WsProvider(url), throwOnConnect: true });
	const { specName, specVersion } = api.runtimeVersion;
	console.log(`connected: ${specName} ${specVersion}, metadata v${api.runtimeMetadata.version}`);
	ensure(api.tx.validatorSet?.addValidator, 'the metadata has no validatorSet.addValidator');
	ensure(api.registry.chainDecimals[0] === 9, 'the node does not say that a EUR has nine decimals');
	ensure(api.registry.chainSS58 === 42, 'the node does not say that its addresses have prefix 42');

	const keyring = new Keyring({ type: 'sr25519' });
	const alice = keyring.addFromUri('//Alice');
	const bob = keyring.addFromUri('//Bob');

	const before = await free(api, bob.address);
	const paid = await send(api, api.tx.balances.transferKeepAlive(bob.address, 3n * EUR), alice);
	ensure(paid.some((event) => api.events.balances.Transfer.is(event)), 'no event balances.Transfer');
	const received = (await free(api, bob.address)) - before;
	ensure(received === 3n * EUR, `Bob received ${received} billionths`);
	console.log('a payment is final: event balances.Transfer');

	const member = keyring.addFromUri('//polkadot-js member').address;
	const set = api.tx.balances.forceSetBalance(member, 11n * EUR);
	const events = await send(api, api.tx.sudo.sudo(set), alice);
	const sudid = events.find((event) => api.events.sudo.Sudid.is(event));
	ensure(sudid?.data.sudoResult.isOk, `sudo: ${sudid?.data.sudoResult ?? 'no event sudo.Sudid'}`);
	ensure(events.some((event) => api.events.balances.BalanceSet.is(event)), 'no event balances.BalanceSet');
	ensure((await free(api, member)) === 11n * EUR, 'sudo did not set the balance');
	console.log('a sudo call is final: events sudo.Sudid, balances.BalanceSet');

	await api.disconnect();
	console.log('polkadot.js: all done');
}

const url = process.argv[2];
if (!url) {
	fail('give the WebSocket address of a node, as in: node smoke.mjs ws://127.0.0.1:9944');
}
setTimeout(() => fail(`not done after ${LIMIT_MS / 1000} s`), LIMIT_MS).unref();
smoke(url).then(
	() => process.exit(0),
	(error) => fail(error.message),
);
