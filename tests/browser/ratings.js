'use strict';
// The firm says how it was; the office answers a bad rating without learning who wrote it.

const next = 'main form .acts .btn';

module.exports = async (w) => {
	const zh = w.lang === 'zh-Hans';
	const firm = await w.as('applicant');

	await w.test('after the decision the firm is asked once how it was', async () => {
		await w.open(firm, w.case);
		await w.has(firm, 'main a[href^="/rate/"]', 1);
		await w.press(firm, 'main a[href^="/rate/"]');
		await w.look(firm, 'rate');
		await w.press(firm, next);
		await w.look(firm, 'rate-wrong', { isError: true });
		await w.fill(firm, { level: '2', words: zh ? '等了很久。' : 'I stood in the rain.' });
		await w.press(firm, next);
		await w.look(firm, 'rated');
		await w.has(firm, 'main input[name=level]', 0);
	});

	await w.test('a colleague answers within a working day, and does not see who it was', async () => {
		const second = await w.as('second');
		await w.until('the rating at the desk', async () => {
			await w.open(second, '/desk/ratings?office=work-and-social-security');
			return await second.locator('.rows a').count() > 0;
		});
		await w.look(second, 'desk-ratings');
		await w.has(second, '.rows .days', 1);
		await w.press(second, '.rows a');
		await w.look(second, 'desk-rating');
		w.note(!/Kestrel|Xiaohe/.test(await second.locator('main').innerText()), 'it is said who rated');
		await w.fill(second, { text: zh ? '对不起，我们加了雨棚。' : 'I am sorry. There is a roof now.' });
		await w.press(second, 'button[value=remedied]');
		await w.look(second, 'desk-rating-put-right');
		await w.open(firm, w.case);
		await w.press(firm, 'main a[href^="/rate/"]');
		await w.says(firm, zh ? '雨棚' : 'There is a roof now.');
		await w.open(firm, '/ratings?office=work-and-social-security');
		await w.look(firm, 'ratings-published');
	});
};
