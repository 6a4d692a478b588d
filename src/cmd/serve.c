#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "app/api/api.h"
#include "app/authoring/authoring.h"
#include "app/cases/cases.h"
#include "app/catalogue/catalogue.h"
#include "app/closing.h"
#include "app/credentials/credentials.h"
#include "app/forms/draft.h"
#include "app/forms/pieces.h"
#include "app/installation/outage.h"
#include "app/page.h"
#include "app/people/admission.h"
#include "app/people/password.h"
#include "app/rooms.h"
#include "app/supervision/board.h"
#include "app/traffic/live.h"
#include "base/fault.h"
#include "base/log.h"
#include "cmd/commands.h"
#include "cmd/control_commands.h"
#include "cmd/demo.h"
#include "cmd/open.h"
#include "cmd/watch.h"
#include "http/server.h"
#include "http/throttle.h"
#include "os/control.h"
#include "os/file.h"
#include "os/keys_client.h"
#include "os/keys_process.h"
#include "os/post_client.h"
#include "os/render_client.h"
#include "os/sandbox.h"
#include "os/scan.h"
#include "os/signal.h"
#include "os/socket.h"
#include "os/thread.h"
#include "store/errand.h"
#include "store/process.h"
#include "store/timer.h"

enum { PUBLISH_TRIES = 5, SWEEP_EVERY_S = 3600, SWEEP_STACK_BYTES = 128 * 1024 };
#define SWEEP_AGE_US (2 * US_PER_DAY)

enum { SUBSCRIBERS_MAX = 64, TABLES_MAX = 32, TIMER_KINDS_MAX = 64, ERRAND_KINDS_MAX = 32, PATH_MAX_BYTES = 4096 };

/* What the children get from the parent. */
struct serve {
	const struct settings *settings;
	struct lock lock;
	bool is_unix;
	int port; /* 0: a unix socket */
};

enum { FD_HTTP, FD_CONTROL, FD_LOCK };

static int keys_child(void *ctx, const int *fds)
{
	const struct serve *serve = ctx;
	return keys_process_run(serve->settings->data, fds[0]);
}

/* Everything of the child that serves, so that one place takes it apart again. */
struct running {
	struct opened o;
	struct signals signals;
	struct control *control;
	struct event_subscriber subscribers[SUBSCRIBERS_MAX];
	struct timer_kind timer_kinds[TIMER_KINDS_MAX];
	struct errand_kind errand_kinds[ERRAND_KINDS_MAX];
	const struct route *tables[TABLES_MAX];
	size_t subscriber_n, timer_kind_n, errand_kind_n;
	struct watch *watch;
	struct thread sweeper;
	pthread_mutex_t sweep_mutex;
	pthread_cond_t sweep_wake;
	bool has_sweep, sweep_stops;
};

static void collect_rooms(struct running *run)
{
	size_t table_n = 0;
	run->subscriber_n = rooms_subscribers(&run->o.app, run->subscribers, SUBSCRIBERS_MAX);
	run->timer_kind_n = rooms_timers(&run->o.app, run->timer_kinds, TIMER_KINDS_MAX);
	for (const struct room *room = rooms; room->name; room++) {
		if (room->routes) {
			must(table_n + 1 < TABLES_MAX);
			run->tables[table_n++] = room->routes;
		}
		for (const struct errand_kind *k = room->errands; k && k->name; k++) {
			must(run->errand_kind_n < ERRAND_KINDS_MAX);
			run->errand_kinds[run->errand_kind_n] = *k;
			run->errand_kinds[run->errand_kind_n++].ctx = &run->o.app;
		}
	}
}

