#include "brain/whatif.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fault.h"
#include "os/file.h"
#include "os/signal.h"
#include "os/socket.h"

enum { LOOKS_MS = 200, TELLS_EVERY_MS = 20000, PATH_BYTES = 200, LOG_MAX_BYTES = 1 << 20, WHATIF_GREEN_MOST_S = 300 };

const struct whatif_measure WHATIF_MEASURE[] = {
#define X(at, key, what, unit, less) {key, what, unit, less},
	WHATIF_MEASURES(X)
#undef X
};

static const char *const weight_keys[PRIORITIES] = {"emergency", "bus", "walker", "school"};

/* "bus=30" */
static bool take_value(struct whatif_setting *s, struct str word)
{
	struct str key, text;
	char number[16], *end;
	if (!str_cut(word, '=', &key, &text) || text.n == 0 || text.n >= sizeof number) {
		return false;
	}
	snprintf(number, sizeof number, "%.*s", STR_ARG(text));
	double v = strtod(number, &end);
	if (*end != '\0' || !(v >= 0)) {
		return false;
	}
	if (str_is(key, "least") || str_is(key, "most")) {
		uint16_t *to = str_is(key, "least") ? &s->least_s : &s->most_s;
		*to = (uint16_t)(v <= WHATIF_GREEN_MOST_S ? v : 0);
		return *to > 0;
	}
	for (int k = 0; k < PRIORITIES; k++) {
		if (str_is(key, weight_keys[k])) {
			s->has_weight[k] = true;
			s->weight[k] = (float)v;
			return v <= (double)PRIORITY_WEIGHT_MOST;
		}
	}
	return false;
}

bool whatif_take_setting(struct whatif_setting *s, struct str text, struct err *e)
{
	struct str word, rest = text;
	*s = (struct whatif_setting){.times = &SAFETY_LEGAL};
	while (str_next(&rest, ',', &word)) {
		const struct controller *found = controller_find(word);
		if (found != NULL) {
			s->controller = found;
		} else if (str_is(word, "legal") || str_is(word, "bench")) {
			s->times = str_is(word, "bench") ? &SAFETY_BENCH : &SAFETY_LEGAL;
		} else if (str_is(word, "ordered")) {
			s->is_ordered = true;
		} else if (!take_value(s, word)) {
			return err_set(e, ERR_USAGE,
			               "a setting is a controller, perhaps with legal or bench, ordered, bounds and weights, not "
			               "\"%.*s\"",
			               STR_ARG(word));
		}
	}
	if (s->most_s > 0 && s->least_s > s->most_s) {
		return err_set(e, ERR_USAGE, "the least green of \"%.*s\" is above the most", STR_ARG(text));
	}
	return s->controller != NULL || err_set(e, ERR_USAGE, "the setting \"%.*s\" names no controller", STR_ARG(text));
}

/* All signals are led: within bounds where there are any. */
static bool set(const struct whatif *w, const struct whatif_setting *s, struct city *c, struct err *e)
{
	if (s->is_ordered && w->orders == NULL) {
		return err_set(e, ERR_USAGE, "it is not known what is ordered: name the driver's file with --orders");
	}
	if (s->is_ordered && !orders_load(c, w->orders, e)) {
		return false;
	}
	c->rules.route_n = 0; /* an ambulance of now is none of that evening */
	for (uint32_t i = 0; i < c->net->signal_n; i++) {
		struct city_signal *sig = &c->signals[i];
		bool is_bound = false;
		for (uint8_t p = 0; p < sig->plan.stage_n; p++) {
			sig->mode.least_s[p] = s->least_s > 0 ? s->least_s : sig->mode.least_s[p];
			sig->mode.most_s[p] = s->most_s > 0 ? s->most_s : sig->mode.most_s[p];
			is_bound = is_bound || sig->mode.least_s[p] > 0 || sig->mode.most_s[p] > 0;
		}
		sig->mode.mode = is_bound ? MODE_BOUNDS : MODE_ACT;
		sig->mode.is_given_back = false;
	}
	for (int k = 0; k < PRIORITIES; k++) {
		c->rules.weight[k] = s->has_weight[k] ? s->weight[k] : c->rules.weight[k];
	}
	return true;
}

/* --- One run, in its own process -------------------------------------------------------------------------------------
 */

/* What it tells, each below PIPE_BUF: how far it is, at last what came out. */
struct told {
	double part;
	bool is_end, ok;
	double value[WHATIF_MEASURE_N];
	char why[200];
};

static bool tell(int fd, const struct told *t)
{
	return write(fd, t, sizeof *t) == (ssize_t)sizeof *t;
}

