// Suggestions below the search field, while somebody types. Without this script the field is a field: Search searches.
(() => {
	'use strict';
	const input = document.querySelector('form[role=search] input[type=search]');
	if (!input || !window.fetch) {
		return;
	}
	const box = document.createElement('ul');
	const status = document.createElement('p');
	let timer, asked = '', chosen = -1;

	box.id = 'q-list';
	box.className = 'hints';
	box.hidden = true;
	box.setAttribute('role', 'listbox');
	box.setAttribute('aria-label', document.querySelector(`label[for=${input.id}]`).textContent);
	status.className = 'hide';
	status.setAttribute('role', 'status');
	input.parentNode.append(box, status);
	for (const [name, value] of [['role', 'combobox'], ['aria-autocomplete', 'list'], ['aria-controls', box.id], ['aria-expanded', 'false']]) {
		input.setAttribute(name, value);
	}

	const choose = (n) => {
		chosen = n;
		[...box.children].forEach((li, i) => li.setAttribute('aria-selected', String(i === n)));
		if (n < 0) {
			input.removeAttribute('aria-activedescendant');
		} else {
			input.setAttribute('aria-activedescendant', box.children[n].id);
		}
	};
	const open = (isOpen) => {
		box.hidden = !isOpen;
		input.setAttribute('aria-expanded', String(isOpen));
		choose(-1);
	};
	// Who moves in the list, or closes it, means the list as it is seen: an answer still on its way comes too late.
	const settle = () => {
		clearTimeout(timer);
		asked = null;
	};
	const ask = async () => {
		const query = input.value.trim();
		if (query === asked) {
			return;
		}
		asked = query;
		let list = null;
		try {
			const answer = query && await fetch(`/suggestions?q=${encodeURIComponent(query)}`);
			list = answer && answer.ok && new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector('ul');
		} catch {
			list = null; // no network: the form still works
		}
		if (query !== asked) {
			return; // somebody went on typing
		}
		box.replaceChildren(...(list ? list.children : []));
		status.textContent = list ? list.dataset.say : '';
		open(box.children.length > 0);
	};
	input.addEventListener('input', () => {
		clearTimeout(timer);
		timer = setTimeout(ask, 120);
	});
	input.addEventListener('keydown', (e) => {
		const n = box.children.length;
		if (e.key === 'Escape' && !box.hidden) {
			settle();
			open(false);
			e.preventDefault();
		} else if ((e.key === 'ArrowDown' || e.key === 'ArrowUp') && n > 0) {
			settle();
			const by = e.key === 'ArrowDown' ? 1 : -1;
			const next = chosen < 0 && by < 0 ? n - 1 : (chosen + by + n + 1) % (n + 1);
			if (box.hidden) {
				open(true);
			}
			choose(next === n ? -1 : next);
			e.preventDefault();
		} else if (e.key === 'Enter' && chosen >= 0) {
			location.assign(box.children[chosen].dataset.href);
			e.preventDefault();
		}
	});
	input.addEventListener('blur', () => open(false));
	// Before the field loses the focus.
	box.addEventListener('pointerdown', (e) => e.preventDefault());
	box.addEventListener('click', (e) => {
		const li = e.target.closest('li');
		if (li) {
			location.assign(li.dataset.href);
		}
	});
})();
