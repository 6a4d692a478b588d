'use strict';
// An official's whole day without a mouse: sign in, the next case, a note, a text block, the letter looked at, decisions
// one by one and for many at once, search, filters, absence. Keys are counted; what is typed into a field counts apart.
//   DECISIONS=50   how many are decided one by one, and how many at once (5: so many applications take the firm minutes)
const { applyAgain } = require('./firm');

const many = Number(process.env.DECISIONS || 3);

class Hands {
	constructor(w, page) {
		Object.assign(this, { w, page, keys: 0, typed: 0 });
	}
	async key(name) {
		this.keys++;
		await this.page.keyboard.press(name);
	}
	// A key that leads to another page.
	async go(name) {
		this.keys++;
		return this.w.arrive(this.page, () => this.page.keyboard.press(name));
	}
	// One key for a step: Alt and a letter. The browser finds an access key by the text that the key would have without
	// Alt, which page.keyboard does not send.
	async step(letter, stays) {
		const key = { modifiers: 1, key: letter, code: `Key${letter.toUpperCase()}`, windowsVirtualKeyCode: letter.toUpperCase().charCodeAt(0) };
		const press = async () => {
			await this.page.cdp.send('Input.dispatchKeyEvent', { type: 'keyDown', unmodifiedText: letter, ...key });
			await this.page.cdp.send('Input.dispatchKeyEvent', { type: 'keyUp', ...key });
		};
		this.keys++;
		return stays ? press() : this.w.arrive(this.page, press);
	}
	async type(text) {
		this.typed += text.length;
		await this.page.keyboard.type(text);
	}
	// Tab until the focus is on it.
	async tabTo(selector, most = 60) {
		for (let i = 0; i < most; i++) {
			await this.key('Tab');
			if (await this.page.evaluate((s) => document.activeElement.matches(s), selector)) {
				return;
			}
		}
		this.w.expect(false, `${most} times Tab do not reach ${selector} at ${this.page.url()}`);
	}
	// The page's skip link, then on: what an official with a keyboard does.
	async intoMain(selector) {
		await this.page.evaluate(() => {
			document.body.tabIndex = -1;
			document.body.focus();
			document.body.removeAttribute('tabindex');
		});
		await this.key('Tab');
		await this.key('Enter');
		await this.tabTo(selector);
	}
}

const at = (page) => new URL(page.url()).pathname;

async function waitFor(w, page, where, selector, count) {
	await w.until(`${count} of ${selector}`, async () => {
		await w.open(page, where);
		return await page.locator(selector).count() >= count;
	});
}

async function decide(w, hands, words, isFirst) {
	await hands.step('d');
	w.expect(at(hands.page).endsWith('/decide'), `Alt+D leads to ${hands.page.url()}`);
	await hands.intoMain('[name=outcome]');
	await hands.key('Space');
	if (isFirst) {
		await w.look(hands.page, 'decide-blocks');
	}
	await hands.tabTo('[name=reason]');
	await hands.type(words);
}

