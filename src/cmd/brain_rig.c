#include <stdio.h>

#include "base/time_source.h"
#include "brain/rig.h"
#include "cmd/brain.h"
#include "cmd/commands.h"
#include "os/socket.h"

enum { SAID_EVERY_MS = 60000 };
#define SOMEBODY_COMES_WITHIN_US (600 * US_PER_S)

static bool to_the_end(const struct brain_asked *a, struct rig *r, struct city *c, struct sumo *s, struct err *e)
{
	bool ok = true;
	while (ok && (double)c->now_ms < a->end_s * 1000) {
		ok = sumo_step(s, c, e) && rig_tick(r, e);
		if (ok && c->now_ms % SAID_EVERY_MS == 0) {
			printf("%02lld:%02lld  %u signals; %llu seconds of theirs by their plan\n",
			       (long long)(c->now_ms / 3600000), (long long)(c->now_ms / SAID_EVERY_MS % 60), c->net->signal_n,
			       (unsigned long long)r->by_plan);
			fflush(stdout);
		}
		if (ok && s->expected == 0) {
			break;
		}
	}
	return ok;
}

int brain_rig(struct brain_asked *a)
{
	struct net n;
	struct city c;
	struct sumo s;
	struct rig r;
	struct err e = {0}, why = {0};
	if (a->field == NULL || a->routes == NULL) {
		err_set(&e, ERR_USAGE, "brain rig takes --routes FILE and --field FILE");
		return command_failed(&e);
	}
	const struct rig_options o = {.field = a->field,
	                              .secrets = a->secrets,
	                              .broker = a->broker,
	                              .port = (uint16_t)a->port,
	                              .pace = a->pace,
	                              .gps_percent = a->gps_percent,
	                              .lost_percent = a->lost_percent,
	                              .late_percent = a->late_percent,
	                              .doubled_percent = a->doubled_percent,
	                              .noise_m = a->noise_m,
	                              .seed = a->seed};
	const char *files[] = {"-n", a->net, "-r", a->routes, a->more != NULL ? "-a" : NULL, a->more, NULL};
	const struct sumo_options so = {.program = "sumo",
	                                .files = files,
	                                .begin_s = a->begin_s,
	                                .end_s = a->end_s,
	                                .seed = a->seed,
	                                .trips = a->trips,
	                                .is_led = true};
	if (!brain_load(a, &n, &e)) {
		return command_failed(&e);
	}
	bool has_city = city_init(&c, &n, a->times, controller_find(STR("fixed")), (int64_t)(a->begin_s * 1000), &e);
	bool ok = has_city && rig_begin(&r, &o, &c, &e);
	if (ok) {
		printf("the field is in %s; somebody is waited for who leads its signals\n", a->field);
		fflush(stdout);
		ok = rig_await(&r, deadline_in(SOMEBODY_COMES_WITHIN_US), &e);
		if (ok && (ok = sumo_start(&s, &so, &n, &e))) {
			ok = to_the_end(a, &r, &c, &s, &e);
			bool has_ended = sumo_stop(&s, &why);
			e = ok ? why : e;
			ok = ok && has_ended;
		}
		rig_end(&r);
	}
	if (has_city) {
		city_release(&c);
	}
	net_release(&n);
	return ok ? EXIT_STOPPED : command_failed(&e);
}
