/* `cityhall store`: the tables as text, and the proof that what lies in them is right. */
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "cmd/commands.h"
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

int cmd_store(int argc, char **argv)
{
	static const char *const own_flags[] = {"--distributed", NULL};
	struct settings s;
	struct words words;
	struct err e = {0};
	if (command_help("store", argc, argv)) {
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
	} else {
		err_set(&e, ERR_USAGE, "usage: cityhall store doc | schema [--distributed] | check");
		code = command_failed(&e);
	}
out:
	settings_release(&s);
	return code;
}