static bool lock_down(struct running *run, const struct settings *s, struct err *e)
{
	char data[PATH_MAX_BYTES], pack[PATH_MAX_BYTES];
	snprintf(data, sizeof data, "%.*s", STR_ARG(s->data));
	snprintf(pack, sizeof pack, "%.*s", STR_ARG(s->pack.n ? s->pack : s->data));
	const char *const readable[] = {"/usr/share/zoneinfo", "/proc/self", "/dev/urandom", "/etc/localtime", pack, NULL};
	const char *const writable[] = {data, "/dev/null", NULL};
	/* What the database's client and the resolver of names read: none of it is ours. */
	const char *const readable_for_network[] = {"/usr/share/zoneinfo",
	                                            "/proc/self",
	                                            "/dev/urandom",
	                                            "/etc/localtime",
	                                            pack,
	                                            "/etc/passwd",
	                                            "/etc/hosts",
	                                            "/etc/host.conf",
	                                            "/etc/resolv.conf",
	                                            "/etc/nsswitch.conf",
	                                            "/etc/gai.conf",
	                                            "/etc/services",
	                                            "/etc/ssl",
	                                            "/usr/lib/ssl",
	                                            "/usr/share/ca-certificates",
	                                            "/usr/local/share/ca-certificates",
	                                            NULL};
	bool has_network = s->store.n > 0;
	struct sandbox_state state;
	if (!sandbox_lock(&(struct sandbox_spec){.role = SANDBOX_SERVE,
	                                         .readable = has_network ? readable_for_network : readable,
	                                         .writable = writable,
	                                         .has_network = has_network},
	                  &state, e)) {
		return false;
	}
	snprintf(run->o.app.sandbox, sizeof run->o.app.sandbox, "%s", state.text);
	return true;
}

static void publish(struct running *run, struct str pack)
{
	struct err e = {0};
	struct pack_report report = {0};
	bool ok = false;
	if (pack.n == 0) {
		return;
	}
	buf_init(&report.text, 1024 * 1024);
	/* Machines that start together publish the same pack: the second one finds it done. */
	for (int i = 0; i < PUBLISH_TRIES && !ok && (i == 0 || e.code == ERR_CONFLICT); i++) {
		ok = catalogue_publish(&run->o.app, pack, &report, &e);
	}
	/* A broken pack never stops a server: what was published before goes on. */
	if (!ok) {
		log_err(LOG_ERROR, "publish", &e);
	} else if (report.mistakes > 0) {
		log_line(LOG_ERROR, "publish", LOG_I("mistakes", report.mistakes),
		         LOG_S("first", str_sub(buf_str(&report.text), 0, 300)));
	}
	buf_release(&report.text);
}

/* --- Sweeping: files that no row named for two days
 * ---------------------------------------------------------------------- */

static bool is_named(void *ctx, int64_t party, const uint8_t digest[SHA256_BYTES])
{
	struct app *app = ctx;
	struct err e;
	bool named = true;
	/* In doubt a file stays. */
	return !file_blob_is_named(app->store, party, digest, &named, &e) || named ||
	       !print_blob_is_named(app->store, party, digest, &named, &e) || named;
}

static void *sweep(void *arg)
{
	struct running *run = arg;
	thread_set_idle();
	pthread_mutex_lock(&run->sweep_mutex);
	while (!run->sweep_stops) {
		struct timespec until;
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_sec += SWEEP_EVERY_S;
		pthread_cond_timedwait(&run->sweep_wake, &run->sweep_mutex, &until);
		struct err why;
		if (!run->sweep_stops && !pieces_sweep(run->o.app.data_dir, US_PER_DAY, &why)) { /* each machine its own */
			log_err(LOG_WARN, "sweep", &why);
		}
		if (!run->sweep_stops && process_holds(run->o.app.process, LEASE_SWEEP)) {
			struct err e;
			uint64_t removed = 0;
			pthread_mutex_unlock(&run->sweep_mutex);
			if (!blobs_sweep(run->o.app.blobs, SWEEP_AGE_US, is_named, &run->o.app, &removed, &e)) {
				log_err(LOG_WARN, "sweep", &e);
			} else if (removed > 0) {
				log_line(LOG_INFO, "sweep", LOG_I("removed", removed));
			}
			pthread_mutex_lock(&run->sweep_mutex);
		}
	}
	pthread_mutex_unlock(&run->sweep_mutex);
	return NULL;
}

static bool sweep_start(struct running *run, struct err *e)
{
	pthread_condattr_t attributes;
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_mutex_init(&run->sweep_mutex, NULL);
	pthread_cond_init(&run->sweep_wake, &attributes);
	pthread_condattr_destroy(&attributes);
	run->has_sweep = thread_start(&run->sweeper, "sweep", SWEEP_STACK_BYTES, sweep, run, e);
	return run->has_sweep;
}

