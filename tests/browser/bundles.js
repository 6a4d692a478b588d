'use strict';
// Several services in one form: the parent after a birth, who types nothing twice, and the owner of a restaurant.
const days = require('./days');

const next = 'main form .acts .btn';
const isAt = (page, end) => new URL(page.url()).pathname.endsWith(end);

// The pages of a bundle in their order, each with the answers: {question: value}, questions of the service before it.
function birth({ papers }) {
	const born = days.parts(days.plus(days.today(), -20));
	return [
		['birth-registration', [
			{ 'child-relation': 'mother', 'birth-setting': 'hospital' },
			{ 'child-name-full': 'Amara Noor Quill', 'child-sex': 'female' },
			{ 'child-birth-date': born, 'child-birth-time': '14:07', 'child-birth-place': 'Harbour Hospital, Port Linden', 'birth-kind': 'single' },
			{ 'notice-file': papers.report },
			{
				'mother-name-full': 'Amara Quill', 'mother-birth-date': { day: 9, month: 4, year: 1995 },
				'mother-birth-place': 'Saltmarsh Haven', 'mother-nationality': 'Aldermark', 'mother-id-number': 'AM-204518',
			},
			{ 'second-parent': 'yes' },
			{
				'father-name-full': 'Diego Quill', 'father-birth-date': { day: 2, month: 2, year: 1993 },
				'father-birth-place': 'Valdivia', 'father-nationality': 'Chile', 'father-id-number': 'F-88120', 'parents-married': 'yes',
			},
			{ 'marriage-date': { day: 14, month: 6, year: 2019 }, 'marriage-place': 'Town hall of Westerland', 'marriage-file': papers.agreement },
			{ 'name-from': 'joint' },
			{ 'has-siblings': 'no' },
			{ 'child-first-address': 'yes', 'mother-lives-there': 'yes' },
			{ 'child-address-lines': '6 Chandlers Row', 'child-address-place': 'Port Linden', 'child-address-postal-code': '4100' },
			{ 'identity-file': papers.lease },
			{ phone: '+999205550123' },
		]],
		['birth-certificate-by-post', [
			{ 'certificate-kind': 'certificate', copies: '1', use: 'family' },
			{ 'send-to': 'home' },
		]],
		['child-benefit', [
			{ 'child-age': 'minor' },
			{ 'in-household': 'yes' },
			{ 'free-residence': 'yes', 'works-abroad': 'no' },
			{ 'has-other-children': 'no' },
			{ 'claim-from': 'birth' },
			{ 'bank-account': 'DE89 3704 0044 0532 0130 00' },
			{ 'tax-number': '44 203 118' },
		]],
	];
}
function restaurant({ papers }) {
	return [
		['business-registration-certificate', [
			{ 'registration-kind': 'new', 'firm-legal-form': 'sole-trader' },
			{ 'firm-name': '蓝鹭小馆' },
			{ scope: ['catering'], 'scope-words': '六十个座位的餐馆', 'opening-date': days.parts(days.plus(days.today(), 120)) },
			{
				'premises-address-lines': '油脂巷3号', 'premises-address-place': '林登港市区', 'premises-area': '180',
				'premises-right': 'owned', 'premises-dwelling': 'no', 'premises-file': papers.report,
			},
			{ 'seat-there': 'yes' },
			{ 'head-name-full': '林晓荷', 'head-id-number': 'G1234567', 'head-role': 'owner', 'head-file': papers.lease },
			{ employees: '12', invoices: 'yes', 'wants-seal': 'no' },
			{ 'contact-name-full': '海安', 'firm-phone': '+999205550123' },
		]],
		['fire-safety-declaration', [
			{ 'keeper-name-full': '欧阳守成', 'keeper-phone': '+999205550124' },
			{ 'premises-floors': '1', 'lowest-floor': 'ground', 'premises-seats': '60' },
			{ 'place-use': 'restaurant' },
			{ structure: 'concrete', 'works-accepted': 'none' },
			{ 'premises-fire-exits': '2', 'exit-width': '1.2', 'exit-way': '18', 'exit-bars': 'no' },
			{ equipment: ['extinguishers', 'lights'], 'extinguisher-count': '4', lining: 'bare', gas: 'no' },
			{ trained: '12' },
			{ 'floor-plan-file': papers.rules, 'equipment-plan-file': papers.lease, 'emergency-plan-file': papers.agreement },
			{ procedure: 'commitment' },
		]],
		['restaurant-opening-permit', [
			{ 'kitchen-area': '42.5' },
			{ 'business-kind': 'restaurant', online: 'no', outdoor: 'no', foods: ['hot'] },
			{ facilities: ['washbasin'], water: 'mains', 'waste-by': '潮路环卫公司' },
			{ 'food-handlers': '8', 'manager-name-full': '司徒安康', 'manager-certificate': 'FS-1182', 'health-file': papers.lease },
			{ 'steps-file': papers.agreement, 'rules-file': papers.rules },
		]],
	];
}

