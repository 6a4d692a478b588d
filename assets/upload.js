// A file goes ahead in pieces as soon as it is chosen, with its progress, and goes on where it was when the connection
// comes back; so does the same file chosen again after the page was loaded anew. Without this script, or when it gives
// up, the file stays in its field and goes with the form.
(() => {
	'use strict';
	const say = document.currentScript.dataset;
	const form = document.querySelector('main form[enctype]');
	const draft = form && /^\/(?:draft|cases)\/([^/]+)/.exec(new URL(form.action).pathname); // a case has its draft's id
	const PIECE = 256 * 1024, MOST = 20000000, LONGEST_WAIT_MS = 30000;
	if (!draft || !window.fetch || !window.DataTransfer) {
		return;
	}

	const percent = (part) => new Intl.NumberFormat(document.documentElement.lang, { style: 'percent' }).format(part);
	// What is in the file names it; where the browser cannot say (without TLS), name, size and time do.
	const keyOf = async (file) => {
		if (window.crypto && crypto.subtle) {
			const digest = await crypto.subtle.digest('SHA-256', await file.arrayBuffer());
			return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
		}
		return `${file.lastModified} ${file.name}`.slice(0, 40);
	};
	const pause = (ms) => new Promise((go) => {
		setTimeout(go, ms);
		window.addEventListener('online', go, { once: true });
	});
	const fields = (values) => {
		const data = new FormData();
		for (const [name, value] of Object.entries({ csrf: form.elements.csrf.value, ...values })) {
			data.append(name, value);
		}
		return data;
	};

	const makeBox = (input) => {
		const box = document.createElement('div');
		const line = document.createElement('p'), name = document.createElement('bdi'), share = document.createElement('span');
		const bar = document.createElement('progress');
		const status = document.createElement('p');
		box.className = 'sending';
		line.append(name, ' ', share);
		name.id = `${input.id}-sending`;
		bar.max = 1;
		bar.setAttribute('aria-labelledby', name.id);
		status.className = 'small quiet';
		status.setAttribute('role', 'status');
		box.append(line, bar, status);
		input.closest('.field').append(box);
		return {
			remove: () => box.remove(),
			show(file, part, state) {
				name.textContent = file.name;
				share.textContent = percent(part);
				bar.value = part;
				if (status.textContent !== state) {
					status.textContent = state;
				}
			},
		};
	};

	// Resolves when the server has all of it; throws when it will not take it.
	const send = async (id, file, key, at) => {
		const path = `/draft/${draft[1]}/piece/${encodeURIComponent(id)}`;
		let offset = -1, wait = 500; // -1: to be asked
		while (offset < file.size) {
			let answer;
			try {
				if (offset < 0) {
					answer = await fetch(`${path}?key=${encodeURIComponent(key)}&total=${file.size}`, { redirect: 'error' });
				} else {
					const piece = file.slice(offset, offset + PIECE);
					answer = await fetch(path, { method: 'POST', redirect: 'error', body: fields({ key, total: file.size, offset, piece }) });
				}
				if (answer.status < 500 && answer.status !== 409 && answer.status !== 200) {
					break;
				}
				if (answer.status >= 500) {
					throw new TypeError('busy');
				}
				offset = Number(await answer.text());
				wait = 500;
				at(offset / file.size, say.sends);
			} catch {
				at(Math.max(offset, 0) / file.size, say.waits);
				offset = -1;
				await pause(wait);
				wait = Math.min(2 * wait, LONGEST_WAIT_MS);
			}
		}
		if (offset !== file.size) {
			throw new Error('refused');
		}
	};

	// As if it had come with the form; of the page that answers, the field is taken.
	const finish = async (input, file, key) => {
		const answer = await fetch(form.action, { method: 'POST', redirect: 'error', body: fields({ whole: input.id, key, total: file.size, name: file.name }) });
		const field = new DOMParser().parseFromString(await answer.text(), 'text/html').getElementById(input.id);
		if (!field || ![200, 422].includes(answer.status)) {
			throw new Error('refused');
		}
		return field.closest('.field');
	};

	let turn = Promise.resolve();
	const take = async (id, files) => {
		const input = document.getElementById(id); // one turn before, its field was taken anew
		const box = makeBox(input);
		let field = null;
		let done = 0;
		try {
			for (const file of files) {
				const at = (part, state) => box.show(file, part, state);
				at(0, say.sends);
				const key = await keyOf(file);
				await send(input.id, file, key, at);
				at(1, say.looks);
				field = await finish(input, file, key);
				done++;
				if (field.classList.contains('bad')) {
					break;
				}
			}
		} catch {
			// What is left goes with the form.
		}
		const hasFocus = document.activeElement === input;
		const fresh = field ? field.querySelector('input[type=file]') : input;
		const left = new DataTransfer();
		files.slice(done).concat([...input.files].filter((file) => !files.includes(file))).forEach((file) => left.items.add(file));
		fresh.files = left.files;
		if (!field) {
			box.remove();
			return;
		}
		input.closest('.field').replaceWith(field);
		const wrong = field.querySelector('.why, .note');
		const status = document.createElement('p');
		status.className = 'hide';
		status.setAttribute('role', 'status');
		field.append(status);
		if (hasFocus) {
			fresh.focus();
		}
		setTimeout(() => {
			status.textContent = wrong ? wrong.textContent : say.isHere;
		}, 100); // a region speaks of what comes into it, not of what it came with
	};
	form.addEventListener('change', (e) => {
		const files = e.target.type === 'file' ? [...e.target.files] : [];
		if (files.length > 0 && files.every((file) => file.size > 0 && file.size <= MOST)) {
			turn = turn.then(() => take(e.target.id, files));
		}
	});
})();
