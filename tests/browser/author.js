'use strict';
// The lawyer publishes a changed question without a shell; a second author looks and publishes.
const next = 'main form .acts .btn';
const old = 'When was your firm founded?';
const fresh = 'On which day was your firm founded?';

module.exports = async (w) => {
	let change = '';
	const author = await w.as('author');

	// Text within the text area, as by hand.
	const edit = async (from, to) => {
		const text = await author.inputValue('#body');
		w.expect(text.includes(from), `the file holds no ${from}`);
		await author.fill('#body', text.replace(from, to));
	};

	await w.test('the author opens the file of a service', async () => {
		await w.open(author, '/');
		await w.press(author, 'header a[href="/authoring"]');
		await w.look(author, 'authoring');
		await w.press(author, 'main a[href="/authoring/service/labour-dispatch-permit"]');
		await w.look(author, 'authoring-service');
		await w.press(author, next);
		change = new URL(author.url()).pathname.replace(/\/file$/, '');
		w.expect(change.startsWith('/authoring/change/'), `the editor is at ${author.url()}`);
	});

	await w.test('a mistake stands beside its line, and what was typed is kept', async () => {
		await edit('promised: 15', 'promised: 35');
		await edit(old, fresh);
		await w.press(author, next);
		await w.has(author, '.fix li a[href^="#line-"]', 1);
		await w.has(author, '.lines .bad', 1);
		w.note(author.answer.status() === 422, `a mistake answers ${author.answer.status()}`);
		w.note((await author.inputValue('#body')).includes(fresh), 'what was typed is lost');
		await edit('promised: 35', 'promised: 15');
		await w.press(author, next);
		await w.has(author, '.fix', 0);
	});

	await w.test('the preview and the difference', async () => {
		await w.open(author, `${change}/preview/labour-dispatch-permit`);
		await w.has(author, '.preview', 1);
		await w.open(author, `${change}/preview/labour-dispatch-permit/form/firm`);
		await w.look(author, 'preview-form');
		await w.press(author, next);
		await w.open(author, `${change}/difference`);
		await w.look(author, 'difference');
		await w.has(author, '.diff ins', 1);
		await w.has(author, '.diff del', 1);
	});

	await w.test('publication is asked for; the author cannot do it alone', async () => {
		await w.open(author, change);
		await w.look(author, 'change');
		await w.press(author, 'form[action$="/ask"] .btn');
		await w.look(author, 'change-wrong', { isError: true });
		await author.fill('[name=reason]', 'People took the day of the first contract.');
		await w.press(author, 'form[action$="/ask"] .btn');
		await w.look(author, 'change-asked');
		await w.has(author, 'form[action$="/publish"]', 0);
	});

	await w.test('a second author publishes it', async () => {
		const second = await w.as('secondAuthor');
		await w.open(second, '/authoring');
		await w.press(second, `main a[href="${change}"]`);
		await w.look(second, 'change-second');
		await w.press(second, 'form[action$="/publish"] .btn');
		await w.look(second, 'change-published');
		const firm = await w.as('firm');
		await w.open(firm, '/apply/labour-dispatch-permit');
		await w.press(firm, next);
		if (w.lang === 'en') {
			w.note((await firm.locator('main').innerText()).includes(fresh), 'the firm is asked the old question');
		}
	});
};
