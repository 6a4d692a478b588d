#!/usr/bin/env node
'use strict';
// The API as programs meet it: every endpoint, with what it takes and what it refuses; every answer is held against the
// OpenAPI document of the same server. Then a client that is generated from that document does a whole journey.
//   CITYHALL=build/asan/cityhall tests/api/run.js
// One line a test; the last line is "N passed, N failed".
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { execFile, execFileSync } = require('node:child_process');
const { promisify } = require('node:util');
const { Server, until, root } = require('../browser/server.js');
const { Document } = require('./validator.js');

let passed = 0;
let failed = 0;
function report(title, problems) {
	if (problems.length === 0) {
		passed++;
		console.log(`ok    ${title}`);
	} else {
		failed++;
		console.log(`FAIL  ${title}\n${problems.map((one) => `      ${one}`).join('\n')}`);
	}
}
const same = (what, is, wanted) => (JSON.stringify(is) === JSON.stringify(wanted) ? [] : [`${what} is ${JSON.stringify(is)}, not ${JSON.stringify(wanted)}`]);

const program = path.resolve(root, process.env.CITYHALL || 'build/release/cityhall');
function cityhall(server, ...words) {
	return execFileSync(program, [words[0], '--data', server.data, ...words.slice(1)], { cwd: root, encoding: 'utf8', env: { ...process.env, ...server.store } });
}

let operations = 0;
const operation = () => `test-operation-${++operations}`;

// A program with a token. Each call is checked against the document, whatever the test looks at besides.
class Client {
	constructor(document, token, language = 'en') {
		Object.assign(this, { document, token, language });
	}

	async call(method, target, { body, headers = {}, raw } = {}) {
		const sent = { 'Accept-Language': this.language, ...headers };
		if (this.token) {
			sent.Authorization = `Bearer ${this.token}`;
		}
		let bytes = raw;
		if (body !== undefined && !(body instanceof FormData)) {
			bytes = JSON.stringify(body);
		}
		if (bytes !== undefined && !sent['Content-Type']) {
			sent['Content-Type'] = 'application/json';
		}
		const response = await fetch(this.document.base + target, { method, headers: sent, body: body instanceof FormData ? body : bytes, redirect: 'manual' });
		const isJson = /json/.test(response.headers.get('content-type') || '');
		const text = isJson ? await response.text() : '';
		if (!isJson) {
			const all = Buffer.from(await response.arrayBuffer());
			response.bytes = all.length;
		}
		const json = text ? JSON.parse(text) : '';
		const wrong = this.document.problems(method, target, response, json);
		if (wrong.length > 0) {
			report(`the document says it of ${method} ${target.split('?')[0]}`, wrong);
		} else {
			passed++;
		}
		return { status: response.status, json, headers: response.headers, bytes: response.bytes || 0 };
	}

	get(target, more) {
		return this.call('GET', target, more);
	}

	post(target, body, headers = {}) {
		return this.call('POST', target, { body, headers });
	}

	act(target, body, key = operation(), headers = {}) {
		return this.post(target, body, { 'Idempotency-Key': key, ...headers });
	}
}

function tokenOf(server, client, scopes, days = 30) {
	return cityhall(server, 'client', 'token', client, scopes, String(days)).split('\n')[0];
}

const ALL = 'catalogue:read drafts:write cases:read cases:move queue:read mailbox:read hooks';

function file(name, type) {
	const form = new FormData();
	form.append('file', new Blob([fs.readFileSync(path.join(root, 'tests/data/uploads', name))], { type }), name);
	return form;
}

const ANSWERS = {
	'legal-form': 'limited', founded: '2019-05-03', 'representative-name': 'Lin Xiaohe', 'representative-number': '11010519491231002X',
	capital: { minor: 250000000, currency: 'CNY' }, 'capital-shown-by': 'audit', 'workplace-address': '12 Ropewalk, 3rd floor\n4100 Port Linden',
	'floor-area': 240, 'workplace-right': 'rented', landlord: 'Harbour Estates', 'lease-until': '2031-06-30', facilities: ['interviews', 'files'],
	'rules-cover': ['contracts', 'pay', 'insurance', 'hours', 'leave', 'discipline', 'disputes'], workers: 40, 'has-branch': true,
	'branch-kind': 'province', 'branch-place': 'Vessel Bay', 'contact-name': 'Hai An', 'contact-phone': '+8613800138000', 'contact-email': 'hai@kestrel.example',
};
const FILES = { 'capital-file': ['two-pages.pdf', 'application/pdf'], 'workplace-file': ['photo-gps.jpg', 'image/jpeg'],
	'rules-file': ['opaque.png', 'image/png'], 'agreement-file': ['two-pages.pdf', 'application/pdf'] };

// The answers in the forms that the service asks for: what is whole here may be a decimal there.
async function answersOf(client) {
	const { json } = await client.get('/services/labour-dispatch-permit');
	const types = Object.fromEntries(json.pages.flatMap((page) => page.questions.map((q) => [q.id, q])));
	return Object.fromEntries(Object.entries(ANSWERS).filter(([id]) => types[id]).map(([id, one]) => {
		const q = types[id];
		if (q.type === 'money') {
			return [id, { ...one, currency: q.currency }];
		}
		if (q.type === 'name') {
			return [id, { [q.parts[0]]: one }];
		}
		if (q.type === 'address') {
			return [id, { street: '12 Ropewalk, 3rd floor', town: 'Port Linden', code: '4100' }];
		}
		return [id, q.type === 'decimal' ? String(one) : one];
	}));
}

// --- The document and the catalogue ---

