#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ANSWER_BYTES = 96 << 10, EVENTS = 64, RETRY_US = 20000, THREADS_MAX = 16 };

struct link { /* a connection */
	int fd;
	struct load_task *task; /* on its way; NULL: idle */
	size_t sent, got;
	char *in; /* ANSWER_BYTES */
	struct link *next_idle;
	int64_t retry_us; /* while fd < 0 */
};

struct worker {
	const struct load_spec *spec;
	pthread_t thread;
	struct link *links;
	int link_n;
	struct link *idle;
	struct load_task *ready, **ready_end;
	struct load_task *delayed; /* unordered: few */
	size_t open_n;             /* tasks that have not ended */
	int busy_n;                /* of them on a connection */
	int epoll;
	uint64_t answers, by_class[6], broken;
	int64_t first_us, last_us;
	float *took_ms;
	size_t took_n, took_room;
};

static int64_t now_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void make_ready(struct worker *w, struct load_task *t)
{
	t->next = NULL;
	*w->ready_end = t;
	w->ready_end = &t->next;
}

static void put_back(struct worker *w, struct load_task *t, int64_t now)
{
	if (t->delay_us > 0) {
		t->ready_us = now + t->delay_us;
		t->next = w->delayed;
		w->delayed = t;
	} else {
		make_ready(w, t);
	}
}

static void wake_delayed(struct worker *w, int64_t now)
{
	struct load_task **at = &w->delayed;
	while (*at) {
		struct load_task *t = *at;
		if (t->ready_us <= now) {
			*at = t->next;
			make_ready(w, t);
		} else {
			at = &t->next;
		}
	}
}

static struct load_task *take(struct worker *w)
{
	struct load_task *t = w->ready;
	if (t) {
		w->ready = t->next;
		if (w->ready == NULL) {
			w->ready_end = &w->ready;
		}
	}
	return t;
}

static bool is_stopped(const struct worker *w)
{
	return w->spec->stop && atomic_load_explicit(w->spec->stop, memory_order_relaxed);
}

/* --- Connections ---------------------------------------------------------------------------------------------------
 */

static void make_idle(struct worker *w, struct link *l)
{
	l->next_idle = w->idle;
	w->idle = l;
}

