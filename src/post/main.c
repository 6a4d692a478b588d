/* cityhall-post: the process that reaches other machines: mail by SMTP, requests by HTTP (libcurl). Started by the
 * supervisor with its listening socket as descriptor 3. It sees no store and no keys; what proves it to the mail server
 * and the SMS service it reads before it locks itself in. A thread for each connection of `serve`. */
#include <curl/curl.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/log.h"
#include "os/file.h"
#include "os/signal.h"
#include "os/socket.h"
#include "os/supervisor.h"
#include "os/thread.h"
#include "post/session.h"

enum {
	LISTEN_FD = 3,
	SECRET_BYTES = 4096,
	CA_BYTES = 1024 * 1024,
	STACK_BYTES = 512 * 1024,
	WAIT_SECONDS = 120,
	SESSIONS_MAX = 80
};

static struct post_settings settings = {.wait_s = WAIT_SECONDS};
static _Atomic int session_n;

/* The file's first two lines; the second may be missing. */
static bool read_secret(const char *path, char **first, char **second, struct err *e)
{
	struct buf text;
	struct str line, rest;
	buf_init(&text, SECRET_BYTES);
	bool ok = file_read_whole(path, &text, e);
	if (!ok) {
		e->code = ERR_CONFIG;
	} else {
		rest = buf_str(&text);
		for (char **to = first; to; to = to == first ? second : NULL) {
			line = STR_EMPTY;
			if (str_next(&rest, '\n', &line)) {
				line = str_trim(line);
			}
			*to = line.n > 0 ? strndup(line.p, line.n) : NULL;
		}
		ok = *first != NULL || err_set(e, ERR_CONFIG, "%s is empty", path);
	}
	buf_release_secret(&text);
	return ok;
}

static bool is_flag(struct str word, const char *name, const char **value)
{
	struct str n = str_of(name);
	*value = word.p + n.n;
	return str_starts(word, n);
}

static bool read_words(int argc, char **argv, struct err *e)
{
	for (int i = 1; i < argc; i++) {
		struct str word = str_of(argv[i]);
		const char *value;
		uint64_t n;
		if (is_flag(word, "--smtp=", &value)) {
			settings.smtp_url = value;
		} else if (is_flag(word, "--smtp-starttls", &value)) {
			settings.wants_tls = true;
		} else if (is_flag(word, "--smtp-credentials=", &value)) {
			if (!read_secret(value, &settings.smtp_user, &settings.smtp_password, e)) {
				return false;
			}
		} else if (is_flag(word, "--smtp-ca=", &value)) {
			/* Read before this process locks itself in. */
			buf_init(&settings.smtp_ca, CA_BYTES);
			if (!file_read_whole(value, &settings.smtp_ca, e)) {
				e->code = ERR_CONFIG;
				return false;
			}
		} else if (is_flag(word, "--sms=", &value)) {
			settings.sms_url = value;
		} else if (is_flag(word, "--sms-token=", &value)) {
			if (!read_secret(value, &settings.sms_token, NULL, e)) {
				return false;
			}
		} else if (is_flag(word, "--wait-seconds=", &value) && str_to_u64(str_of(value), &n) && n > 0 && n <= 600) {
			settings.wait_s = (long)n;
		} else {
			return err_set(e, ERR_USAGE, "post does not know %s", argv[i]);
		}
	}
	return settings.smtp_user == NULL || settings.smtp_password != NULL ||
	       err_set(e, ERR_CONFIG, "the mail server's credentials are two lines: name, password");
}

static void *serve_one(void *arg)
{
	session_run(&settings, (int)(intptr_t)arg);
	atomic_fetch_sub(&session_n, 1);
	return NULL;
}

static void take_connection(void)
{
	struct err e;
	int fd = -1;
	struct thread thread;
	if (!socket_accept(LISTEN_FD, deadline_in(0), &fd, &e)) {
		if (e.code != ERR_BUSY) {
			log_err(LOG_ERROR, "post-accept", &e);
		}
		return;
	}
	if (!socket_peer_is_ours(fd) || atomic_load(&session_n) >= SESSIONS_MAX) {
		log_line(LOG_WARN, "post-refused", LOG_I("sessions", atomic_load(&session_n)));
		socket_close(&fd);
		return;
	}
	atomic_fetch_add(&session_n, 1);
	if (!thread_start(&thread, "post", STACK_BYTES, serve_one, (void *)(intptr_t)fd, &e)) {
		log_err(LOG_ERROR, "post-thread", &e);
		atomic_fetch_sub(&session_n, 1);
		socket_close(&fd);
		return;
	}
	pthread_detach(thread.id);
}

int main(int argc, char **argv)
{
	static const char *const readable[] = {"/etc/hosts",
	                                       "/etc/host.conf",
	                                       "/etc/resolv.conf",
	                                       "/etc/nsswitch.conf",
	                                       "/etc/gai.conf",
	                                       "/etc/services",
	                                       "/etc/ssl",
	                                       "/usr/lib/ssl",
	                                       "/usr/share/ca-certificates",
	                                       "/usr/local/share/ca-certificates",
	                                       "/usr/share/zoneinfo",
	                                       "/etc/localtime",
	                                       "/dev/urandom",
	                                       NULL};
	static const char *const writable[] = {"/dev/null", NULL};
	struct signals signals;
	struct err e;
	prctl(PR_SET_NAME, "post");
	prctl(PR_SET_DUMPABLE, 0);
	if (fcntl(LISTEN_FD, F_SETFD, FD_CLOEXEC) != 0) {
		fprintf(stderr, "%s is started by cityhall, with its socket as descriptor 3\n", argv[0]);
		return EXIT_UNUSABLE;
	}
	struct sandbox_spec spec = {
		.role = SANDBOX_POST, .readable = readable, .writable = writable, .has_network = true, .files_max = 512};
	if (!read_words(argc, argv, &e)) {
		log_err(LOG_ERROR, "post-not-started", &e);
		return EXIT_UNUSABLE;
	}
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		return EXIT_FAILED;
	}
	if (!signals_open(&signals, &e) || !sandbox_lock(&spec, &settings.sandbox, &e)) {
		log_err(LOG_ERROR, "post-not-started", &e);
		return EXIT_FAILED;
	}
	log_line(LOG_INFO, "post-ready", LOG_S("sandbox", str_of(settings.sandbox.text)));
	for (;;) {
		struct pollfd p[2] = {{.fd = signals.fd, .events = POLLIN}, {.fd = LISTEN_FD, .events = POLLIN}};
		(void)poll(p, 2, -1);
		if (p[0].revents && signals_wait(&signals, 0) == SIGNAL_STOP) {
			/* What is under way is known at the other end as unsure, or not begun. */
			_exit(EXIT_STOPPED);
		}
		if (p[1].revents) {
			take_connection();
		}
	}
}
