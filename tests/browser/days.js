'use strict';
// The working days of Port Linden, counted here a second time, from the same text: what the pages promise is compared.
const fs = require('node:fs');
const path = require('node:path');

const DAY_MS = 86400000;
const text = fs.readFileSync(path.join(__dirname, '../../packs/demo/calendars/port-linden.yaml'), 'utf8');
const zone = /^zone: (.*)$/m.exec(text)[1];

const iso = (ms) => new Date(ms).toISOString().slice(0, 10);
const ms = (day) => Date.parse(`${day}T00:00:00Z`);

function days(section) {
	const part = new RegExp(`^${section}:\\n((?: .*\\n| *- .*\\n|-.*\\n)*)`, 'm').exec(text)[1];
	const found = new Set();
	for (const [, one, from, to] of part.matchAll(/- (?:day: (\S+)|from: (\S+)\n\s+to: (\S+))/g)) {
		for (let at = ms(one || from); at <= ms(one || to); at += DAY_MS) {
			found.add(iso(at));
		}
	}
	return found;
}
const holidays = days('holidays');
const workdays = days('workdays');

function isWorking(day) {
	const weekday = new Date(ms(day)).getUTCDay();
	return workdays.has(day) || (weekday !== 0 && weekday !== 6 && !holidays.has(day));
}

// The n-th working day after a day, which is not counted.
function after(day, n) {
	let at = ms(day);
	while (n > 0) {
		at += DAY_MS;
		n -= isWorking(iso(at)) ? 1 : 0;
	}
	return iso(at);
}

// Working days from one day to another, both counted.
function between(from, to) {
	let n = 0;
	for (let at = ms(from); at <= ms(to); at += DAY_MS) {
		n += isWorking(iso(at)) ? 1 : 0;
	}
	return n;
}

// Today, where the city is.
function today() {
	const parts = new Intl.DateTimeFormat('en', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' }).formatToParts(new Date());
	const of = (type) => parts.find((part) => part.type === type).value;
	return `${of('year')}-${of('month')}-${of('day')}`;
}
const plus = (day, n) => iso(ms(day) + n * DAY_MS);

// As pages write it, without weekday and year.
function words(day, lang) {
	const [, month, date] = day.split('-').map(Number);
	return lang === 'zh-Hans'
		? `${month}月${date}日`
		: `${date} ${new Intl.DateTimeFormat('en', { month: 'long', timeZone: 'UTC' }).format(ms(day))}`;
}

const parts = (day) => {
	const [year, month, date] = day.split('-').map(Number);
	return { day: date, month, year };
};

module.exports = { after, between, today, plus, words, parts };