// What stands on a page to be answered; `question` is the name without its service.
const asked = (page) => page.locator('main form :is(input, textarea, select):not([type=hidden])').evaluateAll((all) => all.map((e) => ({
	name: e.name, question: e.name.replace(/^.*?--/, ''), isText: !/radio|checkbox|file|submit/.test(e.type), value: e.value,
})));

// The whole form from its start page to its review, each page looked at; nothing is asked for that was answered.
async function fillAll(w, page, bundle) {
	const typed = new Map(); // value: the question that it was typed for
	const answered = new Map(); // question: the service that asked it
	for (const [service, pages] of bundle) {
		for (const answers of pages) {
			const at = new URL(page.url()).pathname.split('/').pop();
			w.expect(at.startsWith(`${service}--`), `at ${at}, not at a page of ${service}`);
			await w.look(page, at);
			const fields = await asked(page);
			const texts = new Set(fields.filter((one) => one.isText).map((one) => one.question));
			for (const one of fields) {
				const before = answered.get(one.question);
				w.note(!before || before === service, `${one.name} is asked, ${before} asked it before`);
				answered.set(one.question, service);
				w.note(!one.isText || one.value === '', `${one.name} was filled in unseen: ${one.value}`);
			}
			for (const [question, value] of Object.entries(answers)) {
				if (texts.has(question) && value.length > 2) {
					w.note(!typed.has(value), `"${value}" is typed for ${question}, as it was for ${typed.get(value)}`);
					typed.set(value, question);
				}
			}
			await w.fill(page, Object.fromEntries(Object.entries(answers).map(([question, value]) => [`${service}--${question}`, value])));
			await w.press(page, next);
			w.expect(!isAt(page, `/${at}`), `${at} is not taken: ${await page.locator('.fix').allInnerTexts()}`);
		}
	}
	w.expect(isAt(page, '/check'), `after the last page comes ${page.url()}`);
	await w.look(page, 'bundle-check');
	w.note(typed.size > 10, `only ${typed.size} values were typed`);
	return typed;
}

async function begin(w, who, event, bundle) {
	const page = await w.as(who);
	await w.open(page, '/services');
	await w.press(page, `main a[href="/life-events/${event}"]`);
	await w.look(page, 'life-event-bundle');
	await w.press(page, `main a[href="/bundles/${bundle}"]`);
	await w.look(page, 'bundle');
	await w.press(page, `a.btn[href="/apply/${bundle}"]`);
	await w.look(page, 'bundle-apply');
	await w.press(page, next);
	return page;
}

async function send(w, page, all) {
	await w.fill(page, { declaration: 'yes' });
	await w.press(page, 'form[action$="/submit"] .btn');
	w.expect(isAt(page, '/steps'), `sending leads to ${page.url()}`);
	await w.look(page, 'steps-sent');
	await w.has(page, 'main ol.rows li', all);
	await w.has(page, `progress[max="${all}"][value="0"]`, 1);
	await w.has(page, 'main ol.rows a[href^="/cases/"]', 1);
	return new URL(page.url()).pathname;
}

