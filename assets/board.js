// The board follows what happens: a stream of one line says which version of the figures there is, and the page fetches
// itself when that changed. What is unfolded stays so, and so does the place of the focus.
(() => {
	'use strict';
	if (!window.EventSource || !document.getElementById('board')) {
		return;
	}
	let isBusy = false;
	const bring = async (version) => {
		const answer = await fetch(location.href, { cache: 'no-store' });
		const page = answer.ok && new DOMParser().parseFromString(await answer.text(), 'text/html');
		const fresh = page && page.getElementById('board'), old = document.getElementById('board');
		if (!fresh) {
			return;
		}
		const open = [...old.querySelectorAll('details')].map((d) => d.open);
		const focus = old.contains(document.activeElement) && document.activeElement.getAttribute('href');
		const left = [...old.querySelectorAll('.scroll')].map((s) => s.scrollLeft);
		fresh.querySelectorAll('details').forEach((d, i) => { d.open = open[i]; });
		old.replaceWith(fresh);
		fresh.querySelectorAll('.scroll').forEach((s, i) => { s.scrollLeft = left[i] || 0; });
		if (focus) {
			const same = fresh.querySelector(`a[href="${CSS.escape(focus)}"]`);
			if (same) {
				same.focus({ preventScroll: true });
			}
		}
		document.title = page.title;
		fresh.dataset.version = version;
	};
	const stream = new EventSource('/board/live');
	stream.onmessage = async (event) => {
		const board = document.getElementById('board');
		if (isBusy || !board || event.data === board.dataset.version) {
			return;
		}
		isBusy = true;
		try {
			await bring(event.data);
		} catch {
			// no network: the figures stay as they are, with the time to which they are exact
		}
		isBusy = false;
	};
	addEventListener('pagehide', () => stream.close());
})();
