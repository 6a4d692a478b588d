'use strict';
// All types of questions, from a pack made for it (tests/data/packs/family): entries of a group come and go by buttons
// that need no script, the browser goes to the entry that is new, errors stand beside their fields; the form on paper.
module.exports = async (w) => {
	const born = (year) => ({ day: 3, month: 5, year });
	await w.test('names, addresses, numbers', async () => {
		const page = await w.as('resident');
		await w.open(page, '/apply/family-allowance');
		await w.press(page, 'main form .btn');
		w.draft = new URL(page.url()).pathname.replace(/\/page\/.*/, '');
		await w.look(page, 'question-parent');
		await w.press(page, 'main .acts .btn');
		await w.look(page, 'question-parent-empty', { isError: true });
		await page.locator('main summary').first().click(); // the parts of the name
		await w.fill(page, { 'parent-name-full': '林晓禾', 'parent-name-latin': '林', 'home-lines': '12 Ropewalk\n3rd floor',
			'home-place': 'Port Linden', 'home-postal-code': '4100', account: 'DE89 3704 0044 0532 0130 00', hours: '12.5', drives: 'yes' });
		await w.press(page, 'main .acts .btn');
		await w.look(page, 'question-parent-wrong', { isError: true });
		await w.fill(page, { 'parent-name-latin': 'Lin Xiaohe' });
		await w.press(page, 'main .acts .btn');
		w.expect(page.url().endsWith('/page/children'), `the way goes to ${page.url()}`);
	});

	await w.test('a child more, a child less', async () => {
		const page = await w.as('resident');
		await w.look(page, 'question-group');
		await w.fill(page, { 'children.1.child-name-full': 'Lin Mo', 'children.1.born': born(2024), 'children.1.lives-here': 'yes' });
		await w.press(page, 'button[name=add]');
		await w.look(page, 'question-group-two');
		w.note(new URL(page.url()).hash === '#children.2', `the page stands at ${page.url()}`);
		const top = await page.locator('[id="children.2"]').evaluate((e) => e.getBoundingClientRect().top);
		w.note(top > -40 && top < w.size.height, `the new entry stands ${top} px from the top of the window`);
		await w.has(page, 'fieldset.entry', 2);
		w.note(await page.inputValue('[name="children.1.child-name-full"]') === 'Lin Mo', 'the first entry is lost');
		await w.fill(page, { 'children.2.child-name-full': 'Lin Ning' });
		await w.press(page, 'button[name=add]');
		await w.fill(page, { 'children.3.child-name-full': 'Lin Yu', 'children.3.born': born(2026) });
		await w.press(page, 'button[name=drop][value="children.2"]');
		await w.has(page, 'fieldset.entry', 2);
		w.note(await page.inputValue('[name="children.2.child-name-full"]') === 'Lin Yu', 'the wrong entry went');
		await w.press(page, 'main .acts .btn');
		await w.look(page, 'question-group-wrong', { isError: true });
		await w.fill(page, { 'children.1.seat': 'yes', 'children.2.seat': 'no', 'children.2.lives-here': 'no' });
		await w.fill(page, { notice: w.papers.rules });
		await w.press(page, 'main .acts .btn');
		w.expect(page.url().endsWith('/page/cars'), `the way goes to ${page.url()}`);
		await w.look(page, 'question-group-empty');
		await w.press(page, 'main .acts .btn');
		await w.look(page, 'check-groups');
	});

	await w.test('two devices', async () => {
		const page = await w.as('resident');
		await w.open(page, `${w.draft}/page/parent`);
		const other = await page.context().newPage();
		await w.open(other, `${w.draft}/page/parent`);
		await other.fill('[name=hours]', '20');
		await w.press(other, 'main .acts .btn');
		await other.close();
		await w.fill(page, { hours: '30' });
		await w.press(page, 'main .acts .btn');
		await w.look(page, 'question-two-devices', { isError: true });
	});

	await w.test('the form on paper', async () => {
		const page = await w.as('visitor');
		await w.open(page, '/services/family-allowance');
		await w.press(page, 'a[href$="/paper"]');
		await w.look(page, 'paper');
	});
};
