'use strict';
// A month is read by who may, objected to by an official, closed by the supervisor, and stays; the public reads what is
// usual. The figures of the months before are the demonstration's (init --history).
module.exports = async (w) => {
	const month = (back) => {
		const day = new Date();
		day.setUTCDate(1);
		day.setUTCMonth(day.getUTCMonth() - back);
		return day.toISOString().slice(0, 7);
	};
	const last = month(1);
	const page = (what) => `/figures${what}at=work-and-social-security&month=${last}`;

	const official = await w.as('official');
	await w.test('an official reads the own figures first and objects', async () => {
		await w.until('the figures of the month before', async () => {
			await w.open(official, `/figures/mine?month=${last}`);
			return /[1-9]/.test(await official.locator('.tiles dd').first().textContent());
		});
		await w.look(official, 'figures-own');
		await w.fill(official, { words: 'A case of 4 May is counted as mine.' });
		await w.press(official, 'main form .btn');
		await w.has(official, '.tag.wait', 1);
		await w.look(official, 'figures-objected');
	});

	const supervisor = await w.as('supervisor');
	await w.test('a supervisor answers, closes the month and reads its figures', async () => {
		await w.open(supervisor, page('?'));
		await w.has(supervisor, 'form[action="/figures/close"]', 0);
		await w.open(supervisor, page('/people?'));
		await w.look(supervisor, 'figures-objections');
		await w.fill(supervisor, { answer: 'It was decided by you.' });
		await w.press(supervisor, 'main form[method="post"][action="/figures/people"] .btn');
		await w.open(supervisor, page('?'));
		await w.has(supervisor, '.charts figure', 3);
		await w.look(supervisor, 'figures-month');
		await w.press(supervisor, 'form[action="/figures/close"] .btn');
		await w.has(supervisor, '.state .tag.done', 1);
		await w.has(supervisor, 'tr.here:first-child', 1); // the one office that has closed the month leads the ranking
		await w.look(supervisor, 'figures-closed');
		await w.open(supervisor, page('/people?'));
		await w.has(supervisor, '.box .first', 1);
		await w.look(supervisor, 'figures-ranking');
	});

	await w.test('a file of figures is made and fetched', async () => {
		await w.open(supervisor, '/figures/files?at=work-and-social-security');
		await w.look(supervisor, 'figures-files');
		await w.fill(supervisor, { form: 'xlsx' });
		await w.press(supervisor, 'main form .btn');
		await w.until('the file', async () => {
			await w.open(supervisor, '/figures/files?at=work-and-social-security');
			return await supervisor.locator('.tag.done').count() === 1;
		});
	});

	const visitor = await w.as('visitor');
	await w.test('the public reads what is promised and what is usual', async () => {
		await w.open(visitor, '/services/labour-dispatch-permit');
		await w.press(visitor, 'a[href^="/performance/"]');
		await w.has(visitor, '.tiles dd', 3);
		await w.look(visitor, 'performance-service');
		await w.open(visitor, '/performance/work-and-social-security');
		await w.has(visitor, 'figure.chart', 1);
		await w.look(visitor, 'performance-office');
		await w.open(visitor, '/performance');
		await w.look(visitor, 'performance');
	});
};
