#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/log.h"
#include "base/time_source.h"
#include "brain/brain.h"
#include "brain/driver.h"
#include "brain/explain.h"
#include "brain/sumo.h"
#include "cmd/commands.h"
#include "os/file.h"

enum { PROGRAMMES_MAX_BYTES = 256 * 1024 * 1024, PATH_BYTES = 128, MINUTE_MS = 60000, THREADS = 2, SHOWN_OTHERS = 20 };
#define DAY_S 86400.0
/* A tick is a second; what comes after eight tenths of it comes too late for it. */
#define ANSWERS_WITHIN_US (US_PER_S * 8 / 10)
#define DRIVER_COMES_WITHIN_US (60 * US_PER_S)
#define DRIVER_SPEAKS_WITHIN_US (300 * US_PER_S)

struct asked {
	const char *net, *programmes, *routes, *more, *trips, *journal, *explain;
	const struct controller *controller;
	const struct safety_times *times;
	double begin_s, end_s, at_s;
	uint64_t port, seed;
	char dir[PATH_BYTES], path[PATH_BYTES]; /* where driver and brain meet */
	struct brain_watch *watch;
};

static bool load(const struct asked *a, struct net *n, struct err *e)
{
	struct buf text;
	if (!net_load(n, a->net, e)) {
		return false;
	}
	buf_init(&text, PROGRAMMES_MAX_BYTES);
	bool ok = a->programmes == NULL ||
	          (file_read_whole(a->programmes, &text, e) && net_read_programmes(n, buf_str(&text), e));
	buf_release(&text);
	if (!ok) {
		net_release(n);
	}
	return ok;
}

/* Of what load() reads. */
static bool digest_net(const struct asked *a, uint8_t digest[SHA256_BYTES], struct err *e)
{
	const char *files[] = {a->net, a->programmes};
	struct buf text;
	buf_init(&text, PROGRAMMES_MAX_BYTES);
	bool ok = true;
	for (size_t i = 0; ok && i < sizeof files / sizeof files[0]; i++) {
		ok = files[i] == NULL || file_read_whole(files[i], &text, e);
	}
	sha256_of(buf_str(&text), digest);
	buf_release(&text);
	return ok;
}

/* --- check -----------------------------------------------------------------------------------------------------------
 */

static int check(struct asked *a)
{
	struct net n;
	struct err e = {0};
	struct arena arena;
	uint32_t wrong = 0;
	if (!load(a, &n, &e)) {
		return command_failed(&e);
	}
	printf("%u links, %u lanes, %u movements, %u signals\n", n.link_n, n.lane_n, n.move_n, n.signal_n);
	if (n.left_out > 0) {
		printf("%u signals have a programme that makes no sense: they are left alone\n", n.left_out);
		wrong += n.left_out;
	}
	arena_init(&arena, SIZE_MAX);
	for (uint32_t i = 0; i < n.signal_n; i++) {
		const struct net_signal *s = &n.signals[i];
		struct safety_plan p;
		if (!safety_plan(&p, &arena, &n, i, &SAFETY_LEGAL, &e)) {
			printf("signal %.*s: %s: it is left alone\n", STR_ARG(s->id), e.text);
			wrong++;
			continue;
		}
		printf("signal %.*s: %u groups, %u stages%s\n", STR_ARG(s->id), p.group_n, p.stage_n,
		       s->phase_n == 0 ? ", made here: it has no programme" : "");
		if (p.accepted > 0) {
			printf("signal %.*s: the programme shows %u pairs of groups green together whose ways meet, and neither "
			       "gives way\n",
			       STR_ARG(s->id), p.accepted);
		}
		if ((p.stage_n + 1) * (uint32_t)p.longest_ms > (uint32_t)SAFETY_LEGAL.most_walk_red_ms) {
			printf("signal %.*s: a round of its stages takes longer than %d s: the longest red cannot be kept\n",
			       STR_ARG(s->id), SAFETY_LEGAL.most_walk_red_ms / 1000);
		}
	}
	arena_release(&arena);
	net_release(&n);
	return wrong > 0 ? EXIT_FAILED : EXIT_STOPPED;
}

/* --- run: two processes
 * ------------------------------------------------------------------------------------------------ */

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