async function catalogue(document) {
	report('the document is OpenAPI 3.1', document.whole.valid ? [] : [JSON.stringify(document.whole.errors).slice(0, 2000)]);
	const nobody = new Client(document, '');
	const zh = new Client(document, '', 'zh-CN');
	const first = await nobody.get('/services?limit=3');
	const second = await nobody.get(`/services?limit=3&after=${first.json.next}`);
	report('services come page by page', same('ids', new Set([...first.json.items, ...second.json.items].map((one) => one.id)).size, 6));
	const all = [];
	for (let next = ''; next !== null;) {
		const page = await nobody.get(`/services?limit=5${next && `&after=${next}`}`);
		all.push(...page.json.items.map((one) => one.id));
		next = page.json.next;
	}
	report('the last page says so, and none is missing', same('services', all.length, (await nobody.get('/services?limit=100')).json.items.length));
	for (const id of all) {
		const one = await nobody.get(`/services/${id}`);
		report(`service ${id} with its form`, [...same('status', one.status, 200), ...(one.json.pages.length > 0 ? [] : ['no pages'])]);
	}
	const there = (await nobody.get('/services/labour-dispatch-permit')).json;
	const here = (await zh.get('/services/labour-dispatch-permit')).json;
	report('texts are in the language asked for', there.name !== here.name && /[一-鿿]/.test(here.name) ? [] : ['not in Chinese']);
	for (const filter of ['audience=persons', 'institution=civil-registry', 'life_event=child']) {
		const some = (await nobody.get(`/services?${filter}`)).json.items.length;
		report(`services by ${filter}`, some > 0 && some < all.length ? [] : [`${some} services`]);
	}
	const found = await nobody.get('/search?q=dispach%20permit');
	report('search forgives a wrong letter', same('the first', found.json.items[0]?.id, 'labour-dispatch-permit'));
	for (const target of ['/institutions', '/life-events', '/bundles']) {
		report(`list ${target}`, (await nobody.get(target)).json.items.length > 0 ? [] : ['nothing']);
	}
	const bundle = await nobody.get('/bundles/opening-a-restaurant');
	report('a bundle is one form of several services', bundle.json.members?.length === 3 ? [] : ['not three']);
	report('an institution', same('status', (await nobody.get('/institutions/civil-registry')).status, 200));
	for (const target of ['/services/none', '/institutions/none', '/bundles/none', '/nothing', '/services/x/y']) {
		report(`nothing at ${target}`, same('status', (await nobody.get(target)).status, 404));
	}
	for (const after of ['00', 'zz', '6eb222d907eba7c662', `${first.json.next.slice(0, -2)}00`, 'a'.repeat(1000)]) {
		const refused = await nobody.get(`/services?after=${after}`);
		report(`a cursor that is none (${after.slice(0, 8)}) is refused`, [...same('status', refused.status, 422), ...same('parameter', refused.json.errors[0].parameter, 'after')]);
	}
	for (const query of ['limit=0', 'limit=101', 'limit=x', 'color=red', 'limit=2&limit=3', 'audience=dogs']) {
		report(`?${query} is refused with words`, same('status', (await nobody.get(`/services?${query}`)).status, 422));
	}
	report('a method that is none', same('status', (await nobody.call('DELETE', '/services')).status, 405));
}

// --- Who may ---

async function tokens(document, server, office) {
	const nobody = new Client(document, '');
	report('no token', same('status', (await nobody.get('/me')).status, 401));
	for (const wrong of ['x', 'cht_', `cht_${'0'.repeat(27)}_${'A'.repeat(43)}`, `${tokenOf(server, office, ALL).slice(0, -1)}!`, '💥'.length ? 'Zm9v' : '']) {
		const refused = await new Client(document, wrong).get('/me');
		report(`a token that is none: ${wrong.slice(0, 12)}`, [...same('status', refused.status, 401), ...(/Bearer/.test(refused.headers.get('www-authenticate')) ? [] : ['no WWW-Authenticate'])]);
	}
	const basic = await nobody.get('/me', { headers: { Authorization: 'Basic Zm9vOmJhcg==' } });
	report('another scheme than Bearer', same('status', basic.status, 401));
	const cookie = await nobody.get('/me', { headers: { Cookie: 'who=1qryfd36tardm; sid=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' } });
	report('cookies count for nothing', same('status', cookie.status, 401));
	const reader = new Client(document, tokenOf(server, office, 'catalogue:read'));
	const me = await reader.get('/me');
	report('who it is', [...same('scopes', me.json.scopes, ['catalogue:read']), ...same('name', me.json.name, 'Case robot'), ...same('role', me.json.roles[0].institution, 'work-and-social-security')]);
	for (const target of ['/queue', '/cases', '/drafts', '/cases/0000000000001']) {
		const refused = await reader.get(target);
		report(`a token without the scope of ${target}`, [...same('status', refused.status, 403), ...same('code', refused.json.code, 'forbidden')]);
	}
	const withoutCatalogue = new Client(document, tokenOf(server, office, 'queue:read'));
	report('a token counts by its scopes even where none is needed', same('status', (await withoutCatalogue.get('/services')).status, 403));
	const ended = tokenOf(server, office, ALL);
	cityhall(server, 'client', 'revoke', office, ended.slice(17, 30)); // its id stands in it

	report('a token that was revoked', same('status', (await new Client(document, ended).get('/me')).status, 401));
	const language = await new Client(document, 'x', 'zh-CN').get('/me');
	report('problems are in the language asked for', /[一-鿿]/.test(language.json.title) ? [] : [language.json.title]);
}

// --- What cannot be read ---

async function garbage(document, firm) {
	const act = (raw, headers = {}) => firm.call('POST', '/drafts', { raw, headers: { 'Idempotency-Key': operation(), ...headers } });
	const cases = {
		'no JSON': ['hello', 400],
		'JSON that is cut off': ['{"service": "x"', 400],
		'two values': ['{} {}', 400],
		'a key twice': ['{"service": "a", "service": "b"}', 400],
		'no object': ['[1, 2]', 400],
		'text alone': ['"x"', 400],
		'a lone surrogate': ['{"service": "\\ud800"}', 400],
		'a NUL': ['{"service": "\\u0000"}', 400],
		'deep nesting': [`${'['.repeat(5000)}${']'.repeat(5000)}`, 400],
		'deep nesting in a place': [`{"service": ${'{"a":'.repeat(200)}1${'}'.repeat(200)}}`, 400],
		'many values': [`{"service": [${'1,'.repeat(50000)}1]}`, 413],
		'10 MB': [JSON.stringify({ service: 'x'.repeat(10 << 20) }), 413],
		'a name that nobody knows': ['{"service": "labour-dispatch-permit", "colour": "red"}', 422, '/colour'],
		'a name with a slash': ['{"service": "labour-dispatch-permit", "a/b~c": 1}', 422, '/a~1b~0c'],
		'another type': ['{"service": 7}', 422, '/service'],
		'nothing at all': ['{}', 422, '/service'],
		'null': ['{"service": null}', 422, '/service'],
		'a service that is none': ['{"service": "none"}', 422, '/service'],
		'a party of somebody else': ['{"service": "labour-dispatch-permit", "party": "0000000000001"}', 422, '/party'],
		'an id that is none': ['{"service": "labour-dispatch-permit", "party": "firm"}', 422, '/party'],
		'control characters': ['{"service": "a\\u0007b"}', 422, '/service'],
	};
	for (const [title, [raw, status, pointer]] of Object.entries(cases)) {
		const refused = await act(raw);
		report(`refused: ${title}`, [...same('status', refused.status, status), ...(pointer ? same('pointer', refused.json.errors?.[0].pointer, pointer) : [])]);
	}
	report('refused: bytes that are no UTF-8', same('status', (await act(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))).status, 400));
	report('refused: a form', same('status', (await act('service=x', { 'Content-Type': 'application/x-www-form-urlencoded' })).status, 415));
	const withoutKey = await firm.post('/drafts', { service: 'labour-dispatch-permit' });
	report('refused: nothing that says which operation it is', same('status', withoutKey.status, 400));
	report('refused: a body where none belongs', same('status', (await firm.post('/drafts/0000000000001/discard', { x: 1 })).status, 422));
}

