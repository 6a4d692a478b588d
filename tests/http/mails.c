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

enum { MAILS_MOST = 500, WAIT_MS = 20000, PAUSE_MS = 20, BODY_BYTES = 64 * 1024 };

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

struct mail_file {
	char path[500];
	struct timespec at;
};

static int earlier(const void *a, const void *b)
{
	const struct timespec *x = &((const struct mail_file *)a)->at, *y = &((const struct mail_file *)b)->at;
	return x->tv_sec != y->tv_sec ? (x->tv_sec < y->tv_sec ? -1 : 1) : x->tv_nsec < y->tv_nsec ? -1 : 1;
}

static size_t list(struct mails *m, struct mail_file *files)
{
	size_t n = 0;
	DIR *d = opendir(m->dir);
	for (struct dirent *entry; d && (entry = readdir(d)) != NULL && n < MAILS_MOST;) {
		struct stat st;
		snprintf(files[n].path, sizeof files[n].path, "%s/%s", m->dir, entry->d_name);
		if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9' && stat(files[n].path, &st) == 0 && st.st_size > 0) {
			files[n++].at = st.st_mtim;
		}
	}
	if (d) {
		closedir(d);
	}
	qsort(files, n, sizeof *files, earlier);
	return n;
}

bool mails_wait(struct mails *m, size_t n, size_t *seen)
{
	struct mail_file *files = calloc(MAILS_MOST, sizeof *files);
	must(files != NULL);
	*seen = list(m, files);
	for (int waited = 0; waited < WAIT_MS && *seen < n; waited += PAUSE_MS) {
		pause_ms(PAUSE_MS);
		*seen = list(m, files);
	}
	free(files);
	return *seen == n;
}

static bool nth(struct mails *m, size_t n, char *path, size_t room, struct err *e)
{
	struct mail_file *files = calloc(MAILS_MOST, sizeof *files);
	must(files != NULL);
	size_t have = list(m, files);
	bool ok = n >= 1 && n <= have;
	if (ok) {
		snprintf(path, room, "%s", files[n - 1].path);
	}
	free(files);
	return ok || err_set(e, ERR_NOT_FOUND, "there are %zu mails", have);
}

bool mails_read(struct mails *m, struct arena *a, size_t n, struct str *out, struct err *e)
{
	char path[500];
	if (!nth(m, n, path, sizeof path, e)) {
		return false;
	}
	struct str all = read_whole(a, path);
	size_t at = str_find(all, STR("\n\n"));
	struct str head = at == SIZE_MAX ? all : str_sub(all, 0, at + 2);
	struct str body = at == SIZE_MAX ? STR_EMPTY : str_sub(all, at + 2, SIZE_MAX);
	char *text = arena_new(a, char, BODY_BYTES);
	size_t text_n = 0;
	if (text == NULL || sodium_base642bin((unsigned char *)text, BODY_BYTES, body.p, body.n, "\r\n ", &text_n, NULL,
	                                      sodium_base64_VARIANT_ORIGINAL) != 0) {
		return err_set(e, ERR_CORRUPT, "the body of %s is no base64", path);
	}
	*out = arena_printf(a, "%.*s%.*s", STR_ARG(head), (int)text_n, text);
	return true;
}

bool mails_bounce(struct mails *m, struct arena *a, size_t n, char *path, size_t room, struct err *e)
{
	char of[500];
	struct str from = STR_EMPTY, line;
	if (!nth(m, n, of, sizeof of, e)) {
		return false;
	}
	struct str rest = read_whole(a, of);
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
