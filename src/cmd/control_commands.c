#include "cmd/control_commands.h"

#include "base/codec.h"
#include "base/log.h"
#include "os/control.h"

enum { WORDS_MAX = 64, WORD_MAX_BYTES = 64 * 1024, REQUEST_ARENA_BYTES = 4 * 1024 * 1024 };

const struct control_function_row control_functions[] = {
	{"account", account_control},
	{"audit", audit_control},
	{"backup", backup_control},
	{"clock", clock_control},
	{NULL, NULL},
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

const struct control_command *control_table(void)
{
	static const struct control_command table[] = {
		{"account", run_account}, {"audit", run_audit}, {"backup", run_backup}, {"clock", run_clock}, {NULL, NULL},
	};
	return table;
}
