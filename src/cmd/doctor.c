/* Looks at everything that must be right for this installation to serve, one line each, and says what to do about what
 * is not. Changes nothing. */
#include <stdio.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/log.h"
#include "base/zone.h"
#include "cmd/commands.h"
#include "cmd/control_commands.h"
#include "cmd/open.h"
#include "os/control.h"
#include "os/keys_client.h"
#include "store/errand.h"
#include "store/event.h"
#include "store/relay.h"

enum { FREE_LEAST_MIB = 512 };

static bool say(const char *what, bool ok, const struct err *e)
{
	printf("%s  %s%s%s\n", ok ? "ok   " : "WRONG", what, ok ? "" : ": ",
	       ok           ? ""
	       : e->text[0] ? e->text
	                    : err_name(e->code));
	return ok;
}

static bool disk_check(struct str dir, struct err *e)
{
	struct statvfs fs;
	char path[4096];
	snprintf(path, sizeof path, "%.*s", STR_ARG(dir));
	if (statvfs(path, &fs) != 0) {
		return err_errno(e, "%s", path);
	}
	unsigned long long free_mib = (unsigned long long)fs.f_bavail * fs.f_frsize / (1024 * 1024);
	return free_mib >= FREE_LEAST_MIB ||
	       err_set(e, ERR_DISK_FULL, "only %llu MiB are free: make room before writes are refused", free_mib);
}

static bool serving_check(const struct settings *s, bool *is_serving, struct err *e)
{
	char holder[64];
	if (!lock_is_held(s->data, is_serving, holder, e) || !*is_serving) {
		return e->code == ERR_NONE;
	}
	struct buf reply;
	struct buf request;
	buf_init(&reply, 4096);
	buf_init(&request, 64);
	buf_put_bytes(&request, "\0\0\0\0\0\0\0\0", 8); /* no words, no secret */
	bool ok = control_call(s->data, "clock", buf_str(&request), 5 * US_PER_S, &reply, e);
	buf_release(&reply);
	buf_release(&request);
	return ok;
}

static bool zone_check(struct err *e)
{
	struct zone *zone = NULL;
	bool ok = zone_load(STR("Asia/Shanghai"), &zone, e);
	zone_free(zone);
	return ok;
}

static bool event_log_check(const struct opened *o, struct err *e)
{
	uint8_t public_key[32];
	uint64_t events, batches;
	char outside[4096];
	snprintf(outside, sizeof outside, "%.*s/seal.log", STR_ARG(o->app.data_dir));
	return keys_read_public(o->app.data_dir, public_key, e) &&
	       seal_verify(o->app.store, public_key, str_of(outside), &events, &batches, e);
}

static bool outbox_check(struct store *store, struct err *e)
{
	int64_t waiting, parked;
	if (!relay_outbox(store, &waiting, &parked, e)) {
		return false;
	}
	return parked == 0 ||
	       err_set(e, ERR_INTERNAL,
	               "%lld events could not be brought to the lists and are tried every ten minutes: the log says why",
	               (long long)parked);
}

/* Nothing where only one process can be. */
static void put_processes(struct str text)
{
	struct str line;
	if (text.n > 0) {
		puts("       who serves this database, and does what only one may do:");
	}
	while (str_next(&text, '\n', &line)) {
		if (line.n > 0) {
			printf("       %.*s\n", STR_ARG(line));
		}
	}
}

static bool processes_check(const struct settings *s, struct err *e)
{
	const struct words none = {0};
	struct buf reply;
	buf_init(&reply, CONTROL_REPLY_MAX);
	bool ok = run_where_it_serves(s, "processes", &none, STR_EMPTY, &reply, e);
	if (ok) {
		put_processes(buf_str(&reply));
	}
	buf_release(&reply);
	return ok;
}

static bool look(const struct settings *s)
{
	struct err e = {0};
	bool is_serving = false, ok = say("data folder", data_folder_check(s, &e), &e);
	if (!ok) {
		return false;
	}
	ok = say("free space", disk_check(s->data, &e), &e) && ok;
	ok = say("keys", keys_check(s->data, &e), &e) && ok;
	ok = say("time zones", zone_check(&e), &e) && ok;
	e = (struct err){0};
	bool answers = serving_check(s, &is_serving, &e);
	ok = say(is_serving ? "it serves and answers" : "it does not serve now", answers, &e) && ok;
	if (is_serving) {
		ok = (processes_check(s, &e) || say("who else serves", false, &e)) && ok;
		puts("       database and event log are looked at while it does not serve; `cityhall audit verify` works "
		     "always");
		return ok;
	}
	struct opened o;
	opened_init(&o);
	bool opens = say("database opens", opened_offline(&o, s, "doctor", &e), &e);
	if (opens) {
		ok = say("database is whole", store_check(o.app.store, &e), &e) && ok;
		ok = say("event log agrees with its seals", event_log_check(&o, &e), &e) && ok;
		ok = say("every event reached the lists", outbox_check(o.app.store, &e), &e) && ok;
		int64_t errands = 0;
		ok = say("errands can be counted", errands_waiting(o.app.store, &errands, &e), &e) && ok;
		if (errands > 0) {
			printf("       %lld errands (mail, web hooks, documents) wait until it serves\n", (long long)errands);
		}
		struct buf text;
		buf_init(&text, CONTROL_REPLY_MAX);
		ok = (processes_control(&o.app, NULL, STR_EMPTY, &text, &e) || say("who else serves", false, &e)) && ok;
		put_processes(buf_str(&text));
		buf_release(&text);
	}
	opened_close(&o);
	return ok && opens;
}

int cmd_doctor(int argc, char **argv)
{
	struct settings s;
	struct words words;
	struct err e = {0};
	if (command_help("doctor", argc, argv)) {
		return EXIT_STOPPED;
	}
	log_open(STDERR_FILENO, LOG_ERROR);
	int code = EXIT_STOPPED;
	if (!settings_read(&s, argc, argv, NULL, &words, &e)) {
		code = command_failed(&e);
	} else if (!look(&s)) {
		code = EXIT_FAILED;
	}
	settings_release(&s);
	return code;
}