// --- An application, step by step ---

async function applications(document, server, firm, office) {
	const key = operation();
	const begun = await firm.act('/drafts', { service: 'labour-dispatch-permit' }, key);
	const again = await firm.act('/drafts', { service: 'labour-dispatch-permit' }, key);
	report('begun once, however often it is sent', [...same('status', begun.status, 201), ...same('id', again.json.id, begun.json.id)]);
	const other = await firm.act('/drafts', { service: 'business-registration-certificate' }, key);
	report('the same key with other content', same('status', other.status, 409));
	const at = `/drafts/${begun.json.id}`;
	const good = await answersOf(firm);
	const wrong = await firm.post(`${at}/answers`, { answers: { 'legal-form': 'limited', 'contact-email': 'nobody', workers: -1, founded: '3 May', nothing: 1, 'has-branch': 'yes' } });
	report('each answer that is wrong is named', [...same('status', wrong.status, 422),
		...same('pointers', wrong.json.errors.map((one) => one.pointer).sort(), ['/answers/founded', '/answers/has-branch', '/answers/nothing'])]);
	const sentences = await firm.post(`${at}/answers`, { answers: { 'contact-email': 'nobody', workers: -1 } });
	report('with the sentences of the pages', sentences.json.errors.map((one) => one.detail.length > 10 ? '' : one.pointer).filter(Boolean));
	report('and nothing was kept', same('answers', (await firm.get(at)).json.answers, { 'hand-over': 'download' }));
	const hidden = await firm.post(`${at}/answers`, { answers: { 'branch-place': 'Vessel Bay' } });
	report('what is not asked is refused', same('pointer', hidden.json.errors[0].pointer, '/answers/branch-place'));
	const saved = await firm.post(`${at}/answers`, { answers: good });
	report('all answers at once, those too that others make be asked', same('status', saved.status, 200));
	report('answers come back as they were sent', Object.keys(good).flatMap((id) => same(id, saved.json.answers[id], good[id])));
	const stale = await firm.post(`${at}/answers`, { answers: { workers: 41 } }, { 'If-Match': begun.headers.get('etag') });
	report('changed since it was read', same('status', stale.status, 412));
	const fresh = await firm.post(`${at}/answers`, { answers: { workers: 41 } }, { 'If-Match': saved.headers.get('etag') });
	report('not changed since it was read', [...same('status', fresh.status, 200), ...same('workers', fresh.json.answers.workers, 41)]);
	const taken = await firm.post(`${at}/answers`, { answers: { workers: null } });
	report('null takes an answer away, where it may', taken.status === 422 || taken.json.answers.workers === undefined ? [] : ['it stays']);
	await firm.post(`${at}/answers`, { answers: { workers: 40 } });
	const early = await firm.act(`${at}/submit`, { declaration: true });
	report('not sent before it is whole', [...same('status', early.status, 422), ...(early.json.errors.some((one) => one.pointer === '/answers/capital-file') ? [] : ['no word of a file'])]);
	for (const [question, [name, type]] of Object.entries(FILES).slice(0, 3)) {
		const added = await firm.call('POST', `${at}/files/${question}`, { body: file(name, type) });
		report(`a file for ${question}`, [...same('status', added.status, 201), ...same('files', added.json.items?.length, 1)]);
	}
	await pieces(firm, at);
	const bad = new FormData();
	bad.append('file', new Blob(['MZ hello']), 'virus.exe');
	report('a file of no kind that we know', same('pointer', (await firm.call('POST', `${at}/files/agreement-file`, { body: bad })).json.errors?.[0].pointer, '/answers/agreement-file'));
	report('a file for no question', same('status', (await firm.call('POST', `${at}/files/workers`, { body: bad })).status, 404));
	const draft = (await firm.get(at)).json;
	const picture = await firm.get(`${at}/files/${draft.files[0].id}/pages/0`);
	report('a page of it as a picture', [...same('status', picture.status, 200), ...(picture.bytes > 1000 ? [] : ['hardly a picture'])]);
	report('a page that is not there', same('status', (await firm.get(`${at}/files/${draft.files[0].id}/pages/99`)).status, 404));
	const gone = draft.files.find((one) => one.question === 'rules-file').id;
	report('a file taken away', same('status', (await firm.post(`${at}/files/${gone}/remove`)).status, 204));
	report('and once more', same('status', (await firm.post(`${at}/files/${gone}/remove`)).status, 404));
	await firm.call('POST', `${at}/files/rules-file`, { body: file('opaque.png', 'image/png') });
	const check = await firm.get(`${at}/check`);
	report('it can be sent', [...same('complete', check.json.is_complete, true), ...same('open', check.json.open, [])]);
	report('offers', same('status', (await firm.get(`${at}/offers`)).status, 200));
	const undeclared = await firm.act(`${at}/submit`, {});
	report('not sent without the declaration', same('pointer', undeclared.json.errors?.[0].pointer, '/declaration'));
	const stranger = new Client(document, tokenOf(server, office, ALL));
	for (const target of [at, `${at}/check`, `${at}/offers`]) {
		report(`nobody else's: ${target.replace(begun.json.id, '...')}`, same('status', (await stranger.get(target)).status, 404));
	}
	report('nor sent by others', same('status', (await stranger.act(`${at}/submit`, { declaration: true })).status, 404));
	const send = operation();
	const sent = await firm.act(`${at}/submit`, { declaration: true }, send);
	const resent = await firm.act(`${at}/submit`, { declaration: true }, send);
	report('sent once', [...same('status', sent.status, 201), ...same('again', resent.json, sent.json), ...same('id', sent.json.case, begun.json.id)]);
	report('what was sent is not written any more', same('status', (await firm.post(`${at}/answers`, { answers: { workers: 1 } })).status, 410));
	const next = await firm.act('/drafts', { service: 'labour-dispatch-permit' });
	const offers = await firm.get(`/drafts/${next.json.id}/offers`);
	report('what was told is offered', offers.json.items?.length > 0 ? [] : ['nothing']);
	const lines = (await firm.get('/drafts')).json.items.map((one) => one.id);
	report('open applications', lines.includes(next.json.id) && !lines.includes(begun.json.id) ? [] : [lines.join()]);
	report('thrown away', same('status', (await firm.post(`/drafts/${next.json.id}/discard`)).status, 204));
	report('and gone', same('status', (await firm.get(`/drafts/${next.json.id}`)).status, 404));
	return sent.json;
}

