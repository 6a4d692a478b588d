/* The control socket of `serve`: <data>/run/control.sock, mode 0600, only for this user and root. Sub-commands that
 * change data speak to it and open the store themselves only when nobody holds the lock.
 *
 * A request is a command's name and bytes (JSON or codec: the command's own business); the reply is bytes or an error,
 * whose code, sentence and text the caller gets as if the call had been local. One thread serves one request after the
 * other. Client calls: any thread. */
#ifndef CITYHALL_OS_CONTROL_H
#define CITYHALL_OS_CONTROL_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#define CONTROL_REQUEST_MAX (64 * 1024 * 1024) /* the outline of a large street */
#define CONTROL_REPLY_MAX (4 * 1024 * 1024)

struct control_command {
	const char *name; /* NULL ends the table */
	bool (*run)(void *ctx, struct str request, struct buf *reply, struct err *e);
};

struct control;
/* Binds <dir>/run/control.sock (makes run/ with mode 0700). Before the sandbox. */
bool control_bind(struct str dir, int *out_fd, struct err *e) MUST_USE;
/* Takes over listen_fd and starts the thread. `commands` and `ctx` outlive it. */
bool control_start(int listen_fd, const struct control_command *commands, void *ctx, struct control **out,
                   struct err *e) MUST_USE;
void control_stop(struct control *c);

/* ERR_BUSY when nobody answers: `serve` is not running (lock_is_held says) or too busy. `say` of an error is lost on
 * the way; its code and text arrive. */
bool control_call(struct str dir, const char *command, struct str request, int64_t timeout_us, struct buf *reply,
                  struct err *e) MUST_USE;

#endif
