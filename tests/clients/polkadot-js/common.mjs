// What the polkadot.js scripts here have in common.
//
// The library is looked for in the folder that PETRA_NODE_MODULES names, else in node_modules here (`npm ci`).

import { createRequire } from 'node:module';
import { join } from 'node:path';

const modules = process.env.PETRA_NODE_MODULES;

/// Finds the library and what comes with it.
export const require = createRequire(modules ? join(modules, 'from-here.js') : import.meta.url);

const { ApiPromise, WsProvider } = require('@polkadot/api');

/// Billionths in a EUR.
export const EUR = 1_000_000_000n;

export function ensure(holds, otherwise) {
	if (!holds) {
		throw new Error(otherwise);
	}
}

function fail(message) {
	console.error(`Error: ${message}`);
	process.exit(1);
}

export function connect(url) {
	return ApiPromise.create({ provider: new WsProvider(url), throwOnConnect: true });
}

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

/// Has root make a call, with the sudo key; the events of a successful one.
export async function sudo(api, call, signer) {
	const events = await send(api, api.tx.sudo.sudo(call), signer);
	const result = events.find((event) => api.events.sudo.Sudid.is(event))?.data.sudoResult;
	ensure(result, 'sudo: no event sudo.Sudid');
	ensure(result.isOk, `sudo: ${result.isErr ? nameOf(api, result.asErr) : result}`);
	return events;
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