async function pieces(firm, at) {
	const bytes = fs.readFileSync(path.join(root, 'tests/data/uploads/two-pages.pdf'));
	const key = require('node:crypto').createHash('sha256').update(bytes).digest('hex');
	const where = (more = '') => `${at}/pieces/agreement-file?key=${key}&total=${bytes.length}${more}`;
	const send = (from, to) => firm.call('POST', where(`&offset=${from}`), { raw: bytes.subarray(from, to), headers: { 'Content-Type': 'application/octet-stream' } });
	const cut = 128;
	report('nothing of it is there', same('offset', (await firm.get(where())).json.offset, 0));
	report('the first piece', same('offset', (await send(0, cut)).json.offset, cut));
	report('the same again belongs elsewhere', same('status', (await send(0, cut)).status, 409));
	const early = await firm.post(`${at}/pieces/agreement-file/whole`, { key, total: bytes.length, name: 'agreement.pdf' });
	report('not whole yet', same('status', early.status, 422));
	report('where to go on', same('offset', (await firm.get(where())).json.offset, cut));
	report('the rest', same('offset', (await send(cut, bytes.length)).json.offset, bytes.length));
	const whole = await firm.post(`${at}/pieces/agreement-file/whole`, { key, total: bytes.length, name: 'agreement.pdf' });
	report('the whole is a file of its question', [...same('status', whole.status, 201), ...same('name', whole.json.items?.[0].name, 'agreement.pdf')]);
}

// --- The case, from both sides ---

async function cases(document, server, firm, office, sent) {
	const desk = new Client(document, tokenOf(server, office, ALL));
	const id = sent.case;
	const at = `/cases/${id}`;
	const own = await firm.get(at);
	report('the applicant reads the case', [...same('state', own.json.state, 'received'), ...same('number', own.json.number, sent.number)]);
	report('what is left, and for whom it waits', [...(own.json.days_left > 0 ? [] : ['no days']), ...same('hours', own.json.hours_left, null), ...same('ended', own.json.clock_ended, false), ...same('waits', own.json.waits_for, 'office')]);
	await until('the queue', async () => (await desk.get('/queue?tab=nobody')).json.items.some((one) => one.id === id));
	report('it is in the queue of its office', []);
	report('a queue of another office', same('status', (await desk.get('/queue?institution=civil-registry')).status, 403));
	report('a queue for who is no official', same('status', (await firm.get('/queue')).status, 403));
	const blind = new Client(document, tokenOf(server, office, 'queue:read cases:read'));
	report('no move without its scope', same('status', (await blind.act(`${at}/moves/take`, {})).status, 403));
	report('not with the applicant\'s rights', same('status', (await firm.act(`${at}/moves/take`, {})).status, 404));
	report('no move of that name', same('status', (await desk.act(`${at}/moves/explode`, {})).status, 404));
	report('no case of that id', same('status', (await desk.act('/cases/0000000000001/moves/take', {})).status, 404));
	const seen = await desk.get(at);
	report('steps are the office\'s', [...same('applicant\'s', own.json.steps, []), ...same('desk\'s', seen.json.steps.map((one) => [one.step, one.limit, one.unit, one.is_past]), [['acceptance', 2, 'working-days', false]])]);
	report('the desk reads it', same('applicant', seen.json.applicant, own.json.applicant));
	report('and who looked is shown to the applicant', (await firm.get(at)).json.looks.some((one) => one.name === 'Case robot') ? [] : ['not there']);
	const early = await desk.act(`${at}/moves/decide`, { outcome: 'grant', reason: 'Good.' });
	report('not decided before it is taken', same('status', early.status, 409));
	const key = operation();
	const take = await desk.act(`${at}/moves/take`, {}, key, { 'If-Match': seen.headers.get('etag') });
	const retake = await desk.act(`${at}/moves/take`, {}, key, { 'If-Match': seen.headers.get('etag') });
	report('taken, and the same answer when it is sent again', [...same('status', take.status, 200), ...same('again', [retake.status, retake.json], [200, take.json])]);
	const stale = await desk.act(`${at}/moves/ask`, { question: ['contact-email'], reason: 'x' }, operation(), { 'If-Match': '"0"' });
	report('changed since it was read', same('status', stale.status, 412));
	const moves = (await desk.get(`${at}/moves`)).json.items.map((one) => one.name);
	report('what can be done now', ['ask', 'decide'].flatMap((one) => (moves.includes(one) ? [] : [`no ${one} in ${moves}`])));
	const empty = await desk.act(`${at}/moves/ask`, {});
	report('what a move misses is named', [...same('status', empty.status, 422), ...same('pointers', empty.json.errors.map((one) => one.pointer).sort(), ['/question', '/reason'])]);
	const unknown = await desk.act(`${at}/moves/ask`, { reason: 'x', colour: 'red' });
	report('what a move does not know is refused', same('pointer', unknown.json.errors?.[0].pointer, '/colour'));
	const other = cityhall(server, 'client', 'add', 'Second robot', 'institution', 'work-and-social-security').trim();
	const late = await new Client(document, tokenOf(server, other, ALL)).act(`${at}/moves/take`, {});
	report('a colleague is told who has it', [...same('status', late.status, 409), ...(/Case robot/.test(late.json.detail) ? [] : [late.json.detail])]);
	const ask = await desk.act(`${at}/moves/ask`, { question: ['contact-email', 'workers'], reason: 'We cannot reach you.' });
	report('asked', same('status', ask.status, 200));
	const asked = await firm.get(at);
	report('the applicant is asked', [...same('state', asked.json.state, 'asked'), ...same('questions', asked.json.correction?.questions.sort(), ['contact-email', 'workers'])]);
	const part = await firm.act(`${at}/correction`, { answers: { workers: 42 } });
	report('all that is asked is to be answered', [...same('status', part.status, 422), ...same('pointer', part.json.errors?.[0].pointer, '/answers/contact-email')]);
	const answered = await firm.act(`${at}/correction`, { answers: { workers: 42, 'contact-email': 'lin@kestrel.example' } });
	report('answered', same('status', answered.status, 200));
	const twice = await firm.act(`${at}/correction`, { answers: { workers: 43, 'contact-email': 'lin@kestrel.example' } });
	report('nothing waits for an answer any more', same('status', twice.status, 409));
	const refuse = await desk.act(`${at}/moves/decide`, { outcome: 'refuse', reason: 'No.' });
	report('a refusal has a ground', same('pointer', refuse.json.errors?.[0].pointer, '/ground'));
	const decide = await desk.act(`${at}/moves/decide`, { outcome: 'grant', reason: 'All is as it should be.' });
	report('decided', same('status', decide.status, 200));
	const hidden = (await firm.get(at)).json;
	report('not told before the letter leaves', [...same('decision', hidden.decision, null), ...same('state', hidden.state, 'in-work')]);
	report('no letter yet', same('status', (await firm.get(`${at}/letter`)).status, 404));
	report('the letter leaves', same('status', (await desk.act(`${at}/moves/send`, {})).status, 200));
	const told = (await firm.get(at)).json;
	report('told', [...same('outcome', told.outcome, 'granted'), ...same('reason', told.decision?.reason, 'All is as it should be.')]);
	report('a clock that has ended has nothing left', [...same('days', told.days_left, null), ...same('ended', told.clock_ended, true), ...same('waits', told.waits_for, null)]);
	for (const what of ['letter', 'receipt']) {
		const pdf = await firm.get(`${at}/${what}`);
		report(`the ${what}`, [...same('status', pdf.status, 200), ...(pdf.bytes > 1000 ? [] : ['hardly a document'])]);
	}
	const paper = told.files[0];
	report('a paper of the case', same('status', (await desk.get(`${at}/files/${paper.id}/pages/0`)).status, 200));
	report('too late to decide', same('status', (await desk.act(`${at}/moves/decide`, { outcome: 'grant', reason: 'Again.' })).status, 409));
	const box = await firm.get('/mailbox?limit=2');
	const decided = (await firm.get('/mailbox')).json.items.find((one) => one.kind === 'decided' && one.case === id);
	report('the mailbox, page by page', [...same('rows', box.json.items.length, 2), ...(box.json.next ? [] : ['no next page'])]);
	const message = await firm.get(`/mailbox/${decided?.id}`);
	report('the message of the decision', [...same('status', message.status, 200), ...(message.json.text?.length > 10 ? [] : ['no text'])]);
	report('nobody else\'s mailbox', same('status', (await desk.get(`/mailbox/${decided?.id}`)).status, 404));
	const lines = await firm.get('/cases?limit=1');
	report('own cases', lines.json.items.some((one) => one.id === id) ? [] : ['not there']);
	const nobody = new Client(document, '');
	report('a receipt that is none', same('status', (await nobody.get('/track?code=00112233445566778899aabbccddeeff')).status, 404));
	report('a number alone opens nothing', same('status', (await nobody.get(`/track?number=${sent.number}`)).status, 422));
	const stranger = cityhall(server, 'client', 'add', 'Registry robot', 'institution', 'civil-registry').trim();
	const far = new Client(document, tokenOf(server, stranger, ALL));
	for (const target of [at, `${at}/moves`, `${at}/letter`, `${at}/receipt`, `${at}/files/${paper.id}/pages/0`]) {
		report(`not for another office: ${target.replace(id, '...').replace(paper.id, '...')}`, same('status', (await far.get(target)).status, 404));
	}
	report('nor moved by it', same('status', (await far.act(`${at}/moves/recall`, { reason: 'x' })).status, 404));
}

