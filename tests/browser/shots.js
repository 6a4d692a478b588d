#!/usr/bin/env node
'use strict';
// Takes the pictures of the README: node tests/browser/shots.js [FOLDER], docs/shots if none is named.
const fs = require('node:fs');
const path = require('node:path');
const { chromium } = require('playwright-core');
const { parent } = require('./bundles');
const { applyAgain } = require('./firm');
const { makePapers } = require('./papers');
const { root } = require('./server');
const { Walk } = require('./walk');

const folder = process.argv[2] || path.join(root, 'docs/shots');
const next = 'main form .acts .btn';

async function shoot(page, name, where, { height } = {}) {
	await page.mouse.move(0, 0);
	const size = page.viewportSize();
	if (height) {
		await page.setViewportSize({ width: size.width, height });
	}
	if (where) {
		await page.goto(where);
	}
	await page.screenshot({ path: path.join(folder, `${name}.png`) });
	await page.setViewportSize(size);
}

// Cases at several points of their life: one corrected, one asked, one taken, one new.
async function desk(walk) {
	const firm = await walk.as('firm');
	const cases = [];
	const take = async (id, who) => {
		const page = await walk.as(who);
		await walk.open(page, `/queue/${id}`);
		await walk.press(page, 'form[action$="/take"] .btn');
		return page;
	};
	const apply = async () => cases.push((await applyAgain(walk, firm)).split('/').pop());
	const ask = async (page, id, reason) => {
		await walk.open(page, `/queue/${id}/ask`);
		await walk.fill(page, { question: ['floor-area'], reason });
		await walk.press(page, next);
	};
	await apply();
	await walk.server.clock('+2d');
	await ask(await take(cases[0], 'official'), cases[0], 'Page 2 of the lease gives another floor area.');
	await apply();
	await walk.server.clock('+3d');
	await walk.open(firm, `/cases/${cases[0]}/correct`);
	await walk.fill(firm, { 'floor-area': '85' });
	await walk.press(firm, 'main form button[name=send]');
	await ask(await take(cases[1], 'second'), cases[1], 'Who is the landlord? The lease names two.');
	await apply();
	await walk.server.clock('+4d');
	await take(cases[2], 'official');
	await apply();
	await walk.server.clock('+1d');
	await apply();
	const official = await walk.as('official');
	await walk.until('the queue', async () => {
		await walk.open(official, '/queue');
		return await official.locator('tbody tr').count() === cases.length;
	});
	await shoot(official, 'queue-1280', '/queue', { height: 800 });
	await shoot(official, 'desk-1280', `/queue/${cases[0]}`);
	await shoot(firm, 'case-1280', `/cases/${cases[0]}`, { height: 1080 });
	const visitor = await walk.as('visitor');
	await shoot(visitor, 'home-1280', '/');
	await shoot(visitor, 'search-1280', '/services?q=birht', { height: 640 });
	await shoot(visitor, 'service-1280', '/services/labour-dispatch-permit');
	await shoot(visitor, 'bundle-1280', '/bundles/child-is-born');
	await author(walk);
}

// A changed question, as the author sees it.
async function author(walk) {
	const page = await walk.as('author');
	await walk.open(page, '/authoring/service/labour-dispatch-permit');
	await walk.press(page, next);
	const change = new URL(page.url()).pathname.replace(/\/file$/, '');
	const text = await page.inputValue('#body');
	await page.fill('#body', text.replace('When was your firm founded?', 'On which day was your firm founded?'));
	await walk.press(page, next);
	await shoot(page, 'author-1280', `${change}/difference`, { height: 640 });
}

// A birth on a phone: sent, the first of four granted.
async function family(walk) {
	await parent(walk);
	const page = await walk.as('resident');
	await shoot(page, 'steps-360', walk.steps, { height: 1100 });
}

async function phone(walk) {
	const page = await walk.as('firm');
	await walk.open(page, '/apply/labour-dispatch-permit');
	await walk.press(page, next);
	const draft = page.url().replace(/\/page\/.*/, '');
	await walk.open(page, `${draft}/page/workplace`);
	await walk.fill(page, { 'workplace-address': '船帆坊9号3层12室', 'floor-area': '大概八十五', 'workplace-right': 'rented', 'workplace-file': walk.papers.lease });
	await walk.press(page, next);
	await page.mouse.move(0, 0);
	await shoot(page, 'question-zh-360', null, { height: 1100 });
	const receipt = `${await applyAgain(walk, page)}/receipt`;
	await shoot(page, 'receipt-zh-360', receipt, { height: 1100 });
}

async function main() {
	const words = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
	const browser = await chromium.launch({
		executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
		args: process.getuid() === 0 ? words.concat('--no-sandbox') : words,
	});
	fs.mkdirSync(folder, { recursive: true });
	const tools = { browser, papers: await makePapers(browser), report: () => {} };
	const plans = [
		[desk, { name: 'desk', lang: 'en', size: { width: 1280, height: 900 } }],
		[family, { name: 'family', lang: 'en', size: { width: 360, height: 740 } }],
		[phone, { name: 'phone', lang: 'zh-Hans', size: { width: 360, height: 740 } }],
	];
	for (const [take, plan] of plans) {
		const walk = new Walk(plan, tools);
		try {
			await walk.begin();
			await take(walk);
		} finally {
			await walk.end();
		}
	}
	await browser.close();
}

main().catch((error) => {
	console.error(error);
	process.exit(1);
});
