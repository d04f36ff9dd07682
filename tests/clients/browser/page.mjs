// What is looked at inside the page. These functions run in the browser: each stands alone.

/// The figures that the page shows, and numbers that are shown without being marked as such.
export function collect() {
	const symbolOf = (element) => {
		const cell = element.closest('td');
		const row = cell?.closest('tr');
		const head = cell && cell.closest('table').tHead.rows[0].cells[[...row.cells].indexOf(cell)];
		return `${element.parentElement.textContent} ${head?.querySelector('.u')?.textContent ?? ''}`;
	};
	const shown = [...document.querySelectorAll('[data-figure], [data-paper]')].map((element) => ({
		path: element.dataset.figure,
		paper: element.dataset.paper,
		unit: element.dataset.unit,
		raw: element.getAttribute('value') ?? element.dataset.raw,
		mark: element instanceof SVGElement ? element.localName : undefined,
		height: element.localName === 'rect' ? Number(element.getAttribute('height')) : undefined,
		bars: element.closest('[data-bars]')
			? [...document.querySelectorAll('[data-bars]')].indexOf(element.closest('[data-bars]'))
			: undefined,
		text: element instanceof SVGElement ? undefined : element.textContent,
		around: element.localName === 'data' ? symbolOf(element) : undefined,
	}));
	const loose = [];
	const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (walker.nextNode()) {
		const { textContent, parentElement } = walker.currentNode;
		if (/\d/.test(textContent) && !parentElement.closest('[data-figure], [data-paper], [data-fixed], svg, style')) {
			loose.push(textContent.trim());
		}
	}
	return { shown, loose };
}

/// What does not fit, cannot be read, or overlaps.
export function layoutAmiss({ width, dark }) {
	const amiss = [];
	const name = (element) => {
		const text = (element.textContent ?? '').trim().slice(0, 40);
		return `<${element.localName} class="${element.getAttribute('class') ?? ''}"> ${JSON.stringify(text)}`;
	};
	const page = document.documentElement;
	if (page.scrollWidth > width || window.innerWidth > width) {
		amiss.push(`the page is ${Math.max(page.scrollWidth, window.innerWidth)} pixels wide, the window ${width}`);
	}

	const scrolls = (element) => {
		for (let at = element.parentElement; at; at = at.parentElement) {
			if (['auto', 'scroll'].includes(getComputedStyle(at).overflowX) && at !== page && at !== document.body) {
				return true;
			}
		}
		return false;
	};
	const seen = (element) => element.checkVisibility() && element.getClientRects().length > 0;
	const all = [...document.body.querySelectorAll('*')].filter(seen);
	for (const element of all) {
		const { left, right } = element.getBoundingClientRect();
		if ((right > width + 0.5 || left < -0.5) && !scrolls(element)) {
			amiss.push(`${name(element)} goes from ${left} to ${right}, the window to ${width}`);
		}
		const block = !(element instanceof SVGElement) && getComputedStyle(element).display !== 'inline';
		const own = getComputedStyle(element).overflowX === 'visible';
		if (block && own && element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0) {
			amiss.push(`${name(element)} needs ${element.scrollWidth} pixels and has ${element.clientWidth}`);
		}
	}

	// Texts of a chart lie inside it, and not on one another.
	for (const svg of document.querySelectorAll('svg')) {
		if (!seen(svg)) {
			continue;
		}
		const frame = svg.getBoundingClientRect();
		const texts = [...svg.querySelectorAll('text')].map((text) => [text, text.getBoundingClientRect()]);
		for (const [text, at] of texts) {
			if (at.left < frame.left - 1 || at.right > frame.right + 1 || at.top < frame.top - 1 || at.bottom > frame.bottom + 1) {
				amiss.push(`${name(text)} is cut off in ${name(svg)}`);
			}
			const apart = (other) => other.left >= at.right || other.right <= at.left || other.top >= at.bottom - 3 || other.bottom - 3 <= at.top;
			const on = texts.find(([other, place]) => other !== text && !apart(place));
			if (on) {
				amiss.push(`${name(text)} lies on ${name(on[0])} in ${name(svg)}`);
			}
		}
		if (texts.some(([, at]) => at.height < 9)) {
			amiss.push(`${name(svg)} has letters of less than 9 pixels`);
		}
	}

	// Texts stand out from what is behind them: WCAG 2, level AA.
	const parts = (colour) => (colour.match(/[\d.]+/g) ?? []).map(Number);
	const luminance = (colour) => {
		const [red, green, blue] = parts(colour).map((part) => {
			const share = part / 255;
			return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
		});
		return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
	};
	const behind = (element) => {
		for (let at = element; at; at = at.parentElement) {
			const colour = getComputedStyle(at).backgroundColor;
			if ((parts(colour)[3] ?? 1) > 0) {
				return colour;
			}
		}
		return 'rgb(255, 255, 255)';
	};
	const faint = new Map();
	for (const element of all) {
		const says = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim());
		if (!says || ['title', 'desc'].includes(element.localName)) {
			continue;
		}
		const style = getComputedStyle(element);
		const front = luminance(element instanceof SVGElement ? style.fill : style.color);
		const back = luminance(behind(element));
		const contrast = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
		if (contrast < 4.5) {
			faint.set(`${element.localName}.${element.getAttribute('class') ?? ''}`, `${name(element)} has a contrast of ${contrast.toFixed(2)}`);
		}
	}
	amiss.push(...faint.values());
	const ground = luminance(behind(document.body));
	if (dark ? ground > 0.1 : ground < 0.8) {
		amiss.push(`the page is ${dark ? 'not dark' : 'dark'}`);
	}
	return amiss;
}