// Every move of the table has an endpoint of its own; those that the journey did not need are refused in words here.
async function everyMove(document, server, firm, office, sent) {
	const desk = new Client(document, tokenOf(server, office, ALL));
	const moves = Object.keys(document.json.paths).map((one) => one.match(/^\/cases\/\{case\}\/moves\/(.+)$/)?.[1]).filter(Boolean);
	for (const move of moves) {
		const answers = [];
		for (const client of [firm, desk]) {
			const { json } = await client.get(`/cases/${sent.case}/moves`);
			const isOffered = json.items.some((one) => one.name === move);
			answers.push(isOffered ? 'offered' : (await client.act(`/cases/${sent.case}/moves/${move}`, {})).status);
		}
		report(`${move} of a closed case: refused unless it is offered, or stands so already`, answers.filter((one) => ![200, 403, 404, 409, 'offered'].includes(one)).map(String));
		if (answers.every((one) => one === 'offered' || one === 404)) { // to somebody: asked for with nothing in it
			const { status } = await firm.act(`/cases/0000000000001/moves/${move}`, {});
			report(`${move} of no case`, same('status', status, 404));
		}
	}
}

// Another office is asked: it sees the question and the answers chosen for it, gives its opinion once, and nothing else.
async function opinions(document, server, firm, office) {
	const desk = new Client(document, tokenOf(server, office, ALL));
	const registry = cityhall(server, 'client', 'add', 'Asked robot', 'institution', 'civil-registry').trim();
	const far = new Client(document, tokenOf(server, registry, ALL));
	const id = await sendOne(firm);
	const at = `/cases/${id}`;
	await until('the queue', async () => (await desk.get('/queue?tab=nobody')).json.items.some((one) => one.id === id));
	await desk.act(`${at}/moves/take`, {});
	const { fields } = (await desk.get(`${at}/moves`)).json.items.find((one) => one.name === 'opinion');
	report('whom to ask is a choice', fields[0].choices.some((one) => one.id === 'civil-registry') ? [] : [JSON.stringify(fields[0])]);
	report('not asked yet: nothing there', same('status', (await far.get(`${at}/opinion`)).status, 404));
	const nobody = await desk.act(`${at}/moves/opinion`, { office: 'nowhere', reason: 'Is it so?' });
	report('an office that is none', same('pointer', nobody.json.errors?.[0].pointer, '/office'));
	const asked = await desk.act(`${at}/moves/opinion`, { office: 'civil-registry', reason: 'Is this address known?', question: ['workplace-address', 'capital-file'] });
	report('asked', same('status', asked.status, 200));
	await until('the other office', async () => (await far.get(`${at}/moves`)).status === 200);
	const row = (await far.get('/queue')).json.items.find((one) => one.id === id);
	report('a row without a name', [...same('applicant', row.applicant, ''), ...same('waits', row.waits_for, 'opinion')]);
	report('what it can do is to give it', same('moves', (await far.get(`${at}/moves`)).json.items.map((one) => one.name), ['give-opinion']));
	const open = (await far.get(`${at}/opinion`)).json;
	report('it reads the question and what was chosen', [...same('question', open.question, 'Is this address known?'), ...same('by', open.asked_by, 'Case robot'),
		...same('open', open.is_open, true), ...same('answers', Object.keys(open.answers), ['workplace-address'])]);
	report('and the case not', same('status', [(await far.get(at)).status, (await far.get(`${at}/receipt`)).status, (await far.get(`${at}/letter`)).status], [404, 404, 404]));
	report('nor moves it otherwise', same('status', (await far.act(`${at}/moves/take`, {})).status, 404));
	report('that it looked is shown to the applicant', (await firm.get(at)).json.looks.some((one) => one.name === 'Asked robot') ? [] : ['not there']);
	report('not decided meanwhile', same('status', (await desk.act(`${at}/moves/decide`, { outcome: 'grant', reason: 'Good.' })).status, 409));
	const empty = await far.act(`${at}/moves/give-opinion`, {});
	report('what it misses is named', same('pointers', empty.json.errors?.map((one) => one.pointer).sort(), ['/opinion', '/reason']));
	const odd = await far.act(`${at}/moves/give-opinion`, { opinion: 'perhaps', reason: 'x' });
	report('an opinion that is none', same('pointer', odd.json.errors?.[0].pointer, '/opinion'));
	report('who asks does not give it', same('status', (await desk.act(`${at}/moves/give-opinion`, { opinion: 'for', reason: 'x' })).status, 409));
	const stale = await far.act(`${at}/moves/give-opinion`, { opinion: 'for', reason: 'x' }, operation(), { 'If-Match': '"0"' });
	report('changed since it was read', same('status', stale.status, 412));
	const key = operation();
	const given = await far.act(`${at}/moves/give-opinion`, { opinion: 'conditions', reason: 'With a second exit.' }, key);
	const again = await far.act(`${at}/moves/give-opinion`, { opinion: 'conditions', reason: 'With a second exit.' }, key);
	report('given, and the same answer when it is sent again', [...same('status', given.status, 200), ...same('again', [again.status, again.json], [200, given.json])]);
	const other = await far.act(`${at}/moves/give-opinion`, { opinion: 'against', reason: 'No.' });
	report('once', same('status', [403, 409].includes(other.status), true));
	const closed = (await far.get(`${at}/opinion`)).json;
	report('afterwards it reads its own words alone', [...same('opinion', closed.opinion, 'conditions'), ...same('reason', closed.reason, 'With a second exit.'),
		...same('open', closed.is_open, false), ...same('answers', closed.answers, {})]);
	const seen = JSON.stringify((await desk.get(at)).json.story);
	report('who asked reads it', seen.includes('With a second exit.') ? [] : [seen.slice(-400)]);
	report('and goes on', same('status', (await desk.act(`${at}/moves/decide`, { outcome: 'grant', reason: 'Good.' })).status, 200));
	report('the letter leaves', same('status', (await desk.act(`${at}/moves/send`, {})).status, 200));
	await granted(document, firm, desk, far, id, at);
}

