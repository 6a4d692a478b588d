'use strict';
// The firm applies: wrong answers first, papers, both conditional pages, away and back, one case from two presses.
const { execFileSync } = require('node:child_process');
const days = require('./days');

const start = '/services/labour-dispatch-permit';
const next = 'main form .acts .btn';
const soon = days.plus(days.today(), 30);
const later = days.plus(days.today(), 3 * 366);

// Each page of the form: what is answered wrongly first, how many of it are complained about, and then the right answers.
function pages(w) {
	const zh = w.lang === 'zh-Hans';
	const { papers } = w;
	return [
		{
			id: 'firm',
			wrong: { founded: { day: '31', month: '2', year: '2015' } },
			complaints: 2,
			right: { 'legal-form': 'limited', founded: { day: '12', month: '3', year: '2015' } },
		}, {
			id: 'representative',
			wrong: { 'representative-name': zh ? '欧阳晓珊' : 'Wilhelmina Okonkwo-Brandt', 'representative-number': '110105194912310021' },
			complaints: 1,
			right: { 'representative-number': '11010519491231002X' },
		}, {
			id: 'capital',
			wrong: { capital: 'about 1,000', 'capital-file': papers.wrong },
			complaints: 3,
			right: { capital: '2,345,678', 'capital-shown-by': 'audit', 'capital-file': papers.report },
		}, {
			id: 'workplace',
			wrong: { 'workplace-address': zh ? '船帆坊9号\n3层12室\n1042LK' : '9 Sailmakers Yard\nFloor 3, room 12\n1042 LK', 'floor-area': 'eighty five' },
			complaints: 3,
			right: { 'floor-area': '7391', 'workplace-right': 'owned', 'workplace-file': papers.lease },
		}, {
			id: 'management',
			wrong: { facilities: ['office'] },
			complaints: 3,
			right: {
				facilities: ['interviews', 'files', 'office', 'system'],
				'rules-cover': ['contracts', 'pay', 'insurance', 'hours', 'leave', 'discipline', 'disputes'],
				'rules-file': papers.rules, 'agreement-file': papers.agreement,
			},
		}, {
			id: 'plans',
			wrong: { workers: '-3' },
			complaints: 2,
			right: { workers: '4867', 'has-branch': 'no' },
		}, {
			id: 'contact',
			wrong: { 'contact-name': zh ? '王小明' : 'Tadeusz Wickramasinghe', 'contact-phone': '12', 'contact-email': 'at home' },
			complaints: 2,
			right: { 'contact-phone': '+999 20 555 0188', 'contact-email': 'tadeusz.w@kestrel.example' },
		},
	];
}
// The two that are asked only of some; they come into play when earlier answers are changed.
function conditional(w) {
	const zh = w.lang === 'zh-Hans';
	return {
		lease: {
			id: 'lease',
			wrong: { landlord: zh ? '海鸥置业' : 'Harrowgate Estates', 'lease-until': days.parts(soon) },
			complaints: 1,
			right: { 'lease-until': days.parts(later) },
		},
		branch: {
			id: 'branch',
			wrong: { 'branch-place': zh ? '西岭省盐沼港' : 'Saltmarsh Haven, Westerland' },
			complaints: 1,
			right: { 'branch-kind': 'abroad' },
		},
	};
}

const isAt = (page, end) => new URL(page.url()).pathname.endsWith(end);

// What was typed is there again.
async function keeps(w, page, values) {
	for (const [name, value] of Object.entries(values)) {
		if (typeof value === 'string') {
			const now = await page.inputValue(`main [name="${name}"]`);
			w.note(now.replace(/\r\n/g, '\n') === value, `${name} was "${value}" and is "${now}"`);
		} else if (value.year !== undefined) {
			w.note(await page.inputValue(`[name="${name}-day"]`) === String(value.day), `${name} was not kept`);
		}
	}
}

// The summary above, each of its links to a field that says the same beside itself.
async function complains(w, page, count) {
	await w.has(page, '.fix li a[href^="#"]', count);
	await w.has(page, '.field.bad .why', count);
	const beside = await page.evaluate(() => [...document.querySelectorAll('.fix li a')].every((a) => {
		const field = document.getElementById(a.hash.slice(1)).closest('.field');
		return field.classList.contains('bad') && field.querySelector('.why').innerText.trim() !== '';
	}));
	w.note(beside, 'a link of the summary leads to a field without a complaint');
}

