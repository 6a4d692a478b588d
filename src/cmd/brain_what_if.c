#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/traffic/whatif.h"
#include "base/log.h"
#include "brain/demand.h"
#include "brain/whatif.h"
#include "cmd/brain.h"
#include "cmd/commands.h"
#include "os/control.h"
#include "os/file.h"
#include "os/signal.h"
#include "os/socket.h"

enum { ROUTES_MAX_BYTES = 1 << 30, BAR = 40, MESSAGE_BYTES = 8192, TRIES = 30 };
#define CALL_WITHIN_US (3 * US_PER_S)
#define LOOKS_EVERY_US (2 * US_PER_S)
#define TELLS_EVERY_US (2 * US_PER_S)

struct asker {
	struct signals signals;
	bool is_cancelled;
	int shown; /* percent */
};

static bool is_cancelled(void *ctx)
{
	struct asker *a = ctx;
	/* Children end too: each of those is a signal here. */
	for (enum signal_kind k = signals_wait(&a->signals, 0); k != SIGNAL_NONE; k = signals_wait(&a->signals, 0)) {
		a->is_cancelled = a->is_cancelled || k == SIGNAL_STOP;
	}
	return a->is_cancelled;
}

static void show(void *ctx, double part)
{
	struct asker *a = ctx;
	int percent = (int)(part * 100), wide = BAR * percent / 100;
	if (percent == a->shown) {
		return;
	}
	a->shown = percent;
	if (isatty(2)) {
		fprintf(stderr, "\r[%.*s%*s] %d%%", wide, "########################################", BAR - wide, "", percent);
	} else if (percent % 10 == 0) {
		fprintf(stderr, "%d%%\n", percent);
	}
}

/* The routes file for SUMO: as given, or made from counts. */
struct demand_file {
	char path[512];
	bool is_made; /* to be removed */
	double begin_s;
	int64_t counted_min; /* of counts: when the quarters that are like those to come began; 0: nothing was picked */
};

static void demand_drop(struct demand_file *d)
{
	if (d->is_made) {
		unlink(d->path);
	}
	d->is_made = false;
}

/* minutes 0: all that was counted, or is in the file. */
static bool demand_make(const struct brain_asked *a, const struct net *n, int64_t minutes, struct demand_file *d,
                        struct err *e)
{
	struct history h;
	struct buf routes;
	uint32_t cars = 0;
	*d = (struct demand_file){.begin_s = a->begin_s};
	snprintf(d->path, sizeof d->path, "%s", a->routes ? a->routes : "");
	if (a->routes != NULL) {
		return true;
	}
	history_init(&h, n, true);
	buf_init(&routes, ROUTES_MAX_BYTES);
	snprintf(d->path, sizeof d->path, "/tmp/cityhall-demand-XXXXXX");
	int fd = mkstemp(d->path);
	bool ok = fd >= 0 || err_errno(e, "no file in /tmp");
	d->is_made = ok;
	ok = ok && history_read(&h, str_of(a->counts), e);
	if (ok && minutes > 0 && h.n > 0 && strchr(a->counts, '@') == NULL) {
		int64_t quarters = (minutes * 60 + QUARTER_S - 1) / QUARTER_S, begin = demand_like_now(&h, quarters);
		d->begin_s = (double)demand_keep(&h, begin, quarters) * QUARTER_S;
		d->counted_min = begin * (QUARTER_S / 60);
	}
	ok = ok && demand_put_routes(&routes, &h, a->seed, &cars, e) &&
	     file_write_all(&file_layer_real, fd, buf_str(&routes), e);
	file_close(&file_layer_real, fd);
	if (ok) {
		printf("%u vehicles by what was counted; nobody on foot, and no queue from outside of the net.\n", cars);
		fflush(stdout);
	}
	history_release(&h);
	buf_release(&routes);
	return ok;
}

