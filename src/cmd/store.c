/* `cityhall store`: the tables as text, and the proof that what lies in them is right. */
#include <stdio.h>
#include <unistd.h>

#include "app/check.h"
#include "app/rooms.h"
#include "base/log.h"
#include "cmd/commands.h"
#include "cmd/control_commands.h"
#include "cmd/open.h"
#include "cmd/store_copy.h"
#include "cmd/store_text.h"

enum { TEXT_MAX_BYTES = 8 * 1024 * 1024 };

static int print_text(const struct words *words)
{
	struct err e = {0};
	struct buf text;
	int code = EXIT_STOPPED;
	buf_init(&text, TEXT_MAX_BYTES);
	if (str_is(words_at(words, 0), "doc")) {
		store_text_doc(&text);
	} else {
		store_text_schema(&text, words_flag(words, "--distributed"));
	}
	if (buf_ok(&text, &e)) {
		fwrite(text.p, 1, text.n, stdout);
	} else {
		code = command_failed(&e);
	}
	buf_release(&text);
	return code;
}

/* On the terminal only, where somebody waits. */
static void show_progress(const char *part, uint64_t looked)
{
	if (isatty(STDERR_FILENO)) {
		fprintf(stderr, "\r%-20s %12llu ", part, (unsigned long long)looked);
	}
}

bool store_control(struct app *app, const struct words *words, struct str secret, struct buf *reply, struct err *e)
{
	(void)secret;
	if (!str_is(words_at(words, 0), "check")) {
		return err_set(e, ERR_USAGE, "usage: cityhall store check");
	}
	char scratch[4096], outside[4096];
	uint64_t wrong = 0;
	snprintf(scratch, sizeof scratch, "%.*s/check.tmp", STR_ARG(app->data_dir));
	snprintf(outside, sizeof outside, "%.*s/seal.log", STR_ARG(app->data_dir));
	struct check_options o = {
		.app = app,
		.schemas = all_schemas(),
		.rooms = rooms,
		.scratch = str_of(scratch),
		.seal_log = str_of(outside),
		.progress = show_progress,
	};
	return keys_read_public(app->data_dir, o.public_key, e) && check_all(&o, reply, &wrong, e);
}

static bool has_wrong(struct str report)
{
	struct str line;
	while (str_next(&report, '\n', &line)) {
		if (str_starts(line, STR("WRONG"))) {
			return true;
		}
	}
	return false;
}

static int check(const struct settings *s, const struct words *words)
{
	struct err e = {0};
	struct buf reply;
	int code = EXIT_STOPPED;
	buf_init(&reply, TEXT_MAX_BYTES);
	bool ok = run_where_it_serves(s, "store", words, STR_EMPTY, &reply, &e);
	if (isatty(STDERR_FILENO)) {
		fputs("\r", stderr);
	}
	fputs(buf_cstr(&reply), stdout);
	if (!ok) {
		code = command_failed(&e);
	} else if (has_wrong(buf_str(&reply))) {
		code = EXIT_FAILED;
	}
	buf_release(&reply);
	return code;
}

int cmd_store(int argc, char **argv)
{
	static const char *const own_flags[] = {"--distributed", "--abort=", "--even-moved", "--until=", "--notice=", NULL};
	struct settings s;
	struct words words;
	struct err e = {0};
	if (command_help("store", argc, argv)) {
		fputs(STORE_COPY_HELP, stdout);
		return EXIT_STOPPED;
	}
	log_open(STDERR_FILENO, LOG_WARN);
	int code;
	if (!settings_read(&s, argc, argv, own_flags, &words, &e)) {
		code = command_failed(&e);
		goto out;
	}
	struct str what = words_at(&words, 0);
	if (str_is(what, "doc") || str_is(what, "schema")) {
		code = print_text(&words);
	} else if (str_is(what, "check")) {
		code = check(&s, &words);
	} else if (str_is(what, "copy")) {
		code = store_copy_main(&s, &words);
	} else {
		err_set(&e, ERR_USAGE, "usage: cityhall store doc | schema [--distributed] | check | copy FROM TO");
		code = command_failed(&e);
	}
out:
	settings_release(&s);
	return code;
}
