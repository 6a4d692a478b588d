#!/usr/bin/env node
'use strict';
// Applies for every service of packs/demo as its own form asks, over HTTP, until each conditional page was seen; sends
// one application of each, and has it refused with each service's first reason.
//   CITYHALL=build/asan/cityhall HTTP_RUN=build/asan/http-run tests/services/walk.js [SERVICE...]
// PACK: another pack; KEEP=1 leaves the journeys that it writes (tests/http/README.md). The last line is "N passed, N failed".
const fs = require('fs');
const os = require('os');
const path = require('path');
const { spawnSync } = require('child_process');
const YAML = require('yaml');

const root = path.join(__dirname, '../..');
const pack = path.resolve(process.env.PACK || path.join(root, 'packs/demo'));
const runner = path.resolve(process.env.HTTP_RUN || path.join(root, 'build/release/http-run'));
const people = { persons: ['resident', 'Amara Quill'], organisations: ['firm', 'Kestrel Staffing Ltd'] };

const quote = (text) => `"${text.replace(/\s+/g, ' ').trim().replace(/["\\]/g, '\\$&')}"`;

// --- Conditions ---

function holds(condition, answers) {
	if (!condition) {
		return true;
	}
	const [, id, not, value] = condition.match(/^(\S+) is (not )?(\S+)$/);
	return (answers[id] || []).includes(value) !== Boolean(not);
}

// The answers to `id` that some condition names.
function namedAnswers(service, id) {
	const found = new Set();
	const look = (condition) => {
		const parts = condition && condition.match(/^(\S+) is (?:not )?(\S+)$/);
		if (parts && parts[1] === id) {
			found.add(parts[2]);
		}
	};
	service.pages.forEach((page) => [page, ...page.questions].forEach((one) => look(one.show_if)));
	return [...found];
}

// What has to be answered so that `one`, a page or question, is asked for.
function force(service, one, forced) {
	const parts = one.show_if && one.show_if.match(/^(\S+) is (not )?(\S+)$/);
	if (parts) {
		const [, id, not, value] = parts;
		const page = service.pages.find((other) => other.questions.some((q) => q.id === id));
		const q = page.questions.find((other) => other.id === id);
		forced[id] = not ? choicesOf(q).find((other) => other !== value) : value;
		force(service, page, forced);
		force(service, q, forced);
	}
	return forced;
}

const choicesOf = (q) => (q.type === 'yes-no' ? ['yes', 'no'] : q.choices.map((one) => one.id));

// What is forced; otherwise what leads to more pages.
function choose(service, q, forced) {
	const all = choicesOf(q);
	if (forced[q.id]) {
		return [forced[q.id]];
	}
	const named = namedAnswers(service, q.id).filter((one) => all.includes(one));
	return q.type === 'several-of' ? all : [named[0] || all[0]];
}

// --- Answers ---

function day(q) {
	const now = Date.now();
	const at = (days) => new Date(now + days * 86400000);
	let found = new Date(Date.UTC(2020, 4, 3));
	if (q.min_days !== undefined) {
		found = at(q.max_days === undefined ? q.min_days + 3 : (q.min_days + q.max_days) / 2);
	} else if (q.max_days !== undefined) {
		found = at(q.max_days - 400);
	} else if (q.min || q.max) {
		found = new Date(q.min || q.max);
	}
	return found;
}

const numbers = {
	'cn-uscc': '91350100M000100Y43', 'cn-resident': '11010519491231002X', 'cn-vin': '1M8GDM9AXKP042788', vin: 'WVWZZZ1JZXW000001',
	iban: 'DE89370400440532013000', lei: '5493001KJTIIGC8Y1R12', plain: 'A1234567',
};

// Fields and values of one question; a name may stand in a group.
function fields(service, q, name, forced) {
	switch (q.type) {
	case 'text':
		return [[name, 'Kestrel 12'.padEnd(q.min || 0, 'A').slice(0, q.max || 200).trim()]];
	case 'long-text':
		return [[name, 'A few words about it.']];
	case 'whole-number':
	case 'decimal':
		return [[name, String(q.min === undefined ? 3 : q.min)]];
	case 'money':
		return [[name, String(q.min || 120)]];
	case 'date': {
		const d = day(q);
		return [[`${name}-day`, d.getUTCDate()], [`${name}-month`, d.getUTCMonth() + 1], [`${name}-year`, d.getUTCFullYear()]];
	}
	case 'email':
		return [[name, 'lin@quill.example']];
	case 'phone':
		return [[name, '+999205550123']];
	case 'identifier':
		return [[name, numbers[q.scheme]]];
	case 'address':
		return [[`${name}-lines`, '12 Ropewalk'], [`${name}-place`, 'Port Linden'], [`${name}-postal-code`, '4100']];
	case 'person-name':
		return [[`${name}-full`, 'Lin Xiaohe']];
	case 'group':
		return q.questions.flatMap((one) => fields(service, one, `${name}.1.${one.id}`, forced));
	default:
		return choose(service, q, forced).map((value) => [name, value]);
	}
}