static void sweep_stop(struct running *run)
{
	if (run->has_sweep) {
		pthread_mutex_lock(&run->sweep_mutex);
		run->sweep_stops = true;
		pthread_cond_signal(&run->sweep_wake);
		pthread_mutex_unlock(&run->sweep_mutex);
		thread_join(&run->sweeper);
	}
}

/* --- Beside others on one database -------------------------------------------------------------------------------- */

static bool join_others(struct running *run, const struct settings *s, struct err *e)
{
	char host[64] = "", name[PROCESS_NAME_MOST], note[PATH_MAX_BYTES];
	/* It may be cut without an end. */
	if (gethostname(host, sizeof host - 1) != 0) {
		snprintf(host, sizeof host, "?");
	}
	snprintf(name, sizeof name, "%s %.*s", host, STR_ARG(str_sub(s->data, 0, 100)));
	snprintf(note, sizeof note, "%.*s/process", STR_ARG(s->data));
	return process_start(&(struct process_options){.store = run->o.app.store,
	                                               .time = &run->o.app.time,
	                                               .name = str_of(name),
	                                               .note_path = str_of(note),
	                                               .lease_us = setting_count(s->lease_s) * US_PER_S},
	                     &run->o.app.process, e);
}

static void answered(const struct req *r, int64_t took_us)
{
	log_line(LOG_INFO, "request", LOG_S("id", r->id), LOG_S("route", str_of(r->route ? r->route->path : "-")),
	         LOG_I("status", r->status), LOG_I("us", took_us));
}

static bool begin(struct running *run, const struct serve *serve, const int *fds, struct err *e)
{
	const struct settings *s = serve->settings;
	struct app *app = &run->o.app;
	app->started_running_us = time_running_us(&app->time);
	collect_rooms(run);
	char outside[PATH_MAX_BYTES], spool[PATH_MAX_BYTES];
	snprintf(outside, sizeof outside, "%.*s/seal.log", STR_ARG(s->data));
	snprintf(spool, sizeof spool, "%.*s/spool", STR_ARG(s->data));
	if (!file_mkdir(&file_layer_real, spool, 0700, e) || !signals_open(&run->signals, e) ||
	    !keys_client_new(s->data, &app->keys, e) || !keys_load(app->keys, &run->o.keys, e) ||
	    !render_client_new(s->data, &app->render, e) || !post_client_new(s->data, &app->post, e) ||
	    !lock_down(run, s, e) || !opened_store(&run->o, s, e) || !closing_begin(app, e)) {
		return false;
	}
	if (run->o.installation.name.n == 0) {
		return err_set(e, ERR_CONFIG, "%.*s was never finished: run `cityhall init` on an empty folder",
		               STR_ARG(s->data));
	}
	publish(run, s->pack);
	if (!serving_say(app, e) || !join_others(run, s, e)) {
		return false;
	}
	struct seal_options seal = {
		.store = app->store,
		.process = app->process,
		.outside_path = str_of(outside),
		.sign = keys_sign_seal,
		.sign_ctx = app->keys,
		.every_us = setting_count(s->seal_every_s) * US_PER_S,
	};
	struct relay_options relay = {
		.store = app->store, .process = app->process, .subs = run->subscribers, .subs_n = run->subscriber_n};
	if (!case_serials_new(&app->serials, e) || !credential_cache_new(&app->credential_cache, e) ||
	    !password_pool_start(NULL, &app->passwords, e) || !throttle_new(&app->time, app->code_key, &app->throttle, e) ||
	    !relay_start_with(&relay, &app->relay, e) || !sealer_start(&seal, &app->sealer, e) ||
	    !timers_start(app->store, app->process, &app->time, run->timer_kinds, run->timer_kind_n, &app->timers, e) ||
	    !errands_start(app->store, app->process, &app->time, run->errand_kinds, run->errand_kind_n, &app->errands, e)) {
		return false;
	}
	struct http_options http = {
		.listen_fd = fds[FD_HTTP],
		.app = app,
		.tables = run->tables,
		.hooks = {api_admit, api_allow, api_error_page, answered},
		.for_programs = STR(API_FOR_PROGRAMS),
		.time = &app->time,
		.csrf_key = run->o.keys.csrf,
		.is_behind_proxy = serve->is_unix,
		.connections_max = (int)setting_count(s->connections),
		.handlers_max = (int)setting_count(s->handlers),
		.spool_dir = str_of(spool),
	};
	return sweep_start(run, e) && repairs_start(app, &app->repairs, e) && board_start(app, &app->board, e) &&
	       traffic_start(app, &app->traffic, e) && watch_start(app, &run->watch, e) &&
	       http_start(&http, &app->http, e) && control_start(fds[FD_CONTROL], control_table(), app, &run->control, e);
}

