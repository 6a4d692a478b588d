#include "cmd/store_copy.h"

#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/time_source.h"
#include "cmd/commands.h"
#include "cmd/open.h"
#include "os/file.h"
#include "os/keys_files.h"
#include "os/signal.h"
#include "store/transfer.h"

enum { NAME_MAX_BYTES = 200, PATH_MAX_BYTES = 4096, NOTICE_S = 3, NOTICE_MOST_S = 3600, LINE_EVERY_US = 5000000 };

/* One of the two databases. */
struct place {
	struct str word;           /* as typed */
	char name[NAME_MAX_BYTES]; /* without a password */
	char dir[PATH_MAX_BYTES];  /* of files; empty: an address */
	struct store *store;
	struct blobs *blobs;
};

struct work {
	const struct settings *settings;
	struct time_source time;
	struct data_keys keys;
	struct place from, to;
	struct signals signals;
	bool is_terminal;
	int64_t began_us, said_us, first_done;
	bool has_first;
};

static int64_t now_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * US_PER_S + t.tv_nsec / 1000;
}

/* --- The two places
 * ----------------------------------------------------------------------------------------------------- */

static bool is_address(struct str word)
{
	return str_starts(word, STR("postgresql://")) || str_starts(word, STR("postgres://"));
}

static bool name_place(struct place *p, struct str word, struct err *e)
{
	struct buf name;
	if (word.n == 0 || word.n >= PATH_MAX_BYTES - 64) {
		return err_set(e, ERR_USAGE, "usage: cityhall store copy FROM TO, each a data folder or postgresql://...");
	}
	if (!is_address(word) && str_find(word, STR("://")) != SIZE_MAX) {
		return err_set(e, ERR_USAGE, "%.*s: a data folder or postgresql://... is meant", STR_ARG(word));
	}
	p->word = word;
	buf_init(&name, PATH_MAX_BYTES);
	settings_put_address(&name, word);
	snprintf(p->name, sizeof p->name, "%s", buf_cstr(&name));
	buf_release(&name);
	if (!is_address(word)) {
		snprintf(p->dir, sizeof p->dir, "%.*s", STR_ARG(word));
	}
	return true;
}

static bool is_there(const struct place *p, const char *what)
{
	char path[PATH_MAX_BYTES + 64];
	snprintf(path, sizeof path, "%s/%s", p->dir, what);
	return access(path, F_OK) == 0;
}

static bool open_place(struct work *w, struct place *p, struct err *e)
{
	struct store_options options = {
		.dir = str_of(p->dir),
		.url = p->dir[0] ? STR_EMPTY : p->word,
		.schemas = all_schemas(),
		.time = &w->time,
		.readers = 4,
		.is_transfer = true,
	};
	char blobs[PATH_MAX_BYTES + 64];
	snprintf(blobs, sizeof blobs, "%s/blobs", p->dir);
	if (!store_open(&options, &p->store, e)) {
		return false;
	}
	return p->dir[0] ? blobs_open(str_of(blobs), w->keys.blobs, &p->blobs, e)
	                 : blobs_open_in(p->store, w->keys.blobs, &p->blobs, e);
}

static void close_place(struct place *p)
{
	if (p->blobs) {
		blobs_close(p->blobs);
	}
	store_close(p->store);
}

static bool find_from(const struct place *p, struct err *e)
{
	return p->dir[0] == '\0' || is_there(p, "cityhall.db") ||
	       err_set(e, ERR_CONFIG, "there is no cityhall.db in %s", p->dir);
}

/* --data, or the data folder among the two. */
static struct str folder_of_keys(const struct work *w)
{
	bool is_said = !str_is(w->settings->data, "data");
	return !is_said && w->from.dir[0] && is_there(&w->from, "keys") ? str_of(w->from.dir)
	       : !is_said && w->to.dir[0] && is_there(&w->to, "keys")   ? str_of(w->to.dir)
	                                                                : w->settings->data;
}

/* --- Progress
 * ----------------------------------------------------------------------------------------------------------- */

static bool show(void *ctx, const struct transfer_progress *p)
{
	struct work *w = ctx;
	int64_t now = now_us();
	if (signals_wait(&w->signals, 0) == SIGNAL_STOP) {
		if (w->is_terminal) {
			fputc('\n', stderr);
		}
		return false;
	}
	if (now - w->said_us < (w->is_terminal ? US_PER_S / 5 : LINE_EVERY_US)) {
		return true;
	}
	if (!w->has_first && p->done_all > 0) {
		w->has_first = true;
		w->first_done = p->done;
		w->began_us = now;
	}
	int64_t took = now - w->began_us;
	int64_t rate = w->has_first && took > 0 ? (p->done - w->first_done) * US_PER_S / took : 0;
	int64_t share = p->done_all > 0 ? p->done * 100 / p->done_all : 0;
	fprintf(stderr,
	        w->is_terminal ? "\r%3lld %%  %-9s %-20s %12lld of %-12lld %9lld rows/s "
	                       : "%3lld %%  %s %s: %lld of %lld, %lld rows/s\n",
	        (long long)share, p->doing, p->what, (long long)p->rows, (long long)p->rows_all, (long long)rate);
	w->said_us = now;
	return true;
}

