// Looks at a report's page in headless Chromium, wide and narrow, light and dark: it must not overflow, complain or
// request anything, and what it shows must be what report.json says.
//
// node check.mjs REPORT.html REPORT.json [FOLDER FOR PICTURES]
// PETRA_NODE_MODULES: a node_modules folder with playwright-core; PETRA_CHROMIUM: the browser (/usr/bin/chromium).

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [page, json, pictures] = process.argv.slice(2);
if (!page || !json) throw new Error('which page, and which report.json?');
const modules = process.env.PETRA_NODE_MODULES;
if (!modules) throw new Error('PETRA_NODE_MODULES is not set');
const { chromium } = createRequire(path.resolve(modules, 'x.js'))('playwright-core');

const LEAST_FIGURES = 60;
const SIZES = { desktop: { width: 1280, height: 900 }, phone: { width: 390, height: 844 } };
const ARGUMENTS = [
	'--no-sandbox',
	'--disable-gpu',
	'--disable-quic',
	'--no-first-run',
	'--disable-background-networking',
	'--disable-component-update',
	'--disable-sync',
];

// Whole numbers that a double may not hold are kept as text.
const exactly = (text) =>
	text.replace(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/g, (token) =>
		/^-?\d{16,}$/.test(token) ? `"${token}"` : token);
const report = JSON.parse(exactly(await readFile(json, 'utf8')));
const problems = [];

// What stands at a place of report.json, `*` being every element: an array; empty where there is nothing.
function all(place) {
	let found = [report];
	for (const name of place.split('.')) {
		found = found.flatMap((value) => (name === '*' ? Object.values(value ?? {}) : [value?.[name]]));
	}
	return found.filter((value) => value !== undefined);
}

const whole = (values) => values.map((value) => BigInt(value));
const most = (values, better) => values.reduce((best, value) => (better(value, best) ? value : best));

// What a figure must be: what stands at its place, or what follows from it.
function expected(figure) {
	const [, name, inner] = /^(\w+)\((.*)\)$/.exec(figure) ?? [];
	if (name === undefined) {
		const [from, less] = figure.split(' - ').map(all);
		return less === undefined ? from[0] : BigInt(from[0]) - BigInt(less[0]);
	}
	const [place, other] = inner.split(', ');
	const values = all(place);
	switch (name) {
		case 'sum':
			return whole(values).reduce((sum, value) => sum + value, 0n);
		case 'min':
			return most(whole(values), (value, best) => value < best);
		case 'max':
			return most(whole(values), (value, best) => value > best);
		case 'count':
			return values.filter((value) => value === true).length;
		case 'length':
			return values[0].length;
		case 'equal':
			return values.filter((value) => String(value) === other).length;
		default:
			throw new Error(`no figure is computed with ${name}`);
	}
}

const MINUTES = report.setting.profile.intervalMinutes;
// By what a raw number is multiplied to be shown.
const FACTORS = {
	count: 1,
	W: 1 / 1_000,
	'W·timestep': MINUTES / 60_000,
	'1e-9 EUR': 1e-9,
	'1e-9 EUR/(W·timestep)': MINUTES > 0 ? 60_000e-9 / MINUTES : 1,
	s: 1,
	's²': 1,
	ms: 1 / 1_000,
	share: 100,
	'/s': 1,
	times: 1,
	byte: 1 / 2 ** 20,
};

// What is wrong with a figure; undefined if nothing is.
function wrong({ figure, raw, unit, text }) {
	const want = expected(figure);
	if (want === undefined) return 'is not in report.json';
	const same = typeof want === 'number' ? Number(raw) === want : raw === String(want);
	if (!same) return `is ${raw}, in report.json ${want}`;
	if (unit === null) return undefined;
	if (unit === 'moment') {
		const clock = `${new Date(Number(want)).toISOString().slice(11, 19)} UTC`;
		return text === clock ? undefined : `shows ${text} instead of ${clock}`;
	}
	if (!(unit in FACTORS)) return `has an unknown unit, ${unit}`;
	const shown = text.replaceAll('−', '-').replaceAll(/[\u202f\u2009\u00a0]/g, '');
	const number = Number(shown);
	if (shown === '' || !Number.isFinite(number)) return `shows no number: ${text}`;
	const exact = Number(want) * FACTORS[unit];
	const decimals = shown.split('.')[1]?.length ?? 0;
	const room = shown.includes('e') ? Math.abs(exact) * 5.1e-3 : 0.5001 * 10 ** -decimals;
	return Math.abs(number - exact) <= room ? undefined : `shows ${text} instead of ${exact}`;
}

