/* Mail that came back, handed over by the mail server: a pipe in its table of aliases or transports. */
#include <fcntl.h>
#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#include "app/mail/bounce.h"
#include "base/log.h"
#include "cmd/commands.h"
#include "cmd/control_commands.h"
#include "cmd/open.h"

enum { MAIL_BYTES = 48 * 1024, REPLY_BYTES = 4096 };

bool bounce_control(struct app *app, const struct words *words, struct str secret, struct buf *reply, struct err *e)
{
	(void)secret;
	return bounce_take(app, words_at(words, 0), words_at(words, 1), reply, e);
}

/* The beginning of it: what is looked for stands there. Bytes of any encoding; what is no ASCII says nothing here. */
static bool read_mail(int fd, struct buf *to, struct err *e)
{
	char bytes[4096];
	ssize_t n;
	while ((n = read(fd, bytes, sizeof bytes)) > 0) {
		for (ssize_t i = 0; i < n && to->n < MAIL_BYTES; i++) {
			char c = bytes[i];
			buf_put_byte(to, (c >= 0x20 && c < 0x7f) || c == '\n' || c == '\t' ? c : c == '\r' ? ' ' : '?');
		}
	}
	return n < 0 ? err_errno(e, "the mail") : buf_ok(to, e);
}

static bool open_mail(const struct words *words, int *fd, struct err *e)
{
	struct str path = words_value(words, "--mail");
	char text[4096];
	snprintf(text, sizeof text, "%.*s", STR_ARG(path));
	*fd = path.n > 0 ? open(text, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
	return *fd >= 0 || err_errno(e, "%s", text);
}

/* Exit codes as mail servers know them: one that is to be tried again keeps the mail. */
int cmd_bounce(int argc, char **argv)
{
	struct settings s;
	struct words words;
	struct err e = {0};
	struct buf mail, reply;
	static const char *const own_flags[] = {"--mail=", NULL};
	int code = EX_OK, fd = STDIN_FILENO;
	if (command_help("bounce", argc, argv)) {
		return EX_OK;
	}
	log_open(STDERR_FILENO, LOG_WARN);
	buf_init(&mail, MAIL_BYTES + 1);
	buf_init(&reply, REPLY_BYTES);
	if (settings_read(&s, argc, argv, own_flags, &words, &e) && open_mail(&words, &fd, &e) &&
	    read_mail(fd, &mail, &e)) {
		struct str both[] = {words_at(&words, 0), buf_str(&mail)};
		struct words sent = {both, 2};
		if (run_where_it_serves(&s, "bounce", &sent, STR_EMPTY, &reply, &e)) {
			fputs(buf_cstr(&reply), stdout);
		}
	}
	if (e.code != ERR_NONE) {
		(void)command_failed(&e);
		code = e.code == ERR_INVALID || e.code == ERR_CONFLICT ? EX_DATAERR
		       : e.code == ERR_CONFIG || e.code == ERR_USAGE   ? EX_CONFIG
		                                                       : EX_TEMPFAIL;
	}
	if (fd > STDIN_FILENO) {
		close(fd);
	}
	buf_release(&mail);
	buf_release(&reply);
	settings_release(&s);
	return code;
}
