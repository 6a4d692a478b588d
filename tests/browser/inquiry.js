'use strict';
// The labour dispatch permit goes orange, then red, before the supervisor's eyes; the head is asked and answers; a card; the
// appeal to the office above. Time is moved by whole days.
const fs = require('node:fs');
const path = require('node:path');
const days = require('./days');
const { applyAgain } = require('./firm');

const next = 'main form .acts .btn';
const yaml = fs.readFileSync(path.join(__dirname, '../../packs/demo/services/labour-dispatch-permit/service.yaml'), 'utf8');
const promised = Number(/^ {2}promised: (\d+)$/m.exec(yaml)[1]);
const office = 'work-and-social-security';

module.exports = async (w) => {
	const zh = w.lang === 'zh-Hans';
	const firm = await w.as('applicant');
	const supervisor = await w.as('supervisor');
	const sent = days.today();
	let today = sent, of = '', inquiry = '';
	const travel = async (to) => {
		const n = Math.round((Date.parse(to) - Date.parse(today)) / 86400000);
		await w.server.clock(`+${n}d`);
		today = to;
	};
	// The case as who supervises sees it, when its clock has turned to a level.
	const turned = (sign) => w.until(sign, async () => {
		await w.open(supervisor, `/board/ask/${office}/${of}`);
		return supervisor.answer.status() === 200 && await supervisor.locator(`main .tag.${sign}`).count() > 0;
	});

	await w.test('a case lies in the office until it is orange', async () => {
		await w.open(firm, '/sign-in');
		if (await firm.locator('[name="password"]').count()) {
			await w.signIn(firm, 'firm');
		}
		of = (await applyAgain(w, firm)).split('/').pop();
		const jonas = await w.as('official');
		await w.until('the case in the queue', async () => (await w.open(jonas, `/queue/${of}`)).status() === 200);
		await w.press(jonas, 'form[action$="/take"] .btn');
		for (let i = 0; i < 2; i++) {
			await w.open(jonas, `/queue/${of}/ask`);
			await w.fill(jonas, { question: ['workers'], reason: zh ? '是40还是14？' : 'Is it 40 or 14?' });
			await w.press(jonas, next);
			await w.open(firm, `/cases/${of}/correct`);
			await w.press(firm, next);
		}
		await travel(days.after(sent, promised - 1));
		await turned('orange');
		await w.look(supervisor, 'ask-orange');
		await w.open(supervisor, `/board/at/${office}`);
		await w.look(supervisor, 'board-orange');
	});

	await w.test('a day later it is red, and the supervisor asks the head', async () => {
		await travel(days.after(sent, promised));
		await turned('red');
		await w.open(supervisor, `/board/at/${office}/${of}`);
		await w.look(supervisor, 'case-red');
		await w.press(supervisor, 'main a[href^="/board/ask/"]');
		await w.look(supervisor, 'ask');
		await w.press(supervisor, next);
		await w.look(supervisor, 'ask-wrong', { isError: true });
		await w.fill(supervisor, { question: zh ? '为什么没有人办理？' : 'Why did nobody work on it?', days: '3' });
		await w.press(supervisor, next);
		inquiry = new URL(supervisor.url()).pathname;
		await w.look(supervisor, 'inquiry-asked');
		await w.open(supervisor, '/board/inquiries');
		await w.look(supervisor, 'inquiries');
		await w.has(supervisor, `main a[href="${inquiry}"]`, 1);
	});

	await w.test('the head finds it on the desk and answers; the official reads along', async () => {
		const head = await w.as('head');
		await w.open(head, `/queue?office=${office}`);
		await w.press(head, 'main a[href="/inquiries"]');
		await w.look(head, 'desk-inquiries');
		await w.press(head, 'main .rows a');
		await w.look(head, 'desk-inquiry');
		await w.press(head, next);
		await w.look(head, 'desk-inquiry-wrong', { isError: true });
		await w.fill(head, { words: zh ? '经办人生病，无人代理。' : 'The official was ill and had no deputy.' });
		await w.press(head, next);
		await w.look(head, 'desk-inquiry-answered');
		await w.has(head, 'main textarea', 0);
		const jonas = await w.as('official');
		await w.open(jonas, '/inquiries');
		await w.has(jonas, 'main .rows a', 1);
	});

	await w.test('a red card, and the appeal to the office above', async () => {
		await w.open(supervisor, inquiry);
		await w.press(supervisor, next);
		await w.look(supervisor, 'inquiry-wrong', { isError: true });
		await w.fill(supervisor, { outcome: 'red', words: zh ? '没有安排代理。' : 'Nobody was to stand in.' });
		await w.press(supervisor, next);
		await w.look(supervisor, 'card');
		await w.has(supervisor, 'main .tag.red');
		await w.says(supervisor, 'Red card');
		const head = await w.as('head');
		await w.open(head, '/inquiries');
		await w.press(head, 'main .rows a');
		await w.look(head, 'desk-card');
		await w.fill(head, { words: zh ? '代理人已指定，但也生病了。' : 'A deputy was named, and was ill too.' });
		await w.press(head, next);
		const higher = await w.as('higher');
		await w.open(higher, inquiry);
		await w.look(higher, 'appeal');
		await w.fill(higher, { outcome: 'yellow', words: zh ? '警告即可。' : 'A warning is enough.' });
		await w.press(higher, next);
		await w.look(higher, 'settled');
		await w.says(higher, 'Yellow card');
		await w.has(higher, 'main textarea', 0);
		await w.open(supervisor, `/board/at/${office}`);
		await w.look(supervisor, 'board-card');
		await w.has(supervisor, '#board .tag.orange');
	});

	await w.test('what a rule found in it lies beside: that corrections were asked for twice', async () => {
		await w.open(supervisor, '/board/findings');
		await w.look(supervisor, 'findings');
		await w.press(supervisor, 'main .rows a');
		await w.look(supervisor, 'finding');
		await w.has(supervisor, `main a[href="/board/at/${office}/${of}"]`, 1);
		await w.press(supervisor, 'form[action$="/aside"] .btn');
		await w.look(supervisor, 'finding-wrong', { isError: true });
		await w.fill(supervisor, { reason: zh ? '第二次是同一处笔误。' : 'The second was the same slip of the pen.' });
		await w.press(supervisor, 'form[action$="/aside"] .btn');
		await w.look(supervisor, 'findings-none');
	});
};
