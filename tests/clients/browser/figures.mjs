// Figures on the page against report.json. Units and conversions are worked out here, not taken from the page.
//
// A figure's `data-figure` says where it stands: a path (`figures.totals.load`), in which `*` is each element of a list, or
// `a - b`, `length(path)`, `count(path)` (of those that are true), `min(path)`, `max(path)`, `sum(path)`, `equal(path, N)`.

const PAPER = { mean: 11.79, median: 11, ninety: 23, least: 0, greatest: 38, variance: 46.74 };
/// The most rings and feeders of which the page shows each.
const MAX_RINGS = 100;

const SYMBOLS = {
	count: '',
	exact: '',
	W: 'kW',
	'W·timestep': 'kWh',
	'1e-9 EUR': 'EUR',
	'1e-9 EUR/(W·timestep)': 'EUR/kWh',
	s: 's',
	's²': 's²',
	ms: 's',
	share: '%',
	'/s': '/s',
	times: '×',
	byte: 'MiB',
	moment: 'UTC',
};

/// What each leaf of report.json is in. The first pattern that fits counts.
const UNITS = [
	[/^figures\.intervals\.\d+\.time$/, 'text'],
	[/^figures\.intervals\.\d+\.timestep$/, 'exact'],
	[/^figures\.intervals\.\d+\.(least|mean|highest)Price$/, '1e-9 EUR/(W·timestep)'],
	[/^figures\.intervals\.\d+\.\w+$/, 'W'],
	[/^figures\.totals\.(trades|offers)$/, 'count'],
	[/^figures\.totals\.localShare$/, 'share'],
	[/^figures\.totals\.(paid|baseline|bills|undepositedMoney)$/, '1e-9 EUR'],
	[/^figures\.totals\.\w+$/, 'W·timestep'],
	[/^figures\.clearing\.compression$/, 'times'],
	[/^figures\.clearing\.blockTime$/, 's'],
	[/^figures\.clearing\.\w+\.(count|histogram\.\d+\.count)$/, 'count'],
	[/^figures\.clearing\.\w+\.variance$/, 's²'],
	[/^figures\.clearing\.\w+\.\w+$/, 's'],
	[/^figures\.bills\.\d+\.name$/, 'text'],
	[/^figures\.bills\.\d+\.(measured|energy)$/, 'W·timestep'],
	[/^figures\.bills\.\d+\.flags$/, 'count'],
	[/^figures\.bills\.\d+\.\w+$/, '1e-9 EUR'],
	[/^figures\.feeders\.\d+\.feeder$/, 'exact'],
	[/^figures\.feeders\.\d+\./, 'W'],
	[/^figures\.anonymity\.rings\.\d+\.pool$/, 'text'],
	[/^figures\.anonymity\.rings\.\d+\.ring$/, 'exact'],
	[/^figures\.anonymity\./, 'count'],
	[/^figures\.load\.(blocks|transactions)$/, 'count'],
	[/^figures\.load\.perSecond$/, '/s'],
	[/^figures\.load\.\w+Fullness$/, 'share'],
	[/^checks\.\d+\.(name|detail)$/, 'text'],
	[/^checks\.\d+\.holds$/, 'bool'],
	[/^inputs\.interruptions\.\d+\.at$/, 'moment'],
	[/^inputs\.interruptions\.\d+\.what$/, 'text'],
	[/^inputs\.memory\.\d+\.process$/, 'text'],
	[/^inputs\.memory\.\d+\.count$/, 'count'],
	[/^inputs\.memory\.\d+\.largest$/, 'byte'],
	[/^inputs\.households\.\d+\.(measured|predicted)\.\d+$/, 'W'],
	[/^inputs\.households\.\d+\.bill\.owed$/, '1e-9 EUR'],
	[/^setting\.(command|version|began|path|lastHash|market\.mode|chain\.genesis|machine\.processor)$/, 'text'],
	[/^setting\.profile\.(name|unit|from|to)$/, 'text'],
	[/^setting\.mixing\.basket\.\d+$/, 'text'],
	[/^setting\.machine\.memory$/, 'byte'],
	[/^setting\.forecastError$/, 'share'],
	[/^setting\.chain\.timestepMs$/, 'ms'],
	[/^setting\.chain\.powerLot$/, 'W'],
	[/^setting\.market\./, '1e-9 EUR/(W·timestep)'],
	[/^setting\.(chain\.validators|mixing\.|profile\.)/, 'count'],
	[/^setting\./, 'exact'],
];

