#!/usr/bin/env node
'use strict';
// The schemas for editors (docs/schema) against the pack in packs/demo and against what the program itself reads.
//   CITYHALL=build/asan/cityhall tests/schema/run.js
// One line a test; the last line is "N passed, N failed".
const fs = require('fs');
const os = require('os');
const path = require('path');
const { spawnSync } = require('child_process');
const Ajv = require('ajv/dist/2020');
const YAML = require('yaml');

const root = path.join(__dirname, '../..');
const demo = path.join(root, 'packs/demo');
const program = path.resolve(process.env.CITYHALL || path.join(root, 'build/release/cityhall'));
const schemas = {};
for (const file of fs.readdirSync(path.join(root, 'docs/schema'))) {
	schemas[file] = JSON.parse(fs.readFileSync(path.join(root, 'docs/schema', file), 'utf8'));
}

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

function schemaOf(file) {
	const folder = { calendars: 'calendar', services: 'service' }[file.split('/')[0]];
	return `${folder || path.basename(file, '.yaml')}.schema.json`;
}

function readPack() {
	const files = {};
	for (const entry of fs.readdirSync(demo, { recursive: true })) {
		if (entry.endsWith('.yaml')) {
			files[entry] = YAML.parse(fs.readFileSync(path.join(demo, entry), 'utf8'));
		}
	}
	return files;
}

// --- Every file is as its schema says ---

function validate() {
	const ajv = new Ajv({ allErrors: true, strict: true, strictRequired: false, strictTypes: false, allowUnionTypes: true });
	for (const [name, schema] of Object.entries(schemas)) {
		ajv.addSchema(schema, name);
	}
	for (const [file, value] of Object.entries(readPack())) {
		const check = ajv.getSchema(schemaOf(file));
		const isGood = check(value);
		report(`${file} is as ${schemaOf(file)} says`,
			isGood ? [] : check.errors.map((one) => `${one.instancePath}: ${one.message} ${JSON.stringify(one.params)}`));
	}
	// And it refuses: a schema that takes everything would pass all of the above.
	const service = () => readPack()['services/labour-dispatch-permit/service.yaml'];
	const first = (s) => s.pages[0].questions[0];
	const wrong = {
		'an unknown key': (s) => { s.promise = 3; },
		'a missing key': (s) => { delete s.objection; },
		'an unknown type': (s) => { first(s).type = 'number'; },
		'a key of another type': (s) => { first(s).scheme = 'lei'; },
		'a choice without a label': (s) => { delete first(s).choices[0].label; },
		'a question without a purpose': (s) => { delete first(s).purpose; },
		'a text without English': (s) => { delete s.name.en; },
		'an id with capitals': (s) => { first(s).id = 'LegalForm'; },
		'a condition in other words': (s) => { first(s).show_if = 'has-branch == yes'; },
		'a group in a group': (s) => {
			const child = { id: 'name', type: 'text', label: { en: 'Name' } };
			const one = { ...first(s), type: 'group', item: { en: 'Child' }, questions: [child] };
			delete one.choices;
			s.pages[0].questions[0] = { ...one, questions: [child, one] };
		},
		'a day in other order': (s) => { s.in_force = '01.09.2026'; },
	};
	for (const [title, spoil] of Object.entries(wrong)) {
		const s = service();
		spoil(s);
		report(`refused: ${title}`, ajv.getSchema('service.schema.json')(s) ? ['it was taken'] : []);
	}
}

// --- The schemas know the keys and words that the program knows, and no others ---

function follow(schema, base) {
	if (!schema.$ref) {
		return [schema, base];
	}
	const [file, pointer] = schema.$ref.split('#');
	let found = schemas[file || base];
	for (const part of pointer.split('/').slice(1)) {
		found = found[part];
	}
	return follow(found, file || base);
}

