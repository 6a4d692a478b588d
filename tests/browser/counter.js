'use strict';
// The counter: an official takes in yesterday's application on paper, without a mouse; beside it the applicant's own
// screen follows, and the applicant says there that it is right. Then the paper forms for an outage.

// Goes from control to control with the Tab key until the one that is meant has the focus.
async function tabTo(w, page, selector) {
	for (let i = 0; i < 150; i++) {
		if (await page.evaluate((s) => Boolean(document.activeElement) && document.activeElement.matches(s), selector)) {
			return;
		}
		await page.keyboard.press('Tab');
	}
	w.expect(false, `the Tab key does not come to ${selector} at ${page.url()}`);
}

// What is typed takes the place of what stood there.
async function type(w, page, selector, text) {
	await tabTo(w, page, selector);
	await page.keyboard.press('Control+A');
	await page.keyboard.type(text);
}

// A choice: the first of its name takes the focus, the arrows go on to it.
async function choose(w, page, name, value) {
	await tabTo(w, page, `[name="${name}"]`);
	for (let i = 0; i < 8; i++) {
		const is = await page.evaluate(() => [document.activeElement.value, document.activeElement.checked]);
		if (is[0] === value) {
			if (!is[1]) {
				await page.keyboard.press('Space');
			}
			return;
		}
		await page.keyboard.press('ArrowDown');
	}
	w.expect(false, `the arrows do not come to ${name}=${value}`);
}

const enter = (w, page, selector) => w.arrive(page, async () => {
	if (selector) {
		await tabTo(w, page, selector);
	}
	await page.keyboard.press('Enter');
});

