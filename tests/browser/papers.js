'use strict';
// Papers to send: an invented lease and its like, drawn by the browser itself as PDF, JPEG and PNG.
const sheet = (title, lines) => `<!doctype html><meta charset="utf-8"><title>${title}</title><style>
	body { font: 15px/1.6 "Noto Sans", "Noto Sans CJK SC", sans-serif; margin: 3rem; color: #222 }
	h1 { font-size: 22px; border-block-end: 2px solid #222; padding-block-end: .5rem } p { margin: 0 0 .75rem }
	p:has(.new) { break-before: page }</style><h1>${title}</h1>${lines.map((line) => `<p>${line}</p>`).join('')}`;

async function makePapers(browser) {
	const page = await browser.newPage({ viewport: { width: 620, height: 800 } });
	const draw = (title, lines) => page.setContent(sheet(title, lines));
	const papers = {};
	await draw('Audit report 2025', ['To the members of Kestrel Staffing Ltd', 'Paid-in capital: 2,345,678',
		'In our opinion the accounts give a true and fair view.', '<b class="new">Balance sheet</b>', 'Assets 5,120,430', 'Liabilities 2,774,752']);
	papers.report = { name: 'audit-report-2025.pdf', mimeType: 'application/pdf', buffer: await page.pdf({ format: 'A4' }) };
	await draw('Lease of business premises', ['Between Harrowgate Estates and Kestrel Staffing Ltd',
		'9 Sailmakers Yard, third floor', 'The lease runs for five years.', '租赁期限五年。']);
	papers.lease = { name: 'lease page 1.jpg', mimeType: 'image/jpeg', buffer: await page.screenshot({ type: 'jpeg', quality: 60 }) };
	await draw('Rules for dispatched workers', ['1. Contracts', '2. Pay', '3. Social insurance', '4. Working hours']);
	papers.rules = { name: '劳务派遣管理制度.png', mimeType: 'image/png', buffer: await page.screenshot({ type: 'png' }) };
	await draw('Agreement with client firms', ['Model, unsigned', 'Equal pay for equal work.']);
	papers.agreement = { name: 'model-agreement.pdf', mimeType: 'application/pdf', buffer: await page.pdf({ format: 'A4' }) };
	papers.wrong = { name: 'notes.pdf', mimeType: 'application/pdf', buffer: Buffer.from('These are notes, not a PDF.\n') };
	await page.close();
	return papers;
}

module.exports = { makePapers };