/// Leaves that the page need not show each by itself.
function mayBeLeftOut(path, report) {
	const { anonymity, clearing } = report.figures;
	return (
		/^figures\.trades\./.test(path) ||
		/^figures\.clearing\.\w+\.histogram\.\d+\.(from|to)$/.test(path) ||
		(clearing.inBlocks.count === 0 && /^figures\.clearing\.inBlocks\.(?!count)/.test(path)) ||
		(clearing.finalized.count === 0 && /^figures\.clearing\.finalized\.(?!count)/.test(path)) ||
		(anonymity.rings.length > MAX_RINGS && /^figures\.anonymity\.rings\./.test(path)) ||
		/^inputs\.finality\./.test(path) ||
		/^inputs\.households\.\d+\.(?!bill\.owed)/.test(path) ||
		// Said in words.
		/^setting\.mixing\.again$/.test(path) ||
		// Of the busiest feeders, there is a chart.
		/^figures\.feeders\.\d+\.(production|consumption)\.\d+$/.test(path)
	);
}

const unitOf = (path) => UNITS.find(([pattern]) => pattern.test(path))?.[1];

/// All places in a value that are no lists or objects.
function* leaves(value, path = '') {
	if (value !== null && typeof value === 'object') {
		for (const [key, inner] of Object.entries(value)) {
			yield* leaves(inner, path ? `${path}.${key}` : key);
		}
	} else if (value !== null) {
		yield path;
	}
}

/// What stands at a path, and the paths of it: several if there is a `*`.
function at(report, path) {
	let found = [['', report]];
	for (const key of path.split('.')) {
		found = found.flatMap(([where, value]) => {
			const keys = key === '*' ? Object.keys(value ?? {}) : [key];
			return keys.map((one) => [where ? `${where}.${one}` : one, value?.[one]]);
		});
	}
	return found;
}

const whole = (value) => typeof value === 'string' || Number.isSafeInteger(value);

/// The value of an expression as text, or as a number, and its unit.
function valueOf(expression, report) {
	const call = /^(\w+)\(([^,)]+)(?:, (\d+))?\)$/.exec(expression);
	if (call) {
		const [, name, path, given] = call;
		const found = at(report, path);
		const values = found.map(([, value]) => value);
		const unit = () => unitOf(found[0]?.[0] ?? '');
		switch (name) {
			case 'length':
				return { value: values[0].length, unit: 'count' };
			case 'count':
				return { value: values.filter((value) => value === true).length, unit: 'count' };
			case 'equal':
				return { value: values.filter((value) => value === Number(given)).length, unit: 'count' };
			case 'min':
				return { value: values.reduce((least, value) => Math.min(least, value)), unit: unit() };
			case 'max':
				return { value: values.reduce((most, value) => Math.max(most, value)), unit: unit() };
			case 'sum':
				return values.every(whole)
					? { value: values.reduce((sum, value) => sum + BigInt(value), 0n).toString(), unit: unit() }
					: { value: values.reduce((sum, value) => sum + value, 0), unit: unit(), about: true };
			default:
				throw new Error(`no function ${name}`);
		}
	}
	const paths = expression.split(' - ');
	const values = paths.map((path) => at(report, path)[0][1]);
	if (values.some((value) => value === undefined || value === null)) {
		throw new Error('report.json has no such value');
	}
	if (paths.length === 2) {
		return { value: (BigInt(values[0]) - BigInt(values[1])).toString(), unit: unitOf(paths[0]) };
	}
	return { value: values[0], unit: unitOf(paths[0]) };
}

/// A raw number in the unit that is shown.
function converted(value, unit, report) {
	const kilowattHours = report.setting.profile.intervalMinutes / 60_000;
	switch (unit) {
		case 'W':
		case 'ms':
			return value / 1000;
		case 'W·timestep':
			return value * kilowattHours;
		case '1e-9 EUR':
			return value / 1e9;
		case '1e-9 EUR/(W·timestep)':
			return value / 1e9 / kilowattHours;
		case 'share':
			return value * 100;
		case 'byte':
			return value / 2 ** 20;
		default:
			return value;
	}
}

