// polkadot.js against a petra node: node smoke.mjs ws://127.0.0.1:9944
//
// Connects, reads the metadata, signs a payment, and has the regulator set a balance by sudo; sees the events of both.

import { EUR, connect, ensure, main, require, send, sudo } from './common.mjs';

const { Keyring } = require('@polkadot/api');

const LIMIT_MS = 90_000;

const free = async (api, address) => (await api.query.system.account(address)).data.free.toBigInt();

async function smoke(url) {
	const api = await connect(url);
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
	const events = await sudo(api, api.tx.balances.forceSetBalance(member, 11n * EUR), alice);
	ensure(events.some((event) => api.events.balances.BalanceSet.is(event)), 'no event balances.BalanceSet');
	ensure((await free(api, member)) === 11n * EUR, 'sudo did not set the balance');
	console.log('a sudo call is final: events sudo.Sudid, balances.BalanceSet');

	await api.disconnect();
	console.log('polkadot.js: all done');
}

main(smoke, 'smoke.mjs', LIMIT_MS);
