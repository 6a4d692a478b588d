'use strict';
// Somebody without an account: looks round, changes language and light, signs up, signs in.
const service = '/services/labour-dispatch-permit';

module.exports = async (w) => {
	const page = await w.as('visitor');

	await w.test('a visitor finds the service from the home page', async () => {
		await w.open(page, '/');
		await w.look(page, 'home');
		await w.weighFirst(page);
		await w.says(page, 'Labour dispatch permit');
		await w.fill(page, { q: w.lang === 'zh-Hans' ? '派遣' : 'dispatch' });
		await w.press(page, 'main form[role=search] .btn');
		await w.look(page, 'search');
		await w.has(page, `main a[href="${service}"]`, 1);
		await w.fill(page, { q: 'xyzzy' });
		await w.press(page, 'main form[role=search] .btn');
		await w.look(page, 'search-nothing');
		await w.says(page, 'No service has these words.');
		await w.press(page, 'header a[href="/services"]');
		await w.look(page, 'services');
		await w.press(page, `main a[href="${service}"]`);
		await w.look(page, 'service');
		await w.says(page, /15\s+working days/);
		await w.says(page, 'the law allows 20');
		await w.has(page, '.clock .stones i', 20);
		await w.has(page, 'a.btn[href^="/apply/"]', 1);
	});

	await w.test('suggestions come while typing and are taken by keyboard', async () => {
		const typist = await w.as('typist');
		const type = async () => {
			await w.open(typist, '/');
			await typist.locator('#q').pressSequentially(w.lang === 'zh-Hans' ? '劳务' : 'disp');
			await typist.locator('[role=option]').first().waitFor();
		};
		await type();
		w.tabbed.add('home-suggestions'); // walked as 'home'; here the focus is in the field already
		await w.look(typist, 'home-suggestions');
		await type();
		w.note(await typist.getAttribute('#q', 'aria-expanded') === 'true', 'the list is not said to be open');
		await typist.keyboard.press('Escape');
		w.note(await typist.locator('#q-list').isHidden(), 'Escape leaves the list open');
		await typist.keyboard.press('ArrowDown');
		const active = await typist.getAttribute('#q', 'aria-activedescendant');
		w.note(await typist.locator('[role=option][aria-selected=true]').getAttribute('id') === active, 'the chosen one is not the active one');
		await typist.keyboard.press('Enter');
		await typist.waitForURL(`**${service}`);
		await w.as('visitor');
	});

	await w.test('the ways by life event and by office', async () => {
		await w.open(page, '/institutions');
		await w.look(page, 'institutions');
		await w.open(page, '/life-events/hiring-people');
		await w.look(page, 'life-event');
		await w.open(page, '/services?for=organisations');
		await w.look(page, 'services-for-firms');
		await w.press(page, `main a[href="${service}"]`);
	});

	await w.test('the office and the pages of plain words', async () => {
		await w.press(page, 'main a[href^="/institutions/"]');
		await w.look(page, 'institution');
		for (const where of ['help', 'privacy', 'accessibility', 'about']) {
			await w.press(page, `footer a[href="/${where}"]`);
			await w.look(page, where);
		}
	});

	await w.test('what is not there says so', async () => {
		await w.open(page, '/no-such-place');
		await w.look(page, 'not-found', { status: 404 });
		await w.open(page, '/services/no-such-service');
		await w.look(page, 'no-service', { status: 404 });
		await w.open(page, '/r/AAAAAAAAAAAAAAAAAAAAAA');
		await w.look(page, 'no-receipt', { status: 404 });
	});

	await w.test('light and dark are chosen and kept', async () => {
		await w.open(page, '/help');
		await w.press(page, 'footer a[href^="/appearance"]');
		await w.look(page, 'appearance');
		await w.press(page, 'main a[href^="/theme/dark"]');
		w.note(new URL(page.url()).pathname === '/help', `dark leads to ${page.url()}`);
		await w.look(page, 'help-dark');
		w.note(await page.locator('html').getAttribute('data-theme') === 'dark', 'not dark');
		w.note(await page.evaluate(() => getComputedStyle(document.body).backgroundColor) === 'rgb(15, 26, 25)', 'dark looks light');
		await w.open(page, '/');
		await w.look(page, 'home-dark');
		await w.press(page, 'footer a[href^="/appearance"]');
		await w.press(page, 'main a[href^="/theme/device"]');
		w.note(await page.locator('html').getAttribute('data-theme') === null, 'the choice stays');
	});

	await w.test('the language is changed where one is', async () => {
		const other = w.lang === 'en' ? 'zh-Hans' : 'en';
		await w.open(page, service);
		await w.press(page, `header a[hreflang="${other}"]`);
		w.note(new URL(page.url()).pathname === service, `the language leads to ${page.url()}`);
		w.note(await page.locator('html').getAttribute('lang') === other, 'the language did not change');
		if (w.lang === 'ar-XB') {
			await page.context().addCookies([{ name: 'lang', value: 'ar-XB', url: w.server.url }]);
		} else {
			await w.press(page, `header a[hreflang="${w.lang}"]`);
		}
		await w.open(page, service);
		w.note(await page.locator('html').getAttribute('lang') === w.lang, 'the language did not change back');
	});

	await w.test('signing in says what is wrong, and no more', async () => {
		await w.press(page, 'header a[href^="/sign-in"]');
		await w.look(page, 'sign-in');
		await w.press(page, 'main form .btn');
		await w.look(page, 'sign-in-empty', { isError: true });
		await w.fill(page, { email: 'nobody@demo.example', password: 'what-was-it-again' });
		await w.press(page, 'main form .btn');
		await w.look(page, 'sign-in-wrong', { isError: true });
		w.note(await page.inputValue('[name=email]') === 'nobody@demo.example', 'the address was lost');
		const nobody = await page.locator('.fix').innerText();
		await w.fill(page, { email: 'firm@demo.example', password: 'what-was-it-again' });
		await w.press(page, 'main form .btn');
		w.note(await page.locator('.fix').innerText() === nobody, 'an address with an account is told from one without');
	});

	await w.test('an account is made, after a wrong try', async () => {
		const email = `newcomer.${w.size.width}@mail.example`;
		await w.press(page, 'main a[href^="/sign-up"]');
		await w.look(page, 'sign-up');
		await w.fill(page, { name: '', email: 'newcomer-at-home', password: 'short' });
		await w.press(page, 'main form .btn');
		await w.look(page, 'sign-up-wrong', { isError: true });
		await w.has(page, '.fix li', 3);
		await w.has(page, '.field.bad .why', 3);
		w.note(await page.inputValue('[name=email]') === 'newcomer-at-home', 'the address was lost');
		w.note(await page.inputValue('[name=password]') === '', 'the password came back');
		await w.fill(page, { name: '司马 Ngozi Wolfeschlegelsteinhausenbergerdorffwelchevoralternwaren', email, password: 'the-lamp-over-the-stairs' });
		await w.press(page, 'main form .btn');
		await w.look(page, 'sign-up-done');
		await w.fill(page, { email, password: 'the-lamp-over-the-stairs' });
		await w.press(page, 'main form .btn');
		w.note(!new URL(page.url()).pathname.startsWith('/sign-'), `signed in one comes to ${page.url()}`);
		await w.open(page, '/account');
		await w.look(page, 'account-new');
		await w.open(page, '/cases');
		await w.look(page, 'cases-empty');
		await w.open(page, '/apply/labour-dispatch-permit');
		await w.look(page, 'apply-for-nobody');
		await w.open(page, '/queue');
		await w.look(page, 'not-yours', { status: 403 });
		await w.press(page, 'header .who button');
		await w.look(page, 'signed-out');
		await w.open(page, '/cases');
		w.note(new URL(page.url()).pathname === '/sign-in', `without a session one comes to ${page.url()}`);
	});
};