static bool step_all(const struct whatif *w, struct sumo *s, struct city *c, int fd, double *longest_ms, struct err *e)
{
	int64_t told_ms = c->now_ms;
	while ((double)c->now_ms < w->end_s * 1000) {
		if (!sumo_step(s, c, e) || !city_decide(c, 1, e)) {
			return false;
		}
		city_act(c);
		for (uint32_t i = 0; i < c->net->move_n; i++) {
			double wait_ms = (double)c->street.wait_ms[i];
			*longest_ms = wait_ms > *longest_ms ? wait_ms : *longest_ms;
		}
		if (c->now_ms - told_ms >= TELLS_EVERY_MS) {
			struct told t = {.part = ((double)c->now_ms / 1000 - w->begin_s) / (w->end_s - w->begin_s)};
			told_ms = c->now_ms;
			if (!tell(fd, &t)) {
				return err_set(e, ERR_GONE, "nobody listens");
			}
		}
		if (s->expected == 0) {
			break;
		}
	}
	return true;
}

static bool simulate(const struct whatif *w, int setting, uint64_t seed, const char *trips, const char *log, int fd,
                     double *value, struct err *e)
{
	struct city c;
	struct sumo s;
	struct sumo_result r;
	struct err why = {0};
	double longest_ms = 0;
	const char *files[] = {"-n", w->net_path, "-r", w->routes, w->more ? "-a" : NULL, w->more, NULL};
	struct sumo_options o = {.program = "sumo",
	                         .files = files,
	                         .begin_s = w->begin_s,
	                         .end_s = w->end_s,
	                         .seed = seed,
	                         .trips = trips,
	                         .log = log,
	                         .is_led = true};
	const struct whatif_setting *how = &w->set[setting];
	if (!sumo_start(&s, &o, w->net, e)) {
		return false;
	}
	bool ok = city_init(&c, w->net, how->times, how->controller, (int64_t)(w->begin_s * 1000), e);
	if (ok) {
		ok = set(w, how, &c, e) && step_all(w, &s, &c, fd, &longest_ms, e);
		city_release(&c);
	}
	if (!sumo_stop(&s, ok ? e : &why) || !ok || !sumo_read_trips(trips, &r, e)) {
		return false;
	}
	double cars = r.cars > 0 ? r.cars : 1, people = r.people > 0 ? r.people : 1;
	value[WHATIF_DELAY] = r.delay_s / cars;
	value[WHATIF_PERSON] = r.person_delay_s / (r.persons > 0 ? r.persons : 1);
	value[WHATIF_STOPS] = r.stops / cars;
	value[WHATIF_WALK] = r.walk_delay_s / people;
	value[WHATIF_LONGEST] = longest_ms / 1000;
	value[WHATIF_ARRIVED] = r.cars - r.unfinished;
	return r.cars > 0 || err_set(e, ERR_NOT_FOUND, "nobody drove: is the demand of these seconds?");
}

struct run {
	pid_t pid;
	int fd;
	double part;
	bool is_begun, is_over, ok;
};

/* What SUMO said, if it said what is wrong. */
static void take_words(struct told *t, const char *log)
{
	struct buf words;
	struct err e;
	struct str line, rest;
	buf_init(&words, LOG_MAX_BYTES);
	if (file_read_whole(log, &words, &e)) {
		rest = buf_str(&words);
		while (str_next(&rest, '\n', &line)) {
			if (str_starts(line, STR("Error: "))) {
				line = str_sub(line, sizeof "Error: " - 1, sizeof t->why - sizeof "SUMO: ");
				snprintf(t->why, sizeof t->why, "SUMO: %.*s", STR_ARG(line));
				break;
			}
		}
	}
	buf_release(&words);
}

static void run_process(const struct whatif *w, int setting, uint64_t seed, int fd, const char *dir, pid_t parent)
	__attribute__((noreturn));
static void run_process(const struct whatif *w, int setting, uint64_t seed, int fd, const char *dir, pid_t parent)
{
	char trips[PATH_BYTES], log[PATH_BYTES];
	struct told t = {.is_end = true, .part = 1};
	struct err e = {0};
	signals_reset();
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent) {
		_exit(1);
	}
	snprintf(trips, sizeof trips, "%s/%d.%llu.xml", dir, setting, (unsigned long long)seed);
	snprintf(log, sizeof log, "%s/%d.%llu.log", dir, setting, (unsigned long long)seed);
	t.ok = simulate(w, setting, seed, trips, log, fd, t.value, &e);
	if (!t.ok) {
		snprintf(t.why, sizeof t.why, "%.190s", e.text);
		take_words(&t, log);
	}
	unlink(trips);
	unlink(log);
	_exit(tell(fd, &t) ? 0 : 1);
}

static bool begin(const struct whatif *w, struct run *r, uint32_t number, const char *dir, struct err *e)
{
	int ends[2];
	pid_t parent = getpid();
	if (pipe(ends) != 0) {
		return err_errno(e, "no pipe");
	}
	fflush(NULL);
	r->pid = fork();
	if (r->pid == 0) {
		close(ends[0]);
		run_process(w, (int)(number % 2), number / 2 + 1, ends[1], dir, parent);
	}
	close(ends[1]);
	r->fd = ends[0];
	r->is_begun = r->pid > 0;
	if (!r->is_begun) {
		close(ends[0]);
		return err_errno(e, "no process");
	}
	return true;
}

