'use strict';
// The official decides, the firm corrects, and what was decided reaches the firm.
const { execFileSync } = require('node:child_process');
const days = require('./days');
const { applyAgain } = require('./firm');
const { people } = require('./walk');

const next = 'main form .acts .btn';

// The row of the case in the queue, which is a moment behind.
async function findInQueue(w, page, where = '/queue') {
	const row = `tr:has(a[href="/queue/${w.caseId}"])`;
	await w.until('the case in the queue', async () => {
		await w.open(page, where);
		return await page.locator(row).count() === 1;
	});
	return page.locator(row);
}

async function pdfText(w, page, where) {
	const answer = await page.context().request.get(where);
	w.expect(answer.status() === 200 && answer.headers()['content-type'] === 'application/pdf', `${where} answers ${answer.status()}`);
	return execFileSync('pdftotext', ['-layout', '-', '-'], { input: await answer.body(), encoding: 'utf8' });
}

// Opens `path` of the case, presses without an answer, expects so many complaints.
async function complain(w, page, kind, count, values = {}) {
	await w.fill(page, values);
	await w.press(page, next);
	await w.look(page, `${kind}-wrong`, { isError: true });
	await w.has(page, '.field.bad', count);
	await w.has(page, '.fix li a[href^="#"]', count);
}

