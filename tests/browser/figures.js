'use strict';
// A head reads a month, closes it, and reads it again; figures, not cases.
const main = 'main';

module.exports = async (w) => {
	const head = await w.as('head');
	await w.test('a head reads the figures of a month and closes it', async () => {
		await w.until('the figures of the months before', async () => {
			await w.open(head, '/figures?at=work-and-social-security');
			await head.locator('nav.turns a').first().click();
			await head.waitForLoadState();
			return await head.locator('.tiles dd').count() > 0 && await head.locator('.charts figure').count() === 3;
		});
		await w.look(head, 'figures-month');
		await w.press(head, 'form[action="/figures/close"] .btn');
		await w.has(head, `${main} .state .tag.done`, 1);
		await w.look(head, 'figures-closed');
	});
};
