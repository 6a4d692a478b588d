'use strict';
// One walk through the city hall: a language, a width, a server of its own, and the people of the demo city, each with
// a browser context. Journeys are functions that get a walk.
const fs = require('node:fs');
const path = require('node:path');
const { Server, until, root } = require('./server');
const look = require('./look');

const people = {
	resident: ['resident@demo.example', 'linden-tree-by-the-door', 'Amara Quill'],
	firm: ['firm@demo.example', 'kestrel-over-the-quay', 'Lin Xiaohe'],
	official: ['official@demo.example', 'nine-stones-make-a-gate', 'Jonas Adeyemi'],
	second: ['second@demo.example', 'ropewalk-in-the-rain', 'Rosa Marchetti'],
	admin: ['admin@demo.example', 'keeper-of-the-lantern', 'Ilse Varga'],
	head: ['head@demo.example', 'slate-roof-over-the-hall', 'Mei Castellan'],
	supervisor: ['supervisor@demo.example', 'lamp-in-the-watchtower', 'Ines Calloway'],
	higher: ['higher@demo.example', 'far-light-on-the-estuary', 'Viktor Oduya'],
	engineer: ['engineer@demo.example', 'green-wave-to-the-harbour', 'Sami Oyelund'],
	author: ['author@demo.example', 'seven-pens-in-a-drawer', 'Tomasz Okafor'],
	secondAuthor: ['second-author@demo.example', 'four-eyes-on-the-page', 'Hedda Nyström'],
};
// Plain text needs no isolation where all of it runs one way: in Chinese a name may stand bare.
const names = Object.values(people).flatMap(([, , name]) => name.split(' ')).concat('Kestrel', 'Staffing', 'Ltd');
const shots = path.join(root, 'build/shots');
const PAGE_MOST = 12 * 1024; // bytes of a page as nginx sends it
const FIRST_MOST = 60 * 1024; // bytes of the first page with its style, as they are

// A test that cannot go on: what was found before stands, the walk ends.
class Stop extends Error {}

class Walk {
	constructor(plan, tools) {
		Object.assign(this, plan, tools); // name, lang, size, isDark, isScripted; browser, papers, report
		this.dir = this.lang === 'ar-XB' ? 'rtl' : 'ltr';
		this.contexts = new Map();
		this.typed = new Set(); // answers given: none may be logged
		this.tabbed = new Set(); // kinds of pages that were walked by keyboard
		this.problems = [];
		this.seen = 0;
		this.largest = { bytes: 0, packed: 0 };
	}

	async begin() {
		this.server = await Server.start(this.pack, this.hasHistory);
	}

	// The page of a person; the first time in a context of its own, signed in unless it is a visitor's.
	async as(who) {
		if (!this.contexts.has(who)) {
			const context = await this.browser.newContext({
				baseURL: this.server.url,
				javaScriptEnabled: this.isScripted || who === 'typist', // a visitor whose browser runs our scripts
				viewport: this.size,
				colorScheme: this.isDark ? 'dark' : 'light',
				locale: this.lang === 'zh-Hans' ? 'zh-CN' : 'en-GB',
				reducedMotion: 'reduce',
				extraHTTPHeaders: { 'accept-language': this.lang === 'zh-Hans' ? 'zh-CN,zh;q=0.9' : 'en-GB,en;q=0.9' },
			});
			if (this.lang === 'ar-XB') {
				await context.addCookies([{ name: 'lang', value: 'ar-XB', url: this.server.url }]);
			}
			const page = await context.newPage();
			page.setDefaultTimeout(30000);
			page.on('console', (message) => {
				const text = message.text();
				if (message.type() === 'error' && !/the server responded with a status of (4\d\d|503)/.test(text)) {
					this.problems.push(`the browser says: ${text}`);
				}
			});
			page.runsScripts = this.isScripted || who === 'typist';
			page.cdp = await context.newCDPSession(page);
			this.contexts.set(who, page);
			if (people[who]) {
				await this.open(page, '/sign-in');
				await this.signIn(page, who);
			}
		}
		const page = this.contexts.get(who);
		this.current = page;
		return page;
	}

	async signIn(page, who) {
		await this.fill(page, { email: people[who][0], password: people[who][1] });
		await this.press(page, 'main form .btn');
		this.expect(!new URL(page.url()).pathname.startsWith('/sign-in'), `${who} cannot sign in`);
	}

	// --- Going about. Each gives the answer's head. ---

	async arrive(page, act) {
		const [answer] = await Promise.all([page.waitForNavigation({ waitUntil: 'load' }), act()]);
		page.answer = answer;
		if (answer && answer.status() >= 500) {
			throw new Stop(`${answer.status()} at ${answer.url()}`);
		}
		return answer;
	}
	open(page, where) {
		return this.arrive(page, () => page.goto(where));
	}
	press(page, selector) {
		return this.arrive(page, () => page.locator(selector).first().click());
	}

