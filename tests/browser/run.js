#!/usr/bin/env node
'use strict';
// Walks both roles in Chromium, as a newcomer would, in three languages, and looks at every page on the way.
//   node tests/browser/run.js [WALK...]     WALK: a part of a walk's name ("zh"); SHOTS=1 keeps pictures of all pages
//   CITYHALL   the program (build/release/cityhall)        CHROMIUM   the browser (/usr/bin/chromium)
// One line a test; the last line is "N passed, N failed". Pictures of what failed: build/shots.
const { chromium } = require('playwright-core');
const { makePapers } = require('./papers');
const { Walk, people } = require('./walk');
const { parent, owner } = require('./bundles');
const journeys = [require('./visitor'), require('./firm'), require('./official'), require('./ratings'), require('./account'), require('./author')];
// In tests/pg_pair.sh the databases are two, and the walk is about losing one.
const isPair = Boolean(process.env.PG_PAIR_DIR);

const plans = isPair ? [
	{ name: 'failover', lang: 'en', size: { width: 1280, height: 900 }, journeys: [require('./failover')], isBad: true },
] : [
	{ name: 'en 1280', lang: 'en', size: { width: 1280, height: 900 }, isTabbed: true, isLong: true },
	{ name: 'zh 360 dark', lang: 'zh-Hans', size: { width: 360, height: 740 }, isDark: true },
	{ name: 'ar-XB 768', lang: 'ar-XB', size: { width: 768, height: 1024 }, isTabbed: true },
	{ name: 'questions en 360', lang: 'en', size: { width: 360, height: 740 }, journeys: [require('./questions')], pack: 'tests/data/packs/family', isLogUnread: true },
	{ name: 'questions zh 240', lang: 'zh-Hans', size: { width: 240, height: 600 }, journeys: [require('./questions')], pack: 'tests/data/packs/family', isLogUnread: true },
	{ name: 'pieces en 360', lang: 'en', size: { width: 360, height: 740 }, isScripted: true, journeys: [require('./pieces')], pack: 'tests/data/packs/family', isLogUnread: true },
	{ name: 'pieces zh 360', lang: 'zh-Hans', size: { width: 360, height: 740 }, isScripted: true, journeys: [require('./pieces')], pack: 'tests/data/packs/family', isLogUnread: true },
	{ name: 'counter en 1280', lang: 'en', size: { width: 1280, height: 900 }, journeys: [require('./counter')], pack: 'tests/data/packs/family', isLogUnread: true },
	{ name: 'counter zh 240', lang: 'zh-Hans', size: { width: 240, height: 600 }, journeys: [require('./counter')], pack: 'tests/data/packs/family', isLogUnread: true },
	{ name: 'moves en 360', lang: 'en', size: { width: 360, height: 740 }, journeys: [require('./moves')], pack: 'tests/data/packs/moves', isLogUnread: true },
	{ name: 'moves zh 240', lang: 'zh-Hans', size: { width: 240, height: 600 }, journeys: [require('./moves')], pack: 'tests/data/packs/moves', isLogUnread: true },
	{ name: 'mail en 1280', lang: 'en', size: { width: 1280, height: 900 }, journeys: [require('./mail')], pack: 'tests/data/packs/family', isLogUnread: true },
	{ name: 'mail zh 240', lang: 'zh-Hans', size: { width: 240, height: 600 }, journeys: [require('./mail')], pack: 'tests/data/packs/family', isLogUnread: true },
	{ name: 'ask en 240', lang: 'en', size: { width: 240, height: 600 }, journeys: [require('./ask')], isLogUnread: true },
	{ name: 'ask zh 360', lang: 'zh-Hans', size: { width: 360, height: 740 }, journeys: [require('./ask')], isLogUnread: true },
	{ name: 'permits en 1280', lang: 'en', size: { width: 1280, height: 900 }, journeys: [require('./permits')], isLogUnread: true },
	{ name: 'permits zh 240', lang: 'zh-Hans', size: { width: 240, height: 600 }, journeys: [require('./permits')], isLogUnread: true },
	{ name: 'desk en 1280', lang: 'en', size: { width: 1280, height: 900 }, journeys: [require('./desk'), require('./typhoon')], isTabbed: true, isLogUnread: true },
	{ name: 'desk zh 360', lang: 'zh-Hans', size: { width: 360, height: 740 }, journeys: [require('./desk')], isLogUnread: true },
	{ name: 'figures en 1280', lang: 'en', size: { width: 1280, height: 900 }, journeys: [require('./figures')], hasHistory: true, isTabbed: true, isLogUnread: true },
	{ name: 'figures zh 360', lang: 'zh-Hans', size: { width: 360, height: 740 }, journeys: [require('./figures')], hasHistory: true, isLogUnread: true },
	{ name: 'inquiry en 1280', lang: 'en', size: { width: 1280, height: 900 }, journeys: [require('./inquiry')], isLogUnread: true },
	{ name: 'inquiry zh 240', lang: 'zh-Hans', size: { width: 240, height: 600 }, journeys: [require('./inquiry')], isLogUnread: true },
	{ name: 'traffic en 1280', lang: 'en', size: { width: 1280, height: 900 }, journeys: [require('./traffic')], isTabbed: true, isLogUnread: true },
	{ name: 'traffic zh 360 dark', lang: 'zh-Hans', size: { width: 360, height: 740 }, isDark: true, journeys: [require('./traffic')], isLogUnread: true },
	{ name: 'birth en 360', lang: 'en', size: { width: 360, height: 740 }, journeys: [parent] },
	{ name: 'restaurant zh 1280', lang: 'zh-Hans', size: { width: 1280, height: 900 }, isScripted: true, journeys: [owner] },
];

