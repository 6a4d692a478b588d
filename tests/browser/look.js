'use strict';
// What must hold for every page in every state. Each function gives a list of sentences: what is wrong.
const fs = require('node:fs');
const zlib = require('node:zlib');

const axeSource = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const axeOptions = {
	runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
	rules: { 'target-size': { enabled: true } },
	resultTypes: ['violations'],
};

// Pages work without scripts and the browser is told to run none, but for a typist's; axe needs them for a moment. The
// switch counts only when it changes something in this session.
async function axe(page, cdp) {
	await cdp.send('Emulation.setScriptExecutionDisabled', { value: true });
	await cdp.send('Emulation.setScriptExecutionDisabled', { value: false });
	try {
		await page.evaluate(axeSource);
		const found = await page.evaluate(async (options) => {
			const { violations } = await window.axe.run(document, options);
			return violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map((n) => `${n.target} ${n.html.slice(0, 160)}`).join(' | ')}`);
		}, axeOptions);
		return found.map((text) => `axe ${text}`);
	} finally {
		await cdp.send('Emulation.setScriptExecutionDisabled', { value: !page.runsScripts });
	}
}

// Language, direction, headings, ids, nothing inline; sentences that were left in English.
function bones(page, expect) {
	return page.evaluate(({ lang, dir, isError, plain, names }) => {
		const wrong = [];
		const html = document.documentElement;
		const say = (isRight, text) => isRight || wrong.push(text);
		say(html.lang === lang, `lang is ${html.lang}`);
		say((html.dir || 'ltr') === dir, `dir is ${html.dir}`);
		say(document.querySelectorAll('h1').length === 1, `${document.querySelectorAll('h1').length} h1`);
		say(document.title.trim() !== '', 'no title');
		say(!document.querySelector('script:not([src]), style, [style], [onclick]'), 'something inline');
		const ids = [...document.querySelectorAll('[id]')].map((e) => e.id);
		const twice = ids.filter((id, i) => ids.indexOf(id) !== i);
		say(twice.length === 0, `ids twice: ${twice}`);
		for (const a of document.querySelectorAll('a[href^="#"]')) {
			say(document.getElementById(decodeURIComponent(a.hash.slice(1))), `a link to nothing: ${a.hash}`);
		}
		for (const e of document.querySelectorAll('[aria-describedby], [aria-labelledby]')) {
			for (const id of `${e.getAttribute('aria-describedby') || ''} ${e.getAttribute('aria-labelledby') || ''}`.split(/\s+/)) {
				say(id === '' || document.getElementById(id), `described by nothing: ${id}`);
			}
		}
		const fix = document.querySelector('.fix[role=alert]');
		if (isError) {
			say(fix, 'no error summary');
			say(!fix || document.activeElement === fix, 'the error summary has not the focus');
			say(lang !== 'en' || document.title.startsWith('Error:'), `the title is "${document.title}"`);
		} else {
			say(!fix, `errors: ${fix && fix.innerText}`);
		}
		if (lang !== 'en') {
			const seen = (text, where) => {
				// Isolated: somebody's own words. Addresses and file names are examples.
				const words = text.replace(/\u2068[^\u2069]*\u2069|\S+@\S+|\w+\.pdf/g, '').match(/[A-Za-z]{3,}/g) || [];
				const left = words.filter((w) => !plain.includes(w) && !(lang === 'zh-Hans' && names.includes(w)));
				say(left.length === 0, `not translated (${where}): ${text.trim().slice(0, 100)}`);
			};
			const own = (e) => e.closest('bdi, [lang]:not(html), textarea, .num, title');
			const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
			while (walker.nextNode()) {
				if (!own(walker.currentNode.parentElement)) {
					seen(walker.currentNode.data, walker.currentNode.parentElement.tagName);
				}
			}
			for (const e of document.querySelectorAll('[aria-label]:not(.sheets), [title], [placeholder]')) {
				seen(e.getAttribute('aria-label') || e.title || e.placeholder, 'attribute');
			}
		}
		return wrong;
	}, { ...expect, plain: ['PDF', 'JPEG', 'PNG', 'HEIC', 'TIFF', 'WebP', 'Cityhall', 'Apache', 'JavaScript', 'Cookie', 'EUR', 'English', 'CSV', 'XLSX', 'DCAT'] });
}

// Nothing wider than the screen, at the page's own width and at narrow ones.
async function overflow(page, size) {
	const wrong = [];
	for (const width of new Set([size.width, 360, 240])) {
		await page.setViewportSize({ width, height: size.height });
		const wide = await page.evaluate(() => {
			const room = document.documentElement.clientWidth;
			if (document.scrollingElement.scrollWidth <= room) {
				return null;
			}
			const out = (e) => {
				const r = e.getBoundingClientRect();
				return r.width > 0 && (r.right > room + 1 || r.left < -1) && !e.closest('.scroll, .sheets, .skip, .hide');
			};
			const at = [...document.body.querySelectorAll('*')].filter(out).pop();
			return `${document.scrollingElement.scrollWidth} px wide: ${at ? at.outerHTML.slice(0, 160) : '?'}`;
		});
		if (wide) {
			wrong.push(`at ${width} px the page is ${wide}`);
		}
	}
	await page.setViewportSize(size);
	return wrong;
}

// From the top by Tab: the skip link first, every control of the page, each with a visible ring; the skip link works.
async function keyboard(page) {
	const wrong = [];
	const step = () => page.evaluate(() => {
		const e = document.activeElement;
		if (!e || e === document.body) {
			return null;
		}
		const css = getComputedStyle(e);
		const box = e.getBoundingClientRect();
		const group = e.type === 'radio' ? `radio ${e.name}` : null;
		e.dataset.reached = '1';
		return {
			what: group || e.outerHTML.slice(0, 120),
			isSkip: e.classList.contains('skip'),
			isInMain: Boolean(e.closest('main')),
			isRinged: css.outlineStyle !== 'none' && parseFloat(css.outlineWidth) >= 2,
			isSeen: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
		};
	});
	const tab = async () => {
		await page.keyboard.press('Tab');
		return step();
	};
	// An address with a fragment begins at it.
	await page.evaluate(() => {
		if (location.hash) {
			document.body.tabIndex = -1;
			document.body.focus();
			document.body.removeAttribute('tabindex');
		}
	});
	let at = await tab();
	if (!at || !at.isSkip) {
		wrong.push(`the first stop is ${at && at.what}`);
	}
	for (let i = 0; at && i < 150; i++) {
		if (!at.isRinged) {
			wrong.push(`no ring: ${at.what}`);
		}
		if (!at.isSeen) {
			wrong.push(`focused out of sight: ${at.what}`);
		}
		at = await tab();
		if (at && at.isSkip) {
			break;
		}
	}
	wrong.push(...await page.evaluate(() => {
		const radios = new Set([...document.querySelectorAll('input[type=radio][data-reached]')].map((e) => e.name));
		const all = document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary');
		// What lies in closed details is nobody's next step: their summary is.
		const isFolded = (e) => Boolean(e.closest('details:not([open]) > :not(summary)'));
		return [...all].filter((e) => !e.dataset.reached && e.tabIndex >= 0 && !isFolded(e) && !(e.type === 'radio' && radios.has(e.name)))
			.map((e) => `not reached by Tab: ${e.outerHTML.slice(0, 120)}`);
	}));
	await page.focus('a.skip');
	await page.keyboard.press('Enter');
	at = await tab();
	if (at && !at.isInMain && !(await page.evaluate(() => !document.querySelector('main :is(a, button, input, select, textarea)')))) {
		wrong.push(`the skip link leads to ${at.what}`);
	}
	return wrong;
}

const weigh = (body) => ({ bytes: body.length, packed: zlib.gzipSync(body).length });

module.exports = { axe, bones, overflow, keyboard, weigh };