module.exports = async (w) => {
	const zh = w.lang === 'zh-Hans';
	const words = zh ? '材料齐全。' : 'Everything was shown.';
	const firm = await w.as('firm');
	const cases = [];

	await w.test('the firm applies several times', async () => {
		for (let i = 0; i < 2 * many; i++) {
			cases.push((await applyAgain(w, firm)).split('/').pop());
		}
		w.note(new Set(cases).size === 2 * many, 'some are the same');
	});

	const page = await w.as('official');
	const hands = new Hands(w, page);
	const rows = 'tbody tr';

	await w.test('the queue: tabs, filters, search, keys', async () => {
		await waitFor(w, page, '/queue', rows, 2 * many);
		await w.look(page, 'queue');
		await hands.step('k');
		w.expect(at(page) === '/desk/keys', `Alt+K leads to ${page.url()}`);
		await w.look(page, 'keys');
		await w.open(page, '/queue');
		await hands.step('s', true);
		await hands.type('kestr');
		await hands.go('Enter');
		await w.look(page, 'found');
		await w.has(page, 'ul.rows li', Math.min(2 * many, 20));
		await w.open(page, '/queue?due=10&tab=nobody');
		await w.look(page, 'queue-filtered');
		await hands.intoMain('details summary');
		await hands.key('Enter');
		await hands.tabTo('[name=name]');
		await hands.type(zh ? '本周' : 'This week');
		await hands.go('Enter');
		await w.look(page, 'queue-kept');
		await w.has(page, 'nav .chips a[aria-current] bdi', 1);
	});

	await w.test('the next case: a note, a text block, the letter before it is decided', async () => {
		await w.open(page, '/queue');
		await hands.step('n');
		w.expect(cases.includes(at(page).split('/').pop()), `Alt+N leads to ${page.url()}`);
		await w.look(page, 'case');
		await hands.intoMain('[name=note]');
		await hands.type(zh ? '已电话核实。' : 'The landlord called.');
		await hands.tabTo('main button');
		await hands.go('Enter');
		await w.look(page, 'case-noted');
		await w.has(page, '#notes bdi', 2);
		await decide(w, hands, words, true);
		await hands.tabTo('#block');
		await hands.tabTo('[name=insert]');
		await hands.go('Enter');
		w.note((await page.inputValue('[name=reason]')).startsWith(words), 'what was typed is lost');
		w.note((await page.inputValue('[name=reason]')).length > words.length + 20, 'no text block was inserted');
		await hands.step('p');
		await w.look(page, 'letter-before');
		await w.has(page, '#letter-h', 1);
		await hands.step('g');
		w.expect(!at(page).endsWith('/decide'), 'it is not decided');
		await hands.step('l');
		await w.look(page, 'case-closed');
	});

	await w.test('decisions one by one', async () => {
		const before = { keys: hands.keys, typed: hands.typed };
		const n = many - 1;
		for (let i = 0; i < n; i++) {
			await hands.step('n');
			await decide(w, hands, words);
			await hands.step('g');
			await w.has(page, 'button[accesskey=l]', 1);
		}
		w.report(`${w.name}: ${n} decisions one by one take ${hands.keys - before.keys} keys and ${hands.typed - before.typed} typed characters`, [], 0);
	});

	await w.test('decisions for many at once', async () => {
		await waitFor(w, page, '/queue?tab=nobody', rows, many);
		const before = { keys: hands.keys, typed: hands.typed };
		await hands.step('c', true);
		await hands.step('b');
		w.expect(at(page) === '/queue/bulk', `Alt+B leads to ${page.url()}`);
		await w.look(page, 'bulk-take');
		await hands.step('g');
		await w.look(page, 'bulk-taken');
		await w.has(page, 'ul.rows .tag.done, ul.rows .tag', many);
		const taken = hands.keys - before.keys;
		await waitFor(w, page, '/queue?tab=me', rows, many);
		await hands.step('c', true);
		await hands.step('w', true);
		await hands.key('d');
		if (zh) {
			await page.locator('[name=do]').selectOption('decide'); // typing ahead needs an input method
		}
		await hands.step('b');
		await hands.intoMain('[name=outcome]');
		await hands.key('Space');
		await hands.tabTo('[name=reason]');
		await hands.type(words);
		await w.look(page, 'bulk-decide');
		await hands.step('g');
		await w.look(page, 'bulk-decided');
		w.report(`${w.name}: ${many} taken with ${taken} keys, ${many} decided with ${hands.keys - before.keys - taken} and ${hands.typed - before.typed} typed characters`, [], 0);
		await w.until('an empty desk', async () => {
			await w.open(page, '/queue?tab=me');
			return await page.locator(rows).count() === 0;
		});
	});

	await w.test('an absence, entered and struck out', async () => {
		await w.open(page, '/desk/absences');
		await w.look(page, 'absences-none');
		await hands.intoMain('[name^=from-]');
		const day = new Date(Date.now() + 86400000 * 2);
		const parts = { day: day.getUTCDate(), month: day.getUTCMonth() + 1, year: day.getUTCFullYear() };
		for (let i = 0; i < 6; i++) {
			const name = await page.evaluate(() => document.activeElement.name); // their order is the language's
			await hands.type(String(parts[name.split('-')[1]]));
			await hands.key('Tab');
		}
		await hands.tabTo('main button');
		await hands.go('Enter');
		await w.look(page, 'absences');
		await w.has(page, 'ul.rows li', 1);
		await hands.intoMain('button.link');
		await hands.go('Enter');
		await w.has(page, 'ul.rows li', 0);
	});
};