let passed = 0;
let failed = 0;
function report(title, problems, ms) {
	if (problems.length === 0) {
		passed++;
		console.log(`ok    ${title} (${(ms / 1000).toFixed(1)} s)`);
	} else {
		failed++;
		console.log(`FAIL  ${title}\n${problems.map((text) => `      ${text.replace(/\n/g, '\n        ')}`).join('\n')}`);
	}
}

function launch() {
	const words = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
		'--disable-component-update', '--disable-sync'];
	if (process.getuid() === 0) {
		words.push('--no-sandbox');
	}
	return chromium.launch({ executablePath: process.env.CHROMIUM || '/usr/bin/chromium', args: words });
}

// Nothing that somebody is called, wrote or was given stands in the log.
function searchLog(walk) {
	const secrets = new Set(walk.typed);
	for (const [email, password, name] of Object.values(people)) {
		secrets.add(email).add(password).add(name);
	}
	secrets.add('Kestrel').add('91310115MA1K3YJ12X');
	const lines = walk.server.log.split('\n');
	const found = [];
	for (const secret of secrets) {
		const line = lines.find((one) => one.toLowerCase().includes(secret.toLowerCase()));
		if (line) {
			found.push(`"${secret}" is logged: ${line}`);
		}
	}
	if (lines.length < walk.seen || walk.typed.size < 8) {
		found.push(`${lines.length} lines of log and ${walk.typed.size} answers: too few to have looked`);
	}
	// Work that a busy machine held up too long is done again.
	const bad = lines.filter((one) => /"level":"(error|warn)"/.test(one) && !one.includes('"code":"busy"'));
	return found.concat(bad.map((one) => `logged: ${one}`));
}

async function go(plan, tools) {
	const walk = new Walk(plan, tools);
	const begin = Date.now();
	try {
		await walk.begin();
		for (const journey of plan.journeys || journeys) {
			await journey(walk);
		}
	} catch (error) {
		if (walk.problems.length === 0) {
			report(`${walk.name}: the walk`, [error.stack], 0);
		}
	}
	if (walk.server && !plan.isBad && !plan.isLogUnread) {
		report(`${walk.name}: nothing personal and no error in the log`, searchLog(walk), 0);
	}
	const code = await walk.end();
	report(`${walk.name}: the server ends well`, code === 0 ? [] : [`it ended with ${code}`], 0);
	console.log(`      ${walk.name}: ${walk.seen} pages looked at in ${Math.round((Date.now() - begin) / 1000)} s; ${walk.first ? `first page ${walk.first} bytes with style, ` : ''}` +
		`largest ${walk.largest.kind}: ${walk.largest.bytes} bytes, ${walk.largest.packed} packed`);
}

async function main() {
	const browser = await launch();
	try {
		const tools = { browser, report, papers: await makePapers(browser) };
		const wanted = process.argv.slice(2);
		const queue = plans.filter((plan) => wanted.length === 0 || wanted.some((part) => plan.name.includes(part)));
		// Two at a time: a walk waits as long for the server as for the browser.
		const lane = async () => {
			for (let plan = queue.shift(); plan; plan = queue.shift()) {
				await go(plan, tools);
			}
		};
		await Promise.all([lane(), lane()]);
	} finally {
		await browser.close();
	}
}

main().catch((error) => {
	report('the browser', [error.stack], 0);
}).finally(() => {
	console.log(`${passed} passed, ${failed} failed`);
	process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
});
