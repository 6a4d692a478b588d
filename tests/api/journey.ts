// A client that is generated from the server's own document (openapi-typescript for the types, openapi-fetch to send)
// does a whole journey. That it compiles is half of the test: every name and shape below is checked against the document.
import createClient from 'openapi-fetch';
import { readFileSync } from 'node:fs';
import type { components, paths } from './schema';

type Answers = components['schemas']['NewAnswers']['answers'];

let operations = 0;
const key = () => ({ 'Idempotency-Key': `journey-${process.pid}-${++operations}` });

async function until<T>(what: string, ask: () => Promise<T | undefined | false>): Promise<T> {
	for (const end = Date.now() + 20000; Date.now() < end;) {
		const got = await ask();
		if (got) {
			return got;
		}
		await new Promise((resolve) => setTimeout(resolve, 40));
	}
	throw new Error(`waited for ${what}`);
}

function must<T>(step: string, got: { data?: T; error?: unknown; response: Response }): T {
	if (got.error !== undefined || got.data === undefined) {
		throw new Error(`${step}: ${got.response.status} ${JSON.stringify(got.error)}`);
	}
	console.log(`ok    ${step}`);
	return got.data;
}

export async function journey(url: string, firmToken: string, deskToken: string, answers: Answers, files: Record<string, [string, string]>) {
	const of = (token: string) => createClient<paths>({ baseUrl: `${url}/api/v1`, headers: { Authorization: `Bearer ${token}` } });
	const firm = of(firmToken);
	const desk = of(deskToken);

	const service = must('finds the service', await firm.GET('/search', { params: { query: { q: 'labour dispatch' } } })).items[0].id;
	const draft = must('begins', await firm.POST('/drafts', { params: { header: key() }, body: { service } }));
	const path = { draft: draft.id };
	must('answers', await firm.POST('/drafts/{draft}/answers', { params: { path }, body: { answers } }));
	for (const [question, [name, type]] of Object.entries(files)) {
		must(`uploads ${question}`, await firm.POST('/drafts/{draft}/files/{question}', {
			params: { path: { ...path, question } },
			body: { file: name },
			bodySerializer: () => {
				const form = new FormData();
				form.append('file', new Blob([readFileSync(name)], { type }), name.split('/').pop());
				return form;
			},
		}));
	}
	const check = must('checks', await firm.GET('/drafts/{draft}/check', { params: { path } }));
	if (!check.is_complete) {
		throw new Error(`not complete: ${JSON.stringify(check.open)}`);
	}
	const sent = must('submits', await firm.POST('/drafts/{draft}/submit', { params: { path, header: key() }, body: { declaration: true } }));
	const id = sent.case as string;
	const at = { case: id };

	await until('the queue', async () => must('looks into the queue', await desk.GET('/queue', { params: { query: { tab: 'nobody', limit: 100 } } })).items.some((one) => one.id === id));
	must('takes', await desk.POST('/cases/{case}/moves/take', { params: { path: at, header: key() }, body: {} }));
	must('asks', await desk.POST('/cases/{case}/moves/ask', {
		params: { path: at, header: key() }, body: { question: ['contact-email'], reason: 'We cannot reach you.' } }));
	const asked = must('sees what is asked', await firm.GET('/cases/{case}', { params: { path: at } }));
	must('answers the correction', await firm.POST('/cases/{case}/correction', {
		params: { path: at, header: key() },
		body: { answers: Object.fromEntries((asked.correction?.questions ?? []).map((one) => [one, 'lin@kestrel.example'])) } }));
	must('decides', await desk.POST('/cases/{case}/moves/decide', {
		params: { path: at, header: key() }, body: { outcome: 'grant', reason: 'All is as it should be.' } }));
	must('sends the letter', await desk.POST('/cases/{case}/moves/send', { params: { path: at, header: key() }, body: {} }));
	const told = must('reads the decision', await firm.GET('/cases/{case}', { params: { path: at } }));
	if (told.decision?.outcome !== 'granted') {
		throw new Error('not granted');
	}
	const lines = must('lists its cases', await firm.GET('/cases', { params: { query: { limit: 100 } } }));
	if (!lines.items.some((one) => one.id === id && one.outcome === 'granted')) {
		throw new Error('not in the list');
	}
	const box = must('opens the mailbox', await firm.GET('/mailbox', {}));
	const message = box.items.find((one) => one.case === id && one.kind === 'decided');
	must('reads the message', await firm.GET('/mailbox/{message}', { params: { path: { message: message?.id ?? '' } } }));
	return { case: id, number: sent.number as string };
}