module.exports = async (w) => {
	const zh = w.lang === 'zh-Hans';
	const screen = await w.as('typist'); // a browser that runs our scripts, where nobody is signed in
	const page = await w.as('second');
	const mirror = () => screen.locator('#mirror').innerText();
	const name = zh ? '林小河' : 'Ada Quill';

	await w.test('a second browser shows a code; typed at the counter, it is the applicant’s screen', async () => {
		await w.open(screen, '/screen');
		await screen.waitForURL(/live=1/);
		screen.answer = null; // the script goes on by itself
		await w.look(screen, 'screen-alone');
		const code = (await screen.locator('.caseno').innerText()).trim();
		await w.open(page, '/counter');
		await w.look(page, 'counter');
		w.note(await page.evaluate(() => document.activeElement.name) === 'scanned', 'the scanner’s field has not the focus');
		await type(w, page, '[name=scanned]', 'PL-0');
		await enter(w, page);
		await w.look(page, 'counter-wrong-scan', { isError: true });
		await type(w, page, '[name=code]', '7');
		await enter(w, page);
		await w.look(page, 'counter-wrong-code', { isError: true });
		await type(w, page, '[name=code]', code);
		await enter(w, page);
		await w.look(page, 'counter-paired');
		await w.until('the screen to be paired', async () => !(await mirror()).includes(code) || (await screen.locator('.caseno').count()) === 0);
		await w.look(screen, 'screen-paired');
	});

	await w.test('the record: mistakes beside the fields, then made', async () => {
		await enter(w, page, 'main a[href="/counter/person"]');
		await w.look(page, 'person');
		await type(w, page, '[name=name]', name);
		await enter(w, page);
		await w.look(page, 'person-wrong', { isError: true });
		await type(w, page, '[name=birth-day]', '3');
		await type(w, page, '[name=birth-month]', '5');
		await type(w, page, '[name=birth-year]', '1990');
		await type(w, page, '[name=phone]', '+8613800138000');
		await enter(w, page);
		await w.look(page, 'record');
		w.note((await page.locator('h1').innerText()).includes(name), 'the record’s page does not say whose it is');
		w.record = new URL(page.url()).pathname;
	});

	await w.test('whoever comes again is shown before a second record is made', async () => {
		await w.until('the record among the twins', async () => {
			await w.open(page, '/counter/person');
			await type(w, page, '[name=name]', name.toUpperCase());
			await type(w, page, '[name=phone]', '0086 13800138000');
			await enter(w, page);
			return await page.locator('#twins-h').count() === 1;
		});
		await w.look(page, 'person-twins');
		w.note(await page.evaluate(() => document.activeElement.tagName) === 'A', 'the likely record has not the focus');
		await enter(w, page);
		w.note(new URL(page.url()).pathname === w.record, 'the likely record is another one');
	});

	await w.test('how it came: an earlier day, with what shows it', async () => {
		await enter(w, page, 'form[action^="/counter/begin/"] .btn');
		await w.look(page, 'begin');
		const iso = await page.locator('time').getAttribute('datetime');
		const [year, month, day] = iso.split('-');
		await choose(w, page, 'channel', 'paper');
		await type(w, page, '[name=received-day]', '1');
		await type(w, page, '[name=received-month]', '1');
		await type(w, page, '[name=received-year]', '2026');
		await enter(w, page);
		await w.look(page, 'begin-too-early', { isError: true });
		await type(w, page, '[name=received-day]', day);
		await type(w, page, '[name=received-month]', month);
		await type(w, page, '[name=received-year]', year);
		await choose(w, page, 'proof', 'stamp');
		await enter(w, page, 'main .acts .btn');
		await w.look(page, 'intake');
		w.expect(/\/counter\/intake\//.test(page.url()), `begun, one comes to ${page.url()}`);
		w.draft = `/draft/${page.url().split('/').pop()}`;
	});

	await w.test('the checklist, with a scan and a note that the applicant does not see', async () => {
		await choose(w, page, 'state-birth-notice', 'original');
		await page.locator('[name="-paper"]').setInputFiles(w.papers.rules);
		await type(w, page, '[name=note]', zh ? '说葡萄牙语。' : 'Speaks Portuguese.');
		await enter(w, page, 'main .acts .btn');
		await w.look(page, 'intake-parts');
		await w.until('the screen to follow', async () => (await mirror()).includes(name));
		await w.look(screen, 'screen-busy');
	});

	await w.test('the same form pages, and the screen beside them', async () => {
		await w.open(page, `${w.draft}/page/parent`);
		await w.look(page, 'intake-question');
		await type(w, page, '[name=parent-name-full]', name);
		await type(w, page, '[name=home-lines]', '3 Tallow Lane');
		await type(w, page, '[name=home-place]', 'Port Linden');
		await type(w, page, '[name=account]', 'DE89 3704 0044 0532 0130 00');
		await type(w, page, '[name=hours]', '12.5');
		await choose(w, page, 'drives', 'no');
		await enter(w, page, 'main .acts .btn:not(.line)');
		w.expect(page.url().endsWith('/page/children'), `the way goes to ${page.url()}`);
		await w.until('the screen to show the address', async () => (await mirror()).includes('3 Tallow Lane'));
		await type(w, page, '[name="children.1.child-name-full"]', 'Lin Mo');
		await type(w, page, '[name="children.1.born-day"]', '3');
		await type(w, page, '[name="children.1.born-month"]', '5');
		await type(w, page, '[name="children.1.born-year"]', '2024');
		await choose(w, page, 'children.1.lives-here', 'yes');
		await enter(w, page, 'main .acts .btn:not(.line)');
		await w.look(page, 'intake-check');
		w.expect(page.url().endsWith('/check'), `the way goes to ${page.url()}`);
		await w.until('the screen to show the child', async () => (await mirror()).includes('Lin Mo'));
		w.note(!(await mirror()).includes(zh ? '葡萄牙' : 'Portuguese'), 'the applicant’s screen shows the note');
	});

	await w.test('the applicant says on the own screen that it is right', async () => {
		await screen.waitForSelector('form[action="/screen/confirm"] .btn');
		await w.look(screen, 'screen-check');
		w.note(await screen.evaluate(() => document.activeElement.matches('form[action="/screen/confirm"] .btn')), 'the button has not the focus');
		await w.arrive(screen, () => screen.keyboard.press('Enter'));
		screen.answer = null;
		await screen.waitForSelector('#mirror [role=status]');
		await w.look(screen, 'screen-confirmed');
		await w.open(page, `${w.draft}/check`);
		await w.look(page, 'intake-confirmed');
		await w.says(page, 'Confirmed on the applicant’s screen');
	});

	await w.test('sent; the receipt is one key away; the screen is blank again', async () => {
		await tabTo(w, page, '[name=declaration]');
		await page.keyboard.press('Space');
		await enter(w, page, 'main form .acts .btn');
		await w.look(page, 'counter-receipt');
		w.expect(/\/counter\/receipt\//.test(page.url()), `sent, one comes to ${page.url()}`);
		const pdf = await page.evaluate(() => document.activeElement.getAttribute('href'));
		w.note(/\/pdf$/.test(pdf || ''), `Enter would open ${pdf}`);
		const answer = await page.context().request.get(pdf);
		w.note(answer.headers()['content-type'] === 'application/pdf', 'the receipt is no PDF');
		await w.until('the screen to be blank', async () => !(await mirror()).includes(name));
		w.number = (await page.locator('.caseno').innerText()).trim();
	});

	await w.test('a scan of the receipt opens the case at the desk', async () => {
		await w.until('the case to be found', async () => {
			await w.open(page, '/counter');
			await page.keyboard.type(w.number); // as a hand scanner does
			await enter(w, page);
			return /\/queue\//.test(page.url());
		});
		await w.look(page, 'desk-taken-in');
		await w.says(page, 'How it came');
	});

	await w.test('paper forms for an outage: printed, listed, entered', async () => {
		await w.open(page, '/counter/forms');
		await w.look(page, 'forms-none');
		await type(w, page, '[name=count]', '2');
		await enter(w, page);
		await w.look(page, 'forms-block');
		const number = (await page.locator('.sheet .caseno').first().innerText()).trim();
		await w.open(page, '/counter/forms');
		await w.look(page, 'forms-open');
		await w.has(page, 'main .rows li', 2);
		await w.open(page, '/counter');
		await page.keyboard.type(number);
		await enter(w, page);
		w.note(page.url().includes('/counter/person?form='), `a form’s number opens ${page.url()}`);
		await w.look(page, 'person-form');
	});

	await w.test('a code for an account', async () => {
		await w.open(page, w.record);
		await enter(w, page, 'form[action$="/invite"] .btn');
		await w.look(page, 'record-code');
		const code = (await page.locator('.box .typed').innerText()).trim();
		const visitor = await w.as('visitor');
		await w.open(visitor, '/invited');
		await w.look(visitor, 'invited');
		await enter(w, visitor, 'main form .acts .btn');
		await w.look(visitor, 'invited-wrong', { isError: true });
		await w.fill(visitor, { code, email: 'ada@example.org', password: 'kettle window moss 7' });
		await w.press(visitor, 'main form .acts .btn');
		await w.fill(visitor, { email: 'ada@example.org', password: 'kettle window moss 7' });
		await w.press(visitor, 'main form .btn');
		w.note((await visitor.locator('main').innerText()).includes(w.number), 'what was taken in is not among the cases');
	});
};
