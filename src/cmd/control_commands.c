#include "cmd/control_commands.h"

#include <stdio.h>
#include <termios.h>
#include <unistd.h>

#include "app/traffic/live.h"
#include "app/traffic/whatif.h"
#include "base/codec.h"
#include "base/log.h"
#include "brain/frame.h"
#include "cmd/commands.h"
#include "cmd/open.h"
#include "os/control.h"

enum { WORDS_MAX = 64, WORD_MAX_BYTES = 64 * 1024, REQUEST_ARENA_BYTES = 4 * 1024 * 1024, SECRET_MAX_BYTES = 1024 };

const struct control_function_row control_functions[] = {
	{"account", account_control}, {"audit", audit_control},   {"backup", backup_control},
	{"clock", clock_control},     {"store", store_control},   {"processes", processes_control},
	{"client", client_control},   {"bounce", bounce_control}, {NULL, NULL},
};

void control_request_put(struct buf *to, const struct words *words, struct str secret)
{
	codec_put_u32(to, (uint32_t)words->n);
	for (size_t i = 0; i < words->n; i++) {
		codec_put_str(to, words->items[i]);
	}
	codec_put_str(to, secret);
}

bool control_request_read(struct str request, struct arena *a, struct words *words, struct str *secret, struct err *e)
{
	struct codec in = codec_of(request);
	uint32_t n = codec_u32(&in);
	if (n > WORDS_MAX) {
		return err_set(e, ERR_BAD_INPUT, "a control request of %u words", n);
	}
	*words = (struct words){arena_new(a, struct str, n + 1), n};
	if (words->items == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a control request");
	}
	for (uint32_t i = 0; i < n; i++) {
		words->items[i] = codec_str(&in, WORD_MAX_BYTES);
	}
	*secret = codec_str(&in, WORD_MAX_BYTES);
	return codec_end(&in, e);
}

static bool run(const struct control_function_row *row, struct app *app, struct str request, struct buf *reply,
                struct err *e)
{
	struct arena arena;
	arena_init(&arena, REQUEST_ARENA_BYTES);
	struct words words;
	struct str secret;
	bool ok = control_request_read(request, &arena, &words, &secret, e) && row->run(app, &words, secret, reply, e);
	log_line(ok ? LOG_INFO : LOG_WARN, "control", LOG_S("command", str_of(row->name)), LOG_I("ok", ok));
	arena_release(&arena);
	return ok;
}

/* The control socket's functions carry no row: one small function each. */
#define ENTRY(index, name)                                                                  \
	static bool run_##name(void *ctx, struct str request, struct buf *reply, struct err *e) \
	{                                                                                       \
		return run(&control_functions[index], ctx, request, reply, e);                      \
	}
ENTRY(0, account)
ENTRY(1, audit)
ENTRY(2, backup)
ENTRY(3, clock)
ENTRY(4, store)
ENTRY(5, processes)
ENTRY(6, client)
ENTRY(7, bounce)

/* Once a second, without words and without a line in the log. */
static bool run_street(void *ctx, struct str request, struct buf *reply, struct err *e)
{
	return traffic_told(ctx, request, reply, e);
}

static bool run_what_if(void *ctx, struct str request, struct buf *reply, struct err *e)
{
	return what_if_told(ctx, request, reply, e);
}

const struct control_command *control_table(void)
{
	static const struct control_command table[] = {
		{"account", run_account},    {"audit", run_audit},           {"backup", run_backup}, {"clock", run_clock},
		{"store", run_store},        {"processes", run_processes},   {"client", run_client}, {"bounce", run_bounce},
		{FRAME_COMMAND, run_street}, {WHAT_IF_COMMAND, run_what_if}, {NULL, NULL},
	};
	return table;
}

bool ask_secret(const char *prompt, struct buf *to, struct err *e)
{
	struct termios before, silent;
	bool is_terminal = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &before) == 0;
	if (is_terminal) {
		fprintf(stderr, "%s: ", prompt);
		silent = before;
		silent.c_lflag &= ~(tcflag_t)ECHO;
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
	}
	char c;
	ssize_t n;
	while ((n = read(STDIN_FILENO, &c, 1)) == 1 && c != '\n') {
		buf_put_byte(to, c);
	}
	if (is_terminal) {
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
		fputc('\n', stderr);
	}
	if (n < 0 || to->n == 0) {
		return err_set(e, ERR_USAGE, "%s: nothing was typed", prompt);
	}
	return buf_ok(to, e);
}

int control_main(const char *name, int argc, char **argv, const char *const *own_flags, const char *prompt)
{
	struct settings s;
	struct words words;
	struct err e = {0};
	struct buf reply, secret;
	if (command_help(name, argc, argv)) {
		return EXIT_STOPPED;
	}
	log_open(STDERR_FILENO, LOG_WARN);
	buf_init(&reply, CONTROL_REPLY_MAX);
	buf_init(&secret, SECRET_MAX_BYTES);
	int code = EXIT_STOPPED;
	if (settings_read(&s, argc, argv, own_flags, &words, &e) && (prompt == NULL || ask_secret(prompt, &secret, &e)) &&
	    run_where_it_serves(&s, name, &words, buf_str(&secret), &reply, &e)) {
		fputs(buf_cstr(&reply), stdout);
	} else {
		code = command_failed(&e);
	}
	buf_release_secret(&secret);
	buf_release(&reply);
	settings_release(&s);
	return code;
}