/// Whether a text is a number to as many digits as it has.
function isNumber(text, expected) {
	const plain = text.replaceAll('\u202f', '').replaceAll('\u2212', '-');
	if (!/^-?\d+(\.\d+)?(e-?\d+)?$/.test(plain)) {
		return false;
	}
	const [digits, exponent = '0'] = plain.split('e');
	const last = 10 ** (Number(exponent) - (digits.split('.')[1] ?? '').length);
	const precise = Math.abs(Number(plain) - expected) <= last * 0.5 + Math.abs(expected) * 1e-12;
	// A number that is not 0 has a digit that is not.
	return precise && (expected === 0 || /[1-9]/.test(digits) || Math.abs(expected) < 1e-3);
}

function same(raw, value, about) {
	if (typeof value === 'number') {
		const difference = Math.abs(Number(raw) - value);
		return raw !== null && raw !== '' && difference <= (about ? Math.abs(value) * 1e-9 : 0);
	}
	return raw === String(value);
}

/// What is wrong with one figure, or nothing.
function figureAmiss({ path, paper, unit, raw, text, mark, around }, report) {
	if (paper !== undefined) {
		const right = PAPER[paper] === Number(raw) && isNumber(text, PAPER[paper]);
		return right ? undefined : `the paper's ${paper} is ${PAPER[paper]}`;
	}
	const { value, unit: expected, about } = valueOf(path, report);
	if (expected === undefined) {
		return 'it is not known what this is in';
	}
	if (expected === 'text') {
		return text === value ? undefined : `report.json says ${JSON.stringify(value)}`;
	}
	if (!same(raw, value, about)) {
		return `the raw value is ${raw}, report.json says ${value}`;
	}
	if (expected === 'bool') {
		return text === (value ? 'holds' : 'fails') ? undefined : `report.json says ${value}`;
	}
	if (mark) {
		return undefined;
	}
	if (unit !== expected) {
		return `it is in ${unit}, not in ${expected}`;
	}
	if (!around.includes(SYMBOLS[expected])) {
		return `${SYMBOLS[expected]} is not written at it`;
	}
	if (expected === 'exact') {
		return text === raw ? undefined : `the raw value is ${raw}`;
	}
	if (expected === 'moment') {
		const moment = `${new Date(value).toISOString().slice(11, 19)} UTC`;
		return text === moment ? undefined : `${value} is ${moment}`;
	}
	const number = converted(Number(value), expected, report);
	return isNumber(text, number) ? undefined : `${value} ${expected} are ${number} ${SYMBOLS[expected]}`;
}

/// Bars of a series are as high as their values.
function barsAmiss(shown) {
	const groups = Map.groupBy ? Map.groupBy(shown, (figure) => figure.bars) : groupBy(shown);
	groups.delete(undefined);
	return [...groups.values()].flatMap((bars) => {
		const tallest = bars.reduce((most, bar) => (Math.abs(Number(bar.raw)) > Math.abs(Number(most.raw)) ? bar : most));
		const scale = tallest.height / Math.abs(Number(tallest.raw) || 1);
		return bars
			.filter((bar) => Math.abs(bar.height - Math.abs(Number(bar.raw)) * scale) > 0.02)
			.map((bar) => `the bar of ${bar.path} is ${bar.height} high, that of ${tallest.path} ${tallest.height}`);
	});
}

function groupBy(shown) {
	const groups = new Map();
	for (const figure of shown) {
		groups.set(figure.bars, [...(groups.get(figure.bars) ?? []), figure]);
	}
	return groups;
}

/// What of the report is shown nowhere.
function missing(shown, report) {
	const paths = new Set(shown.flatMap(({ path = '' }) => path.split(' - ')));
	return [...leaves(report)]
		.filter((path) => !paths.has(path) && !mayBeLeftOut(path, report))
		.map((path) => `${path} is not shown`);
}

/// All that is wrong with the figures of a page.
export function figuresAmiss(shown, report) {
	const each = shown.flatMap((figure) => {
		const of = `${figure.path ?? `paper ${figure.paper}`} shows ${JSON.stringify(figure.text ?? figure.raw)}`;
		try {
			const amiss = figureAmiss(figure, report);
			return amiss ? [`${of}: ${amiss}`] : [];
		} catch (error) {
			return [`${of}: ${error.message}`];
		}
	});
	return [...each, ...barsAmiss(shown), ...missing(shown, report)];
}
