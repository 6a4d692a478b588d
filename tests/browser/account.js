'use strict';
// One's own account, and the administrator who gives and takes roles.
const { people } = require('./walk');

module.exports = async (w) => {
	await w.test('my account: for whom I act, where I am signed in, a new password', async () => {
		const page = await w.as('applicant');
		await w.open(page, '/account');
		await w.look(page, 'account');
		await w.says(page, 'Kestrel Staffing Ltd');
		const official = await w.as('official');
		await w.open(official, '/account');
		await w.look(official, 'account-official');
		await w.press(page, 'main a[href="/account/password"]');
		await w.look(page, 'password');
		await w.fill(page, { [await page.locator('main input[type=password]').first().getAttribute('name')]: 'not-this-one-at-all' });
		await w.press(page, 'main form .btn');
		await w.look(page, 'password-wrong', { isError: true });
	});

	await w.test('a token for a program: made, shown once, ended', async () => {
		const page = await w.as('applicant');
		await w.open(page, '/account');
		await w.press(page, 'main a[href="/account/tokens"]');
		await w.look(page, 'tokens');
		await w.press(page, 'main form .btn:not(.line)');
		await w.look(page, 'tokens-wrong', { isError: true });
		await w.fill(page, { name: 'My calendar' });
		await page.locator('main input[value="cases:read"]').check();
		await w.press(page, 'main form .btn:not(.line)');
		await w.has(page, 'main .box code', 1);
		await w.look(page, 'tokens-made');
		await w.press(page, 'main form .line');
		await w.has(page, 'main form .line', 0);
	});

	await w.test('the administrator gives a role and takes it away', async () => {
		const page = await w.as('admin');
		const resident = await w.as('resident');
		await w.open(resident, '/');
		await w.has(resident, 'header a[href="/queue"]', 0);
		await w.open(page, '/account');
		await w.press(page, 'main a[href="/staff"]');
		await w.look(page, 'staff');
		await w.press(page, 'main form .btn');
		await w.look(page, 'staff-wrong', { isError: true });
		await w.fill(page, { email: 'nobody-here@demo.example', role: 'official' });
		await w.press(page, 'main form:has(.btn) .btn');
		await w.look(page, 'staff-unknown', { isError: true });
		await w.fill(page, { email: people.resident[0], role: 'official' });
		await w.press(page, 'main form:has(.btn) .btn');
		await w.look(page, 'staff-given');
		await w.open(resident, '/');
		await w.press(resident, 'header a[href="/queue"]');
		await w.look(resident, 'queue-new-official');
		// The list is a read model, a moment behind.
		const takeAway = `tr:has-text("${people.resident[0]}") button`;
		await w.until('the new official in the list', async () => {
			await w.open(page, '/staff');
			return await page.locator(takeAway).count() === 1;
		});
		await w.look(page, 'staff-listed');
		await w.press(page, takeAway);
		await w.look(page, 'staff-taken');
		await w.open(resident, '/queue');
		await w.look(resident, 'queue-no-more', { status: 403 });
		await w.open(resident, '/staff');
		w.note(resident.answer.status() === 403, `a resident's /staff answers ${resident.answer.status()}`);
	});

	await w.test('signing out ends it', async () => {
		const page = await w.as('applicant');
		await w.open(page, w.case);
		await w.press(page, 'header .who button');
		await w.has(page, 'header a[href^="/sign-in"]', 1);
		await w.open(page, w.case);
		w.note(new URL(page.url()).pathname === '/sign-in', `signed out one sees ${page.url()}`);
	});
};
