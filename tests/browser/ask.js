'use strict';
// A question to an office becomes an application: what was said stays beside the form, what was told in it is offered;
// and what was told of one child is offered for the next form's first entry.
const next = 'main form .acts .btn';

module.exports = async (w) => {
	await w.test('a firm asks, the office answers', async () => {
		const page = await w.as('firm');
		await w.open(page, '/ask?service=labour-dispatch-permit');
		await w.look(page, 'ask');
		await w.fill(page, { text: w.lang === 'en' ? 'May it be a garage? Call +86 138 0013 8000.' : '车库可以吗？请打+8613800138000。' });
		await w.press(page, next);
		w.question = new URL(page.url()).pathname;
		const official = await w.as('official');
		await w.until('the question at the desk', async () => {
			await w.open(official, '/desk/questions');
			return await official.locator('.rows a').count() > 0;
		});
		await w.press(official, '.rows a');
		await w.fill(official, { text: w.lang === 'en' ? 'Yes, with a door of its own.' : '可以，但要有单独的门。' });
		await w.press(official, next);
		await w.look(official, 'desk-question');
	});

	await w.test('and applies with what was said', async () => {
		const page = await w.as('firm');
		await w.open(page, w.question);
		await w.look(page, 'question-answered');
		await w.press(page, 'section.green a.btn');
		await w.has(page, 'details.words[open] .lines', 2);
		await w.look(page, 'apply-asked');
		await w.press(page, next);
		const draft = new URL(page.url()).pathname.replace(/\/page\/.*/, '');
		await w.has(page, 'details.words', 1);
		await w.look(page, 'page-asked');
		await w.open(page, draft);
		await w.has(page, 'details.words', 1);
		await w.open(page, `${draft}/page/contact`);
		w.note(await page.inputValue('[name=contact-phone]') === '', 'it is filled in unseen');
		await w.press(page, 'button[name=told]');
		w.note(await page.inputValue('[name=contact-phone]') === '+8613800138000', 'what was told is not used');
		await w.look(page, 'contact-told');
		await w.open(page, w.question);
		await w.press(page, 'section.green a');
		w.note(new URL(page.url()).pathname === draft, `the question leads to ${page.url()}`);
	});
};