	// {name: value}: a text, a choice, several choices, {day, month, year}, papers ({name, mimeType, buffer}).
	async fill(page, values) {
		for (const [name, value] of Object.entries(values)) {
			if (value && value.year !== undefined) {
				for (const part of ['day', 'month', 'year']) {
					await page.fill(`[name="${name}-${part}"]`, String(value[part]));
				}
				continue;
			}
			const field = page.locator(`main [name="${name}"]:not([type=hidden])`);
			const type = await field.first().evaluate((e) => e.type);
			if (type === 'radio' || type === 'checkbox') {
				const wanted = [].concat(value);
				for (let i = await field.count() - 1; i >= 0; i--) {
					const one = field.nth(i);
					const is = wanted.includes(await one.getAttribute('value'));
					if (is || type === 'checkbox') {
						await one.setChecked(is);
					}
				}
			} else if (type === 'file') {
				await field.setInputFiles(value);
			} else if (type === 'select-one') {
				await field.selectOption(value);
			} else {
				await field.fill(value);
				if (/\D/.test(value) && value.length > 4 && type !== 'search') {
					this.typed.add(value.split('\n')[0]);
				}
			}
		}
	}

	// --- Saying what should be ---

	expect(isRight, otherwise) {
		if (!isRight) {
			throw new Stop(otherwise);
		}
	}
	// Goes on, but the test has failed.
	note(isRight, otherwise) {
		if (!isRight) {
			this.problems.push(otherwise);
		}
	}
	async expectStatus(page, status) {
		this.note(page.answer.status() === status, `${page.url()} answers ${page.answer.status()}, not ${status}`);
	}
	// In English only: a text on the page. Elsewhere sentences are looked at by look().
	async says(page, text, where = 'body') {
		if (this.lang === 'en') {
			const all = await page.locator(where).first().innerText();
			this.note(text instanceof RegExp ? text.test(all) : all.includes(text), `${page.url()} does not say ${text}`);
		}
	}
	async has(page, selector, count) {
		const n = await page.locator(selector).count();
		this.note(count === undefined ? n > 0 : n === count, `${n} times ${selector} at ${page.url()}${count === undefined ? '' : `, not ${count}`}`);
		return n;
	}
	until(what, ask, ms) {
		return until(what, ask, ms);
	}

	// The page as it stands, looked at from all sides. `kind` names it in messages and pictures.
	async look(page, kind, { isError = false, status = isError ? 422 : 200 } = {}) {
		this.seen++;
		const wrong = [];
		const answer = page.answer;
		if (answer && answer.status() !== status) {
			wrong.push(`status ${answer.status()}, not ${status}`);
		}
		if (answer) {
			const weight = look.weigh(await answer.body());
			if (weight.bytes > this.largest.bytes) {
				this.largest = { ...weight, kind };
			}
			if (weight.packed > PAGE_MOST) {
				wrong.push(`${weight.packed} bytes packed, more than ${PAGE_MOST}`);
			}
		}
		wrong.push(...await look.bones(page, { lang: this.lang, dir: this.dir, isError, names }));
		if (process.env.SHOTS) {
			await this.shoot(page, kind);
		}
		wrong.push(...await look.overflow(page, this.size));
		wrong.push(...await look.axe(page, page.cdp));
		if (!isError && !this.tabbed.has(kind) && this.isTabbed) {
			this.tabbed.add(kind);
			wrong.push(...await look.keyboard(page));
		}
		if (wrong.length > 0) {
			await this.shoot(page, `wrong-${kind}`);
		}
		this.problems.push(...wrong.map((text) => `${kind}: ${text}`));
	}

	async weighFirst(page) {
		const sheet = await page.evaluate(() => document.querySelector('link[rel=stylesheet]').href);
		const style = await page.context().request.get(sheet);
		const icon = await page.context().request.get(await page.evaluate(() => document.querySelector('link[rel=icon]').href));
		const script = await page.context().request.get(await page.evaluate(() => document.querySelector('script').src));
		this.first = (await page.answer.body()).length + (await script.body()).length + (await style.body()).length + (await icon.body()).length;
		this.note(this.first <= FIRST_MOST, `the first page weighs ${this.first} bytes with its style`);
	}

	async shoot(page, kind) {
		fs.mkdirSync(shots, { recursive: true });
		await page.screenshot({ path: path.join(shots, `${this.name.replace(/\W+/g, '-')}-${kind.replace(/[^\w-]+/g, '-')}.png`), fullPage: true })
			.catch(() => {});
	}

	// One line of the report. What cannot go on ends the walk: all that follows builds on it.
	async test(title, body) {
		this.problems = [];
		const begin = Date.now();
		let stopped = null;
		try {
			await body();
		} catch (error) {
			stopped = error;
			this.problems.push(error instanceof Stop ? error.message : error.stack);
			if (this.current) {
				this.problems.push(`at ${this.current.url()}`);
				await this.shoot(this.current, `failed-${title}`);
			}
		}
		this.report(`${this.name}: ${title}`, this.problems, Date.now() - begin);
		if (stopped) {
			throw new Stop('the walk ends here');
		}
	}

	async end() {
		for (const page of this.contexts.values()) {
			await page.context().close();
		}
		return this.server ? this.server.stop() : 0;
	}
}

module.exports = { Walk, Stop, people, shots };
