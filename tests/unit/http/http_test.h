/* A server in this process with tiny handlers, and a client that speaks raw bytes to it. */
#ifndef CITYHALL_TESTS_HTTP_TEST_H
#define CITYHALL_TESTS_HTTP_TEST_H

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "../unit.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/time_source.h"
#include "http/server.h"

struct test_server {
	struct http_server *http;
	struct time_source time;
	uint16_t port;
	char dir[64];
};

static const uint8_t test_csrf_key[32] = {1, 2, 3};

static inline int listen_loopback(uint16_t *port)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof a;
	assert_true(fd >= 0 && bind(fd, (struct sockaddr *)&a, n) == 0 && listen(fd, 64) == 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &n), 0);
	*port = ntohs(a.sin_port);
	return fd;
}

/* `o` may say anything but the socket, time, key and folder. */
static inline void server_up(struct test_server *t, struct http_options o)
{
	log_open(2, LOG_ERROR + 1);
	*t = (struct test_server){0};
	time_source_init(&t->time);
	const char *tmp = getenv("TMPDIR");
	snprintf(t->dir, sizeof t->dir, "%.30s/http-test-XXXXXX", tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(t->dir));
	o.listen_fd = listen_loopback(&t->port);
	o.time = &t->time;
	o.csrf_key = test_csrf_key;
	o.spool_dir = str_of(t->dir);
	struct err e = {0};
	if (!http_start(&o, &t->http, &e)) {
		fail_msg("%s", e.text);
	}
}

static inline void server_down(struct test_server *t)
{
	http_stop(t->http, 5 * US_PER_S);
	rmdir(t->dir);
}

struct answer {
	int status; /* 0: none came */
	struct str head, body;
	bool is_closed;     /* the server closed after it */
	char bytes[262144]; /* head and body point in here */
	size_t n;
};

static inline int dial(const struct test_server *t)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in a = {
		.sin_family = AF_INET, .sin_port = htons(t->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	assert_true(fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof a) == 0);
	return fd;
}

static inline void send_bytes(int fd, struct str s)
{
	while (s.n > 0) {
		ssize_t w = send(fd, s.p, s.n, MSG_NOSIGNAL);
		if (w <= 0) {
			return; /* closed by the server: the answer tells */
		}
		s = str_sub(s, (size_t)w, s.n);
	}
}

/* Waits until something can be read, at most `ms`. */
static inline bool readable(int fd, int ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	return poll(&p, 1, ms) == 1;
}

static inline struct str head_value(const struct answer *a, const char *name)
{
	struct str rest = a->head;
	struct str line;
	while (rest.n > 0 && str_next(&rest, '\n', &line)) {
		struct str key;
		struct str value;
		if (str_cut(line, ':', &key, &value) && str_eq_nocase(key, str_of(name))) {
			return str_trim(value);
		}
	}
	return STR_EMPTY;
}

/* Reads one answer; `has_body` false after HEAD. */
static inline void read_answer(int fd, struct answer *a, bool has_body)
{
	*a = (struct answer){.head = STR_EMPTY, .body = STR_EMPTY};
	size_t head_n = 0;
	uint64_t want = 0;
	bool has_length = false;
	for (;;) {
		if (head_n == 0) {
			size_t at = str_find(str_from(a->bytes, a->n), STR("\r\n\r\n"));
			if (at != SIZE_MAX) {
				head_n = at + 4;
				a->head = str_from(a->bytes, head_n);
				a->status = atoi(a->bytes + 9);
				has_length = str_to_u64(head_value(a, "content-length"), &want);
				if (!has_body || a->status == 304) {
					want = 0;
				}
			}
		}
		if (head_n > 0 && has_length && a->n - head_n >= want) {
			break;
		}
		assert_true(a->n < sizeof a->bytes);
		if (!readable(fd, 10000)) {
			print_error("no answer within 10 s; so far: %.*s\n", (int)a->n, a->bytes);
			break;
		}
		ssize_t r = read(fd, a->bytes + a->n, sizeof a->bytes - a->n);
		if (r <= 0) {
			a->is_closed = true;
			break;
		}
		a->n += (size_t)r;
	}
	a->body = str_from(a->bytes + head_n, a->n - head_n);
}

/* Does the server close within a short time? What still comes is counted as not closed. */
static inline bool closes(int fd)
{
	char c;
	return readable(fd, 3000) && read(fd, &c, 1) <= 0;
}

/* One connection, one request, one answer. */
static inline void ask_bytes(const struct test_server *t, struct str request, struct answer *a)
{
	int fd = dial(t);
	send_bytes(fd, request);
	read_answer(fd, a, !str_starts(request, STR("HEAD")));
	close(fd);
}

static inline void ask(const struct test_server *t, const char *request, struct answer *a)
{
	ask_bytes(t, str_of(request), a);
}

static inline bool body_has(const struct answer *a, const char *text)
{
	return str_find(a->body, str_of(text)) != SIZE_MAX;
}

#endif
