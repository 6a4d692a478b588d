#include <limits.h>
#include <stdio.h>

#include "base/log.h"
#include "base/time_source.h"
#include "brain/driver.h"
#include "brain/field.h"
#include "cmd/brain.h"
#include "cmd/commands.h"
#include "os/signal.h"

/* A tick is a second: signals are asked and told in half of it. */
#define ANSWERS_WITHIN_US (US_PER_S / 2)
#define STREET_SPEAKS_WITHIN_US (3 * US_PER_S)
enum { SAID_EVERY_MS = 60000 };

static void say(const struct field *f, const struct driver *d)
{
	uint32_t silent = 0;
	uint64_t refused = 0;
	for (uint32_t i = 0; i < f->file.peer_n; i++) {
		silent += f->signals[i].is_silent;
	}
	for (int i = 0; i < FIELD_DOUBTS; i++) {
		refused += f->refused[i];
	}
	printf("%02lld:%02lld  %u signals, %u silent; %llu messages, %llu refused; %llu of %llu ticks by the plan\n",
	       (long long)(f->now_ms / 3600000 % 24), (long long)(f->now_ms / SAID_EVERY_MS % 60), f->file.peer_n, silent,
	       (unsigned long long)f->told, (unsigned long long)refused, (unsigned long long)d->by_plan,
	       (unsigned long long)d->ticks);
	fflush(stdout);
}

int brain_drive_field(struct brain_asked *a, const int *fds)
{
	struct net n;
	struct city c;
	struct field f;
	struct driver d;
	struct err e = {0};
	char orders[PATH_MAX];
	if (!brain_load(a, &n, &e)) {
		command_failed(&e);
		return EXIT_UNUSABLE;
	}
	bool has_city = city_init(&c, &n, a->times, controller_find(STR("fixed")), (int64_t)(a->begin_s * 1000), &e);
	struct signals signals;
	bool ok = has_city && signals_open(&signals, &e) && field_begin(&f, a->field, &c, &e);
	if (ok) {
		driver_init(&d, &c, fds[0], ANSWERS_WITHIN_US);
		d.heard = &f.heard;
		orders_begin(&c, a->portal != NULL ? MODE_WATCH : MODE_ACT);
		brain_keep_orders(a, &d, orders, sizeof orders);
		bool is_quiet = false;
		int64_t said_ms = 0;
		while (signals_wait(&signals, 0) != SIGNAL_STOP) {
			bool is_tick = field_tick(&f, deadline_in(STREET_SPEAKS_WITHIN_US));
			if (is_tick) {
				driver_decide(&d);
				field_act(&f, &d);
			}
			if (is_tick == is_quiet) {
				is_quiet = !is_tick;
				log_line(is_quiet ? LOG_WARN : LOG_INFO, is_quiet ? "street-silent" : "street-speaks");
			}
			if (is_tick && f.now_ms / SAID_EVERY_MS != said_ms) {
				said_ms = f.now_ms / SAID_EVERY_MS;
				say(&f, &d);
			}
		}
		driver_release(&d);
		field_end(&f);
	}
	if (has_city) {
		city_release(&c);
	}
	net_release(&n);
	return ok ? EXIT_STOPPED : (command_failed(&e), EXIT_UNUSABLE);
}

int brain_field(struct brain_asked *a)
{
	struct err e;
	if (a->field == NULL) {
		err_set(&e, ERR_USAGE, "brain field takes --field FILE");
		return command_failed(&e);
	}
	return brain_run(a);
}