/* --- The command
 * -------------------------------------------------------------------------------------------------------- */

static void say_done(const struct work *w, const struct transfer_result *r, int64_t took_us)
{
	double seconds = (double)took_us / 1e6;
	if (w->is_terminal) {
		fprintf(stderr, "\r%79s\r", "");
	}
	if (r->was_finished) {
		printf("Done before: the town is at %s.\n", w->to.name);
	} else {
		printf("%lld rows in %lld tables and %lld files are at %s, compared, after %.1f s%s.\n", (long long)r->rows,
		       (long long)r->tables, (long long)r->blobs, w->to.name, seconds, r->was_resumed ? " (gone on with)" : "");
	}
	struct str keys = folder_of_keys(w);
	if (w->to.dir[0]) {
		printf("Serve it from now on with: cityhall serve --data %s\n", w->to.dir);
		if (!is_there(&w->to, "keys")) {
			printf("Before that, move keys, seal.log and cityhall.conf there from %.*s.\n", STR_ARG(keys));
		}
	} else {
		printf("Serve it from now on with: cityhall serve --data %.*s --store %s\n", STR_ARG(keys), w->to.name);
	}
}

static bool copy(struct work *w, const struct words *words, struct err *e)
{
	struct transfer_result result;
	char until[64];
	struct str seconds = words_value(words, "--notice");
	uint64_t notice_s = NOTICE_S;
	snprintf(until, sizeof until, "%.*s", STR_ARG(words_value(words, "--until")));
	if (seconds.n > 0 && (!str_to_u64(seconds, &notice_s) || notice_s > NOTICE_MOST_S)) {
		return err_set(e, ERR_USAGE, "--notice: write seconds from 0 to %d", NOTICE_MOST_S);
	}
	if (!str_is_utf8(str_of(until)) || str_has_control(str_of(until), "")) {
		return err_set(e, ERR_USAGE, "--until: write at most %zu bytes of text", sizeof until - 1);
	}
	if (!name_place(&w->from, words_at(words, 1), e) || !name_place(&w->to, words_at(words, 2), e) ||
	    !find_from(&w->from, e) || !keys_open_local(folder_of_keys(w), &w->keys, e) || !signals_open(&w->signals, e) ||
	    (w->to.dir[0] && !file_mkdir(&file_layer_real, w->to.dir, 0700, e)) || !open_place(w, &w->from, e) ||
	    !open_place(w, &w->to, e)) {
		return false;
	}
	struct transfer_options o = {
		.from = w->from.store,
		.to = w->to.store,
		.from_blobs = w->from.blobs,
		.to_blobs = w->to.blobs,
		.from_name = w->from.name,
		.to_name = w->to.name,
		.until = until,
		.notice_us = (int64_t)notice_s * US_PER_S,
		.progress = show,
		.ctx = w,
	};
	int64_t began_us = now_us();
	w->began_us = began_us;
	w->is_terminal = isatty(STDERR_FILENO) == 1;
	if (!transfer_run(&o, &result, e)) {
		return false;
	}
	say_done(w, &result, now_us() - began_us);
	return true;
}

static bool give_up(struct work *w, const struct words *words, struct err *e)
{
	struct store_options options = {.schemas = all_schemas(), .time = &w->time, .readers = 4, .is_transfer = true};
	if (!name_place(&w->from, words_value(words, "--abort"), e) || !find_from(&w->from, e)) {
		return false;
	}
	options.dir = str_of(w->from.dir);
	options.url = w->from.dir[0] ? STR_EMPTY : w->from.word;
	if (!store_open(&options, &w->from.store, e) ||
	    !transfer_give_up(w->from.store, words_flag(words, "--even-moved"), e)) {
		return false;
	}
	printf("%s is open again.\n", w->from.name);
	return true;
}

int store_copy_main(const struct settings *s, const struct words *words)
{
	struct work *w = mem_must(1, sizeof *w);
	struct err e = {0};
	w->settings = s;
	time_source_init(&w->time);
	bool ok = words_flag(words, "--abort") ? give_up(w, words, &e) : copy(w, words, &e);
	close_place(&w->to);
	close_place(&w->from);
	mem_wipe(&w->keys, sizeof w->keys);
	mem_free(w);
	return ok ? EXIT_STOPPED : command_failed(&e);
}