static void end(struct running *run, const struct settings *s)
{
	struct app *app = &run->o.app;
	process_retire(app->process);
	if (app->http) {
		http_announce_stop(app->http);
		/* Until the balancer has seen it; a second order does not wait. */
		int64_t until_us = time_running_us(&app->time) + setting_count(s->notice_s) * US_PER_S, left_us;
		while ((left_us = until_us - time_running_us(&app->time)) > 0 &&
		       signals_wait(&run->signals, left_us) != SIGNAL_STOP) {
		}
		http_stop(app->http, setting_count(s->drain_s) * US_PER_S);
	}
	if (run->control) {
		control_stop(run->control);
	}
	watch_stop(run->watch);
	board_stop(app->board);
	traffic_stop(app->traffic);
	repairs_stop(app->repairs);
	sweep_stop(run);
	if (app->timers) {
		timers_stop(app->timers);
	}
	if (app->errands && !errands_retire(app->errands, setting_count(s->drain_s) * US_PER_S)) {
		post_client_halt(app->post);
	}
	errands_stop(app->errands);
	if (app->relay) {
		relay_stop(app->relay);
	}
	if (app->sealer) {
		sealer_stop(app->sealer);
	}
	process_stop(app->process);
	if (app->passwords) {
		password_pool_stop(app->passwords);
	}
	if (app->throttle) {
		throttle_free(app->throttle);
	}
	credential_cache_free(app->credential_cache);
	case_serials_free(app->serials);
	closing_end(app);
	opened_close(&run->o);
	render_client_free(app->render);
	post_client_free(app->post);
	keys_client_free(app->keys);
}

static void greet(const struct running *run, const struct serve *serve)
{
	if (serve->port > 0) {
		printf("%.*s is open: %.*s\n", STR_ARG(run->o.installation.name), STR_ARG(run->o.app.public_url));
	}
	if (run->o.app.is_demo) {
		demo_print_accounts(stdout);
	}
	if (serve->port > 0) {
		puts("Ctrl-C stops it.");
	}
	fflush(stdout);
}

static int serve_child(void *ctx, const int *fds)
{
	const struct serve *serve = ctx;
	struct running *run = mem_must(1, sizeof *run);
	struct err e = {0};
	int code = EXIT_STOPPED;
	opened_init(&run->o);
	/* A thread a connection would else take an arena of malloc each. */
	mallopt(M_ARENA_MAX, 4);
	if (!begin(run, serve, fds, &e)) {
		log_err(LOG_ERROR, "start", &e);
		command_failed(&e);
		/* What the program met in its own folder does not heal by starting again; a peer that was away does. */
		code = e.code == ERR_BUSY || e.code == ERR_GONE || e.code == ERR_MEMORY ? EXIT_FAILED : EXIT_UNUSABLE;
	} else {
		log_line(LOG_INFO, "serving", LOG_I("port", serve->port), LOG_S("sandbox", str_of(run->o.app.sandbox)));
		greet(run, serve);
		enum signal_kind kind;
		while ((kind = signals_wait(&run->signals, -1)) != SIGNAL_STOP) {
			if (kind == SIGNAL_RELOAD) {
				publish(run, serve->settings->pack);
			}
		}
		log_line(LOG_INFO, "stopping");
	}
	end(run, serve->settings);
	mem_free(run);
	return code;
}

static bool listen_for_people(struct serve *serve, int *fd, struct err *e)
{
	struct str listen = serve->settings->listen, host = STR_EMPTY, port = STR_EMPTY;
	if (str_starts(listen, STR("unix:"))) {
		serve->is_unix = true;
		return socket_listen_unix(str_sub(listen, 5, SIZE_MAX), 0660, fd, e);
	}
	for (size_t i = 0; i < listen.n; i++) {
		if (listen.p[i] == ':') {
			host = str_sub(listen, 0, i);
			port = str_sub(listen, i + 1, SIZE_MAX);
		}
	}
	uint64_t number;
	if (!str_to_u64(port, &number) || number > 65535) {
		return err_set(e, ERR_CONFIG,
		               "listen = %.*s: write an address and a port, such as 127.0.0.1:8080, or unix:/path",
		               STR_ARG(listen));
	}
	if (!socket_listen_tcp(host, (uint16_t)number, fd, e)) {
		return false;
	}
	serve->port = socket_port(*fd);
	return true;
}