// The statements that answer one page; `answers` learns what was chosen.
function answer(service, page, answers, forced) {
	const asked = page.questions.filter((one) => holds(one.show_if, answers));
	const empty = asked.filter((one) => one.type === 'group' && (one.min === 0 || one.optional));
	const lines = empty.map((one) => `submit ${quote(`Add: ${one.item.en}`)}`);
	for (const q of asked) {
		if (q.type === 'files') {
			lines.push(`upload ${q.id}=tests/data/uploads/two-pages.pdf;application/pdf`);
			continue;
		}
		for (const [name, value] of fields(service, q, q.id, forced)) {
			lines.push(`${q.type === 'several-of' ? 'check' : 'fill'} ${name}=${quote(String(value))}`);
		}
		if (q.choices || q.type === 'yes-no') {
			answers[q.id] = choose(service, q, forced);
		}
	}
	return lines;
}

// --- Journeys ---

// Through the form with these answers, from "Begin" to the review; `seen` learns which pages were there.
function walk(service, forced, seen) {
	const lines = [`get /apply/${service.id}`, 'submit "Begin"', 'save draft html /(\\/draft\\/[0-9a-z]{13})\\/page/'];
	const answers = {};
	const shown = []; // for the first time
	for (const page of service.pages) {
		if (!holds(page.show_if, answers)) {
			continue;
		}
		if (!seen.has(page.id)) {
			shown.push(page);
			seen.add(page.id);
		}
		lines.push(`expect path $draft/page/${page.id}`, `expect text ${quote(page.title.en)}`,
			...page.questions.filter((one) => holds(one.show_if, answers)).map((one) => `expect text ${quote(one.label.en)}`),
			...answer(service, page, answers, forced), 'submit "Save and continue"', 'expect status 200');
	}
	lines.push('expect path $draft/check', 'language zh-CN');
	for (const page of shown) {
		lines.push(`get $draft/page/${page.id}`, 'expect lang zh-Hans', `expect text ${quote(page.title['zh-Hans'])}`);
	}
	return [...lines, 'language en', 'get $draft/check'];
}

function refuse(service, who) {
	const reason = service.refusal_reasons[0];
	const moves = service.moves || {};
	return ['check declaration="yes"', 'submit "Send the application"', 'expect path match /receipt$/',
		'save number /(PL-[0-9]{4}-[0-9]{6}-[0-9]{2})/', 'save case html /(\\/cases\\/[0-9a-z]{13})\\/receipt/',
		'client official', 'do sign-in who="official"', `get /queue?office=${service.institution} until text "$number"`,
		`follow ${quote(who)}`, 'save desk path',
		'submit "Take the case"', ...moves.acceptance === 'own-act' ? ['submit "Accept the application"'] : [], 'follow "Decide"',
		`fill outcome="refuse" ground="${reason.id}" reason="What was shown to us."`, 'submit "Decide"',
		...['yes', true].includes(moves.second_signature) ? ['client head', 'do sign-in who="head"', 'get $desk', 'submit "Sign second"', 'client official', 'get $desk'] : [],
		'submit "Send the letter now"', 'expect text "The letter has left."',
		'client applicant', 'get $case until text "Refused"', 'follow "Read the decision"',
		`expect text ${quote(reason.text.en)}`];
}

function journey(service) {
	const [account, name] = people[service.audience === 'both' ? 'persons' : service.audience];
	const lines = [`server start --pack ${pack}`, 'client applicant', `do sign-in who="${account}"`,
		`get /services/${service.id}`, 'expect status 200', `expect text ${quote(service.name.en)}`];
	const seen = new Set();
	lines.push(...walk(service, {}, seen));
	for (const page of service.pages) {
		if (!seen.has(page.id)) {
			lines.push(...walk(service, force(service, page, {}), seen));
		}
	}
	const unseen = service.pages.map((page) => page.id).filter((id) => !seen.has(id));
	return { text: `${[...lines, ...refuse(service, name)].join('\n')}\n`, unseen };
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cityhall-services-'));
const wanted = process.argv.slice(2);
const scripts = [];
let failed = 0;
for (const id of fs.readdirSync(path.join(pack, 'services')).filter((one) => wanted.length === 0 || wanted.includes(one))) {
	const made = journey(YAML.parse(fs.readFileSync(path.join(pack, 'services', id, 'service.yaml'), 'utf8')));
	scripts.push(path.join(folder, `${id}.hall`));
	fs.writeFileSync(scripts.at(-1), made.text);
	if (made.unseen.length > 0) {
		console.log(`${id}: no walk comes to the pages ${made.unseen.join(', ')}`);
		failed++;
	}
}
const run = spawnSync(runner, scripts, { cwd: root, encoding: 'utf8', maxBuffer: 64 << 20 });
if (run.error) {
	throw run.error;
}
console.log(run.stdout + run.stderr);
if (process.env.KEEP) {
	console.log(`the journeys are in ${folder}`);
} else {
	fs.rmSync(folder, { recursive: true });
}
process.exit(run.status === 0 && failed === 0 ? 0 : 1);
