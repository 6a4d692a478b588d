'use strict';
// The live city: a brain tells of its street, a visitor sees the map, an engineer raises a signal, somebody on duty gives it back.
module.exports = async (w) => {
	const visitor = await w.as('visitor');
	await w.test('the map is there before and after a brain told of its street', async () => {
		await w.open(visitor, '/traffic');
		await w.look(visitor, 'traffic-none');
		await w.server.brainTells();
		await w.open(visitor, '/traffic');
		await w.has(visitor, '.map svg path.at', 1);
		await w.has(visitor, 'main form', 0);
		await w.look(visitor, 'traffic');
	});

	const typist = await w.as('typist');
	await w.test('with scripts the map follows what the brain tells, without loading the page again', async () => {
		await w.open(typist, '/traffic');
		const version = await typist.locator('#live').getAttribute('data-version');
		await typist.evaluate(() => { window.isSamePage = true; });
		await w.server.brainTells();
		await w.until('a newer map', async () => await typist.locator('#live').getAttribute('data-version') !== version, 20000);
		if (!await typist.evaluate(() => window.isSamePage)) {
			throw new Error('the page was loaded again');
		}
	});

	const engineer = await w.as('engineer');
	await w.test('an engineer raises a signal with a reason', async () => {
		await w.open(engineer, '/traffic/signals/0');
		await w.look(engineer, 'signal');
		await w.press(engineer, 'button[name="to"][value="3"]');
		await w.look(engineer, 'signal-wrong', { isError: true });
		await w.fill(engineer, { because: 'Checked on Monday.' });
		await w.press(engineer, 'button[name="to"][value="3"]');
		await w.server.brainTells();
		await w.open(engineer, '/traffic/signals/0');
		await w.says(engineer, 'The brain leads. The safety layer has the last word, as always.');
		await w.look(engineer, 'signal-raised');
		await w.open(engineer, '/traffic/before-after');
		await w.look(engineer, 'before-after');
		await w.open(engineer, '/traffic/priorities/school');
		await w.press(engineer, 'main button.btn[type="submit"]');
		await w.look(engineer, 'school-wrong', { isError: true });
		await w.open(engineer, '/traffic/priorities/way');
		await w.look(engineer, 'way');
		await w.fill(engineer, { called: 'Ambulance 7' });
		await engineer.locator('[name="from-link"]').selectOption('south');
		await engineer.locator('[name="to-link"]').selectOption('north');
		await w.press(engineer, 'main button.btn[type="submit"]');
		await w.has(engineer, 'main form input[name="rule"]', 1);
		await w.look(engineer, 'priorities');
	});

	const official = await w.as('official');
	await w.test('somebody on duty gives the area back to its plans', async () => {
		await w.open(official, '/traffic/signals');
		await w.look(official, 'signals');
		await w.press(official, '.box button[name="to"]');
		await w.server.brainTells();
		await w.open(official, '/traffic/signals/0');
		await w.says(official, 'Given back to its plan');
		await w.look(official, 'signal-back');
	});
};
