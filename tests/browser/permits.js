'use strict';
// What was granted arrives: the receipt's codes, the document on the case's page, what its QR code says before and after it is
// withdrawn, its hand-over at the counter by scanning the receipt.
const { execFileSync } = require('node:child_process');
const { applyAgain } = require('./firm');

const next = 'main form .acts .btn';
const hidden = (text) => text.replace(/\s+/g, ' ');

module.exports = async (w) => {
	const zh = w.lang === 'zh-Hans';
	const firm = await w.as('applicant');
	let of = '', desk = '', receipt = '', number = '', code = '', page = '';

	await w.test('the firm has a receipt with number, QR code, barcode and a code to type', async () => {
		await w.open(firm, '/sign-in');
		if (await firm.locator('[name="password"]').count()) {
			await w.signIn(firm, 'firm');
		}
		of = await applyAgain(w, firm);
		desk = `/queue/${of.split('/').pop()}`;
		await w.open(firm, `${of}/receipt`);
		await w.look(firm, 'receipt');
		await w.has(firm, '.qr svg', 1);
		await w.has(firm, '.bars svg', 1);
		const text = await firm.locator('main').innerText();
		receipt = (await firm.content()).match(/https?:\/\/[^"<]*\/r\/[0-9a-f]{32}/)[0];
		number = text.match(/PL-\d{4}-\d{6}-\d{2}/)[0];
		code = text.match(/[0-9A-Z]{4}-[0-9A-Z]{4}(?![0-9A-Z-])/g).find((one) => !number.includes(one));
	});

	const stranger = await w.as('stranger');
	await w.test('anybody with number and code sees state and dates, nobody without', async () => {
		await w.open(stranger, '/track');
		await w.look(stranger, 'track');
		await w.fill(stranger, { number, code: '0000-0000' });
		await w.press(stranger, next);
		await w.look(stranger, 'track-wrong', { isError: true });
		await w.fill(stranger, { number, code });
		await w.until('the case by its code', async () => {
			await w.press(stranger, next);
			return await stranger.locator('dl.pairs').count() === 1 || (await w.fill(stranger, { number, code }), false);
		});
		await w.look(stranger, 'tracked');
		w.note(!(await stranger.locator('main').innerText()).includes('Kestrel'), 'a name is shown to anybody');
	});

	await w.test('a lost receipt is made anew', async () => {
		await w.open(firm, `${of}/new-code`);
		await w.look(firm, 'new-code');
		await w.press(firm, next);
		await w.look(firm, 'receipt-anew');
		w.note(!(await firm.content()).includes(receipt), 'the receipt has the codes of the one before');
		await w.open(stranger, new URL(receipt).pathname);
		w.note(stranger.answer.status() === 404, 'the code of the lost receipt still opens something');
		receipt = (await firm.content()).match(/https?:\/\/[^"<]*\/r\/[0-9a-f]{32}/)[0];
	});

	const official = await w.as('official');
	await w.test('it is granted, and the document arrives', async () => {
		await w.until('the case at the desk', async () => (await w.open(official, desk)).status() === 200);
		await w.press(official, 'form[action$="/take"] .btn');
		await w.open(official, `${desk}/decide`);
		await w.fill(official, { outcome: 'grant', reason: zh ? '符合条件。' : 'All conditions are met.' });
		await w.press(official, next);
		await w.press(official, 'form[action$="/send"] .btn');
		await w.until('the document', async () => {
			await w.open(firm, of);
			return await firm.locator('form[action$="/document"]').count() === 1;
		});
		await w.look(firm, 'case-with-document');
		page = await firm.locator('a[href^="/v/"]').getAttribute('href');
		const answer = await firm.context().request.get(`${of}/document.pdf`);
		const text = hidden(execFileSync('pdftotext', ['-layout', '-', '-'], { input: await answer.body(), encoding: 'utf8' }));
		for (const must of ['Kestrel Staffing Ltd', zh ? '劳务派遣经营许可证' : 'Labour dispatch permit']) {
			w.note(text.includes(must), `no ${must} in the document: ${text}`);
		}
		await w.open(firm, '/documents');
		await w.look(firm, 'documents');
	});

	await w.test('its QR code says valid', async () => {
		await w.until('the public page', async () => (await w.open(stranger, page)).status() === 200);
		await w.look(stranger, 'valid');
		await w.says(stranger, 'We issued this document, and it is valid.');
		await w.open(stranger, '/.well-known/cityhall-keys');
		await w.look(stranger, 'keys');
		await w.open(stranger, '/v/0000-0000-0000-0000');
		await w.look(stranger, 'unknown-document', { status: 404 });
	});

	await w.test('the firm has it collected; the official scans the receipt and hands it over', async () => {
		await w.open(firm, `${of}/get-document`);
		await w.look(firm, 'get-document');
		await w.fill(firm, { way: 'collect', second: 'Lin Xiaohe' });
		await w.press(firm, next);
		await w.look(firm, 'case-to-collect');
		await w.until('the list', async () => {
			await w.open(official, '/hand-over');
			return await official.locator(`a[href="${desk}/hand-over"]`).count() === 1;
		});
		await w.look(official, 'to-hand-over');
		await w.open(official, '/counter');
		await w.fill(official, { scanned: receipt });
		await w.press(official, 'form[action$="/scan"] .btn');
		w.expect(new URL(official.url()).pathname === desk, `the receipt leads to ${official.url()}`);
		await w.look(official, 'desk-to-hand-over');
		await w.press(official, `a.btn[href="${desk}/hand-over"]`);
		await w.look(official, 'hand-over');
		await w.press(official, next);
		await w.look(official, 'hand-over-wrong', { isError: true });
		await w.fill(official, { receiver: 'second', identity: 'seen' });
		await w.press(official, next);
		await w.look(official, 'desk-handed-over');
		await w.open(firm, of);
		await w.look(firm, 'case-handed-over');
	});

	await w.test('it is withdrawn, and its QR code says so', async () => {
		await w.open(official, `${desk}/renew`);
		await w.look(official, 'renew');
		await w.open(official, `${desk}/revoke`);
		await w.look(official, 'revoke');
		await w.fill(official, { reason: zh ? '情况不实。' : 'What was declared is untrue.' });
		await w.press(official, next);
		await w.until('the public page', async () => {
			await w.open(stranger, page);
			return !zh ? (await stranger.locator('main').innerText()).includes('withdrew it') : (await stranger.locator('main').innerText()).includes('撤销');
		});
		await w.look(stranger, 'withdrawn');
		await w.open(firm, '/documents');
		await w.look(firm, 'documents-withdrawn');
	});
};
