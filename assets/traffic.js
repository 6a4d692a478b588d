// The live city follows what the brain tells: a stream of one line says which version there is, and the page fetches
// itself when that changed. What is unfolded stays so, and so do the place of the focus and what is typed: forms stand
// outside of what is exchanged.
(() => {
	'use strict';
	const stream = window.EventSource && document.getElementById('live');
	if (!stream) {
		return;
	}
	let isBusy = false, version = stream.dataset.version;
	const bring = async () => {
		const answer = await fetch(location.href, { cache: 'no-store' });
		const page = answer.ok && new DOMParser().parseFromString(await answer.text(), 'text/html');
		const fresh = page && page.getElementById('live'), old = document.getElementById('live');
		if (!fresh || !old) {
			return;
		}
		const open = [...old.querySelectorAll('details')].map((d) => d.open);
		const focus = old.contains(document.activeElement) && document.activeElement;
		const left = [...old.querySelectorAll('.scroll')].map((s) => s.scrollLeft);
		const at = focus ? [...old.querySelectorAll('a, summary, .scroll')].indexOf(focus) : -1;
		fresh.querySelectorAll('details').forEach((d, i) => { d.open = open[i]; });
		old.replaceWith(fresh);
		fresh.querySelectorAll('.scroll').forEach((s, i) => { s.scrollLeft = left[i] || 0; });
		if (at >= 0) {
			const same = fresh.querySelectorAll('a, summary, .scroll')[at];
			if (same) {
				same.focus({ preventScroll: true });
			}
		}
		document.title = page.title;
	};
	const source = new EventSource(stream.dataset.stream);
	source.onmessage = async (event) => {
		if (isBusy || event.data === version) {
			return;
		}
		isBusy = true;
		try {
			await bring();
			version = event.data;
		} catch {
			// no network: what stands there stays, with the time that it is of
		}
		isBusy = false;
	};
	addEventListener('pagehide', () => source.close());
})();
