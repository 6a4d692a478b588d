'use strict';
// A file that is chosen goes ahead in pieces: its progress is seen, a connection that breaks costs a piece, the same
// file chosen again goes on where it was, and what the form would say of it stands beside the field.
const fs = require('node:fs');
const path = require('node:path');
const { root } = require('./server');

const PIECE = 256 * 1024;
// A photograph of 10 times 64 KiB more: comments that a JPEG may have.
function photograph(name, letter) {
	const jpeg = fs.readFileSync(path.join(root, 'tests/data/uploads/readable.jpg'));
	const comment = Buffer.concat([Buffer.from([0xff, 0xfe, 0xff, 0xff]), Buffer.alloc(65533, letter)]);
	return { name, mimeType: 'image/jpeg', buffer: Buffer.concat([jpeg.subarray(0, 2), ...Array(10).fill(comment), jpeg.subarray(2)]) };
}

module.exports = async (w) => {
	const offsets = []; // of the pieces that were sent
	let cut = () => false; // which of them the network loses
	// What the browser says of the connections that were cut here.
	const forgive = () => {
		w.problems = w.problems.filter((text) => !text.endsWith('net::ERR_CONNECTION_RESET'));
	};
	const files = (page, n) => w.until(`${n} files`, async () => await page.locator('.files li').count() === n);
	const choose = (page, file) => page.setInputFiles('#notice', file);

	await w.test('a file is cut off in the middle', async () => {
		const page = await w.as('resident');
		await w.open(page, '/apply/family-allowance');
		await w.press(page, 'main form .btn');
		w.draft = new URL(page.url()).pathname.replace(/\/page\/.*/, '');
		await w.open(page, `${w.draft}/page/children`);
		await page.route('**/piece/*', (route) => {
			const body = route.request().postDataBuffer();
			const offset = body ? Number(/name="offset"\r\n\r\n(\d+)/.exec(body.toString('latin1'))[1]) : -1;
			if (cut(offset)) {
				return route.abort('connectionreset');
			}
			if (offset >= 0) {
				offsets.push(offset);
			}
			return route.continue();
		});
		cut = (offset) => offset !== 0 && offsets.length > 0;
		await choose(page, photograph('first.jpg', 'a'));
		const waits = await page.getAttribute('script[data-waits]', 'data-waits');
		await w.until('the words that it waits', async () => (await page.locator('.sending [role=status]').innerText()) === waits);
		w.note(await page.locator('.sending progress').evaluate((bar) => bar.max === 1), 'no progress is shown');
		w.note(offsets.join() === '0', `pieces came at ${offsets}`);
		await w.look(page, 'pieces-wait');
		forgive();
	});

	await w.test('chosen again after a reload it goes on', async () => {
		const page = await w.as('resident');
		await w.open(page, `${w.draft}/page/children`);
		await page.fill('[name="children.1.child-name-full"]', 'Lin Mo');
		offsets.length = 0;
		cut = () => false;
		await choose(page, photograph('first.jpg', 'a'));
		await files(page, 1);
		forgive();
		w.note(offsets.join() === `${PIECE},${2 * PIECE}`, `pieces came at ${offsets}`);
		w.note(await page.inputValue('[name="children.1.child-name-full"]') === 'Lin Mo', 'what was typed is lost');
		w.note(await page.inputValue('#notice') === '', 'the file would be sent twice');
		await w.look(page, 'pieces-here');
	});

	await w.test('by itself it goes on when the connection is back', async () => {
		const page = await w.as('resident');
		let losses = 0;
		offsets.length = 0;
		cut = (offset) => offset === PIECE && losses++ < 2;
		await choose(page, photograph('second.jpg', 'b'));
		await files(page, 2);
		forgive();
		w.note(losses === 3, `${losses - 1} pieces were lost`);
		w.note(offsets.join() === `0,${PIECE},${2 * PIECE}`, `pieces came at ${offsets}`);
	});

	await w.test('what is wrong with it stands beside the field', async () => {
		const page = await w.as('resident');
		const buffer = fs.readFileSync(path.join(root, 'tests/data/uploads/gif.jpg'));
		await choose(page, { name: w.lang === 'en' ? 'gif.jpg' : '动图.jpg', mimeType: 'image/jpeg', buffer });
		await page.locator('.field.bad #notice-why').waitFor();
		await w.says(page, 'gif.jpg: This file is no PDF', '#notice-why');
		if (w.lang === 'en') { // the sentence names formats, in every language by the same letters
			await w.look(page, 'pieces-wrong');
		}
		await w.open(page, `${w.draft}/page/children`);
		await w.has(page, '.files li', 2);
		await page.unroute('**/piece/*');
	});

	await w.test('the file of a correction goes in pieces too', async () => {
		const page = await w.as('resident');
		const next = 'main form .acts .btn';
		await w.open(page, `${w.draft}/page/parent`);
		await w.fill(page, {
			'parent-name-full': '林晓禾', 'home-lines': '12 Ropewalk', 'home-place': 'Port Linden',
			account: 'DE89370400440532013000', hours: '10', drives: 'no',
		});
		await w.press(page, next);
		await w.fill(page, {
			'children.1.child-name-full': 'Lin Mo', 'children.1.born-day': '3', 'children.1.born-month': '5',
			'children.1.born-year': '2024', 'children.1.lives-here': 'yes',
		});
		await w.press(page, next);
		await w.fill(page, { declaration: 'yes' });
		await w.press(page, 'main form[action$="/submit"] .btn');
		const id = new URL(page.url()).pathname.split('/')[2];
		const official = await w.as('official');
		await w.until('the case in the queue', async () => (await w.open(official, `/queue/${id}`)).status() === 200);
		await w.press(official, 'form[action$="/take"] .btn');
		await w.open(official, `/queue/${id}/ask`);
		await w.fill(official, { question: ['notice'], reason: w.lang === 'en' ? 'Page 1 cannot be read.' : '第1页看不清。' });
		await w.press(official, next);
		await w.as('resident');
		await w.open(page, `/cases/${id}/correct`);
		const before = await page.locator('.files li').count();
		await choose(page, photograph('third.jpg', 'c'));
		await files(page, before + 1);
		w.note(await page.inputValue('#notice') === '', 'the file would be sent twice');
		await w.look(page, 'pieces-correction');
		await w.press(page, 'main form [name=send]');
		w.note(new URL(page.url()).pathname === `/cases/${id}`, `the correction is not sent but at ${page.url()}`);
	});
};