/* cityhall-render and cityhall-post lie beside this program. */
static bool program_beside(const char *ending, char *path, size_t room, struct err *e)
{
	ssize_t n = readlink("/proc/self/exe", path, room - 16);
	if (n < 0) {
		return err_errno(e, "/proc/self/exe");
	}
	snprintf(path + n, room - (size_t)n, "%s", ending);
	return access(path, X_OK) == 0 || err_set(e, ERR_CONFIG, "%s is not there: it belongs beside cityhall", path);
}

enum { POST_WORDS = 8, POST_WORD_BYTES = 2048 };

struct post_words {
	char program[PATH_MAX_BYTES];
	char text[POST_WORDS][POST_WORD_BYTES];
	char *argv[POST_WORDS + 2];
	int n;
};

static void post_word(struct post_words *w, const char *flag, struct str value)
{
	must(w->n < POST_WORDS);
	snprintf(w->text[w->n], POST_WORD_BYTES, "%s%.*s", flag, STR_ARG(value));
	w->argv[w->n + 1] = w->text[w->n];
	w->n++;
}

/* To another machine, without TLS. */
static bool sends_in_the_clear(const struct settings *s)
{
	static const char *const own[] = {"smtp://127.", "smtp://localhost", "smtp://[::1]"};
	for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
		if (str_starts(s->mail_server, str_of(own[i]))) {
			return false;
		}
	}
	return str_starts(s->mail_server, STR("smtp://")) && !str_is(s->mail_tls, "starttls");
}

/* What the post process has to know: where to send to, and the files that prove it there. */
static bool post_begin(const struct settings *s, struct post_words *w, struct err *e)
{
	*w = (struct post_words){.argv = {w->program}};
	if (!program_beside("-post", w->program, sizeof w->program, e)) {
		return false;
	}
	if (s->mail_server.n > 0) {
		if (!str_starts(s->mail_server, STR("smtp://")) && !str_starts(s->mail_server, STR("smtps://"))) {
			return err_set(e, ERR_CONFIG, "mail_server = %.*s: write smtp://host:port or smtps://host:port",
			               STR_ARG(s->mail_server));
		}
		post_word(w, "--smtp=", s->mail_server);
		post_word(w, "--wait-seconds=", s->mail_wait_s);
	}
	if (str_is(s->mail_tls, "starttls")) {
		post_word(w, "--smtp-starttls", STR_EMPTY);
	}
	if (s->mail_ca.n > 0) {
		post_word(w, "--smtp-ca=", s->mail_ca);
	}
	if (s->mail_credentials.n > 0) {
		if (sends_in_the_clear(s)) {
			return err_set(
				e, ERR_CONFIG,
				"mail_credentials: the password would cross the net in the clear. Set mail_tls = starttls, or "
				"write mail_server = smtps://...");
		}
		post_word(w, "--smtp-credentials=", s->mail_credentials);
	}
	if (s->sms_hook.n > 0) {
		post_word(w, "--sms=", s->sms_hook);
	}
	if (s->sms_token.n > 0) {
		post_word(w, "--sms-token=", s->sms_token);
	}
	return true;
}

static enum log_level level_of(struct str word)
{
	return str_is(word, "debug")   ? LOG_DEBUG
	       : str_is(word, "warn")  ? LOG_WARN
	       : str_is(word, "error") ? LOG_ERROR
	                               : LOG_INFO;
}

static int check_settings(const struct settings *s)
{
	struct buf text;
	buf_init(&text, 64 * 1024);
	settings_print(s, &text);
	fputs(buf_cstr(&text), stdout);
	buf_release(&text);
	return EXIT_STOPPED;
}