async function answer(w, page, step) {
	w.expect(isAt(page, `/page/${step.id}`), `at ${page.url()}, not at ${step.id}`);
	await w.look(page, `question-${step.id}`);
	await w.fill(page, step.wrong);
	await w.press(page, next);
	await w.look(page, `question-${step.id}-wrong`, { isError: true });
	await complains(w, page, step.complaints);
	await keeps(w, page, step.wrong);
	await w.fill(page, step.right);
	await w.press(page, next);
	w.expect(!isAt(page, `/page/${step.id}`), `${step.id} is not taken: ${await page.locator('.fix').allInnerTexts()}`);
}

// The whole of it once more, without detours: gives the path of the new case.
async function applyAgain(w, page) {
	await w.open(page, '/apply/labour-dispatch-permit');
	await w.press(page, next);
	for (const step of pages(w)) {
		w.expect(isAt(page, `/page/${step.id}`), `at ${page.url()}, not at ${step.id}`);
		await w.fill(page, { ...step.wrong, ...step.right });
		await w.press(page, next);
	}
	await w.fill(page, { declaration: 'yes' });
	await w.press(page, 'form[action$="/submit"] .btn');
	w.expect(isAt(page, '/receipt'), `sending leads to ${page.url()}`);
	return new URL(page.url()).pathname.replace(/\/receipt$/, '');
}

const countFiles = (page, field) => page.locator(`.field:has(#${field}) .files li`).count();