// What was promised is brought, and something is added: with a file, which is multipart and no JSON.
async function papers() {
	const server = await Server.start('tests/data/packs/moves');
	const office = cityhall(server, 'client', 'add', 'Town robot', 'institution', 'town-office').trim();
	const kestrel = cityhall(server, 'client', 'add', 'Kestrel books', 'firm-of', 'firm@demo.example').trim();
	const document = await Document.of(server.url);
	const desk = new Client(document, tokenOf(server, office, ALL));
	const firm = new Client(document, tokenOf(server, kestrel, ALL));
	const { json } = await firm.act('/drafts', { service: 'stand' });
	await firm.post(`/drafts/${json.id}/answers`, { answers: { goods: 'Lanterns', width: 3, pledge: true } });
	await firm.call('POST', `/drafts/${json.id}/files/plan-file`, { body: file('two-pages.pdf', 'application/pdf') });
	const id = (await firm.act(`/drafts/${json.id}/submit`, { declaration: true })).json.case;
	const at = `/cases/${id}`;
	await until('the queue', async () => (await desk.get('/queue?tab=nobody')).json.items.some((one) => one.id === id));
	await desk.act(`${at}/moves/take`, {});
	report('accepted, and the plan is to follow', same('status', (await desk.act(`${at}/moves/accept-gap`, { paper: ['plan'] })).status, 200));
	const form = (fields, name, type) => {
		const body = new FormData();
		Object.entries(fields).forEach(([key, value]) => body.append(key, value));
		if (name) {
			body.append('papers', new Blob([fs.readFileSync(path.join(root, 'tests/data/uploads', name))], { type }), name);
		}
		return body;
	};
	const send = (move, body, key = operation(), client = firm) => client.call('POST', `${at}/moves/${move}`, { body, headers: { 'Idempotency-Key': key } });
	const names = async () => (await desk.get(at)).json.files.map((one) => one.name);
	const offered = (await firm.get(`${at}/moves`)).json.items.find((one) => one.name === 'bring');
	const paper = offered?.fields.find((one) => one.name === 'paper')?.choices[0]?.id;
	report('what can be brought is a choice', paper ? [] : [JSON.stringify(offered)]);
	report('nothing is brought without a file', same('pointer', (await send('bring', form({ paper }))).json.errors?.[0].pointer, '/papers'));
	report('nor what is no picture and no PDF', same('status', (await send('bring', form({ paper }, 'page.html.png', 'image/png'))).status, 422));
	report('nor by the office', same('status', (await send('bring', form({ paper }, 'opaque.png', 'image/png'), operation(), desk)).status, 404));
	const key = operation();
	const brought = await send('bring', form({ paper }, 'opaque.png', 'image/png'), key);
	const again = await send('bring', form({ paper }, 'opaque.png', 'image/png'), key);
	report('brought, and the same answer when it is sent again', [...same('status', brought.status, 200), ...same('again', [again.status, again.json], [200, brought.json])]);
	report('the office has it, once', same('files', (await names()).filter((one) => one === 'opaque.png').length, 1));
	report('and nothing waits for it any more', same('status', (await send('bring', form({ paper }, 'opaque.png', 'image/png'))).status, 409));
	report('nothing is added without a word or a paper', same('pointer', (await send('add', form({}))).json.errors?.[0].pointer, '/reason'));
	report('a picture is added, with a word', same('status', (await send('add', form({ reason: 'How it looks.' }, 'photo-gps.jpg', 'image/jpeg'))).status, 200));
	report('a word alone, as JSON', same('status', (await firm.act(`${at}/moves/add`, { reason: 'It is red.' })).status, 200));
	const seen = (await desk.get(at)).json;
	const words = JSON.stringify(seen.story);
	report('the office reads both', [...(seen.files.some((one) => one.name === 'photo-gps.jpg') ? [] : ['no picture']), ...(words.includes('How it looks.') && words.includes('It is red.') ? [] : [words])]);
	report('the server ends well', same('exit', await server.stop(), 0));
}

// What a page does without a form of an act: the document, and a new receipt.
async function granted(document, firm, desk, far, id, at) {
	await until('the document', async () => (await firm.get(`${at}/document`)).status === 200);
	report('nobody else\'s document', same('status', [(await far.get(`${at}/document`)).status, (await far.act(`${at}/document/take`)).status], [404, 404]));
	const key = operation();
	const taken = await firm.act(`${at}/document/take`, undefined, key);
	report('downloaded is handed over', [...same('status', taken.status, 200), ...same('again', (await firm.act(`${at}/document/take`, undefined, key)).json, taken.json)]);
	report('once, from anywhere', same('status', (await firm.act(`${at}/document/take`)).status, 200));
	const story = (await firm.get(at)).json.story.filter((one) => /handed over/.test(one.title)).length;
	report('and said once', same('times', story, 1));
	report('the desk reads it too', same('status', (await desk.get(`${at}/document`)).status, 200));
	const renewed = await firm.act(`${at}/receipt/renew`);
	report('a new receipt', [...same('status', renewed.status, 200), ...same('move', renewed.json.move, 'receipt-renewed')]);
	report('by the desk too', same('status', (await desk.act(`${at}/receipt/renew`)).status, 200));
	report('not by others', same('status', (await far.act(`${at}/receipt/renew`)).status, 404));
}