// At the desk of another office than the official's own.
async function grant(w, id) {
	const page = await w.as('official');
	await w.open(page, '/queue');
	await w.press(page, 'main a[href="/queue?office=civil-registry"]');
	await w.until('the case in the queue', async () => {
		await w.open(page, page.url());
		return await page.locator(`a[href="/queue/${id}"]`).count() === 1;
	});
	await w.look(page, 'queue-of-office');
	await w.press(page, `a[href="/queue/${id}"]`);
	await w.press(page, 'form[action$="/take"] .btn');
	await w.press(page, `a[href="/queue/${id}/decide"]`);
	await w.fill(page, { outcome: 'grant', reason: 'The hospital told us the same.' });
	await w.press(page, next);
	await w.press(page, 'form[action$="/send"] .btn');
	return page;
}

async function parent(w) {
	await w.test('the parent does all of it in one form, and types nothing twice', async () => {
		const page = await begin(w, 'resident', 'child', 'child-is-born');
		const typed = await fillAll(w, page, birth(w));
		// Numbers are written in groups of their own there.
		const bare = (text) => text.replace(/\s/g, '');
		const review = bare(await page.locator('main').innerText());
		for (const [value, question] of typed) {
			w.note(review.includes(bare(value)), `the review does not show ${question}: ${value}`);
		}
		w.steps = await send(w, page, 4);
		await w.says(page, '0 of 4 steps done.');
	});

	await w.test('the birth is registered: the other three begin by themselves', async () => {
		const page = await w.as('resident');
		const first = await page.locator('main ol.rows a[href^="/cases/"]').first().getAttribute('href');
		await grant(w, first.split('/').pop());
		await w.as('resident');
		await w.until('the other three', async () => {
			await w.open(page, w.steps);
			return await page.locator('main ol.rows a[href^="/cases/"]').count() === 4;
		});
		await w.look(page, 'steps-begun');
		await w.has(page, 'progress[max="4"][value="1"]', 1);
		await w.says(page, '1 of 4 steps done.');
		await w.press(page, 'main ol.rows li:nth-child(3) a');
		await w.look(page, 'case-of-bundle');
		await w.says(page, 'Amara Noor Quill');
		await w.open(page, '/cases');
		await w.look(page, 'cases-bundle');
		await w.has(page, `main a[href="${w.steps}"]`, 1);
		const official = await w.as('official');
		await w.until('one of them on its desk', async () => {
			await w.open(official, '/queue?office=family-benefits-office');
			return await official.locator('tbody tr').count() === 1;
		});
	});

	await w.test('what was told is offered to the next application, and never filled in unseen', async () => {
		const page = await w.as('resident');
		await w.open(page, '/apply/child-benefit');
		await w.press(page, next);
		await w.look(page, 'told-first');
		await w.fill(page, { 'child-relation': 'mother' });
		await w.press(page, next);
		await w.look(page, 'told');
		const name = '[name="child-name-full"]';
		w.note(await page.inputValue(name) === '', 'the name was filled in unseen');
		await w.says(page, 'You told us before');
		await w.says(page, 'Amara Noor Quill', 'main section.box');
		await w.press(page, 'button[name=told][value="child-name"]');
		await w.look(page, 'told-used');
		w.note(await page.inputValue(name) === 'Amara Noor Quill', `the name is "${await page.inputValue(name)}"`);
		w.note(await page.inputValue('[name="child-birth-date-day"]') === '', 'what was not asked for was filled in, too');
	});
}

async function owner(w) {
	await w.test('three permits of a restaurant are one form', async () => {
		const page = await begin(w, 'firm', 'opening-restaurant', 'opening-a-restaurant');
		await fillAll(w, page, restaurant(w));
		await send(w, page, 3);
		await w.press(page, 'main ol.rows a[href^="/cases/"]');
		await w.look(page, 'case-of-bundle');
		w.note((await page.locator('main').innerText()).includes('蓝鹭小馆'), 'the case does not know the name of the restaurant');
	});
}

module.exports = { parent, owner };
