#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/time_source.h"
#include "brain/brain.h"
#include "brain/driver.h"
#include "brain/field_file.h"
#include "brain/link.h"
#include "brain/sumo.h"
#include "brain/tell.h"
#include "cmd/brain.h"
#include "cmd/commands.h"

enum { MINUTE_MS = 60000, THREADS = 2, PORTAL_OUTLINE_MAX_BYTES = 64 * 1024 * 1024 };
/* A tick is a second; what comes after eight tenths of it comes too late for it. */
#define DATED_MS INT64_C(1000000000000) /* the year 2001 */
#define ANSWERS_WITHIN_US (US_PER_S * 8 / 10)
#define DRIVER_COMES_WITHIN_US (60 * US_PER_S)
#define DRIVER_SPEAKS_WITHIN_US (300 * US_PER_S)

static int64_t now_us(void)
{
	struct time_source clock;
	time_source_init(&clock);
	return time_legal_us(&clock);
}

static void say(const struct city *c, const struct driver *d)
{
	uint32_t cars = 0;
	float stand = 0;
	for (uint32_t i = 0; i < c->net->lane_n; i++) {
		cars += c->street.count[i];
		stand += c->street.halting[i];
	}
	printf("%02lld:%02lld  %u vehicles, %.0f stand; %llu of %llu ticks by the plan\n", (long long)(c->now_ms / 3600000),
	       (long long)(c->now_ms / MINUTE_MS % 60), cars, (double)stand, (unsigned long long)d->by_plan,
	       (unsigned long long)d->ticks);
	fflush(stdout);
}

/* No faster than was asked for, and what was lost is not made good. */
static void keep_pace(const struct brain_asked *a, int64_t *due_us)
{
	int64_t now_us = deadline_in(1);
	if (a->pace > 0) {
		*due_us = *due_us < now_us - US_PER_S ? now_us : *due_us;
		*due_us += (int64_t)((double)US_PER_S / a->pace);
		if (*due_us > now_us) {
			usleep((useconds_t)(*due_us - now_us));
		}
	}
}

static bool drive_to_the_end(const struct brain_asked *a, struct city *c, struct sumo *s, struct driver *d,
                             struct err *e)
{
	bool ok = true, watches = a->portal != NULL && a->watch_s > 0;
	int64_t due_us = 0;
	while (ok && (double)c->now_ms < a->end_s * 1000) {
		keep_pace(a, &due_us);
		if (watches && (double)c->now_ms >= (a->begin_s + a->watch_s) * 1000) {
			log_line(LOG_INFO, "signals-act", LOG_I("street_ms", c->now_ms));
			orders_begin(c, MODE_ACT);
			watches = false;
		}
		ok = sumo_step(s, c, e);
		if (ok) {
			driver_decide(d);
			city_act(c);
		}
		if (ok && c->now_ms % MINUTE_MS == 0) {
			say(c, d);
		}
		if (ok && s->expected == 0 && a->port == 0) {
			break;
		}
	}
	return ok;
}

/* Beside the journal. */
void brain_keep_orders(const struct brain_asked *a, struct driver *d, char *path, size_t n)
{
	struct err e;
	if (a->journal == NULL) {
		return;
	}
	snprintf(path, n, "%s.orders", a->journal);
	d->orders_path = path;
	if (!orders_load(d->city, path, &e)) {
		log_err(LOG_ERROR, "orders-not-read", &e);
	}
}

static int drive(void *ctx, const int *fds)
{
	struct brain_asked *a = ctx;
	struct net n;
	struct city c;
	struct sumo s;
	struct driver d;
	struct err e = {0};
	char orders[PATH_MAX];
	if (a->field != NULL) {
		return brain_drive_field(a, fds);
	}
	const char *files[10] = {"-n", a->net};
	size_t k = 2;
	if (a->routes != NULL) {
		files[k++] = "-r";
		files[k++] = a->routes;
	}
	if (a->more != NULL) {
		files[k++] = "-a";
		files[k++] = a->more;
	}
	struct sumo_options o = {.program = "sumo",
	                         .files = files,
	                         .begin_s = a->begin_s,
	                         .end_s = a->end_s,
	                         .seed = a->seed,
	                         .trips = a->trips,
	                         .is_led = true};
	if (!brain_load(a, &n, &e)) {
		return command_failed(&e) == EXIT_STOPPED ? EXIT_STOPPED : EXIT_UNUSABLE;
	}
	if (!(a->port != 0 ? sumo_join(&s, (uint16_t)a->port, &n, &e) : sumo_start(&s, &o, &n, &e))) {
		command_failed(&e);
		net_release(&n);
		return EXIT_UNUSABLE;
	}
	bool ok = city_init(&c, &n, a->times, controller_find(STR("fixed")), (int64_t)(a->begin_s * 1000), &e);
	if (ok) {
		driver_init(&d, &c, fds[0], ANSWERS_WITHIN_US);
		orders_begin(&c, a->portal != NULL ? MODE_WATCH : MODE_ACT);
		brain_keep_orders(a, &d, orders, sizeof orders);
		ok = drive_to_the_end(a, &c, &s, &d, &e);
		driver_release(&d);
		city_release(&c);
	}
	struct err why = {0};
	bool has_ended = sumo_stop(&s, &why);
	net_release(&n);
	if (!ok || !has_ended) {
		command_failed(ok ? &why : &e);
		return EXIT_UNUSABLE;
	}
	return EXIT_STOPPED;
}