async function endings(document, server, office) {
	const token = tokenOf(server, office, ALL, 2);
	const client = new Client(document, token);
	report('a token is valid until its day', same('status', (await client.get('/me')).status, 200));
	await server.clock('+3d');
	report('and not after it', same('status', (await client.get('/me')).status, 401));
	const lasting = new Client(document, tokenOf(server, office, ALL));
	cityhall(server, 'client', 'end', office);
	report('nor when its client was ended', same('status', (await lasting.get('/me')).status, 401));
}

// --- Web hooks ---

// A receiver that answers what it is told to, and keeps what it got.
async function receiver() {
	const got = [];
	const self = { got, status: 200, silent: false };
	const http = require('node:http').createServer((request, response) => {
		let body = '';
		request.on('data', (piece) => { body += piece; });
		request.on('end', () => {
			got.push({ headers: request.headers, body });
			if (!self.silent) {
				response.writeHead(self.status);
				response.end();
			}
		});
	});
	await new Promise((resolve) => http.listen(0, '127.0.0.1', resolve));
	self.url = `http://127.0.0.1:${http.address().port}/news`;
	self.stop = () => { http.closeAllConnections(); http.close(); };
	return self;
}

function isSigned(one, secret) {
	const parts = one.headers['cityhall-signature'].split(',').map((part) => part.split('='));
	const t = parts.find(([key]) => key === 't')[1];
	const mac = require('node:crypto').createHmac('sha256', secret).update(`${t}.${one.body}`).digest('hex');
	return parts.some(([key, value]) => key === 'v1' && value === mac);
}

async function sendOne(firm) {
	const { json } = await firm.act('/drafts', { service: 'labour-dispatch-permit' });
	await firm.post(`/drafts/${json.id}/answers`, { answers: await answersOf(firm) });
	for (const [question, [name, type]] of Object.entries(FILES)) {
		await firm.call('POST', `/drafts/${json.id}/files/${question}`, { body: file(name, type) });
	}
	return (await firm.act(`/drafts/${json.id}/submit`, { declaration: true })).json.case;
}

async function hooks(document, server, firm, office) {
	const desk = new Client(document, tokenOf(server, office, ALL));
	const [good, stuck, bad] = [await receiver(), await receiver(), await receiver()];
	stuck.silent = true; // it answers after a minute, or never
	bad.status = 500;
	for (const [title, body, pointer] of [
		['no address', { url: 'somewhere' }, '/url'], ['another scheme', { url: 'file:///etc/passwd' }, '/url'],
		['an event that is none', { url: good.url, events: ['exploded'] }, '/events/0'],
		['another institution', { url: good.url, institution: 'civil-registry' }, '/institution'],
		['another party', { url: good.url, party: '0000000000001' }, '/party'],
	]) {
		report(`a hook with ${title} is refused`, same('pointer', (await desk.post('/hooks', body)).json.errors?.[0].pointer, pointer));
	}
	const hook = await desk.post('/hooks', { url: good.url });
	await desk.post('/hooks', { url: stuck.url });
	const failing = await desk.post('/hooks', { url: bad.url, events: ['submitted'] });
	const own = await receiver();
	const ownHook = await firm.post('/hooks', { url: own.url });
	report('hooks are registered', [...same('status', hook.status, 201), ...same('party', ownHook.json.institution, null)]);
	report('a party hears nothing of what is decided behind doors', same('pointer', (await firm.post('/hooks', { url: own.url, events: ['decided'] })).json.errors?.[0].pointer, '/events/0'));
	const id = await sendOne(firm);
	await until('the queue', async () => (await desk.get('/queue?tab=nobody')).json.items.some((one) => one.id === id));
	await desk.act(`/cases/${id}/moves/take`, {});
	await desk.act(`/cases/${id}/moves/decide`, { outcome: 'grant', reason: 'Good.' });
	await desk.act(`/cases/${id}/moves/recall`, { reason: 'Once more.' });
	const of = (one) => one.got.map((each) => JSON.parse(each.body)).filter((each) => each.case === id).map((each) => each.event);
	const wanted = ['submitted', 'taken', 'decided', 'recalled'];
	await until('the news', () => of(good).length >= wanted.length);
	report('news come in the order of the case, although another receiver is stuck', same('events', of(good), wanted));
	await until('the party\'s news', () => of(own).length >= 2);
	report('the party hears what its pages tell', same('events', of(own), ['submitted', 'taken']));
	report('each is signed', good.got.filter((one) => !isSigned(one, hook.json.secret)).map((one) => one.body));
	report('no word of anybody in it', [...good.got, ...own.got].filter((one) => /Kestrel|Good|Hai|Once/.test(one.body)).map((one) => one.body));
	const listed = async () => (await desk.get(`/hooks/${hook.json.id}/deliveries`)).json.items;
	await until('the last answer', async () => (await listed()).every((one) => one.state === 'done'));
	const deliveries = await listed();
	report('what was sent can be looked up', deliveries.every((one) => one.state === 'done' && one.code === 200) ? [] : [JSON.stringify(deliveries)]);
	const rotated = await desk.post(`/hooks/${hook.json.id}/rotate`);
	const before = good.got.length;
	await desk.post(`/hooks/${hook.json.id}/deliveries/${deliveries[0].id}/resend`);
	await until('the news again', () => good.got.length > before);
	report('sent again, signed with the new secret and the former one', [rotated.json.secret, hook.json.secret].filter((secret) => !isSigned(good.got.at(-1), secret)));
	report('it is the same delivery', same('id', good.got.at(-1).headers['cityhall-delivery'], deliveries[0].id));
	await until('a failure', async () => (await desk.get(`/hooks/${failing.json.id}/deliveries`)).json.items[0]?.tries > 0);
	const lost = (await desk.get(`/hooks/${failing.json.id}/deliveries`)).json.items[0];
	report('what fails waits, and is said', [...same('state', lost.state, 'waits'), ...same('code', lost.code, 500)]);
	bad.status = 200;
	await desk.post(`/hooks/${failing.json.id}/deliveries/${lost.id}/resend`);
	await until('the retry', async () => (await desk.get(`/hooks/${failing.json.id}/deliveries`)).json.items[0].state === 'done');
	report('and arrives when the receiver is well', []);
	report('other clients see none of it', same('status', (await firm.get(`/hooks/${hook.json.id}/deliveries`)).status, 404));
	bad.status = 503;
	await desk.post(`/hooks/${failing.json.id}/deliveries/${lost.id}/resend`);
	await until('the failure', async () => (await desk.get('/hooks')).json.items.find((one) => one.id === failing.json.id).failing_since !== null);
	await server.clock('+4d');
	await until('its end', async () => (await desk.get('/hooks')).json.items.find((one) => one.id === failing.json.id).is_off);
	report('a hook that is dead for days is switched off, and why', /three days/.test((await desk.get('/hooks')).json.items.find((one) => one.id === failing.json.id).why) ? [] : ['no word']);
	report('the list', same('status', (await desk.get('/hooks')).status, 200));
	report('a hook is ended', [...same('status', (await desk.post(`/hooks/${hook.json.id}/end`)).status, 204), ...same('again', (await desk.post(`/hooks/${hook.json.id}/end`)).status, 404)]);
	for (const one of [good, stuck, bad, own]) {
		one.stop();
	}
}