int cmd_serve(int argc, char **argv)
{
	static const char *const own_flags[] = {"--check", NULL};
	struct settings s;
	struct words words;
	struct err e = {0};
	struct serve serve = {.settings = &s, .lock = {.fd = -1}};
	int http = -1, control = -1, keys = -1, render = -1, post = -1, scan = -1, code = EXIT_UNUSABLE;
	static struct post_words post_words;
	char program[PATH_MAX_BYTES], path[PATH_MAX_BYTES], data[PATH_MAX_BYTES], scanner[PATH_MAX_BYTES];
	if (command_help("serve", argc, argv)) {
		return EXIT_STOPPED;
	}
	if (!settings_read(&s, argc, argv, own_flags, &words, &e)) {
		goto out;
	}
	if (words_flag(&words, "--check")) {
		code = check_settings(&s);
		goto out;
	}
	if (words.n > 0) {
		err_set(&e, ERR_USAGE, "serve takes no word \"%.*s\"", STR_ARG(words.items[0]));
		goto out;
	}
	log_open(STDERR_FILENO, level_of(s.log));
	if (!data_folder_check(&s, &e) || !program_beside("-render", program, sizeof program, &e) ||
	    !post_begin(&s, &post_words, &e) || !lock_take(s.data, "serve", &serve.lock, &e) ||
	    !listen_for_people(&serve, &http, &e) || !control_bind(s.data, &control, &e)) {
		goto out;
	}
	snprintf(path, sizeof path, "%.*s/%s", STR_ARG(s.data), KEYS_SOCKET);
	if (!socket_listen_unix(str_of(path), 0600, &keys, &e)) {
		goto out;
	}
	snprintf(path, sizeof path, "%.*s/%s", STR_ARG(s.data), RENDER_SOCKET);
	if (!socket_listen_unix(str_of(path), 0600, &render, &e)) {
		goto out;
	}
	snprintf(path, sizeof path, "%.*s/%s", STR_ARG(s.data), POST_SOCKET);
	if (!socket_listen_unix(str_of(path), 0600, &post, &e)) {
		goto out;
	}
	snprintf(path, sizeof path, "%.*s/%s", STR_ARG(s.data), SCAN_SOCKET);
	if (scan_wants_process(s.scanner) && !socket_listen_unix(str_of(path), 0600, &scan, &e)) {
		goto out;
	}
	snprintf(scanner, sizeof scanner, "%.*s", STR_ARG(s.scanner));
	snprintf(data, sizeof data, "%.*s", STR_ARG(s.data));
	char *render_argv[] = {program, NULL};
	const struct supervisor_child children[] = {
		{.name = "keys",
	     .run = keys_child,
	     .ctx = &serve,
	     .fds = {keys},
	     .fd_n = 1,
	     .stop_order = 1,
	     .grace_us = 2 * US_PER_S},
		{.name = "render", .argv = render_argv, .fds = {render}, .fd_n = 1, .stop_order = 1, .grace_us = 2 * US_PER_S},
		{.name = "post", .argv = post_words.argv, .fds = {post}, .fd_n = 1, .stop_order = 1, .grace_us = 2 * US_PER_S},
		{.name = "serve",
	     .run = serve_child,
	     .ctx = &serve,
	     .fds = {http, control, serve.lock.fd},
	     .fd_n = 3,
	     .stop_order = 0,
	     .grace_us = (setting_count(s.notice_s) + 2 * setting_count(s.drain_s) + 10) * US_PER_S,
	     .wants_reload = true,
	     .is_main = true},
		/* The last: only where there is such a program. */
		{.name = "scan",
	     .run = scan_child,
	     .ctx = scanner,
	     .fds = {scan},
	     .fd_n = 1,
	     .stop_order = 1,
	     .grace_us = 2 * US_PER_S},
	};
	size_t child_n = sizeof children / sizeof children[0] - (scan < 0);
	code = supervisor_run(&(struct supervisor_options){.children = children, .child_n = child_n});
out:
	if (e.code != ERR_NONE) {
		code = command_failed(&e);
		/* All that stands in the way of a start wants a person. */
		code = code == EXIT_FAILED ? EXIT_UNUSABLE : code;
	}
	socket_close(&http);
	socket_close(&control);
	socket_close(&keys);
	socket_close(&render);
	socket_close(&post);
	socket_close(&scan);
	if (serve.lock.fd >= 0) {
		lock_release(&serve.lock);
	}
	settings_release(&s);
	return code;
}
