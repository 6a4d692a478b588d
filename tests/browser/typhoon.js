'use strict';
// A typhoon day: the head counts first what it would move, adds it, and the applicant reads which day is promised now and why.
const days = require('./days');
const { applyAgain } = require('./firm');

const next = 'main form .acts .btn';

module.exports = async (w) => {
	const firm = await w.as('applicant');
	const head = await w.as('head');
	let of = '', change = '';

	await w.test('a head counts what a typhoon day would move', async () => {
		await w.open(firm, '/sign-in');
		if (await firm.locator('[name="password"]').count()) {
			await w.signIn(firm, 'firm');
		}
		of = (await applyAgain(w, firm)).split('/').pop();
		await w.until('the case in the queue', async () => (await w.open(head, `/queue/${of}`)).status() === 200);
		await w.open(head, '/queue');
		await w.press(head, 'main a[href="/desk/days"]');
		await w.look(head, 'days');
		await w.press(head, next);
		await w.look(head, 'days-wrong', { isError: true });
		const [year, month, day] = days.after(days.today(), 2).split('-').map(Number);
		await w.fill(head, { day: { day, month, year }, 'name-en': 'Typhoon', 'name-zh-Hans': '台风' });
		await w.press(head, next);
		change = new URL(head.url()).pathname;
		await w.until('what it moves', async () => {
			await w.open(head, change);
			return await head.locator('main form .btn').count() > 0;
		});
		await w.look(head, 'typhoon-counted');
		await w.says(head, /It moves \d+ of \d+ running time limits/);
	});

	await w.test('the day is added, and the applicant reads why the promised day moved', async () => {
		await w.open(head, change);
		await w.press(head, next);
		// While it is under way the page loads itself again.
		await w.until('all clocks are moved', async () => !(await w.open(head, change)).headers().refresh);
		await w.look(head, 'typhoon-done');
		await w.open(head, '/desk/days');
		await w.look(head, 'days-changed');
		await w.open(firm, `/cases/${of}`);
		await w.look(firm, 'case-moved');
		await w.says(firm, 'Working days have changed');
	});
};