// --- A client that a tool makes from the document ---

async function generated(document, server, firm, office) {
	const dir = fs.mkdtempSync(path.join(root, 'node_modules/.api-'));
	try {
		fs.writeFileSync(path.join(dir, 'openapi.json'), JSON.stringify(document.json));
		for (const name of ['journey.ts', 'node.d.ts']) {
			fs.copyFileSync(path.join(__dirname, name), path.join(dir, name));
		}
		fs.writeFileSync(path.join(dir, 'tsconfig.json'), JSON.stringify({
			compilerOptions: { strict: true, target: 'es2022', module: 'nodenext', moduleResolution: 'nodenext', skipLibCheck: true,
				types: [], lib: ['es2022', 'dom', 'dom.iterable'], outDir: 'out' },
			include: ['*.ts'],
		}));
		const bin = (name) => path.join(root, 'node_modules/.bin', name);
		// Not while this program stands still: it has to see that the server closes what is idle meanwhile.
		const tool = promisify(execFile);
		await tool(bin('openapi-typescript'), ['openapi.json', '-o', 'schema.ts'], { cwd: dir });
		try {
			await tool(bin('tsc'), ['-p', dir], { cwd: dir });
			report('the journey compiles against the generated types', []);
		} catch (error) {
			report('the journey compiles against the generated types', [error.stdout || error.message]);
			return;
		}
		const { journey } = require(path.join(dir, 'out/journey.js'));
		const files = Object.fromEntries(Object.entries(FILES).map(([id, [name, type]]) => [id, [path.join(root, 'tests/data/uploads', name), type]]));
		const done = await journey(server.url, firm.token, tokenOf(server, office, ALL), await answersOf(firm), files).catch((error) => error);
		report('the generated client goes from the search to the decision', done instanceof Error ? [done.message] : []);
		await tracked(document, server, done);
	} finally {
		fs.rmSync(dir, { recursive: true, force: true });
	}
}

// What stands on the receipt that the firm gets as a document opens the case's state to whoever holds it.
async function tracked(document, server, done) {
	const kestrel = cityhall(server, 'client', 'list').split('\n').find((one) => one.includes('Kestrel books')).split(' ')[0];
	const response = await fetch(`${document.base}/cases/${done.case}/receipt`, { headers: { Authorization: `Bearer ${tokenOf(server, kestrel, ALL)}` } });
	const pdf = path.join(server.dir, 'receipt.pdf');
	fs.writeFileSync(pdf, Buffer.from(await response.arrayBuffer()));
	const text = execFileSync('pdftotext', ['-layout', pdf, '-'], { encoding: 'utf8' });
	const code = text.match(/\b[0-9A-Z]{4}-[0-9A-Z]{4}\b(?!-)/)?.[0];
	const nobody = new Client(document, '');
	const found = await nobody.get(`/track?number=${done.number}&code=${code}`);
	report('number and code of the receipt say where the case is', [...same('status', found.status, 200), ...same('state', found.json.state, 'closed')]);
	report('and nothing of whose it is', /Kestrel|Hai/.test(JSON.stringify(found.json)) ? [JSON.stringify(found.json)] : []);
}

// Unless the operator says otherwise, a hook leads to https:// alone and not to this machine.
async function publicHooks() {
	delete process.env.CITYHALL_HOOKS_TO;
	const server = await Server.start();
	const office = cityhall(server, 'client', 'add', 'Case robot', 'institution', 'work-and-social-security').trim();
	const kestrel = cityhall(server, 'client', 'add', 'Kestrel books', 'firm-of', 'firm@demo.example').trim();
	const document = await Document.of(server.url);
	const desk = new Client(document, tokenOf(server, office, ALL));
	const near = await receiver();
	report('http:// is refused', same('status', (await desk.post('/hooks', { url: near.url })).status, 422));
	const hook = await desk.post('/hooks', { url: near.url.replace('http', 'https') });
	await sendOne(new Client(document, tokenOf(server, kestrel, ALL)));
	await until('a try', async () => (await desk.get(`/hooks/${hook.json.id}/deliveries`)).json.items[0]?.tries > 0);
	const { json } = await desk.get(`/hooks/${hook.json.id}/deliveries`);
	report('and so is an address of this machine', [...same('code', json.items[0].code, 0), ...same('got', near.got.length, 0)]);
	near.stop();
	report('the server ends well', same('exit', await server.stop(), 0));
}

async function main() {
	process.env.CITYHALL_HOOKS_TO = 'any';
	const server = await Server.start();
	const office = cityhall(server, 'client', 'add', 'Case robot', 'institution', 'work-and-social-security').trim();
	const kestrel = cityhall(server, 'client', 'add', 'Kestrel books', 'firm-of', 'firm@demo.example').trim();
	const document = await Document.of(server.url);
	const firm = new Client(document, tokenOf(server, kestrel, ALL));
	await catalogue(document);
	await tokens(document, server, office);
	await garbage(document, firm);
	const sent = await applications(document, server, firm, office);
	await cases(document, server, firm, office, sent);
	await everyMove(document, server, firm, office, sent);
	await opinions(document, server, firm, office);
	await generated(document, server, firm, office);
	await hooks(document, server, firm, office);
	await endings(document, server, office);
	const all = Object.values(document.json.paths).flatMap((one) => Object.values(one)).map((one) => one.operationId);
	report('every endpoint was called', all.filter((one) => !document.seen.has(one)).map((one) => `${one} was not`));
	report('the server ends well', same('exit', await server.stop(), 0));
	await publicHooks();
	await papers();
	console.log(`${passed} passed, ${failed} failed`);
	process.exit(failed ? 1 : 0);
}

main().catch((error) => {
	console.error(error);
	console.log(`${passed} passed, ${failed + 1} failed`);
	process.exit(1);
});
