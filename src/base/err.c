#include "base/err.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	int status;
	const char *name;
	const char *say;
} codes[] = {
#define X(code, status, name, say) [code] = {status, name, say},
	ERR_CODES(X)
#undef X
};

static void fill(struct err *e, enum err_code code, const char *say, const char *file, int line, const char *fmt,
                 va_list ap) __attribute__((format(printf, 6, 0)));
static void fill(struct err *e, enum err_code code, const char *say, const char *file, int line, const char *fmt,
                 va_list ap)
{
	e->code = code;
	e->say = say;
	e->file = file;
	e->line = line;
	vsnprintf(e->text, sizeof e->text, fmt, ap);
}

bool err_set_at(struct err *e, enum err_code code, const char *file, int line, const char *fmt, ...)
{
	if (e) {
		va_list ap;
		va_start(ap, fmt);
		fill(e, code, NULL, file, line, fmt, ap);
		va_end(ap);
	}
	return false;
}

bool err_tell_at(struct err *e, enum err_code code, const char *say, const char *file, int line, const char *fmt, ...)
{
	if (e) {
		va_list ap;
		va_start(ap, fmt);
		fill(e, code, say, file, line, fmt, ap);
		va_end(ap);
	}
	return false;
}

bool err_errno_at(struct err *e, const char *file, int line, const char *fmt, ...)
{
	int number = errno;
	if (e) {
		enum err_code code = number == ENOSPC || number == EDQUOT ? ERR_DISK_FULL
		                     : number == ENOMEM                   ? ERR_MEMORY
		                                                          : ERR_IO;
		va_list ap;
		va_start(ap, fmt);
		fill(e, code, NULL, file, line, fmt, ap);
		va_end(ap);
		size_t n = strlen(e->text);
		snprintf(e->text + n, sizeof e->text - n, ": %s",
		         strerrordesc_np(number) ? strerrordesc_np(number) : "unknown error");
	}
	return false;
}

int err_status(enum err_code code)
{
	return codes[code].status;
}

const char *err_name(enum err_code code)
{
	return codes[code].name;
}

const char *err_say(const struct err *e)
{
	return e->say ? e->say : codes[e->code].say;
}

void must_failed(const char *cond, const char *file, int line)
{
	fprintf(stderr, "must hold: %s, at %s:%d\n", cond, file, line);
	abort();
}
