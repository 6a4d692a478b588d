#include "mails.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "server.h"

enum { MAILS_MOST = 500, WAIT_MS = 20000, PAUSE_MS = 20, BODY_BYTES = 64 * 1024, ALL_BYTES = 4 * 1024 * 1024 };

static void pause_ms(int ms)
{
	struct timespec t = {ms / 1000, (long)(ms % 1000) * 1000000};
	nanosleep(&t, NULL);
}

static struct sockaddr_in loopback(int port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static int free_port(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in a = loopback(0);
	socklen_t n = sizeof a;
	int port = 0;
	if (fd >= 0 && bind(fd, (struct sockaddr *)&a, n) == 0 && getsockname(fd, (struct sockaddr *)&a, &n) == 0) {
		port = ntohs(a.sin_port);
	}
	close(fd);
	return port;
}

static bool answers(int port)
{
	struct sockaddr_in a = loopback(port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool ok = fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof a) == 0;
	close(fd);
	return ok;
}

static const char *program(void)
{
	static const char *const paths[] = {"/usr/sbin/smtp-sink", "/usr/bin/smtp-sink", NULL};
	int i = 0;
	while (paths[i] && access(paths[i], X_OK) != 0) {
		i++;
	}
	return paths[i];
}

bool mails_start(struct mails *m, const char *dir, struct err *e)
{
	char folder[220], at[40];
	const char *sink = program();
	must(m->pid == 0);
	if (!sink) {
		return err_set(e, ERR_CONFIG, "smtp-sink is not there: it comes with Debian's postfix");
	}
	snprintf(m->dir, sizeof m->dir, "%s/mail", dir);
	if (mkdir(m->dir, 0700) != 0 && errno != EEXIST) {
		return err_errno(e, "%s", m->dir);
	}
	m->port = m->port ? m->port : free_port();
	snprintf(folder, sizeof folder, "%s/%%s.", m->dir);
	snprintf(at, sizeof at, "127.0.0.1:%d", m->port);
	m->pid = fork();
	if (m->pid == 0) {
		/* It insists on being told whom to become when it runs as root: to stay so. */
		const char *const as_root[] = {sink, "-u", "root", "-D", folder, at, "100", NULL};
		const char *const as_user[] = {sink, "-D", folder, at, "100", NULL};
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(null, 1);
		dup2(null, 2);
		execv(sink, (char *const *)(uintptr_t)(geteuid() == 0 ? as_root : as_user));
		_exit(127);
	}
	for (int waited = 0; waited < WAIT_MS; waited += PAUSE_MS) {
		if (answers(m->port)) {
			return true;
		}
		pause_ms(PAUSE_MS);
	}
	mails_stop(m);
	return err_set(e, ERR_BUSY, "smtp-sink does not answer");
}

void mails_stop(struct mails *m)
{
	if (m->pid > 0) {
		kill(m->pid, SIGKILL);
		while (waitpid(m->pid, NULL, 0) < 0 && errno == EINTR) {
		}
		m->pid = 0;
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Those of one second lie in one file, each after its lines about the client. */
static struct str all_text(struct mails *m, struct arena *a)
{
	static const size_t name_bytes = 64;
	char *names = calloc(MAILS_MOST, name_bytes), path[400];
	struct buf all;
	size_t n = 0;
	must(names != NULL);
	DIR *d = opendir(m->dir);
	for (struct dirent *entry; d && (entry = readdir(d)) != NULL && n < MAILS_MOST;) {
		if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9') {
			snprintf(names + n++ * name_bytes, name_bytes, "%.60s", entry->d_name);
		}
	}
	if (d) {
		closedir(d);
	}
	qsort(names, n, name_bytes, by_name);
	buf_init(&all, ALL_BYTES);
	for (size_t i = 0; i < n; i++) {
		snprintf(path, sizeof path, "%s/%.60s", m->dir, names + i * name_bytes);
		buf_put(&all, read_whole(a, path));
	}
	struct str text = arena_copy(a, buf_str(&all));
	buf_release(&all);
	free(names);
	return text;
}

/* The next whole one: it is written while it comes, and an empty line stands at its end. */
static bool next_mail(struct str *rest, struct str *mail)
{
	static const char begin[] = "X-Client-Addr: ";
	size_t end = rest->n > sizeof begin ? str_find(str_sub(*rest, 1, SIZE_MAX), STR("\nX-Client-Addr: ")) : SIZE_MAX;
	*mail = end == SIZE_MAX ? *rest : str_sub(*rest, 0, end + 2);
	*rest = str_sub(*rest, mail->n, SIZE_MAX);
	size_t head = str_find(*mail, STR("\n\n"));
	return str_starts(*mail, str_of(begin)) && head != SIZE_MAX && head + 4 < mail->n && str_ends(*mail, STR("\n\n"));
}

static size_t count(struct mails *m)
{
	struct arena a;
	struct str mail;
	size_t n = 0;
	arena_init(&a, 4 * ALL_BYTES);
	for (struct str rest = all_text(m, &a); rest.n > 0;) {
		n += next_mail(&rest, &mail);
	}
	arena_release(&a);
	return n;
}

bool mails_wait(struct mails *m, size_t n, size_t *seen)
{
	*seen = count(m);
	for (int waited = 0; waited < WAIT_MS && *seen < n; waited += PAUSE_MS) {
		pause_ms(PAUSE_MS);
		*seen = count(m);
	}
	return *seen == n;
}

static bool nth(struct mails *m, struct arena *a, size_t n, struct str *mail, struct err *e)
{
	size_t at = 0;
	for (struct str rest = all_text(m, a); rest.n > 0;) {
		if (next_mail(&rest, mail) && ++at == n) {
			return true;
		}
	}
	return err_set(e, ERR_NOT_FOUND, "there are %zu mails", at);
}

bool mails_read(struct mails *m, struct arena *a, size_t n, struct str *out, struct err *e)
{
	struct str all;
	if (!nth(m, a, n, &all, e)) {
		return false;
	}
	size_t at = str_find(all, STR("\n\n"));
	struct str head = at == SIZE_MAX ? all : str_sub(all, 0, at + 2);
	struct str body = at == SIZE_MAX ? STR_EMPTY : str_sub(all, at + 2, SIZE_MAX);
	char *text = arena_new(a, char, BODY_BYTES);
	size_t text_n = 0;
	if (text == NULL || sodium_base642bin((unsigned char *)text, BODY_BYTES, body.p, body.n, "\r\n ", &text_n, NULL,
	                                      sodium_base64_VARIANT_ORIGINAL) != 0) {
		return err_set(e, ERR_CORRUPT, "the body of mail %zu is no base64", n);
	}
	*out = arena_printf(a, "%.*s%.*s", STR_ARG(head), (int)text_n, text);
	return true;
}

static bool holds(struct str text, const struct str *pieces, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (str_find(text, pieces[i]) == SIZE_MAX) {
			return false;
		}
	}
	return true;
}

bool mails_find(struct mails *m, struct arena *a, const struct str *pieces, size_t n, bool is_only, struct str *out,
                struct err *e)
{
	size_t found = 0;
	for (int waited = 0; found == 0 && waited < WAIT_MS; waited += PAUSE_MS) {
		struct arena scratch;
		size_t all = count(m);
		arena_init(&scratch, 8 * ALL_BYTES);
		for (size_t i = 1; i <= all; i++) {
			struct str mail;
			if (mails_read(m, &scratch, i, &mail, e) && holds(mail, pieces, n)) {
				*out = found++ == 0 ? arena_copy(a, mail) : *out;
			}
		}
		arena_release(&scratch);
		if (found == 0) {
			pause_ms(PAUSE_MS);
		}
	}
	return found == 1 || (found > 1 && !is_only) || err_set(e, ERR_NOT_FOUND, "%zu mails hold that", found);
}

bool mails_bounce(struct mails *m, struct arena *a, size_t n, char *path, size_t room, struct err *e)
{
	struct str from = STR_EMPTY, line, rest;
	if (!nth(m, a, n, &rest, e)) {
		return false;
	}
	while (from.n == 0 && str_next(&rest, '\n', &line)) {
		from = str_starts(line, STR("X-Mail-Args: <")) ? str_sub(line, 14, str_find_byte(line, '>') - 14) : STR_EMPTY;
	}
	snprintf(path, room, "%s/report", m->dir);
	FILE *f = fopen(path, "we");
	if (!f) {
		return err_errno(e, "%s", path);
	}
	fprintf(f,
	        "From: MAILER-DAEMON\nTo: %.*s\nSubject: Undelivered Mail Returned to Sender\n\n"
	        "Action: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 no such user\n",
	        STR_ARG(from));
	fclose(f);
	return true;
}