static bool connect_link(struct worker *w, struct link *l)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons((uint16_t)w->spec->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
	if (fd < 0) {
		die("socket");
	}
	if (connect(fd, (struct sockaddr *)&to, sizeof to) != 0) {
		close(fd);
		return false;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	struct epoll_event ev = {.events = EPOLLIN | EPOLLRDHUP, .data.ptr = l};
	if (epoll_ctl(w->epoll, EPOLL_CTL_ADD, fd, &ev) != 0) {
		die("epoll_ctl");
	}
	l->fd = fd;
	return true;
}

static void disconnect(struct link *l, int64_t now)
{
	if (l->fd >= 0) {
		close(l->fd);
	}
	l->fd = -1;
	l->retry_us = now + RETRY_US;
}

/* The answer did not come: the task is sent again later. */
static void broke(struct worker *w, struct link *l)
{
	int64_t now = now_us();
	disconnect(l, now);
	struct load_task *t = l->task;
	if (t) {
		w->broken++;
		w->busy_n--;
		l->task = NULL;
		t->was_broken = true;
		make_ready(w, t);
		make_idle(w, l);
	}
}

static void write_more(struct worker *w, struct link *l)
{
	struct str q = l->task->request;
	while (l->sent < q.n) {
		ssize_t n = send(l->fd, q.p + l->sent, q.n - l->sent, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n <= 0) {
			broke(w, l);
			return;
		}
		l->sent += (size_t)n; /* requests fit a socket's buffer: blocking here is short */
	}
}

static void begin(struct worker *w, struct link *l, struct load_task *t)
{
	l->task = t;
	l->sent = l->got = 0;
	t->sent_us = now_us();
	t->delay_us = 0;
	if (w->first_us == 0) {
		w->first_us = t->sent_us;
	}
	w->busy_n++;
	write_more(w, l);
}

/* --- Answers -------------------------------------------------------------------------------------------------------
 */

struct str load_header(const struct load_answer *a, const char *name)
{
	struct str rest = a->head, line;
	size_t n = strlen(name);
	while (str_next(&rest, '\n', &line)) {
		if (line.n >= n && str_eq_nocase(str_sub(line, 0, n), str_from(name, n))) {
			return str_trim(str_sub(line, n, line.n));
		}
	}
	return STR_EMPTY;
}

static void note(struct worker *w, int64_t us)
{
	if (w->took_n == w->took_room) {
		w->took_room = w->took_room ? w->took_room * 2 : 65536;
		w->took_ms = realloc(w->took_ms, w->took_room * sizeof *w->took_ms);
		if (w->took_ms == NULL) {
			die("realloc");
		}
	}
	w->took_ms[w->took_n++] = (float)us / 1000.0F;
}

static void finish(struct worker *w, struct link *l, const struct load_answer *a, bool is_last)
{
	int64_t now = now_us();
	struct load_task *t = l->task;
	l->task = NULL;
	w->busy_n--;
	w->last_us = now;
	w->answers++;
	w->by_class[a->status / 100 < 6 ? a->status / 100 : 0]++;
	note(w, now - t->sent_us);
	if (w->spec->answered && w->spec->answered(t, a)) {
		put_back(w, t, now);
	} else {
		w->open_n--;
	}
	if (is_last) {
		disconnect(l, 0);
	}
	make_idle(w, l);
}

/* A whole answer may be there. */
static void look(struct worker *w, struct link *l)
{
	char *end = memmem(l->in, l->got, "\r\n\r\n", 4);
	if (end == NULL) {
		return;
	}
	struct load_answer a = {.head = str_from(l->in, (size_t)(end + 2 - l->in))};
	uint64_t length = 0;
	if (l->got < 12 || sscanf(l->in, "HTTP/1.1 %3d", &a.status) != 1 ||
	    (a.status != 304 && !str_to_u64(load_header(&a, "content-length:"), &length))) {
		fprintf(stderr, "load: an answer that is none: %.*s\n", (int)a.head.n, l->in);
		exit(1);
	}
	size_t head = a.head.n + 2;
	if (head + length > ANSWER_BYTES) {
		fprintf(stderr, "load: an answer of %llu bytes\n", (unsigned long long)length);
		exit(1);
	}
	if (l->got >= head + length) {
		a.body = str_from(l->in + head, length);
		finish(w, l, &a, str_eq_nocase(load_header(&a, "connection:"), STR("close")));
	}
}

static void read_more(struct worker *w, struct link *l)
{
	ssize_t n = recv(l->fd, l->in + l->got, ANSWER_BYTES - l->got, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
		return;
	}
	if (n <= 0) {
		broke(w, l);
		return;
	}
	l->got += (size_t)n;
	if (l->task) {
		look(w, l);
	}
}

/* --- Threads -------------------------------------------------------------------------------------------------------
 */

/* Gives idle connections what is ready. */
static void feed(struct worker *w, int64_t now)
{
	struct link *waiting = NULL;
	while (w->idle && w->ready && !is_stopped(w)) {
		struct link *l = w->idle;
		w->idle = l->next_idle;
		if (l->fd < 0 && (l->retry_us > now || !connect_link(w, l))) {
			l->retry_us = l->retry_us > now ? l->retry_us : now + RETRY_US;
			l->next_idle = waiting;
			waiting = l;
			continue;
		}
		begin(w, l, take(w));
	}
	while (waiting) {
		struct link *l = waiting;
		waiting = l->next_idle;
		make_idle(w, l);
	}
}

static void *work(void *arg)
{
	struct worker *w = arg;
	struct epoll_event events[EVENTS];
	while (w->open_n > 0 && !(is_stopped(w) && (w->busy_n == 0 || w->spec->is_impatient))) {
		int64_t now = now_us();
		wake_delayed(w, now);
		feed(w, now);
		int wait_ms = w->busy_n > 0 && w->delayed == NULL && !w->spec->stop ? 1000 : 2;
		int n = epoll_wait(w->epoll, events, EVENTS, wait_ms);
		for (int i = 0; i < n; i++) {
			struct link *l = events[i].data.ptr;
			if (l->fd >= 0) {
				read_more(w, l);
			}
		}
	}
	return NULL;
}

static int by_size(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;
	return (x > y) - (x < y);
}

static void sum_up(struct worker *w, int n, struct load_result *out)
{
	int64_t first = INT64_MAX, last = 0;
	size_t total = 0, at = 0;
	*out = (struct load_result){0};
	for (int i = 0; i < n; i++) {
		first = w[i].first_us > 0 && w[i].first_us < first ? w[i].first_us : first;
		last = w[i].last_us > last ? w[i].last_us : last;
		out->answers += w[i].answers;
		out->broken += w[i].broken;
		for (int c = 0; c < 6; c++) {
			out->by_class[c] += w[i].by_class[c];
		}
		total += w[i].took_n;
	}
	float *all = malloc((total + 1) * sizeof *all);
	if (all == NULL) {
		die("malloc");
	}
	for (int i = 0; i < n; i++) {
		if (w[i].took_n > 0) {
			memcpy(all + at, w[i].took_ms, w[i].took_n * sizeof *all);
		}
		at += w[i].took_n;
		free(w[i].took_ms);
	}
	qsort(all, total, sizeof *all, by_size);
	if (total > 0) {
		out->p50_ms = (double)all[total / 2];
		out->p99_ms = (double)all[total * 99 / 100];
		out->worst_ms = (double)all[total - 1];
		out->seconds = (double)(last - first) / 1e6;
	}
	free(all);
}

void load_run(const struct load_spec *spec, struct load_result *out)
{
	struct worker workers[THREADS_MAX];
	int n = spec->threads > 0 ? spec->threads : 2;
	int64_t now = now_us();
	for (int i = 0; i < n; i++) {
		struct worker *w = &workers[i];
		*w = (struct worker){.spec = spec, .link_n = spec->connections / n + (i < spec->connections % n)};
		w->ready_end = &w->ready;
		w->epoll = epoll_create1(EPOLL_CLOEXEC);
		w->links = calloc((size_t)w->link_n + 1, sizeof *w->links);
		if (w->epoll < 0 || w->links == NULL) {
			die("load");
		}
		for (int k = 0; k < w->link_n; k++) {
			w->links[k] = (struct link){.fd = -1, .in = malloc(ANSWER_BYTES)};
			if (w->links[k].in == NULL) {
				die("malloc");
			}
			make_idle(w, &w->links[k]);
		}
		for (size_t k = (size_t)i; k < spec->task_n; k += (size_t)n) {
			put_back(w, &spec->tasks[k], now);
			w->open_n++;
		}
	}
	for (int i = 0; i < n; i++) {
		if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0) {
			die("pthread_create");
		}
	}
	for (int i = 0; i < n; i++) {
		pthread_join(workers[i].thread, NULL);
		for (int k = 0; k < workers[i].link_n; k++) {
			if (workers[i].links[k].fd >= 0) {
				close(workers[i].links[k].fd);
			}
			free(workers[i].links[k].in);
		}
		free(workers[i].links);
		close(workers[i].epoll);
	}
	sum_up(workers, n, out);
}
