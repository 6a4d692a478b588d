'use strict';
// The database dies while a firm fills in its form, and its standby takes over: a wait, or a page to try again with all
// that was typed. Never a loss, never twice.
const { pair } = require('./server');
const { pages } = require('./firm');

const next = 'main form .acts .btn';
const again = 'main form .btn';
const isAt = (page, end) => new URL(page.url()).pathname.endsWith(end);

// Sends the form that stands there and gives the status that it is answered with, be it a bad one.
async function send(page, selector) {
	const [answer] = await Promise.all([page.waitForNavigation({ waitUntil: 'load' }), page.locator(selector).first().click()]);
	page.answer = answer;
	return answer.status();
}

// Until the page is not one that says "try again": each press is the same form once more.
async function persist(w, page, least = 0) {
	let refused = 0;
	await w.until('the store', async () => {
		if (page.answer.status() !== 503) {
			return true;
		}
		refused++;
		await send(page, again);
		return false;
	}, 120000);
	w.note(refused >= least, `${refused} pages to try again, not ${least}`);
}

module.exports = async (w) => {
	const steps = pages(w);
	const page = await w.as('applicant');
	page.setDefaultTimeout(60000);
	const fill = async (step) => {
		w.expect(isAt(page, `/page/${step.id}`), `at ${page.url()}, not at ${step.id}`);
		await w.fill(page, { ...step.wrong, ...step.right });
	};

	await w.test('the firm begins', async () => {
		await w.open(page, '/apply/labour-dispatch-permit');
		await w.signIn(page, 'firm');
		const parties = await page.locator('input[type=radio][name=party]').evaluateAll((all) => all.map((e) => e.value));
		if (parties.length > 0) {
			await w.fill(page, { party: parties.pop() });
		}
		await w.press(page, next);
		await fill(steps[0]);
		await w.press(page, next);
	});

	await w.test('the primary dies and the standby is promoted at once: a wait', async () => {
		await fill(steps[1]);
		await pair('--kill-primary');
		const [status] = await Promise.all([send(page, next), pair('--promote').then(() => pair('--new-standby'))]);
		w.note(status === 200 || status === 503, `it is answered with ${status}`);
		await persist(w, page);
		w.expect(isAt(page, `/page/${steps[2].id}`), `after the wait comes ${page.url()}`);
		await w.open(page, page.url().replace(/page\/.*/, `page/${steps[1].id}`));
		for (const [name, value] of Object.entries({ ...steps[1].wrong, ...steps[1].right })) {
			w.note(await page.inputValue(`main [name="${name}"]`) === value, `${name} was not kept`);
		}
		await w.press(page, next);
	});

	await w.test('nobody is promoted for long: a page to try again, with what was typed', async () => {
		for (const step of steps.slice(2, 6)) {
			await fill(step);
			await w.press(page, next);
		}
		const last = steps[6];
		await fill(last);
		await pair('--kill-primary');
		w.note(await send(page, next) === 503, `it is answered with ${page.answer.status()}`);
		await w.look(page, 'store-away', { status: 503 });
		for (const [name, value] of Object.entries({ ...last.wrong, ...last.right })) {
			w.note(await page.locator(`main form input[name="${name}"]`).inputValue() === value, `${name} is not given back`);
		}
		w.note(await send(page, again) === 503, 'a store that is away has answered');
		await pair('--promote');
		await pair('--new-standby');
		await persist(w, page);
		w.expect(isAt(page, '/check'), `after the last page comes ${page.url()}`);
		const text = await page.locator('main').innerText();
		w.note(text.includes(last.right['contact-email']), 'the last answers were not kept');
	});

	await w.test('sent while the standby is away: not known yet, and one case', async () => {
		await w.fill(page, { declaration: 'yes' });
		await pair('--kill-standby');
		w.note(await send(page, 'form[action$="/submit"] .btn') === 503, `it is answered with ${page.answer.status()}`);
		await w.look(page, 'not-known-yet', { status: 503 });
		await w.says(page, 'We do not know yet whether this was stored');
		await pair('--start-standby');
		await persist(w, page, 1);
		w.expect(isAt(page, '/receipt'), `sending leads to ${page.url()}`);
		await w.look(page, 'receipt');
		await w.open(page, '/cases');
		await w.has(page, 'main a[href^="/cases/"]', 1);
		await w.has(page, 'main a[href^="/draft/"]', 0);
	});
};