static void end(struct run *r)
{
	if (r->is_begun && !r->is_over) {
		kill(r->pid, SIGKILL); /* its SUMO goes with it */
		close(r->fd);
		while (waitpid(r->pid, NULL, 0) < 0 && errno == EINTR) {
		}
		r->is_over = true;
	}
}

/* --- All -------------------------------------------------------------------------------------------------------------
 */

static void take(struct whatif_result *all, struct run *r, uint32_t number)
{
	struct told t;
	ssize_t n = read(r->fd, &t, sizeof t);
	if (n == (ssize_t)sizeof t) {
		t.why[sizeof t.why - 1] = '\0';
		r->part = t.part;
	}
	if (n == (ssize_t)sizeof t && !t.is_end) {
		return;
	}
	r->ok = n == (ssize_t)sizeof t && t.ok;
	end(r);
	r->part = 1;
	if (r->ok) {
		for (int m = 0; m < WHATIF_MEASURE_N; m++) {
			all->value[number % 2][m][number / 2] = t.value[m];
		}
	} else if (all->failed++ == 0) {
		snprintf(all->why, sizeof all->why, "%s", n == (ssize_t)sizeof t ? t.why : "a run died");
	}
}

static void look(struct run *runs, uint32_t n, struct whatif_result *r)
{
	struct pollfd p[WHATIF_JOBS_MOST];
	uint32_t of[WHATIF_JOBS_MOST], k = 0;
	for (uint32_t i = 0; i < n && k < WHATIF_JOBS_MOST; i++) {
		if (runs[i].is_begun && !runs[i].is_over) {
			p[k] = (struct pollfd){.fd = runs[i].fd, .events = POLLIN};
			of[k++] = i;
		}
	}
	if (poll(p, k, LOOKS_MS) > 0) {
		for (uint32_t i = 0; i < k; i++) {
			if (p[i].revents != 0) {
				take(r, &runs[of[i]], of[i]);
			}
		}
	}
}

/* Pairs that are whole move to the front. */
static void evaluate(const struct run *runs, uint32_t seeds, struct whatif_result *r)
{
	for (uint32_t i = 0; i < seeds; i++) {
		if (!runs[2 * i].ok || !runs[2 * i + 1].ok) {
			continue;
		}
		for (int m = 0; m < WHATIF_MEASURE_N; m++) {
			r->value[0][m][r->pairs] = r->value[0][m][i];
			r->value[1][m][r->pairs] = r->value[1][m][i];
		}
		r->pairs++;
	}
	for (int m = 0; m < WHATIF_MEASURE_N; m++) {
		difference_of_pairs(r->value[0][m], r->value[1][m], r->pairs, &r->of[m]);
	}
}

bool whatif_run(const struct whatif *w, struct whatif_result *r, struct err *e)
{
	char dir[] = "/tmp/cityhall-whatif-XXXXXX";
	uint32_t n = 2 * w->seeds, next = 0, jobs = w->jobs < WHATIF_JOBS_MOST ? w->jobs : WHATIF_JOBS_MOST, over = 0;
	*r = (struct whatif_result){0};
	if (w->seeds < 1 || w->seeds > WHATIF_SEEDS_MOST || !(w->end_s > w->begin_s)) {
		return err_set(e, ERR_USAGE, "from 1 to %d seeds, and an end that lies behind the begin", WHATIF_SEEDS_MOST);
	}
	struct run *runs = mem_alloc(n, sizeof *runs);
	if (runs == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for %u runs", n);
	}
	bool ok = mkdtemp(dir) != NULL || err_errno(e, "no folder in /tmp");
	bool has_dir = ok;
	while (ok && over < n) {
		double part = 0;
		uint32_t active = 0;
		r->is_cut = deadline_left(w->deadline) == 0 || (w->is_cancelled != NULL && w->is_cancelled(w->ctx));
		if (r->is_cut) {
			break;
		}
		over = 0;
		for (uint32_t i = 0; i < next; i++) {
			over += runs[i].is_over;
			part += runs[i].part / n;
			active += !runs[i].is_over;
		}
		if (w->progress != NULL) {
			w->progress(w->ctx, part);
		}
		while (ok && next < n && active < (jobs > 0 ? jobs : 1)) {
			ok = begin(w, &runs[next], next, dir, e);
			next++;
			active++;
		}
		look(runs, next, r);
	}
	for (uint32_t i = 0; i < next; i++) {
		end(&runs[i]);
	}
	for (uint32_t i = 0; has_dir && i < n; i++) { /* of those that were killed */
		char path[PATH_BYTES];
		snprintf(path, sizeof path, "%s/%u.%u.xml", dir, i % 2, i / 2 + 1);
		unlink(path);
		snprintf(path, sizeof path, "%s/%u.%u.log", dir, i % 2, i / 2 + 1);
		unlink(path);
	}
	if (has_dir) {
		rmdir(dir);
	}
	evaluate(runs, w->seeds, r);
	mem_free(runs);
	return ok;
}