static bool drive_to_the_end(const struct asked *a, struct city *c, struct sumo *s, struct driver *d, struct err *e)
{
	bool ok = true;
	while (ok && (double)c->now_ms < a->end_s * 1000) {
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

static int drive(void *ctx, const int *fds)
{
	const struct asked *a = ctx;
	struct net n;
	struct city c;
	struct sumo s;
	struct driver d;
	struct err e = {0};
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
	if (!load(a, &n, &e)) {
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

static bool begin_journal(const struct asked *a, struct journal *j, const struct city *c, struct err *e)
{
	struct journal_head h = {
		.controller = str_of(a->controller->name), .is_legal = a->times == &SAFETY_LEGAL, .begin_ms = c->now_ms};
	return digest_net(a, h.net, e) && journal_begin(j, a->journal, &h, c, e);
}

static int think(void *ctx, const int *fds)
{
	const struct asked *a = ctx;
	struct net n;
	struct city c;
	struct journal j;
	struct err e = {0};
	int fd = -1;
	(void)fds;
	if (!load(a, &n, &e)) {
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
		brain_begin(&b);
		ok = socket_connect_unix(str_of(a->path), deadline_in(DRIVER_COMES_WITHIN_US), &fd, &e);
		while (ok) {
			ok = brain_answer(&b, fd, deadline_in(DRIVER_SPEAKS_WITHIN_US), &e);
		}
		socket_close(&fd);
		if (b.journal != NULL) {
			journal_end(b.journal);
		}
		city_release(&c);
	}
	net_release(&n);
	log_err(LOG_INFO, "brain-stops", &e);
	return EXIT_FAILED; /* it is started again as long as there is a driver */
}

static int run(struct asked *a)
{
	struct err e = {0};
	int listens = -1, code;
	snprintf(a->dir, sizeof a->dir, "/tmp/cityhall-brain-XXXXXX");
	if (mkdtemp(a->dir) == NULL) {
		err_errno(&e, "no folder in /tmp");
		return command_failed(&e);
	}
	snprintf(a->path, sizeof a->path, "%.100s/driver", a->dir);
	struct net n;
	bool ok = load(a, &n, &e);
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

/* --- replay ----------------------------------------------------------------------------------------------------------
 */

struct replay {
	const struct asked *a;
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

static int replay(struct asked *a)
{
	struct replay r = {.a = a, .explained = NET_NONE};
	struct journal_reader j = {.fd = -1};
	struct err e = {0};
	enum journal_kind kind = JOURNAL_HEAD;
	if (a->journal == NULL) {
		err_set(&e, ERR_USAGE, "brain replay takes --journal FILE");
		return command_failed(&e);
	}
	if (!load(a, &r.net, &e)) {
		return command_failed(&e);
	}
	r.wishes = mem_must(r.net.signal_n + 1, 3);
	r.before = r.wishes + r.net.signal_n;
	r.stages = r.before + r.net.signal_n;
	bool ok = digest_net(a, r.digest, &e);
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

/* --- Words
 * ------------------------------------------------------------------------------------------------------------- */

static bool take_number(const char *text, double most, double *out)
{
	char *end;
	double v = strtod(text, &end);
	*out = v;
	return *text != '\0' && *end == '\0' && v >= 0 && v <= most;
}

static bool take_option(struct asked *a, const char *name, const char *value, struct err *e)
{
	double number = 0;
	if (strcmp(name, "--programmes") == 0) {
		a->programmes = value;
	} else if (strcmp(name, "--routes") == 0) {
		a->routes = value;
	} else if (strcmp(name, "--more") == 0) {
		a->more = value;
	} else if (strcmp(name, "--trips") == 0) {
		a->trips = value;
	} else if (strcmp(name, "--journal") == 0) {
		a->journal = value;
	} else if (strcmp(name, "--explain") == 0) {
		a->explain = value;
	} else if (strcmp(name, "--at") == 0) {
		return take_number(value, 2 * DAY_S, &a->at_s) || err_set(e, ERR_USAGE, "--at is a second of the day");
	} else if (strcmp(name, "--controller") == 0) {
		a->controller = controller_find(str_of(value));
		return a->controller != NULL || err_set(e, ERR_USAGE, "there is no controller \"%s\"", value);
	} else if (strcmp(name, "--times") == 0) {
		a->times = strcmp(value, "bench") == 0 ? &SAFETY_BENCH : &SAFETY_LEGAL;
		return strcmp(value, "bench") == 0 || strcmp(value, "legal") == 0 ||
		       err_set(e, ERR_USAGE, "--times is legal or bench");
	} else if (strcmp(name, "--begin") == 0) {
		return take_number(value, DAY_S, &a->begin_s) || err_set(e, ERR_USAGE, "--begin is a second of the day");
	} else if (strcmp(name, "--end") == 0) {
		return take_number(value, 2 * DAY_S, &a->end_s) || err_set(e, ERR_USAGE, "--end is a second of the day");
	} else if (strcmp(name, "--port") == 0) {
		bool ok = take_number(value, UINT16_MAX, &number);
		a->port = (uint64_t)number;
		return ok || err_set(e, ERR_USAGE, "--port is the port of a running simulation");
	} else if (strcmp(name, "--seed") == 0) {
		return str_to_u64(str_of(value), &a->seed) || err_set(e, ERR_USAGE, "--seed is a number");
	} else {
		return err_set(e, ERR_USAGE, "brain does not know %s", name);
	}
	return true;
}

int cmd_brain(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(struct asked *a);
	} parts[] = {{"check", check}, {"run", run}, {"replay", replay}};
	struct asked a = {
		.times = &SAFETY_LEGAL, .end_s = 3600, .at_s = -1, .seed = 1, .controller = controller_find(STR("horizon"))};
	struct err e = {0};
	int (*part)(struct asked *) = NULL;
	for (size_t i = 0; argc >= 2 && i < sizeof parts / sizeof parts[0]; i++) {
		part = strcmp(argv[0], parts[i].name) == 0 ? parts[i].run : part;
	}
	bool ok = part != NULL;
	if (command_help("brain", argc, argv)) {
		return EXIT_STOPPED;
	}
	if (!ok) {
		err_set(&e, ERR_USAGE, "brain takes check NET, run NET or replay NET, with options behind");
		return command_failed(&e);
	}
	a.net = argv[1];
	for (int i = 2; ok && i < argc; i += 2) {
		ok = i + 1 < argc ? take_option(&a, argv[i], argv[i + 1], &e)
		                  : err_set(&e, ERR_USAGE, "%s has no value", argv[i]);
	}
	if (!ok) {
		return command_failed(&e);
	}
	return part(&a);
}
