'use strict';
// A Cityhall of our own: a demo data folder in a temporary place, `serve` on a free port, everything that it logs.
const { spawn, execFile } = require('node:child_process');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');

const root = path.resolve(__dirname, '../..');
const program = path.resolve(root, process.env.CITYHALL || 'build/release/cityhall');

function run(...words) {
	return new Promise((resolve, reject) => {
		execFile(program, words, { cwd: root, timeout: 60000 }, (error, out, err) =>
			error ? reject(new Error(`cityhall ${words.join(' ')}: ${err || error.message}`)) : resolve(out));
	});
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
async function until(what, ask, ms = 20000) {
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

// The folder that every server begins with: making it takes the time of five password hashes, copying it none.
let made = null;
function madeFolder() {
	made = made || (async () => {
		const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'cityhall-browser-'));
		process.once('exit', () => fs.rmSync(dir, { recursive: true, force: true }));
		await run('init', '--demo', '--data', path.join(dir, 'city'), '--pack', 'packs/demo');
		return path.join(dir, 'city');
	})();
	return made;
}

class Server {
	static async start() {
		const from = await madeFolder();
		const self = new Server();
		self.dir = fs.mkdtempSync(path.join(os.tmpdir(), 'cityhall-browser-'));
		self.data = path.join(self.dir, 'city');
		fs.cpSync(from, self.data, { recursive: true, preserveTimestamps: true });
		self.port = await freePort();
		self.url = `http://localhost:${self.port}`;
		self.log = '';
		self.process = spawn(program, ['serve', '--data', self.data, '--port', String(self.port)],
			{ cwd: root, stdio: ['ignore', 'ignore', 'pipe'] });
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
			return (await fetch(`${self.url}/healthz`).catch(() => ({}))).ok;
		});
		return self;
	}

	// Legal time forward: "+11m", "+3d".
	clock(span) {
		return run('clock', '--data', this.data, span);
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

module.exports = { Server, until, root };
