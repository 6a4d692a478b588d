'use strict';
// The mailbox of a person, the way of being told, and the office's letters: every page looked at.

module.exports = async (w) => {
	const page = await w.as('resident');
	const desk = await w.as('official');

	await w.test('an empty mailbox says what comes there', async () => {
		await w.open(page, '/mailbox');
		await w.look(page, 'mailbox-empty');
	});

	await w.test('what is told stands in the mailbox, new until it is opened', async () => {
		await w.open(page, '/apply/family-allowance');
		await w.press(page, 'main form .btn');
		await w.server.clock('+25d');
		await w.until('the message', async () => {
			await w.open(page, '/mailbox');
			return await page.locator('main .rows a[href^="/mailbox/"]').count() === 1;
		});
		await w.look(page, 'mailbox');
		await w.has(page, 'header .count', 1);
		// Who has read it needs no letter: it is printed before.
		await w.until('the letter', async () => {
			await w.open(desk, '/desk/mail');
			return await desk.locator('main input[name=notice]').count() === 1;
		});
		await w.press(page, 'main .rows a[href^="/mailbox/"]');
		await w.look(page, 'message');
		await w.says(page, 'You began to apply for Family allowance.');
		await w.has(page, 'main a[href^="/draft/"]', 1);
		await w.open(page, '/mailbox');
		await w.has(page, 'header .count', 0);
		await w.look(page, 'mailbox-read');
	});

	await w.test('the way of being told is chosen from the account', async () => {
		await w.open(page, '/account');
		await w.press(page, 'main a[href="/account/ways"]');
		await w.look(page, 'ways');
		await w.press(page, 'main dl a');
		await w.look(page, 'way');
		await w.fill(page, { email: 'no address', phone: '12', post: '3 Chandler Row' });
		await w.press(page, 'main form .btn');
		await w.look(page, 'way-wrong', { isError: true });
		await w.fill(page, { email: '', phone: '', post: '3 Chandler Row\n4100 Port Linden' });
		await w.press(page, 'main form .btn');
		await w.look(page, 'ways-saved');
	});

	await w.test('the office prints its letters and marks them as posted', async () => {
		await w.open(desk, '/desk/mail');
		await w.has(desk, 'main input[name=notice]', 1);
		await w.look(desk, 'desk-letters');
		const answer = await desk.context().request.get('/desk/mail/letters.pdf');
		w.note(answer.status() === 200 && /pdf/.test(answer.headers()['content-type']), `the letters answer ${answer.status()}`);
		await w.press(desk, 'main form .btn');
		await w.look(desk, 'desk-letters-posted');
		await w.until('an empty list', async () => {
			await w.open(desk, '/desk/mail');
			return await desk.locator('main input[name=notice]').count() === 0;
		});
		await w.look(desk, 'desk-letters-none');
		for (const list of ['failed', 'unsure', 'returned']) {
			await w.open(desk, `/desk/mail?list=${list}`);
			await w.look(desk, `desk-${list}`);
		}
	});
};
