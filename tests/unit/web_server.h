/* A receiver of web requests for tests, on a free port of loopback, one connection after the other: keeps what came
 * last and how often each key came; answers, says no, or closes without a word. */
#ifndef CITYHALL_TESTS_WEB_SERVER_H
#define CITYHALL_TESTS_WEB_SERVER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

struct web_server {
	int fd, port;
	pthread_t thread;
	_Atomic int status; /* 0: closes without an answer */
	_Atomic int requests;
	pthread_mutex_t lock; /* for these */
	char key[200], keys_differ;
	char token[200], body[2048];
};

static inline void web_one(struct web_server *w, int fd)
{
	char text[8192] = "";
	size_t n = 0, body = 0, length = 0;
	ssize_t got;
	while (n + 1 < sizeof text && (got = recv(fd, text + n, sizeof text - 1 - n, 0)) > 0) {
		n += (size_t)got;
		text[n] = '\0';
		const char *end = strstr(text, "\r\n\r\n");
		const char *at = end ? strcasestr(text, "\r\nContent-Length: ") : NULL;
		length = at ? strtoul(at + 18, NULL, 10) : 0;
		body = end ? (size_t)(end - text) + 4 : 0;
		if (end && n >= body + length) {
			break;
		}
	}
	if (n == 0) {
		return;
	}
	char key[200] = "", token[200] = "";
	const char *at = strcasestr(text, "\r\nIdempotency-Key: ");
	snprintf(key, sizeof key, "%.*s", at ? (int)strcspn(at + 19, "\r\n") : 0, at ? at + 19 : "");
	at = strcasestr(text, "\r\nAuthorization: ");
	snprintf(token, sizeof token, "%.*s", at ? (int)strcspn(at + 17, "\r\n") : 0, at ? at + 17 : "");
	pthread_mutex_lock(&w->lock);
	w->keys_differ = w->keys_differ || (w->key[0] != '\0' && strcmp(w->key, key) != 0);
	memcpy(w->key, key, sizeof key);
	memcpy(w->token, token, sizeof token);
	snprintf(w->body, sizeof w->body, "%.2000s", text + body);
	pthread_mutex_unlock(&w->lock);
	atomic_fetch_add(&w->requests, 1);
	if (atomic_load(&w->status) > 0) {
		char reply[100];
		int m = snprintf(reply, sizeof reply, "HTTP/1.1 %d x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
		                 atomic_load(&w->status));
		(void)!write(fd, reply, (size_t)m);
	}
}

static inline void *web_serve(void *arg)
{
	struct web_server *w = arg;
	int fd;
	while ((fd = accept(w->fd, NULL, NULL)) >= 0) {
		web_one(w, fd);
		close(fd);
	}
	return NULL;
}

static inline bool web_start(struct web_server *w)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t n = sizeof at;
	memset(w, 0, sizeof *w);
	pthread_mutex_init(&w->lock, NULL);
	w->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(w->fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(w->fd, 16) != 0 ||
	    getsockname(w->fd, (struct sockaddr *)&at, &n) != 0) {
		return false;
	}
	w->port = ntohs(at.sin_port);
	return pthread_create(&w->thread, NULL, web_serve, w) == 0;
}

static inline void web_stop(struct web_server *w)
{
	shutdown(w->fd, SHUT_RDWR);
	pthread_join(w->thread, NULL);
	close(w->fd);
}

#endif
