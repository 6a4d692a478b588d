#include <stdio.h>

#include "base/fault.h"
#include "brain/explain.h"
#include "brain/journal.h"
#include "cmd/brain.h"
#include "cmd/commands.h"

enum { THREADS = 2, SHOWN_OTHERS = 20 };

struct replay {
	const struct brain_asked *a;
	struct net net;
	struct city city;
	bool has_city;
	uint8_t *wishes, *before, *stages; /* as journaled, at the last tick, where the signals stood then */
	uint8_t digest[SHA256_BYTES];
	uint32_t explained; /* the signal; NET_NONE: none */
	uint64_t brains, ticks, decisions, others;
};

static bool begin_again(struct replay *r, const struct journal_reader *j, struct err *e)
{
	struct journal_head h;
	if (!journal_take_head(j, &h, e)) {
		return false;
	}
	const struct controller *how = controller_find(h.controller);
	if (how == NULL || memcmp(h.net, r->digest, sizeof h.net) != 0) {
		return err_set(e, ERR_BAD_INPUT,
		               how == NULL ? "the journal is of a controller that is not known"
		                           : "the journal is of another network");
	}
	if (r->has_city) {
		city_release(&r->city);
	}
	r->brains++;
	memset(r->wishes, STAGE_NONE, r->net.signal_n);
	memset(r->before, STAGE_NONE, r->net.signal_n);
	memset(r->stages, STAGE_NONE, r->net.signal_n);
	r->has_city = city_init(&r->city, &r->net, h.is_legal ? &SAFETY_LEGAL : &SAFETY_BENCH, how, h.begin_ms, e);
	return r->has_city;
}

static void explain(const struct replay *r, struct city *c)
{
	uint32_t i = r->explained;
	uint8_t stage = c->signals[i].state.stage;
	bool is_asked = r->a->at_s < 0 || c->now_ms / 1000 == (int64_t)r->a->at_s;
	struct buf text;
	buf_init(&text, 1 << 20);
	if (is_asked && r->stages[i] != STAGE_NONE && r->stages[i] != stage && r->before[i] != stage) {
		explain_other(&text, c, i, r->stages[i]);
	}
	if (is_asked && (r->a->at_s >= 0 || c->signals[i].wish != stage)) {
		explain_wish(&text, c, i);
	}
	printf("%.*s", STR_ARG(buf_str(&text)));
	buf_release(&text);
}

static bool decide_again(struct replay *r, const struct journal_reader *j, struct err *e)
{
	struct city *c = &r->city;
	if (!r->has_city) {
		return err_set(e, ERR_CORRUPT, "the journal has no head");
	}
	if (!journal_take_tick(buf_str(&j->record), c, r->wishes, e) || !city_decide(c, THREADS, e)) {
		return false;
	}
	r->ticks++;
	for (uint32_t i = 0; i < c->net->signal_n; i++) {
		const struct city_signal *s = &c->signals[i];
		r->decisions += s->is_led;
		if (s->wish != r->wishes[i]) {
			r->others++;
			if (r->others <= SHOWN_OTHERS) {
				printf("at %lld ms signal %.*s: stage %u was wished, now it would be %u\n", (long long)c->now_ms,
				       STR_ARG(c->net->signals[i].id), r->wishes[i], s->wish);
			}
		}
	}
	if (r->explained != NET_NONE) {
		explain(r, c);
	}
	for (uint32_t i = 0; i < c->net->signal_n; i++) {
		r->before[i] = r->wishes[i];
		r->stages[i] = c->signals[i].state.stage;
	}
	return true;
}

int brain_replay(struct brain_asked *a)
{
	struct replay r = {.a = a, .explained = NET_NONE};
	struct journal_reader j = {.fd = -1};
	struct err e = {0};
	enum journal_kind kind = JOURNAL_HEAD;
	if (a->journal == NULL) {
		err_set(&e, ERR_USAGE, "brain replay takes --journal FILE");
		return command_failed(&e);
	}
	if (!brain_load(a, &r.net, &e)) {
		return command_failed(&e);
	}
	r.wishes = mem_must(r.net.signal_n + 1, 3);
	r.before = r.wishes + r.net.signal_n;
	r.stages = r.before + r.net.signal_n;
	bool ok = brain_digest_net(a, r.digest, &e);
	if (ok && a->explain != NULL) {
		r.explained = net_signal_find(&r.net, str_of(a->explain));
		ok = r.explained != NET_NONE || err_set(&e, ERR_USAGE, "there is no signal \"%s\"", a->explain);
	}
	ok = ok && journal_open(&j, a->journal, &e);
	while (ok && (ok = journal_next(&j, &kind, &e)) && kind != JOURNAL_END) {
		ok = kind == JOURNAL_HEAD ? begin_again(&r, &j, &e) : decide_again(&r, &j, &e);
	}
	journal_close(&j);
	if (r.has_city) {
		city_release(&r.city);
	}
	mem_free(r.wishes);
	net_release(&r.net);
	if (!ok) {
		return command_failed(&e);
	}
	printf("%llu decisions in %llu ticks of %llu brains: %llu differ from the journal\n",
	       (unsigned long long)r.decisions, (unsigned long long)r.ticks, (unsigned long long)r.brains,
	       (unsigned long long)r.others);
	return r.others > 0 ? EXIT_FAILED : EXIT_STOPPED;
}
