'use strict';
// The pages of a case's moves, from both sides: every form as it is, and as it is when something is missing.

const { people } = require('./walk');

const next = 'main form .acts .btn';

module.exports = async (w) => {
	const zh = w.lang === 'zh-Hans';
	const words = zh ? '请看这里。' : 'Please look at this.';
	for (const [who, kind, office] of [['official', 'official', 'town-office'], ['second', 'official', 'town-office'],
		['head', 'official', 'town-office'], ['head', 'head', 'town-office'], ['author', 'official', 'fire-office']]) {
		await w.server.role(people[who][0], kind, office);
	}
	const resident = await w.as('resident');
	const official = await w.as('official');

	async function apply(service, answers) {
		await w.open(resident, `/apply/${service}`);
		await w.press(resident, 'main form .btn');
		await w.fill(resident, answers);
		await w.press(resident, 'main form .acts .btn');
		await w.fill(resident, { declaration: 'yes' });
		await w.press(resident, 'main form .acts .btn');
		return (await resident.locator('main a[href^="/cases/"]').first().getAttribute('href')).split('/')[2];
	}
	async function take(page, id) {
		await w.until('the case at the desk', async () => {
			await w.open(page, `/queue/${id}`);
			return page.answer.status() === 200;
		});
		await w.press(page, 'main form[action$="/take"] .btn');
	}
	// A form of an act: as it is, complaining (when something has to be said), sent.
	async function act(page, at, name, answers, { complains = true } = {}) {
		await w.open(page, `${at}/${name}`);
		await w.look(page, `act-${name}`);
		if (complains) {
			await w.press(page, next);
			await w.look(page, `act-${name}-missing`, { isError: true });
		}
		await w.fill(page, answers);
		await w.press(page, next);
		w.note(new URL(page.url()).pathname === at, `${name} leads to ${page.url()}`);
	}

	await w.test('asked and answered, either way; something is added; an opinion', async () => {
		const id = await apply('stand', { goods: zh ? '灯笼' : 'Lanterns', width: '3', pledge: 'yes', 'plan-file': w.papers.rules });
		const desk = `/queue/${id}`, own = `/cases/${id}`;
		await take(official, id);
		await w.look(official, 'desk-to-accept');
		await w.press(official, 'main form[action$="/accept"] .btn');
		await act(official, desk, 'question', { reason: words });
		await w.open(resident, own);
		await w.look(resident, 'case-with-question');
		await act(resident, own, 'answer', { reason: words });
		await act(resident, own, 'enquire', { reason: words });
		await act(official, desk, 'reply', { reason: words });
		await act(resident, own, 'add', { reason: words, papers: w.papers.lease });
		await w.look(resident, 'case-added-to');
		await act(official, desk, 'opinion', { office: 'fire-office', reason: words, question: 'goods' });
		await w.look(official, 'desk-waits-for-opinion');
		const expert = await w.as('author');
		await w.until('the case at the other office', async () => {
			await w.open(expert, desk);
			return expert.answer.status() === 200;
		});
		await w.look(expert, 'opinion-asked');
		await act(expert, desk, 'give-opinion', { opinion: 'conditions', reason: words });
		await w.look(expert, 'opinion-given');
		await w.open(official, desk);
		await w.look(official, 'desk-with-opinion');
		await w.open(official, `${desk}/forward`);
		await w.look(official, 'act-forward');
		await act(official, desk, 'hand', { colleague: await other(official, desk) });
		const head = await w.as('head');
		await w.open(head, desk);
		await w.look(head, 'desk-of-a-head');
		await act(head, desk, 'move', { colleague: await other(head, desk, 'move'), reason: words });
		await act(resident, own, 'withdraw', { reason: words }, { complains: false });
		await w.look(resident, 'case-withdrawn');
		await w.open(official, desk);
		await w.look(official, 'desk-withdrawn');
	});
	async function other(page, desk, name = 'hand') {
		await w.open(page, `${desk}/${name}`);
		return page.locator('select[name=colleague] option').nth(1).getAttribute('value');
	}

	await w.test('accepted with a gap, the paper brought; not accepted, opened again by a head', async () => {
		const id = await apply('stand', { goods: zh ? '纸船' : 'Paper boats', width: '2', pledge: 'no', 'plan-file': w.papers.rules });
		const desk = `/queue/${id}`, own = `/cases/${id}`;
		await take(official, id);
		await act(official, desk, 'accept-gap', { paper: 'plan' });
		await w.open(resident, own);
		await w.look(resident, 'case-with-gap');
		await act(resident, own, 'bring', { papers: w.papers.lease });
		const second = await apply('stand', { goods: zh ? '风筝' : 'Kites', width: '2', pledge: 'no', 'plan-file': w.papers.rules });
		await take(official, second);
		await act(official, `/queue/${second}`, 'not-accept', { ground: 'elsewhere', reason: words });
		await w.look(official, 'desk-not-accepted');
		await w.open(resident, `/cases/${second}`);
		await w.look(resident, 'case-not-accepted');
		await act(await w.as('head'), `/queue/${second}`, 'reopen', { reason: words });
	});

	await w.test('the clock is stopped, goes on, is extended; its story is one line', async () => {
		const id = await apply('fair', { wish: zh ? '走马灯' : 'Turning lanterns' });
		const desk = `/queue/${id}`, own = `/cases/${id}`;
		await take(official, id);
		await act(official, desk, 'stop', { ground: 'hearing', reason: words });
		await w.look(official, 'desk-clock-stands');
		await w.open(resident, own);
		await w.look(resident, 'case-clock-stands');
		await act(official, desk, 'go-on', { reason: words }, { complains: false });
		await act(official, desk, 'extend', { reason: words });
		await w.look(official, 'desk-extended');
		await w.open(resident, own);
		await w.look(resident, 'case-extended');
	});

	await w.test('a second signature; the decision corrected; objected to', async () => {
		const id = await apply('fair', { wish: zh ? '皮影' : 'Shadow plays' });
		const desk = `/queue/${id}`, own = `/cases/${id}`;
		const head = await w.as('head');
		await take(official, id);
		await w.open(official, `${desk}/decide`);
		await w.fill(official, { outcome: 'refuse', ground: 'full', reason: words });
		await w.press(official, next);
		await w.look(official, 'desk-to-sign');
		await w.open(head, desk);
		await w.look(head, 'desk-of-the-signer');
		await w.open(head, `${desk}/send-back`);
		await w.look(head, 'act-send-back');
		await w.open(head, desk);
		await w.press(head, 'main form[action$="/sign"] .btn');
		await w.open(official, desk);
		await w.press(official, 'main form[action$="/send"] .btn');
		await act(official, desk, 'amend', { reason: words, why: words });
		await w.open(resident, own);
		await w.look(resident, 'case-corrected');
		await act(resident, own, 'object', { reason: words });
		await w.look(resident, 'case-objected');
		await w.press(resident, 'main p.small a[href^="/cases/"]');
		await w.look(resident, 'objection');
	});
};