static bool begin_journal(const struct brain_asked *a, struct journal *j, const struct city *c, struct err *e)
{
	struct journal_head h = {
		.controller = str_of(a->controller->name), .is_legal = a->times == &SAFETY_LEGAL, .begin_ms = c->now_ms};
	return brain_digest_net(a, h.net, e) && journal_begin(j, a->journal, &h, c, e);
}

/* The way to the portal; without it the brain goes on. */
static struct link *begin_link(const struct brain_asked *a, struct tell *t, struct brain *b)
{
	struct err e = {0};
	struct buf outline;
	struct link *l = NULL;
	uint8_t digest[SHA256_BYTES];
	if (a->portal == NULL) {
		return NULL;
	}
	buf_init(&outline, PORTAL_OUTLINE_MAX_BYTES);
	if (!tell_begin(t, b->city, b->sense, a->base_us, &e) || !brain_digest_net(a, digest, &e) ||
	    !tell_outline(t, &outline, digest, a->field == NULL, &e) ||
	    !link_start(str_of(a->portal), buf_str(&outline), &l, &e)) {
		log_err(LOG_ERROR, "no-portal", &e);
	}
	buf_release(&outline);
	return l;
}

/* What it decided is told, and what is ordered is taken. */
static void speak(struct brain *b, struct tell *t, struct link *l)
{
	struct err e = {0};
	struct buf words;
	buf_init(&words, PORTAL_OUTLINE_MAX_BYTES);
	if (t->base_us == 0 && b->city->now_ms < DATED_MS) {
		t->base_us = now_us() - b->city->now_ms * 1000; /* a rig's clock has no date: its street begins now */
	}
	tell_frame(t, &words);
	if (buf_ok(&words, &e)) {
		link_tell(l, buf_str(&words));
	}
	buf_reset(&words);
	if (e.code != ERR_NONE || (link_orders(l, &words) && !brain_order(b, buf_str(&words), &e))) {
		log_err(LOG_ERROR, "portal", &e);
	}
	buf_release(&words);
}

static int think(void *ctx, const int *fds)
{
	const struct brain_asked *a = ctx;
	struct net n;
	struct city c;
	struct journal j;
	struct err e = {0};
	int fd = -1;
	(void)fds;
	if (!brain_load(a, &n, &e)) {
		return EXIT_UNUSABLE;
	}
	bool ok = city_init(&c, &n, a->times, a->controller, (int64_t)(a->begin_s * 1000), &e);
	if (ok) {
		struct brain b = {.city = &c, .watch = a->watch, .threads = THREADS};
		if (a->journal != NULL && begin_journal(a, &j, &c, &e)) {
			b.journal = &j;
		} else if (a->journal != NULL) {
			log_err(LOG_ERROR, "no-journal", &e); /* the signals go on */
		}
		struct field_file field = {0};
		struct sense sense = {0};
		if (a->field != NULL) {
			ok = field_file_read(&field, a->field, &n, &e) &&
			     sense_init(&sense, &n, field.detectors, field.detector_n, &e);
			b.sense = &sense;
		}
		struct incidents incidents = {0};
		ok = ok && incidents_init(&incidents, &n, b.sense, &e);
		b.incidents = &incidents;
		struct tell tell = {0};
		struct link *link = begin_link(a, &tell, &b);
		tell.found = &incidents;
		brain_begin(&b);
		ok = ok && socket_connect_unix(str_of(a->path), deadline_in(DRIVER_COMES_WITHIN_US), &fd, &e);
		while (ok) {
			ok = brain_answer(&b, fd, deadline_in(DRIVER_SPEAKS_WITHIN_US), &e);
			if (ok && link != NULL) {
				speak(&b, &tell, link);
			}
		}
		socket_close(&fd);
		link_stop(link);
		tell_end(&tell);
		incidents_release(&incidents);
		if (b.sense != NULL && ok) {
			sense_release(b.sense);
		}
		field_file_release(&field);
		if (b.journal != NULL) {
			journal_end(b.journal);
		}
		city_release(&c);
	}
	net_release(&n);
	log_err(LOG_INFO, "brain-stops", &e);
	return EXIT_FAILED; /* it is started again as long as there is a driver */
}

int brain_run(struct brain_asked *a)
{
	struct err e = {0};
	int listens = -1, code;
	/* The street begins now, whatever its own clock says. */
	a->base_us = a->field != NULL ? 0 : now_us() - (int64_t)(a->begin_s * (double)US_PER_S);
	snprintf(a->dir, sizeof a->dir, "/tmp/cityhall-brain-XXXXXX");
	if (mkdtemp(a->dir) == NULL) {
		err_errno(&e, "no folder in /tmp");
		return command_failed(&e);
	}
	snprintf(a->path, sizeof a->path, "%.100s/driver", a->dir);
	struct net n;
	bool ok = brain_load(a, &n, &e);
	if (ok) {
		ok = brain_watch_make(&a->watch, &n, &e);
		net_release(&n);
	}
	if (!ok || !socket_listen_unix(str_of(a->path), 0600, &listens, &e)) {
		code = command_failed(&e);
	} else {
		const struct supervisor_child children[] = {
			{.name = "driver",
		     .run = drive,
		     .ctx = a,
		     .fds = {listens},
		     .fd_n = 1,
		     .stop_order = 2,
		     .grace_us = 10 * US_PER_S,
		     .is_main = true},
			{.name = "brain", .run = think, .ctx = a, .stop_order = 1, .grace_us = US_PER_S},
		};
		const struct supervisor_options o = {.children = children, .child_n = 2};
		code = supervisor_run(&o);
	}
	socket_close(&listens);
	brain_watch_drop(a->watch);
	unlink(a->path);
	rmdir(a->dir);
	return code;
}