// The schema of a value among those that may describe it: the first with keys, items or words.
function plain(schema, base) {
	const [at, where] = follow(schema, base);
	if (at.properties && at.additionalProperties === false || at.items || at.enum) {
		return [at, where];
	}
	for (const one of [...(at.allOf || []), ...(at.anyOf || [])]) {
		const found = plain(one, where);
		if (found) {
			return found;
		}
	}
	return null;
}

// Walks value and schema side by side and calls visit(map, key, schema of the map) for every key of every map.
function walk(value, schema, base, visit) {
	const found = plain(schema, base);
	if (!found) {
		return;
	}
	const [at, where] = found;
	if (Array.isArray(value)) {
		value.forEach((one) => walk(one, at.items, where, visit));
	} else if (value && typeof value === 'object') {
		visit(value, at);
		for (const [key, one] of Object.entries(value)) {
			if (at.properties[key]) {
				walk(one, at.properties[key], where, visit);
			}
		}
	}
}

function check(files) {
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cityhall-schema-'));
	for (const [file, value] of Object.entries(files)) {
		fs.mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
		fs.writeFileSync(path.join(folder, file), JSON.stringify(value, null, 1)); // which is YAML too
	}
	const run = spawnSync(program, ['check', folder], { encoding: 'utf8', maxBuffer: 64 << 20 });
	fs.rmSync(folder, { recursive: true });
	if (run.error) {
		throw run.error;
	}
	return run.stdout + run.stderr;
}

// Of "a, b or c".
const wordsOf = (list) => list.split(/, | or /);

function compare(where, known, read) {
	return [
		...read.filter((one) => !known.includes(one)).map((one) => `${where}: the program reads "${one}", the schema does not`),
		...known.filter((one) => !read.includes(one)).map((one) => `${where}: the schema has "${one}", the program does not`),
	];
}

// An unknown key in one map of each kind makes the program list those that it knows.
function compareKeys() {
	const files = readPack();
	const asked = new Map();
	for (const [file, value] of Object.entries(files)) {
		walk(value, schemas[schemaOf(file)], schemaOf(file), (map, schema) => {
			const isText = schema.properties.en; // a text's keys are the pack's languages
			if (!isText && ![...asked.values()].some((one) => one.schema === schema)) {
				asked.set(`qqqq${asked.size}`, { schema, map, where: `${file}, ${schema.description || 'the file'}` });
			}
		});
	}
	for (const [key, one] of asked) {
		one.map[key] = 'x';
	}
	const said = check(files);
	for (const [key, { schema, where }] of asked) {
		const line = said.match(new RegExp(`unknown key "${key}"\\. Known here: (.*)\\.$`, 'm'));
		report(`keys of ${where}`,
			line ? compare(where, Object.keys(schema.properties), wordsOf(line[1])) : ['the program says nothing of an unknown key']);
	}
}

// A wrong word makes it list the right ones.
function compareWords() {
	const files = readPack();
	const asked = new Map();
	for (const [file, value] of Object.entries(files)) {
		walk(value, schemas[schemaOf(file)], schemaOf(file), (map, schema) => {
			const mine = Object.keys(map).find((key) => {
				const found = schema.properties[key] && plain(schema.properties[key], schemaOf(file));
				const isWord = found && found[0].enum && typeof map[key] === 'string' && !found[0].enum.includes('yes');
				return isWord && ![...asked.values()].some((one) => one.words === found[0].enum);
			});
			if (mine && !Object.values(map).some((one) => /^qqqq/.test(one))) {
				const word = `qqqq${asked.size}`;
				asked.set(word, { words: plain(schema.properties[mine], schemaOf(file))[0].enum, where: `${file}, ${mine}` });
				map[mine] = word;
			}
		});
	}
	const said = check(files);
	for (const [word, { words, where }] of asked) {
		const line = said.match(new RegExp(`is "${word}"\\. Write (.*)\\.$`, 'm'));
		report(`words of ${where}`, line ? compare(where, words, wordsOf(line[1])) : ['the program says nothing of a wrong word']);
	}
}

validate();
compareKeys();
compareWords();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