static void say(const struct brain_asked *a, const struct whatif_result *r)
{
	printf("A: %s. B: %s. %u of %llu pairs of runs%s.\n", a->a, a->b, r->pairs, (unsigned long long)a->seeds,
	       r->is_cut ? "; the others were given up" : "");
	if (r->failed > 0) {
		printf("%u runs failed; the first: %s\n", r->failed, r->why);
	}
	if (r->pairs < 2) {
		printf("It takes two pairs to say how sure a difference is.\n");
	} else {
		printf("95%% intervals: Student's t over pairs of the same seed.\n");
	}
	printf("\n%-34s %9s %9s %9s  %s\n", "", "A", "B", "by", "from .. to");
	for (int i = 0; r->pairs > 0 && i < WHATIF_MEASURE_N; i++) {
		const struct whatif_measure *m = &WHATIF_MEASURE[i];
		const struct difference *d = &r->of[i];
		char interval[80] = "", name[80];
		bool is_shown = difference_is_shown(d);
		if (d->before <= 0 && d->after <= 0) {
			continue; /* nobody walked */
		}
		if (d->how != DIFFERENCE_TOO_LITTLE) {
			snprintf(interval, sizeof interval, "%+.2f to %+.2f", d->least, d->most);
		}
		snprintf(name, sizeof name, "%s%s%s", m->what, m->unit[0] != '\0' ? ", " : "", m->unit);
		printf("%-34s %9.2f %9.2f %+9.2f  %-20s %s\n", name, d->before, d->after, d->by, interval,
		       d->how == DIFFERENCE_TOO_LITTLE    ? ""
		       : !is_shown                        ? "no difference shown"
		       : (d->by < 0) == m->less_is_better ? "B is better"
		                                          : "A is better");
	}
}

/* --- For a portal: what it asks, one after the other
 * ------------------------------------------------------------------------------------------------------------------ */

struct worker {
	struct asker asker;
	const struct brain_asked *a;
	struct str id; /* of the question */
	int64_t told;  /* running time */
	bool is_stopped;
};

static bool call(const struct brain_asked *a, struct str message, struct buf *reply, struct err *e)
{
	buf_reset(reply);
	return control_call(str_of(a->portal), WHAT_IF_COMMAND, message, CALL_WITHIN_US, reply, e);
}

static void tell(void *ctx, double part)
{
	struct worker *w = ctx;
	struct buf message, reply;
	struct err e;
	if (deadline_left(w->told) > 0) {
		return;
	}
	w->told = deadline_in(TELLS_EVERY_US);
	buf_init(&message, MESSAGE_BYTES);
	buf_init(&reply, MESSAGE_BYTES);
	buf_printf(&message, "say %.*s %d", STR_ARG(w->id), (int)(part * 100));
	if (call(w->a, buf_str(&message), &reply, &e)) { /* a portal that is away hears of the end */
		w->is_stopped = w->is_stopped || str_is(buf_str(&reply), "stop");
	}
	buf_release(&message);
	buf_release(&reply);
}

static bool is_over(void *ctx)
{
	struct worker *w = ctx;
	return is_cancelled(&w->asker) || w->is_stopped;
}

static void put_answer(struct buf *to, struct str id, bool ok, const struct whatif_result *r,
                       const struct demand_file *demand, const struct err *e)
{
	if (!ok || r->pairs < 2) {
		buf_printf(to, "fail %.*s\n%s", STR_ARG(id), !ok ? e->text : r->failed > 0 ? r->why : "the time was over");
		return;
	}
	buf_printf(to, "end %.*s", STR_ARG(id));
	for (int i = 0; i < WHATIF_MEASURE_N; i++) {
		const struct difference *d = &r->of[i];
		if (d->before > 0 || d->after > 0) {
			buf_printf(to, "\n%s|%.4f|%.4f|%.4f|%.4f", WHATIF_MEASURE[i].key, d->before, d->after, d->least, d->most);
		}
	}
	if (demand->counted_min > 0) {
		buf_printf(to, "\n" WHAT_IF_COUNTED "|%lld|0|0|0", (long long)demand->counted_min);
	}
}

/* "ID A B MINUTES SEEDS"; end_s: how long it lasts. */
static bool take_question(struct str text, struct whatif *w, struct str *id, struct err *e)
{
	struct str a, b, minutes, seeds;
	uint64_t n = 0, times = 0;
	bool ok = str_next(&text, ' ', id) && str_next(&text, ' ', &a) && str_next(&text, ' ', &b) &&
	          str_next(&text, ' ', &minutes) && str_next(&text, ' ', &seeds) && str_to_u64(minutes, &n) &&
	          str_to_u64(seeds, &times) && n <= 1440 && times <= WHATIF_SEEDS_MOST;
	if (!ok) {
		return err_set(e, ERR_CORRUPT, "the portal asks what cannot be understood");
	}
	w->end_s = (double)n * 60;
	w->seeds = (uint32_t)times;
	return whatif_take_setting(&w->set[0], a, e) && whatif_take_setting(&w->set[1], b, e);
}

