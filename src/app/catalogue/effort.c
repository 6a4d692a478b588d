#include "app/catalogue/effort.h"

/* More papers or services than this in one chain are not counted: nobody would go that way. */
enum { CHAIN_MAX = 64 };

struct chain {
	struct service_list services;
	const struct str *held;
	size_t held_n;
	struct str currency;
	const struct service *seen[CHAIN_MAX]; /* fetched from, each once; so a circle ends too */
	size_t seen_n;
	struct str papers[CHAIN_MAX]; /* kinds of papers counted */
	size_t paper_n;
	struct effort *out;
};

static bool is_among(struct str s, const struct str *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (str_eq(s, list[i])) {
			return true;
		}
	}
	return false;
}

bool effort_is_held(const struct evidence *ev, const struct str *held, size_t held_n)
{
	return ev->document.n > 0 && is_among(ev->document, held, held_n);
}

static bool is_needed(const struct chain *c, const struct evidence *ev)
{
	return ev->source == EVIDENCE_UPLOAD && evidence_is_for_all(ev) && !effort_is_held(ev, c->held, c->held_n);
}

static const struct service *find(struct service_list l, struct str id)
{
	size_t from = 0, to = l.n;
	while (from < to) {
		size_t middle = (from + to) / 2;
		int order = str_cmp(l.items[middle]->id, id);
		if (order == 0) {
			return l.items[middle];
		}
		if (order < 0) {
			from = middle + 1;
		} else {
			to = middle;
		}
	}
	return NULL;
}

/* A paper without a kind is one of its own. */
static bool is_new_paper(struct chain *c, const struct evidence *ev)
{
	if (ev->document.n == 0) {
		return true;
	}
	if (is_among(ev->document, c->papers, c->paper_n)) {
		return false;
	}
	if (c->paper_n < CHAIN_MAX) {
		c->papers[c->paper_n++] = ev->document;
	}
	return true;
}

static bool is_first_visit(struct chain *c, const struct service *s)
{
	for (size_t i = 0; i < c->seen_n; i++) {
		if (c->seen[i] == s) {
			return false;
		}
	}
	if (c->seen_n == CHAIN_MAX) {
		return false;
	}
	c->seen[c->seen_n++] = s;
	return true;
}

static int days_of(const struct service *s)
{
	return s->usual_days > 0 ? s->usual_days : s->clock.committed.n;
}

/* Gives the working days until all papers of `s` are there. As deep as the pack's chain: CHAIN_MAX services at most. */
static int fetch(struct chain *c, const struct service *s) // NOLINT(misc-no-recursion)
{
	int slowest = 0;
	for (size_t i = 0; i < s->evidence_n; i++) {
		const struct evidence *ev = &s->evidence[i];
		if (!is_needed(c, ev) || !is_new_paper(c, ev)) {
			continue;
		}
		c->out->whole.documents++;
		int days = ev->effort_days;
		const struct service *from = ev->from.n > 0 ? find(c->services, ev->from) : NULL;
		if (from == NULL) {
			c->out->whole.visits += ev->effort_visits;
			c->out->minor += ev->effort_minor;
		} else if (is_first_visit(c, from)) {
			c->out->whole.visits += from->visits;
			c->out->minor += str_eq(from->fee_currency, c->currency) ? from->fee_minor : 0;
			days = days_of(from) + fetch(c, from);
		}
		slowest = days > slowest ? days : slowest;
	}
	return slowest;
}

void effort_of(struct service_list services, const struct service *s, const struct str *held, size_t held_n,
               struct effort *out)
{
	struct chain c = {
		.services = services, .held = held, .held_n = held_n, .currency = s->fee_currency, .out = out, .seen = {s}};
	c.seen_n = 1;
	*out = (struct effort){.here.visits = s->visits, .whole.visits = s->visits};
	for (size_t i = 0; i < s->evidence_n; i++) {
		out->here.documents += is_needed(&c, &s->evidence[i]);
	}
	out->days = fetch(&c, s);
}
