/* A mail server for tests, on a free port of loopback, in this process: takes mail, remembers the Message-ID of each
 * and how often it came, and fails in the ways that servers fail. */
#ifndef CITYHALL_TESTS_SMTP_SERVER_H
#define CITYHALL_TESTS_SMTP_SERVER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum smtp_mood {
	SMTP_WELL,
	SMTP_BUSY_AT_RCPT,  /* 451 */
	SMTP_REFUSES_RCPT,  /* 550 */
	SMTP_BUSY_AT_END,   /* 452 after the final dot */
	SMTP_REFUSES_END,   /* 554 after the final dot */
	SMTP_DIES_AT_DATA,  /* closes instead of the 354 */
	SMTP_DIES_AT_END,   /* takes the mail and closes without an answer */
	SMTP_SILENT_AT_END, /* takes the mail and never answers */
	SMTP_SILENT_AT_RCPT,
	SMTP_HALF, /* every other recipient is refused: 451 and 550 in turn */
};
enum { SMTP_MAILS = 20000, SMTP_ID = 96, SMTP_CONNECTIONS = 256 };

struct smtp_server {
	int fd, port;
	/* With TLS (unit/smtp_tls.h): makes a connection one; at once, or when STARTTLS asks for it. */
	FILE *(*wrap)(struct smtp_server *s, int fd);
	void *wrap_ctx;
	_Atomic bool wraps_at_once, offers_tls, wants_login;
	const char *login; /* what AUTH PLAIN is to bring, in base64 */
	_Atomic int tls_n, login_n, clear_login_n;
	pthread_t thread;
	_Atomic int mood;
	_Atomic int slow_us; /* before each answer to a final dot */
	_Atomic int connections, rcpt_n;
	_Atomic bool stops;
	pthread_mutex_t lock; /* for these */
	char ids[SMTP_MAILS][SMTP_ID];
	int times[SMTP_MAILS];
	int mail_n; /* different ones */
	char last_from[256], last_to[256], last_text[65536];
	int open[SMTP_CONNECTIONS];
	int open_n;
	_Atomic int threads;
};

struct smtp_session {
	struct smtp_server *server;
	int fd;
};

static inline void smtp_note(struct smtp_server *s, const char *from, const char *to, const char *text)
{
	char id[SMTP_ID] = "";
	const char *at = strstr(text, "\nMessage-ID: ");
	if (at) {
		snprintf(id, sizeof id, "%.*s", (int)strcspn(at + 13, "\r\n"), at + 13);
	}
	pthread_mutex_lock(&s->lock);
	unsigned hash = 2166136261u;
	for (const char *c = id; *c != '\0'; c++) {
		hash = (hash ^ (unsigned char)*c) * 16777619u;
	}
	int i = (int)(hash % SMTP_MAILS);
	while (s->times[i] > 0 && strcmp(s->ids[i], id) != 0) {
		i = (i + 1) % SMTP_MAILS;
	}
	if (s->times[i]++ == 0) {
		memcpy(s->ids[i], id, sizeof id);
		s->mail_n++;
	}
	snprintf(s->last_from, sizeof s->last_from, "%s", from);
	snprintf(s->last_to, sizeof s->last_to, "%s", to);
	snprintf(s->last_text, sizeof s->last_text, "%s", text);
	pthread_mutex_unlock(&s->lock);
}

static inline void smtp_say(FILE *to, const char *line)
{
	fprintf(to, "%s\r\n", line);
	fflush(to);
}

/* False: the connection ends here. */
static inline bool smtp_data(struct smtp_server *s, FILE *f, const char *from, const char *to)
{
	char line[2048];
	char *text = calloc(1, sizeof s->last_text);
	size_t n = 0;
	bool is_whole = false;
	smtp_say(f, "354 go on");
	while (!is_whole && fgets(line, sizeof line, f)) {
		is_whole = strcmp(line, ".\r\n") == 0;
		size_t some = strlen(line);
		if (!is_whole && n + some < sizeof s->last_text) {
			memcpy(text + n, line, some);
			n += some;
		}
	}
	if (!is_whole) {
		free(text);
		return false;
	}
	int mood = atomic_load(&s->mood);
	if (atomic_load(&s->slow_us) > 0) {
		usleep((useconds_t)atomic_load(&s->slow_us));
	}
	bool takes = mood != SMTP_BUSY_AT_END && mood != SMTP_REFUSES_END;
	if (takes) {
		smtp_note(s, from, to, text);
	}
	free(text);
	if (mood == SMTP_SILENT_AT_END) {
		while (!atomic_load(&s->stops) && fgets(line, sizeof line, f)) {
		}
		return false;
	}
	if (mood == SMTP_DIES_AT_END) {
		return false;
	}
	smtp_say(f, mood == SMTP_BUSY_AT_END   ? "452 no room just now"
	            : mood == SMTP_REFUSES_END ? "554 we do not like this"
	                                       : "250 taken");
	return true;
}

