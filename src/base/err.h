/* What went wrong, once, for the log and for the person.
 *
 * A call that can fail returns bool and takes a struct err * last; it fills it only when it returns false. `text` is
 * for the log and never holds personal data. `say` is a sentence for the person: a msgid of the translations with
 * static storage, or NULL where the code's own sentence (err_say) is good enough. It is logged once, where it is
 * handled. Any thread. */
#ifndef CITYHALL_BASE_ERR_H
#define CITYHALL_BASE_ERR_H

#include <stdarg.h>
#include <stdbool.h>

/* code, HTTP status, name in logs, default sentence for the person */
#define ERR_CODES(X)                                                                                                  \
	X(ERR_NONE, 200, "none", "")                                                                                      \
	X(ERR_BAD_INPUT, 400, "bad-input", N_("We could not read what your browser sent. Go back and try again."))        \
	X(ERR_NOT_SIGNED_IN, 401, "not-signed-in", N_("Sign in to see this page."))                                       \
	X(ERR_FORBIDDEN, 403, "forbidden", N_("This page is not yours to see."))                                          \
	X(ERR_NOT_FOUND, 404, "not-found", N_("There is no page at this address."))                                       \
	X(ERR_METHOD, 405, "method", N_("This address does not take that kind of request."))                              \
	X(ERR_CONFLICT, 409, "conflict", N_("Somebody changed this a moment before you. Look at it again."))              \
	X(ERR_GONE, 410, "gone", N_("This page is no longer there."))                                                     \
	X(ERR_TOO_LARGE, 413, "too-large", N_("That is more than we can take at once."))                                  \
	X(ERR_UNSUPPORTED, 415, "unsupported", N_("We cannot read a file of this kind."))                                 \
	X(ERR_INVALID, 422, "invalid", N_("Some answers need another look."))                                             \
	X(ERR_TOO_MANY, 429, "too-many", N_("Too many tries in a short time. Wait a minute and try again."))              \
	X(ERR_HEADERS, 431, "headers", N_("Your browser sent more than we can take at once."))                            \
	X(ERR_INTERNAL, 500, "internal",                                                                                  \
	  N_("Something went wrong here. It is noted, and nothing you sent was half done."))                              \
	X(ERR_BUSY, 503, "busy", N_("We are very busy. Try again in a minute."))                                          \
	X(ERR_CLOSED, 503, "closed",                                                                                      \
	  N_("The city hall is moving. You can read everything; sending is closed for a while."))                         \
	X(ERR_UNKNOWN, 503, "unknown", N_("We do not know yet whether this was stored. Send it again: it counts once."))  \
	X(ERR_IO, 500, "io", N_("Something went wrong here. It is noted, and nothing you sent was half done."))           \
	X(ERR_DISK_FULL, 503, "disk-full", N_("We cannot store anything at the moment. What was stored before is safe.")) \
	X(ERR_MEMORY, 503, "memory", N_("We are very busy. Try again in a minute."))                                      \
	X(ERR_CORRUPT, 500, "corrupt", N_("Something went wrong here. It is noted, and nothing you sent was half done.")) \
	X(ERR_USAGE, 500, "usage", "")                                                                                    \
	X(ERR_CONFIG, 500, "config", "")

#define N_(msgid) msgid
#define MUST_USE __attribute__((warn_unused_result))

enum err_code {
#define X(code, status, name, say) code,
	ERR_CODES(X)
#undef X
};

struct err {
	enum err_code code;
	const char *file; /* where it was set */
	int line;
	const char *say; /* msgid or NULL */
	char text[240];
};

/* Fills *e (which may be NULL) and returns false, so that a caller can `return err_set(e, ERR_IO, "...")`. */
#define err_set(e, code, ...) err_set_at((e), (code), __FILE__, __LINE__, __VA_ARGS__)
bool err_set_at(struct err *e, enum err_code code, const char *file, int line, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
/* The same with the sentence for the person, a msgid with static storage. */
#define err_tell(e, code, say, ...) err_tell_at((e), (code), (say), __FILE__, __LINE__, __VA_ARGS__)
bool err_tell_at(struct err *e, enum err_code code, const char *say, const char *file, int line, const char *fmt, ...)
	__attribute__((format(printf, 6, 7)));
/* With the text of errno and the code that fits it (ENOSPC: ERR_DISK_FULL, ENOMEM: ERR_MEMORY, else ERR_IO). */
#define err_errno(e, ...) err_errno_at((e), __FILE__, __LINE__, __VA_ARGS__)
bool err_errno_at(struct err *e, const char *file, int line, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

int err_status(enum err_code code);       /* the HTTP status */
const char *err_name(enum err_code code); /* "disk-full" */
const char *err_say(const struct err *e); /* msgid for the person, never NULL */

/* Programmer mistakes only, never input; stays on in release: says where and aborts. */
#define must(cond) ((cond) ? (void)0 : must_failed(#cond, __FILE__, __LINE__))
void must_failed(const char *cond, const char *file, int line) __attribute__((noreturn));

#endif