module.exports = async (w) => {
	const [, , name] = require('./walk').people.firm;

	await w.test('the firm finds the service and begins after signing in', async () => {
		const page = await w.as('applicant');
		await w.open(page, '/');
		await w.press(page, `main a[href="${start}"]`);
		await w.press(page, 'a.btn[href^="/apply/"]');
		w.expect(isAt(page, '/sign-in'), `applying leads to ${page.url()}`);
		await w.look(page, 'sign-in-to-apply');
		await w.signIn(page, 'firm');
		w.expect(isAt(page, '/apply/labour-dispatch-permit'), `signing in leads to ${page.url()}`);
		await w.look(page, 'apply');
		await w.has(page, 'header .who bdi', 1);
		w.note((await page.locator('header .who').innerText()).includes(name), 'the header does not say who is signed in');
		const parties = await page.locator('input[type=radio][name=party]').evaluateAll((all) => all.map((e) => e.value));
		if (parties.length > 0) {
			await w.fill(page, { party: parties.pop() });
		}
		await w.press(page, next);
	});
	const page = await w.as('applicant');
	const steps = pages(w);
	const extra = conditional(w);

	await w.test('the first pages: wrong answers are told, what was typed is kept', async () => {
		await answer(w, page, steps[0]);
		await answer(w, page, steps[1]);
	});

	await w.test('a paper that is none is refused; PDF, JPEG and PNG are taken, one is removed', async () => {
		await answer(w, page, steps[2]);
		await w.open(page, page.url().replace(/page\/.*/, 'page/capital'));
		w.note(await countFiles(page, 'capital-file') === 1, 'the report is not listed');
		await w.fill(page, { 'capital-file': [w.papers.rules, w.papers.lease] });
		await w.press(page, next);
		await w.open(page, page.url().replace(/page\/.*/, 'page/capital'));
		w.note(await countFiles(page, 'capital-file') === 3, `${await countFiles(page, 'capital-file')} papers, not 3`);
		await w.look(page, 'question-capital-papers');
		await w.press(page, '.files a');
		await w.look(page, 'draft-paper');
		await w.until('the pictures', () => page.evaluate(() => document.images[0].complete && document.images[0].naturalWidth > 300));
		await w.press(page, 'main nav a');
		await w.press(page, '.files li:last-child button');
		await w.look(page, 'question-capital-removed');
		w.note(await countFiles(page, 'capital-file') === 2, 'the paper was not removed');
		w.note(await page.inputValue('[name=capital]') !== '', 'removing a paper loses the capital');
		await w.press(page, next);
	});

	await w.test('what is not asked of everybody is not asked here', async () => {
		await answer(w, page, steps[3]);
		w.expect(isAt(page, '/page/management'), `a firm that owns its place is asked at ${page.url()}`);
		await answer(w, page, steps[4]);
		await answer(w, page, steps[5]);
		w.expect(isAt(page, '/page/contact'), `a firm without a branch is asked at ${page.url()}`);
	});

	let draft = '';
	await w.test('it goes away and comes back to the draft', async () => {
		await w.press(page, 'button[name=later]');
		await w.look(page, 'tasks');
		draft = new URL(page.url()).pathname;
		w.expect(/^\/draft\/[^/]+$/.test(draft), `later leads to ${draft}`);
		await w.press(page, 'header .who button');
		await w.open(page, '/cases');
		await w.signIn(page, 'firm');
		await w.look(page, 'cases-draft');
		await w.open(page, '/apply/labour-dispatch-permit');
		await w.look(page, 'apply-again');
		await w.press(page, `main a[href="${draft}"]`);
		w.expect(new URL(page.url()).pathname === draft, `the draft is not at ${draft}`);
	});

	await w.test('changed answers bring the two conditional pages', async () => {
		await w.press(page, 'main a[href$="/page/workplace"]');
		await w.fill(page, { 'workplace-right': 'rented' });
		await w.press(page, next);
		await answer(w, page, extra.lease);
		w.expect(isAt(page, '/page/management'), `after the lease comes ${page.url()}`);
		await w.open(page, `${draft}/page/plans`);
		await w.fill(page, { 'has-branch': 'yes' });
		await w.press(page, next);
		await answer(w, page, extra.branch);
	});

	await w.test('the review: what is missing, then everything, then a change from there', async () => {
		await w.open(page, `${draft}/check`);
		await w.look(page, 'check-incomplete');
		await w.has(page, '.fix a[href*="/page/contact"]', 2);
		await w.has(page, 'form[action$="/submit"]', 0);
		await w.press(page, '.fix a[href*="/page/contact"]');
		await answer(w, page, steps[6]);
		w.expect(isAt(page, '/check'), `after the last page comes ${page.url()}`);
		await w.look(page, 'check');
		await w.says(page, 'Harrowgate Estates');
		await w.says(page, '2,345,678');
		await w.press(page, 'main a[href*="/page/plans"][href*="then=check"]');
		await w.fill(page, { workers: '4868' });
		await w.press(page, next);
		w.expect(isAt(page, '/check'), `a change leads to ${page.url()}`);
		await w.says(page, '4,868');
	});

	await w.test('another draft is thrown away', async () => {
		await w.open(page, '/apply/labour-dispatch-permit');
		await w.press(page, next);
		const other = new URL(page.url()).pathname.replace(/\/page.*/, '');
		w.expect(other !== draft, 'a new application is the old one');
		await w.open(page, other);
		await w.look(page, 'tasks-new');
		await w.press(page, 'main a[href$="/discard"]');
		await w.look(page, 'discard');
		await w.press(page, 'main form .btn');
		await w.open(page, '/cases');
		await w.has(page, 'main a[href^="/draft/"]', 1);
	});

	await w.test('without the declaration nothing is sent; two presses make one case', async () => {
		await w.open(page, `${draft}/check`);
		await w.press(page, 'form[action$="/submit"] .btn');
		await w.look(page, 'check-undeclared', { isError: true, status: 200 });
		await w.fill(page, { declaration: 'yes' });
		const sent = await page.evaluate(() => Object.fromEntries(new FormData(document.querySelector('form[action$="/submit"]'))));
		const before = days.today();
		// The second press cancels what the first was waiting for: no single answer to look at.
		await page.locator('form[action$="/submit"] .btn').dblclick({ noWaitAfter: true });
		await w.until('the receipt', () => new URL(page.url()).pathname.endsWith('/receipt'));
		w.receipt = new URL(page.url()).pathname;
		w.case = w.receipt.replace(/\/receipt$/, '');
		w.sentOn = before === days.today() ? before : null; // null: midnight came between
		// And once more, as a browser does that never saw the answer.
		const again = await page.context().request.post(`${draft}/submit`, { form: sent, headers: { origin: w.server.url } });
		w.note(again.url().endsWith(w.receipt), `the same form sent again leads to ${again.url()}`);
		await w.open(page, '/cases');
		await w.look(page, 'cases');
		await w.has(page, 'main a[href^="/cases/"]', 1);
		await w.has(page, 'main a[href^="/draft/"]', 0);
		await w.open(page, draft);
		w.note(!new URL(page.url()).pathname.startsWith('/draft/'), 'a draft that was sent is still one');
	});

	await w.test('the receipt: number, days by the calendar, code', async () => {
		await w.open(page, w.receipt);
		await w.look(page, 'receipt');
		w.number = (await page.locator('.caseno').innerText()).trim();
		const [, year, serial, check] = /^PL-(\d{4})-(\d{6})-(\d\d)$/.exec(w.number) || [];
		w.expect(check, `the number is ${w.number}`);
		w.note(year === days.today().slice(0, 4), `the year of ${w.number}`);
		// ISO 7064 MOD 97-10, letters as in IBAN: A is 10.
		const digits = `PL${year}${serial}${check}`.replace(/[A-Z]/g, (c) => String(c.charCodeAt(0) - 55));
		w.note(BigInt(digits) % 97n === 1n, `the check characters of ${w.number}`);
		if (w.sentOn && w.lang !== 'ar-XB') {
			const due = await page.locator('.due').innerText();
			for (const n of [15, 20]) {
				const day = days.words(days.after(w.sentOn, n), w.lang);
				w.note(due.replace(/\s+/g, ' ').includes(day), `${n} working days from ${w.sentOn} are ${day}, the receipt says: ${due}`);
			}
		}
		w.note(await page.evaluate(() => (document.querySelector('.qr svg path') || { getAttribute: () => '' }).getAttribute('d').length > 200), 'no code');
	});

	await w.test('whoever has the code sees state and dates, and no name', async () => {
		const address = /\S*\/r\/[A-Za-z0-9_-]{20,}/.exec(await page.locator('main').innerText());
		w.expect(address, 'the address of the code does not stand on the receipt');
		const anybody = await w.as('anybody');
		await w.until('the receipt', async () => (await w.open(anybody, address[0].replace(/^.*\/r\//, '/r/'))).status() === 200);
		await w.look(anybody, 'public');
		const text = await anybody.locator('main').innerText();
		w.note(!/Kestrel|Lin Xiaohe|Harrowgate|Adeyemi/.test(text), `it tells: ${text}`);
		await w.has(anybody, '.tag', 1);
	});

	await w.test('the receipt printed: one page', async () => {
		await w.open(page, w.receipt);
		const paper = await page.pdf({ preferCSSPageSize: true });
		const info = execFileSync('pdfinfo', ['-'], { input: paper, encoding: 'utf8' });
		w.note(/^Pages: +1$/m.test(info), `it is printed so: ${info}`);
		const text = execFileSync('pdftotext', ['-layout', '-', '-'], { input: paper, encoding: 'utf8' });
		w.note(text.includes(w.number), `no ${w.number} on the paper: ${text}`);
	});

	await w.test('the receipt as PDF', async () => {
		const answerPdf = await page.context().request.get(`${w.receipt}.pdf`);
		w.expect(answerPdf.status() === 200 && answerPdf.headers()['content-type'] === 'application/pdf', `it is ${answerPdf.status()}`);
		const text = execFileSync('pdftotext', ['-layout', '-', '-'], { input: await answerPdf.body(), encoding: 'utf8' });
		w.note(text.includes(w.number), `no ${w.number} in the PDF: ${text}`);
		if (w.lang === 'zh-Hans') {
			w.note(text.includes('劳务派遣经营许可'), `no Chinese in the PDF: ${text}`);
		}
		if (w.sentOn && w.lang === 'en') {
			const day = days.words(days.after(w.sentOn, 15), w.lang);
			w.note(text.includes(day), `no ${day} in the PDF: ${text}`);
		}
	});

	await w.test('the case on its page, and found by its number', async () => {
		await w.open(page, w.case);
		await w.look(page, 'case-received');
		await w.has(page, '.clock .stones i');
		await w.open(page, '/');
		await w.look(page, 'home-signed-in');
		await w.fill(page, { number: 'PL-2026-000000-00' });
		await w.press(page, 'main form[action="/case-number"] .btn');
		await w.look(page, 'case-number-wrong', { status: page.answer.status() });
		w.note(page.answer.status() >= 400, `a wrong number answers ${page.answer.status()}`);
		await w.until('the number', async () => {
			await w.open(page, `/case-number?number=${encodeURIComponent(w.number.toLowerCase())}`);
			return new URL(page.url()).pathname === w.case;
		});
	});

	await w.test('somebody else does not see it', async () => {
		const resident = await w.as('resident');
		for (const where of [w.case, w.receipt, `${w.receipt}.pdf`, `${w.case}/letter`, draft, `${draft}/check`]) {
			await w.open(resident, where);
			w.note([403, 404].includes(resident.answer.status()), `${where} answers ${resident.answer.status()} to a stranger`);
		}
		await w.look(resident, 'stranger', { status: resident.answer.status() });
	});
};
module.exports.applyAgain = applyAgain;
module.exports.pages = pages;
