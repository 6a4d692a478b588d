// The applicant's own screen follows the official's page: asks twice a second whether something changed, and then shows
// the page anew. Without this script the browser asks by itself every two seconds (the header Refresh).
(() => {
	'use strict';
	const live = new URL('/screen?live=1', location.href);
	if (!window.fetch || !document.getElementById('mirror')) {
		return;
	}
	if (new URLSearchParams(location.search).get('live') !== '1') {
		location.replace(live);
		return;
	}
	// An answer that does not come must not keep the screen waiting for ever: it is given up, and asked for again.
	const get = (where) => {
		const giveUp = new AbortController();
		setTimeout(() => giveUp.abort(), 4000);
		return fetch(where, { cache: 'no-store', signal: giveUp.signal });
	};
	let since = 0; // the question that has no answer yet
	const look = async () => {
		if (Date.now() - since < 5000) {
			return;
		}
		since = Date.now();
		try {
			const answer = await get('/screen/now');
			const now = answer.ok && await answer.text();
			const mirror = document.getElementById('mirror');
			if (now !== false && now !== mirror.dataset.now) {
				const page = await get(live);
				const fresh = page.ok && new DOMParser().parseFromString(await page.text(), 'text/html').getElementById('mirror');
				if (fresh) {
					mirror.replaceWith(fresh);
					const button = fresh.querySelector('.btn');
					if (button) {
						button.focus();
					}
				}
			}
		} catch {
			// no network: the screen stays as it is, and asks again
		}
		since = 0;
	};
	setInterval(look, 500);
})();
