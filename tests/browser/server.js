'use strict';
// A Cityhall of our own: a demo data folder in a temporary place, `serve` on a free port, everything that it logs.
const { spawn, execFile } = require('node:child_process');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');

const root = path.resolve(__dirname, '../..');
// Over PostgreSQL when tests/pg.sh says where one is: each server gets a database of its own in it.
const postgres = process.env.CITYHALL_TEST_PG || '';
delete process.env.CITYHALL_TEST_PG; // the program would take it for a setting
const program = path.resolve(root, process.env.CITYHALL || 'build/release/cityhall');

function tool(file, words, env = {}) {
	return new Promise((resolve, reject) => {
		execFile(file, words, { cwd: root, timeout: 60000, env: { ...process.env, ...env } }, (error, out, err) =>
			error ? reject(new Error(`${path.basename(file)} ${words.join(' ')}: ${err || error.message}`)) : resolve(out));
	});
}

// --- Databases: the program's environment with the address of one, empty on SQLite ---
let databases = 0;
const storeOf = (name) => (name ? { CITYHALL_STORE: postgres.replace('/postgres?', `/${name}?`) } : {});
async function makeDatabase(like = 'template1') {
	if (!postgres) {
		return '';
	}
	const name = `walk${++databases}`;
	await tool('psql', [postgres, '-X', '-q', '-c', `create database ${name} template ${like || 'template1'}`]);
	return name;
}

function freePort() {
	return new Promise((resolve, reject) => {
		const probe = net.createServer();
		probe.once('error', reject);
		probe.listen(0, '127.0.0.1', () => {
			const { port } = probe.address();
			probe.close(() => resolve(port));
		});
	});
}

// Stopped from outside, it takes its servers and folders along.
for (const signal of ['SIGINT', 'SIGTERM']) {
	process.once(signal, () => process.exit(1));
}

// Asks again until `ask` gives something; the only place where time passes.
async function until(what, ask, ms = 60000) {
	const end = Date.now() + ms;
	for (;;) {
		const got = await ask();
		if (got) {
			return got;
		}
		if (Date.now() > end) {
			throw new Error(`waited ${ms / 1000} s for ${what}`);
		}
		await new Promise((resolve) => setTimeout(resolve, 40));
	}
}

// The folder (and database) that every server begins with: making it takes the time of five password hashes, copying it
// none.
const made = {};
function madeFolder(hasHistory) {
	const kind = hasHistory ? 'history' : 'plain';
	made[kind] = made[kind] || (async () => {
		const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'cityhall-browser-'));
		process.once('exit', () => fs.rmSync(dir, { recursive: true, force: true }));
		const database = await makeDatabase();
		await tool(program, ['init', '--demo', ...(hasHistory ? ['--history'] : []), '--data', path.join(dir, 'city'), '--pack', 'packs/demo'], storeOf(database));
		return { folder: path.join(dir, 'city'), database };
	})();
	return made[kind];
}

class Server {
	// pack: another one than that of the demonstration city; hasHistory: figures of the months before.
	static async start(pack, hasHistory) {
		const from = await madeFolder(hasHistory);
		const self = new Server();
		self.store = storeOf(await makeDatabase(from.database));
		self.dir = fs.mkdtempSync(path.join(os.tmpdir(), 'cityhall-browser-'));
		self.data = path.join(self.dir, 'city');
		fs.cpSync(from.folder, self.data, { recursive: true, preserveTimestamps: true });
		self.port = await freePort();
		self.url = `http://localhost:${self.port}`;
		self.log = '';
		self.process = spawn(program, ['serve', '--data', self.data, '--port', String(self.port), ...(pack ? ['--pack', pack] : [])],
			{ cwd: root, stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, ...self.store } });
		self.ended = new Promise((resolve) => self.process.once('exit', (code, signal) => resolve(code ?? signal)));
		self.process.stderr.setEncoding('utf8').on('data', (text) => { self.log += text; });
		const stop = () => {
			self.process.kill('SIGTERM');
			fs.rmSync(self.dir, { recursive: true, force: true });
		};
		process.once('exit', stop);
		self.forget = () => process.removeListener('exit', stop);
		let gone = null;
		self.ended.then((code) => { gone = `the server ended with ${code}:\n${self.log}`; });
		await until('the server', async () => {
			if (gone) {
				throw new Error(gone);
			}
			return (await fetch(`${self.url}/healthz`, { headers: { Connection: 'close' } }).catch(() => ({}))).ok;
		});
		return self;
	}

	// Legal time forward: "+11m", "+3d".
	clock(span) {
		return tool(program, ['clock', '--data', this.data, span], this.store);
	}

	// A brain with a street on which nobody drives tells of it, and takes what is ordered.
	brainTells() {
		return tool(program, ['brain', 'tell', 'tests/data/street/small.net.xml', '--portal', this.data, '--end', '3']);
	}

	// A role for one of the demo's people at an office of another pack.
	role(email, kind, office) {
		return tool(program, ['account', 'role', email, kind, office, 'grant', '--data', this.data], this.store);
	}

	// Resolves to what it ended with: 0 when all is well.
	async stop() {
		this.process.kill('SIGTERM');
		const code = await this.ended;
		this.forget();
		fs.rmSync(this.dir, { recursive: true, force: true });
		return code;
	}
}

// What befalls the pair of databases that tests/pg_pair.sh has made for us.
const pair = (what) => tool(path.join(root, 'tests/pg_pair.sh'), [what]);

module.exports = { Server, until, root, pair };