async function look(browser, size, scheme) {
	const name = `${size}, ${scheme}`;
	const complain = (what) => problems.push(`${name}: ${what}`);
	const context = await browser.newContext({
		viewport: SIZES[size],
		colorScheme: scheme,
		isMobile: size === 'phone',
	});
	const tab = await context.newPage();
	const own = pathToFileURL(path.resolve(page)).href;
	tab.on('console', (message) => complain(`console: ${message.text()}`));
	tab.on('pageerror', (error) => complain(`error: ${error.message}`));
	tab.on('request', (request) => {
		const url = request.url();
		if (url !== own && !url.startsWith('data:')) complain(`requests ${url}`);
	});
	await tab.goto(own, { waitUntil: 'load' });
	// As it is first seen, then with all that can be unfolded: both must fit.
	for (const unfolded of [false, true]) {
		await tab.evaluate((open) => {
			for (const one of document.querySelectorAll('details')) one.open = open;
		}, unfolded);
		for (const what of await tab.evaluate(overflowing)) complain(`overflows: ${what}`);
		if (pictures) {
			const file = `${path.basename(page, '.html')}-${size}-${scheme}${unfolded ? '-unfolded' : ''}.png`;
			await tab.screenshot({ path: path.join(pictures, file), fullPage: true });
		}
	}
	const figures = await tab.evaluate(shownFigures);
	if (figures.length < LEAST_FIGURES) complain(`shows only ${figures.length} figures`);
	for (const figure of figures) {
		const what = wrong(figure);
		if (what) complain(`${figure.figure} ${what}`);
	}
	const back = await tab.evaluate(() => getComputedStyle(document.body).backgroundColor);
	await context.close();
	console.log(`${name}: ${figures.length} figures`);
	return back;
}

// In the page: what is wider than the window, and not in a part that scrolls by itself.
function overflowing() {
	const width = document.documentElement.clientWidth;
	const found = [];
	const scrolls = (element) => {
		if (element === null || element === document.body) return false;
		return ['auto', 'scroll'].includes(getComputedStyle(element).overflowX) || scrolls(element.parentElement);
	};
	if (document.documentElement.scrollWidth > width) {
		found.push(`the page, ${document.documentElement.scrollWidth} in ${width} pixels`);
	}
	for (const element of document.querySelectorAll('body *')) {
		if (scrolls(element.parentElement)) continue;
		const { left, right } = element.getBoundingClientRect();
		if (right > width + 0.5 || left < -0.5) {
			found.push(`${element.tagName} ${element.textContent.trim().slice(0, 40)}`);
		}
	}
	return found.slice(0, 5);
}

// In the page: all figures.
function shownFigures() {
	return [...document.querySelectorAll('[data-figure]')].map((element) => ({
		figure: element.dataset.figure,
		raw: element.getAttribute('value') ?? element.dataset.raw ?? element.textContent,
		unit: element.getAttribute('data-unit'),
		text: element.textContent,
	}));
}

// A browser that hangs ends with this.
setTimeout(() => {
	console.error('the browser takes longer than two minutes');
	process.exit(1);
}, 120_000).unref();

const browser = await chromium.launch({
	executablePath: process.env.PETRA_CHROMIUM ?? '/usr/bin/chromium',
	args: ARGUMENTS,
});
try {
	for (const size of Object.keys(SIZES)) {
		const light = await look(browser, size, 'light');
		const dark = await look(browser, size, 'dark');
		if (light === dark) problems.push(`${size}: light and dark look alike`);
	}
} finally {
	await browser.close();
}
if (problems.length > 0) {
	console.error(problems.slice(0, 40).join('\n'));
	process.exit(1);
}
console.log('all done');