module.exports = async (w) => {
	const zh = w.lang === 'zh-Hans';
	w.caseId = w.case.split('/').pop();
	const desk = `/queue/${w.caseId}`;
	const firm = await w.as('applicant');

	await w.test('the official sees the case in the queue, and who else has it open', async () => {
		const page = await w.as('official');
		const row = await findInQueue(w, page);
		await w.look(page, 'queue');
		const text = await row.innerText();
		w.note(text.includes('Kestrel Staffing Ltd') && text.includes(w.number), `the row says ${text}`);
		await w.open(page, '/queue?view=mine');
		await w.look(page, 'queue-mine-empty');
		await w.open(page, '/queue');
		await w.press(page, `a[href="${desk}"]`);
		await w.look(page, 'desk-received');
		await w.says(page, '7,391');
		const second = await w.as('second');
		await w.open(second, desk);
		await w.has(second, 'form[action$="/take"] .btn', 1);
	});
	const page = await w.as('official');
	const second = await w.as('second');

	await w.test('one takes it; the other, a moment later, is told who has it', async () => {
		await w.press(page, 'form[action$="/take"] .btn');
		await w.look(page, 'desk-taken');
		await w.has(page, `a[href="${desk}/decide"]`, 1);
		await w.press(second, 'form[action$="/take"] .btn');
		await w.look(second, 'taken-by-other', { status: 409 });
		w.note((await second.locator('h1').innerText()).includes(people.official[2]), 'it is not said who has it');
		await w.press(second, `main a[href="${desk}"]`);
		await w.look(second, 'desk-with-other');
		await w.has(second, 'main form[action$="/take"]', 0);
		await w.open(second, `${desk}/decide`);
		w.note(second.answer.status() >= 400 || !(await second.locator(next).count()), 'another official may decide');
		await findInQueue(w, page, '/queue?view=mine');
		await w.look(page, 'queue-mine');
	});

	await w.test('the papers are seen as pictures', async () => {
		await w.open(page, desk);
		const papers = await page.locator(`a[href^="${desk}/file/"]`).evaluateAll((list) => list.map((a) => a.getAttribute('href')));
		w.note(papers.length === 5, `${papers.length} papers, not 5`);
		for (const [i, paper] of papers.entries()) {
			await w.open(page, paper);
			if (i < 2) {
				await w.look(page, `paper-${i}`);
			}
			const images = page.locator('.sheets img');
			for (let k = 0; k < await images.count(); k++) {
				await images.nth(k).scrollIntoViewIfNeeded();
				await w.until('a picture', () => images.nth(k).evaluate((img) => img.complete && img.naturalWidth >= 300));
			}
		}
	});

	await w.test('two answers are asked for, with a reason', async () => {
		await w.open(page, `${desk}/ask`);
		await w.look(page, 'ask');
		await complain(w, page, 'ask', 2);
		await complain(w, page, 'ask-reason', 1, { question: ['floor-area', 'capital-file'] });
		w.note(await page.locator('[name=question]:checked').count() === 2, 'the chosen questions were lost');
		await w.fill(page, { reason: zh ? '审计报告的第二页看不清，面积与租赁合同不一致。' : 'Page 2 of the audit report cannot be read.\nThe floor area is not that of the lease.' });
		await w.press(page, next);
		await w.look(page, 'desk-asked');
		await w.says(page, 'The clock stands');
		const row = await findInQueue(w, page);
		w.note((await row.innerText()).length > 0, 'no row');
		await w.look(page, 'queue-asked');
	});

	await w.test('the firm corrects just those', async () => {
		await w.open(firm, '/cases');
		await w.look(firm, 'cases-asked');
		await w.press(firm, `a[href="${w.case}"]`);
		await w.look(firm, 'case-asked');
		await w.press(firm, `a[href="${w.case}/correct"]`);
		await w.look(firm, 'correct');
		const names = await firm.locator('main form').last().evaluate((form) =>
			[...form.elements].filter((e) => e.type !== 'hidden' && e.tagName !== 'BUTTON' && e.tagName !== 'FIELDSET').map((e) => e.name));
		w.note(names.sort().join() === 'capital-file,floor-area', `open are ${names}`);
		w.note(/^7[,.\s]?391$/.test(await firm.inputValue('[name=floor-area]')), 'what was sent is not in the field');
		await w.fill(firm, { 'floor-area': 'large' });
		await w.press(firm, 'main form button[name=send]');
		await w.look(firm, 'correct-wrong', { isError: true });
		w.note(await firm.inputValue('[name=floor-area]') === 'large', 'what was typed was lost');
		await w.fill(firm, { 'floor-area': '6402', 'capital-file': w.papers.agreement });
		await w.press(firm, 'main form button[name=send]');
		await w.look(firm, 'case-corrected');
		w.note(new URL(firm.url()).pathname === w.case, `corrected, one comes to ${firm.url()}`);
	});

	await w.test('the official sees what changed', async () => {
		await w.until('the corrections', async () => {
			await w.open(page, desk);
			return await page.locator('.was').count() > 0;
		});
		await w.look(page, 'desk-corrected');
		w.note(/6.?402/.test(await page.locator('dd:has(.was)').first().innerText()), 'the new area is not there');
		await w.has(page, '.asked .was', 1);
	});

	await w.test('a decision: errors first, taken back, decided again, the letter sent', async () => {
		await w.press(page, `a[href="${desk}/decide"]`);
		await w.look(page, 'decide');
		await complain(w, page, 'decide', 2);
		await complain(w, page, 'decide-ground', 1, { outcome: 'refuse', reason: zh ? '材料不齐。' : 'The papers do not show the capital.' });
		await w.fill(page, { outcome: 'grant', reason: zh ? '资本和场所均已核实。' : 'Capital and place of work are shown by the papers.' });
		await w.press(page, next);
		await w.look(page, 'desk-decided');
		await w.open(firm, w.case);
		await w.look(firm, 'case-before-letter');
		await w.has(firm, 'a[href$="/letter.pdf"]', 0);
		await w.press(page, `a[href="${desk}/recall"]`);
		await w.look(page, 'recall');
		await complain(w, page, 'recall', 1);
		await w.fill(page, { reason: zh ? '选错了决定。' : 'The wrong outcome was chosen.' });
		await w.press(page, next);
		await w.look(page, 'desk-recalled');
		await w.press(page, `a[href="${desk}/decide"]`);
		await w.fill(page, { outcome: 'grant', reason: zh ? '资本和场所均已核实，准予许可。' : 'Capital and place of work are shown by the papers sent on correction.' });
		await w.press(page, next);
		await w.press(page, 'form[action$="/send"] .btn');
		await w.look(page, 'desk-closed');
		await w.press(page, `a[href="${desk}/letter"]`);
		await w.look(page, 'desk-letter');
		w.note((await pdfText(w, page, `${desk}/letter.pdf`)).includes(w.number), 'the desk has another letter');
	});

	await w.test('the firm reads the decision, as page and as letter', async () => {
		await w.open(firm, w.case);
		await w.look(firm, 'case-granted');
		await w.press(firm, `a.btn[href="${w.case}/letter"]`);
		await w.look(firm, 'letter');
		const words = await firm.locator('main').innerText();
		w.note(words.includes(people.official[2]), 'the letter does not say who decided');
		await w.says(firm, 'object within 60 days');
		const text = (await pdfText(w, firm, `${w.case}/letter.pdf`)).replace(/\s+/g, ' ');
		for (const must of [w.number, people.official[2], 'Kestrel Staffing Ltd'].concat(w.lang === 'en' ? ['60 days'] : zh ? ['准予许可'] : [])) {
			w.note(text.includes(must), `no ${must} in the letter: ${text}`);
		}
		await w.open(firm, '/cases');
		await w.look(firm, 'cases-granted');
		await w.open(firm, w.receipt);
		await w.look(firm, 'receipt-closed');
	});

	await w.test('the firm sees who looked at its data', async () => {
		await w.open(firm, w.case);
		const seen = await firm.locator('.seen').innerText();
		for (const who of [people.official[2], people.second[2]]) {
			w.note(seen.includes(who), `${who} looked, the list says: ${seen}`);
		}
	});

	await w.test('the queue is empty again', async () => {
		await w.until('the empty queue', async () => {
			await w.open(page, '/queue');
			return await page.locator(`a[href="${desk}"]`).count() === 0;
		});
		await w.look(page, 'queue-empty');
	});

	if (!w.isLong) {
		return;
	}
	let other = '';
	await w.test('three days later fewer are left', async () => {
		const sent = days.today();
		other = await applyAgain(w, firm);
		w.expect(other !== w.case, 'it is the first case');
		await w.server.clock('+3d');
		const now = days.plus(days.today(), 3);
		w.caseId = other.split('/').pop();
		const row = await findInQueue(w, page);
		const left = parseInt(await row.locator('.days').innerText(), 10);
		const right = days.between(now, days.after(sent, 15));
		w.note(sent !== days.today() || left === right, `the stone says ${left}, not ${right}`);
		await w.open(firm, other);
		await w.look(firm, 'case-later');
		await w.says(firm, `${right} working days left`);
	});

	await w.test('a refusal with its ground; its letter leaves by itself', async () => {
		const at = `/queue/${w.caseId}`;
		await w.open(page, at);
		await w.press(page, 'form[action$="/take"] .btn');
		await w.open(page, `${at}/decide`);
		await w.fill(page, { outcome: 'refuse', ground: 'capital', reason: 'The audit report shows a paid-in capital of 234,567.' });
		await w.press(page, next);
		await w.look(page, 'desk-refused');
		await w.open(firm, `${other}/letter`);
		w.note(firm.answer.status() >= 400, 'the letter is read before it left');
		await w.server.clock('+11m');
		await w.until('the letter', async () => (await w.open(firm, `${other}/letter`)).status() === 200);
		await w.look(firm, 'letter-refused');
		await w.says(firm, 'Refused');
		await w.says(firm, 'is below 2,000,000');
		await w.open(firm, other);
		await w.look(firm, 'case-refused');
		const text = (await pdfText(w, firm, `${other}/letter.pdf`)).replace(/\s+/g, ' ');
		for (const must of ['is below 2,000,000', 'paid-in capital of 234,567', 'You can object within 60 days']) {
			w.note(text.includes(must), `no "${must}" in the letter: ${text}`);
		}
		await w.open(page, at);
		await w.look(page, 'desk-refused-closed');
	});
};