static void answer(struct worker *k, const struct whatif *asked, struct str question)
{
	struct whatif w = *asked;
	struct whatif_result r = {0};
	struct buf message, reply;
	struct err e = {0};
	k->is_stopped = false;
	k->told = 0;
	w.deadline = deadline_in((int64_t)k->a->within_s * US_PER_S);
	w.is_cancelled = is_over;
	w.progress = tell;
	w.ctx = k;
	buf_init(&message, MESSAGE_BYTES);
	buf_init(&reply, MESSAGE_BYTES);
	struct demand_file demand = {0};
	bool ok = take_question(question, &w, &k->id, &e) && demand_make(k->a, w.net, (int64_t)w.end_s / 60, &demand, &e);
	w.routes = demand.path;
	w.begin_s = demand.begin_s;
	w.end_s += demand.begin_s;
	ok = ok && whatif_run(&w, &r, &e);
	demand_drop(&demand);
	log_line(LOG_INFO, "what-if", LOG_S("question", k->id), LOG_I("pairs", r.pairs), LOG_I("failed", r.failed));
	put_answer(&message, k->id, ok, &r, &demand, &e);
	/* Stopped in the portal: it knows. Stopped here: somebody else may take it in a minute. */
	for (int i = 0; i < TRIES && !k->asker.is_cancelled && !k->is_stopped && !call(k->a, buf_str(&message), &reply, &e);
	     i++) {
		log_err(LOG_WARN, "no-portal", &e);
		(void)signals_wait(&k->asker.signals, LOOKS_EVERY_US);
	}
	buf_release(&message);
	buf_release(&reply);
}

static int serve(const struct brain_asked *a, const struct whatif *w, struct worker *k)
{
	struct buf reply;
	struct err e = {0};
	bool was_there = true;
	buf_init(&reply, MESSAGE_BYTES);
	while (!is_cancelled(&k->asker)) {
		bool ok = call(a, STR("next"), &reply, &e);
		if (ok && reply.n > 0) {
			answer(k, w, buf_str(&reply));
			continue;
		}
		if (!ok && was_there) {
			log_err(LOG_WARN, "no-portal", &e);
		}
		was_there = ok;
		k->asker.is_cancelled = signals_wait(&k->asker.signals, LOOKS_EVERY_US) == SIGNAL_STOP;
	}
	buf_release(&reply);
	return EXIT_STOPPED;
}

int brain_what_if(struct brain_asked *a)
{
	struct net n;
	struct whatif_result r;
	struct asker asker = {.shown = -1};
	struct err e = {0};
	struct whatif w = {.net = &n,
	                   .net_path = a->net,
	                   .more = a->more,
	                   .orders = a->orders,
	                   .begin_s = a->begin_s,
	                   .end_s = a->end_s,
	                   .seeds = (uint32_t)a->seeds,
	                   .jobs = (uint32_t)a->jobs,
	                   .deadline = deadline_in((int64_t)a->within_s * US_PER_S),
	                   .is_cancelled = is_cancelled,
	                   .progress = show,
	                   .ctx = &asker};
	if ((a->routes == NULL) == (a->counts == NULL)) {
		err_set(&e, ERR_USAGE, "brain what-if takes --routes FILE, or --counts JOURNAL");
		return command_failed(&e);
	}
	if (!whatif_take_setting(&w.set[0], str_of(a->a), &e) || !whatif_take_setting(&w.set[1], str_of(a->b), &e) ||
	    !brain_load(a, &n, &e)) {
		return command_failed(&e);
	}
	struct demand_file demand = {0};
	bool ok = signals_open(&asker.signals, &e);
	if (ok && a->portal != NULL) {
		struct worker k = {.asker = asker, .a = a};
		int code = serve(a, &w, &k);
		signals_close(&asker.signals);
		net_release(&n);
		return code;
	}
	ok = ok && demand_make(a, &n, 0, &demand, &e);
	w.routes = demand.path;
	ok = ok && whatif_run(&w, &r, &e);
	if (isatty(2)) {
		fputc('\n', stderr);
	}
	if (ok) {
		say(a, &r);
	}
	demand_drop(&demand);
	signals_close(&asker.signals);
	net_release(&n);
	return !ok ? command_failed(&e) : asker.is_cancelled || r.pairs == 0 ? EXIT_FAILED : EXIT_STOPPED;
}
