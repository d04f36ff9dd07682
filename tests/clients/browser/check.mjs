// A report's page in a real browser, held against its report.json: node check.mjs report.html report.json
//
// Opens the page in headless Chromium at the width of a desk and of a phone, light and dark. It fails if the page asks for
// anything, says anything on the console, does not fit its window, has a text that cannot be read, or shows a figure that is not
// what report.json says. PETRA_SCREENSHOTS names a folder for pictures, for people to look at; PETRA_CHROMIUM the browser.

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

import { figuresAmiss } from './figures.mjs';
import { collect, layoutAmiss } from './page.mjs';

const modules = process.env.PETRA_NODE_MODULES;
const require = createRequire(modules ? join(modules, 'from-here.js') : import.meta.url);
const { chromium } = require('playwright-core');

const BROWSER = process.env.PETRA_CHROMIUM ?? '/usr/bin/chromium';
// No sandbox, as root has none; nothing that Chromium asks the network for on its own.
const FLAGS = [
	'--no-sandbox',
	'--disable-gpu',
	'--disable-quic',
	'--no-first-run',
	'--disable-background-networking',
	'--disable-component-update',
	'--disable-sync',
];
const WINDOWS = [
	{ name: 'desk', viewport: { width: 1280, height: 800 } },
	{ name: 'phone', viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 },
];
const SCHEMES = ['light', 'dark'];
/// How many faults are listed.
const LISTED = 25;
/// A browser that hangs ends with this.
const LIMIT_MS = 180_000;

/// What is wrong in one window.
async function look(browser, url, report, window, colorScheme, picture) {
	const { name, ...options } = window;
	const context = await browser.newContext({ ...options, colorScheme });
	try {
		const page = await context.newPage();
		const amiss = [];
		page.on('console', (message) => amiss.push(`the console says: ${message.text()}`));
		page.on('pageerror', (error) => amiss.push(`an error: ${error.message}`));
		page.on('request', (request) => {
			if (request.url() !== url && !request.url().startsWith('data:')) {
				amiss.push(`asks for ${request.url()}`);
			}
		});
		await page.goto(url, { waitUntil: 'load' });
		if (picture) {
			await page.screenshot({ path: `${picture}-${name}-${colorScheme}.png`, fullPage: true });
		}
		amiss.push(...(await page.evaluate(layoutAmiss, { width: window.viewport.width, dark: colorScheme === 'dark' })));
		const { shown, loose } = await page.evaluate(collect);
		amiss.push(...loose.map((text) => `a number that is not marked as a figure: ${text}`));
		amiss.push(...figuresAmiss(shown, report));
		return { shown: shown.length, amiss: amiss.map((fault) => `${name}, ${colorScheme}: ${fault}`) };
	} finally {
		await context.close();
	}
}

async function check(html, json, title) {
	const report = JSON.parse(await readFile(json, 'utf8'));
	const url = pathToFileURL(resolve(html)).href;
	const folder = process.env.PETRA_SCREENSHOTS;
	const picture = folder ? join(folder, title) : undefined;
	const browser = await chromium.launch({ executablePath: BROWSER, args: FLAGS });
	try {
		const amiss = [];
		let shown = 0;
		for (const window of WINDOWS) {
			for (const scheme of SCHEMES) {
				const seen = await look(browser, url, report, window, scheme, picture);
				amiss.push(...seen.amiss);
				shown = seen.shown;
			}
		}
		if (amiss.length > 0) {
			const more = amiss.length > LISTED ? [`and ${amiss.length - LISTED} more`] : [];
			throw new Error([`${title}: ${amiss.length} faults`, ...amiss.slice(0, LISTED), ...more].join('\n  '));
		}
		console.log(`${title}: ${shown} figures are as in the report, in ${WINDOWS.length * SCHEMES.length} windows`);
	} finally {
		await browser.close();
	}
}

setTimeout(() => {
	console.error(`Error: the browser took longer than ${LIMIT_MS / 1000} s`);
	process.exit(1);
}, LIMIT_MS).unref();

const [html, json] = process.argv.slice(2);
try {
	if (!json) {
		throw new Error('node check.mjs report.html report.json');
	}
	await check(html, json, basename(html, '.html'));
	console.log('browser: all done');
} catch (error) {
	console.error(`Error: ${error.message}`);
	process.exit(1);
}