static inline void *smtp_serve_one(void *arg)
{
	struct smtp_session *session = arg;
	struct smtp_server *s = session->server;
	char line[2048], from[256] = "", to[256] = "";
	bool is_tls = atomic_load(&s->wraps_at_once);
	FILE *plain = fdopen(session->fd, "r+"); /* owns the descriptor, also under TLS */
	FILE *f = is_tls ? s->wrap(s, session->fd) : plain;
	if (f == NULL) { /* no TLS came about */
		f = plain;
		shutdown(session->fd, SHUT_RDWR);
	}
	smtp_say(f, "220 test");
	while (fgets(line, sizeof line, f)) {
		int mood = atomic_load(&s->mood);
		if (strncasecmp(line, "EHLO", 4) == 0) {
			fprintf(f, "250-test\r\n%s%s", !is_tls && atomic_load(&s->offers_tls) ? "250-STARTTLS\r\n" : "",
			        atomic_load(&s->wants_login) ? "250-AUTH PLAIN\r\n" : "");
			smtp_say(f, "250 8BITMIME");
		} else if (strncasecmp(line, "STARTTLS", 8) == 0 && atomic_load(&s->offers_tls)) {
			smtp_say(f, "220 go on");
			FILE *wrapped = s->wrap(s, session->fd);
			if (wrapped == NULL) {
				break;
			}
			f = wrapped;
			is_tls = true;
		} else if (strncasecmp(line, "AUTH PLAIN", 10) == 0) {
			smtp_say(f, "334 ");
			atomic_fetch_add(is_tls ? &s->login_n : &s->clear_login_n, 1);
			bool fits = fgets(line, sizeof line, f) && strncmp(line, s->login, strlen(s->login)) == 0 &&
			            line[strlen(s->login)] == '\r';
			smtp_say(f, fits ? "235 welcome" : "535 who are you?");
		} else if (strncasecmp(line, "MAIL FROM:", 10) == 0) {
			snprintf(from, sizeof from, "%.*s", (int)strcspn(line + 10, " \r\n"), line + 10);
			smtp_say(f, "250 ok");
		} else if (strncasecmp(line, "RCPT TO:", 8) == 0) {
			int n = atomic_fetch_add(&s->rcpt_n, 1);
			snprintf(to, sizeof to, "%.*s", (int)strcspn(line + 8, " \r\n"), line + 8);
			bool is_busy = mood == SMTP_BUSY_AT_RCPT || (mood == SMTP_HALF && n % 4 == 1);
			bool refuses = mood == SMTP_REFUSES_RCPT || (mood == SMTP_HALF && n % 4 == 3);
			while (mood == SMTP_SILENT_AT_RCPT && !atomic_load(&s->stops) && fgets(line, sizeof line, f)) {
			}
			smtp_say(f, is_busy ? "451 come back later" : refuses ? "550 nobody of that name" : "250 ok");
		} else if (strncasecmp(line, "DATA", 4) == 0) {
			if (mood == SMTP_DIES_AT_DATA || !smtp_data(s, f, from, to)) {
				break;
			}
		} else if (strncasecmp(line, "QUIT", 4) == 0) {
			smtp_say(f, "221 bye");
			break;
		} else {
			smtp_say(f, "250 ok");
		}
	}
	pthread_mutex_lock(&s->lock);
	for (int i = 0; i < s->open_n; i++) {
		s->open[i] = s->open[i] == session->fd ? -1 : s->open[i];
	}
	if (f != plain) {
		fclose(f);
	}
	fclose(plain);
	pthread_mutex_unlock(&s->lock);
	free(session);
	atomic_fetch_sub(&s->threads, 1);
	return NULL;
}

static inline void *smtp_serve(void *arg)
{
	struct smtp_server *s = arg;
	for (;;) {
		int fd = accept(s->fd, NULL, NULL);
		if (fd < 0 || atomic_load(&s->stops)) {
			if (fd >= 0) {
				close(fd);
			}
			return NULL;
		}
		struct smtp_session *session = malloc(sizeof *session);
		*session = (struct smtp_session){s, fd};
		atomic_fetch_add(&s->connections, 1);
		pthread_mutex_lock(&s->lock);
		int i = 0;
		while (i < s->open_n && s->open[i] >= 0) {
			i++;
		}
		s->open[i] = fd;
		s->open_n += i == s->open_n;
		pthread_mutex_unlock(&s->lock);
		pthread_t one;
		atomic_fetch_add(&s->threads, 1);
		if (pthread_create(&one, NULL, smtp_serve_one, session) == 0) {
			pthread_detach(one);
		}
	}
}

/* port 0: a free one. */
static inline bool smtp_start(struct smtp_server *s, int port)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t n = sizeof at;
	int on = 1;
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(s->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	pthread_mutex_init(&s->lock, NULL);
	atomic_store(&s->stops, false);
	s->open_n = 0;
	if (bind(s->fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(s->fd, 64) != 0 ||
	    getsockname(s->fd, (struct sockaddr *)&at, &n) != 0) {
		return false;
	}
	s->port = ntohs(at.sin_port);
	return pthread_create(&s->thread, NULL, smtp_serve, s) == 0;
}

/* As a machine that is switched off: connections break. */
static inline void smtp_stop(struct smtp_server *s)
{
	atomic_store(&s->stops, true);
	shutdown(s->fd, SHUT_RDWR);
	pthread_join(s->thread, NULL);
	close(s->fd);
	pthread_mutex_lock(&s->lock);
	for (int i = 0; i < s->open_n; i++) {
		if (s->open[i] >= 0) {
			shutdown(s->open[i], SHUT_RDWR);
		}
	}
	pthread_mutex_unlock(&s->lock);
	while (atomic_load(&s->threads) > 0) {
		usleep(1000);
	}
}

static inline int smtp_most_times(struct smtp_server *s)
{
	int most = 0;
	pthread_mutex_lock(&s->lock);
	for (int i = 0; i < SMTP_MAILS; i++) {
		most = s->times[i] > most ? s->times[i] : most;
	}
	pthread_mutex_unlock(&s->lock);
	return most;
}

#endif
