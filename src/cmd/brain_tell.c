/* The way to the portal alone: a brain with a street on which nobody drives tells it of its signals, second by second,
 * and does what it orders; with --stands one vehicle stands where it should not, which it finds. For who sets a portal
 * up, and for tests. */
#include <stdio.h>

#include "base/time_source.h"
#include "brain/tell.h"
#include "cmd/brain.h"
#include "cmd/commands.h"
#include "os/control.h"

enum { TOLD_MAX_BYTES = 64 * 1024 * 1024 };
#define CALL_WITHIN_US INT64_C(10000000)

struct telling {
	const struct brain_asked *a;
	struct city *city;
	struct tell tell;
	struct incidents incidents;
	uint32_t stands; /* the lane on which somebody stands; NET_NONE */
	struct buf words, reply;
};

static bool call(struct telling *t, bool *wants_outline, struct str *orders, struct err *e)
{
	buf_reset(&t->reply);
	return buf_ok(&t->words, e) &&
	       control_call(str_of(t->a->portal), FRAME_COMMAND, buf_str(&t->words), CALL_WITHIN_US, &t->reply, e) &&
	       frame_answer_take(buf_str(&t->reply), wants_outline, orders, e);
}

static bool second(struct telling *t, struct err *e)
{
	struct city *c = t->city;
	bool wants_outline = false;
	struct str orders = STR_EMPTY;
	uint32_t taken = 0;
	c->now_ms += 1000;
	street_tick(&c->street, c->now_ms);
	if (t->stands != NET_NONE &&
	    !street_see(&c->street, STR("one"), t->stands, c->net->lanes[t->stands].length_m / 2, 0, e)) {
		return false;
	}
	if (!city_look(c, e) || !incidents_look_whole(&t->incidents, c, e) || !city_decide(c, 1, e)) {
		return false;
	}
	buf_reset(&t->words);
	tell_frame(&t->tell, &t->words);
	city_act(c);
	if (!call(t, &wants_outline, &orders, e) || (orders.n > 0 && !orders_take(c, orders, &taken, e))) {
		return false;
	}
	if (taken > 0) {
		printf("%u orders, the newest is number %llu\n", taken, (unsigned long long)c->orders_last);
	}
	if (wants_outline) {
		uint8_t digest[SHA256_BYTES];
		buf_reset(&t->words);
		return brain_digest_net(t->a, digest, e) && tell_outline(&t->tell, &t->words, digest, true, e) &&
		       call(t, &wants_outline, &orders, e);
	}
	return true;
}

static void say(const struct city *c)
{
	for (uint32_t i = 0; i < c->net->signal_n; i++) {
		const struct mode_set *m = &c->signals[i].mode;
		printf("signal %.*s: %s%s\n", STR_ARG(c->net->signals[i].id), MODE_NAMES[m->mode],
		       m->is_given_back ? ", given back" : "");
	}
}

/* The first lane of the link. */
static bool find_stands(struct telling *t, struct err *e)
{
	const struct net *n = t->city->net;
	t->stands = NET_NONE;
	for (uint32_t i = 0; t->a->stands != NULL && i < n->link_n; i++) {
		if (str_is(n->links[i].id, t->a->stands)) {
			t->stands = n->links[i].lane;
		}
	}
	return t->a->stands == NULL || t->stands != NET_NONE ||
	       err_set(e, ERR_USAGE, "the network has no link %s", t->a->stands);
}

int brain_tell(struct brain_asked *a)
{
	struct net n;
	struct city c;
	struct telling t = {.a = a, .city = &c};
	struct err e = {0};
	if (a->portal == NULL) {
		err_set(&e, ERR_USAGE, "brain tell takes --portal DATAFOLDER");
		return command_failed(&e);
	}
	if (!brain_load(a, &n, &e)) {
		return command_failed(&e);
	}
	bool ok = city_init(&c, &n, a->times, a->controller, (int64_t)(a->begin_s * 1000), &e);
	if (ok) {
		struct time_source clock;
		time_source_init(&clock);
		buf_init(&t.words, TOLD_MAX_BYTES);
		buf_init(&t.reply, CONTROL_REPLY_MAX);
		orders_begin(&c, MODE_WATCH);
		ok = find_stands(&t, &e) && incidents_init(&t.incidents, &n, NULL, &e) &&
		     tell_begin(&t.tell, &c, NULL, time_legal_us(&clock), &e);
		t.tell.found = &t.incidents;
		for (double s = 0; ok && s < a->end_s; s++) {
			ok = second(&t, &e);
		}
		if (ok) {
			say(&c);
		}
		tell_end(&t.tell);
		incidents_release(&t.incidents);
		buf_release(&t.words);
		buf_release(&t.reply);
		city_release(&c);
	}
	net_release(&n);
	return ok ? EXIT_STOPPED : command_failed(&e);
}
