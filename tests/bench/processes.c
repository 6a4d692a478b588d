/* Two servers with data folders of their own serve one database under load, and bad things happen to one of them: it is
 * killed; it is frozen until the other has taken over its leases, and wakes; it is told to stop while a request is half
 * sent. Every submission that was acknowledged is there, none twice; every event is in the lists and in the log once,
 * and sealed; the half-sent request is answered.
 *
 *   tests/pg.sh processes [ROUNDS [SEED]]
 *
 * The moments are random; the seed is printed. Says "N passed, N failed". */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "siege.h"

static const char *const settings[] = {"--seal-every-s=1", "--lease-s=2", "--notice-s=1", NULL};

/* --- What one of them holds ----------------------------------------------------------------------------------------
 */

struct asked {
	const struct served *server;
	const char *metric;
	int64_t least;
};

static bool metric_is_there(void *ctx)
{
	const struct asked *a = ctx;
	int64_t now = 0;
	return host_metric(a->server->port, a->metric, &now) && now >= a->least;
}

static void wait_for(struct siege *s, const struct served *server, const char *metric, int64_t least)
{
	struct asked a = {server, metric, least};
	siege_say(s, siege_comes_true(metric_is_there, &a), metric, least);
}

/* Both serve, and both have their share. */
static void wait_for_both(struct siege *s, const struct served *second)
{
	wait_for(s, &s->server, "cityhall_lease_timers", 8);
	wait_for(s, second, "cityhall_lease_timers", 8);
	wait_for(s, second, "cityhall_processes", 2);
}

static bool holds_relay(const struct served *server)
{
	int64_t now = 0;
	return host_metric(server->port, "cityhall_lease_relay", &now) && now == 1;
}

/* --- Load on both --------------------------------------------------------------------------------------------------
 */

struct pair {
	struct loading first, second;
	struct sent *sent;
	size_t n, after;
};

static void load_both(struct siege *s, const struct served *second, struct pair *p, struct sent *sent,
                      struct load_task *tasks, size_t n)
{
	*p = (struct pair){.sent = sent, .n = n, .after = 1 + prng_below(&s->rand, n * 3 / 4)};
	siege_load_begin(&p->first, s->server.port, tasks, n / 2, siege_answered);
	siege_load_begin(&p->second, second->port, tasks + n / 2, n - n / 2, siege_answered);
	while (siege_acknowledged(sent, n) < p->after) {
		siege_wait_us(500);
	}
	siege_wait_us((int64_t)prng_below(&s->rand, 20000));
}

static bool has_ended(void *ctx)
{
	return atomic_load(&((struct loading *)ctx)->has_ended);
}

static void look_after(struct siege *s, struct sent *sent, struct load_task *tasks, size_t n)
{
	siege_find_acknowledged(s, sent, n);
	siege_hold(s);
	siege_send_again(s, sent, tasks, n);
	siege_wait_sealed(s);
	printf("; all %zu there\n", n);
	fflush(stdout);
}

/* --- One is killed, or frozen --------------------------------------------------------------------------------------
 */

/* The bad day is the second's; what is looked at afterwards is the first's. */
static void swap(struct siege *s, struct served *second)
{
	struct served first = s->server;
	s->server = *second;
	*second = first;
	snprintf(s->data, sizeof s->data, "%.300s", s->server.data);
}

static void serve_again(struct siege *s, struct served *second)
{
	char data[400];
	snprintf(data, sizeof data, "%s", second->data);
	host_serve(s->program, data, settings, second);
	wait_for_both(s, second);
}

/* Who relays is killed: the other goes on. */
static void kill_one(struct siege *s, struct served *second, struct sent *sent, struct load_task *tasks, size_t n)
{
	struct pair p;
	load_both(s, second, &p, sent, tasks, n);
	if (holds_relay(&s->server)) {
		siege_load_end(&p.first);
		swap(s, second);
	} else {
		siege_load_end(&p.second);
	}
	host_kill(second);
	wait_for(s, &s->server, "cityhall_lease_relay", 1);
	wait_for(s, &s->server, "cityhall_lease_timers", 16);
	siege_load_end(&p.first);
	siege_load_end(&p.second);
	look_after(s, sent, tasks, n);
	serve_again(s, second);
}

static void freeze_one(struct siege *s, struct served *second, struct sent *sent, struct load_task *tasks, size_t n)
{
	struct pair p;
	if (holds_relay(&s->server)) {
		swap(s, second);
	}
	siege_say(s, holds_relay(second), "nobody relays", 0);
	load_both(s, second, &p, sent, tasks, n);
	pid_t frozen = host_child(second->pid, "cityhall");
	siege_say(s, frozen != 0 && kill(frozen, SIGSTOP) == 0, "no process to freeze", frozen);
	wait_for(s, &s->server, "cityhall_lease_relay", 1);
	wait_for(s, &s->server, "cityhall_lease_seal", 1);
	wait_for(s, &s->server, "cityhall_lease_timers", 16);
	kill(frozen, SIGCONT);
	siege_say(s, siege_comes_true(has_ended, &p.first) && siege_comes_true(has_ended, &p.second),
	          "not all are answered", 0);
	siege_load_end(&p.first);
	siege_load_end(&p.second);
	siege_say(s, p.first.result.broken + p.second.result.broken == 0, "connections broke", 0);
	/* It is one of two again, under another name. */
	wait_for_both(s, second);
	look_after(s, sent, tasks, n);
}

/* --- One is told to stop -------------------------------------------------------------------------------------------
 */

static int dial(int port)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(fd, (struct sockaddr *)&to, sizeof to) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static bool sends(int fd, struct str bytes)
{
	return send(fd, bytes.p, bytes.n, MSG_NOSIGNAL) == (ssize_t)bytes.n;
}

static bool is_draining(void *ctx)
{
	return host_get(((struct served *)ctx)->port, "/healthz") == 503;
}

static bool is_closed(void *ctx)
{
	int fd = dial(((struct served *)ctx)->port);
	if (fd >= 0) {
		close(fd);
	}
	return fd < 0;
}

static void stop_one(struct siege *s, struct served *second, struct sent *sent, struct load_task *tasks, size_t n)
{
	struct pair p;
	char answer[512] = "";
	if (holds_relay(&s->server)) {
		swap(s, second);
	}
	/* The last of them is half sent when the order comes. */
	struct str request = tasks[n - 1].request;
	int fd = dial(second->port);
	siege_say(s, fd >= 0 && sends(fd, str_sub(request, 0, request.n - 10)), "half a request is not taken", 0);
	load_both(s, second, &p, sent, tasks, n - 1);
	kill(second->pid, SIGTERM);
	siege_say(s, siege_comes_true(is_draining, second), "/healthz does not say that it stops", 0);
	siege_say(s, siege_comes_true(is_closed, second), "connections are still taken", 0);
	/* It waits for that request, and has given its leases away meanwhile. */
	wait_for(s, &s->server, "cityhall_lease_relay", 1);
	wait_for(s, &s->server, "cityhall_lease_timers", 16);
	siege_say(s,
	          sends(fd, str_sub(request, request.n - 10, 10)) && recv(fd, answer, sizeof answer - 1, MSG_WAITALL) > 0,
	          "half a request is cut off", 0);
	siege_say(s, strncmp(answer, "HTTP/1.1 303", 12) == 0, answer, 0);
	close(fd);
	int status = -1;
	siege_say(s, waitpid(second->pid, &status, 0) == second->pid && WIFEXITED(status) && WEXITSTATUS(status) == 0,
	          "the server does not end well", status);
	siege_load_end(&p.first);
	siege_load_end(&p.second);
	siege_say(s, p.first.result.broken + p.second.result.broken == 0, "requests were cut off",
	          (int64_t)(p.first.result.broken + p.second.result.broken));
	look_after(s, sent, tasks, n);
	serve_again(s, second);
}

static void nothing_stays(struct siege *s)
{
	struct inside *in = inside_open(s->data, s->url);
	int64_t processes = inside_number(in, "select count(*) from process");
	siege_say(s, processes == 0, "rows of processes stay", processes);
	siege_say(s, inside_number(in, "select count(*) from lease where holder <> 0") == 0, "leases stay", 0);
	inside_close(in);
}

int main(int argc, char **argv)
{
	static void (*const days[])(struct siege *, struct served *, struct sent *, struct load_task *,
	                            size_t) = {kill_one, freeze_one, stop_one};
	static const char *const names[] = {"killed", "frozen", "stopped"};
	static struct siege s;
	static struct served second;
	char data[400];
	int rounds;
	s.url = getenv("CITYHALL_TEST_PG");
	if (s.url == NULL) {
		fprintf(stderr, "usage: tests/pg.sh processes [ROUNDS [SEED]]\n");
		return 2;
	}
	setenv("CITYHALL_STORE", s.url, 1); /* for us and for each program that we start */
	s.url = getenv("CITYHALL_STORE");
	unsetenv("CITYHALL_TEST_PG"); /* it is no setting */
	setenv("CITYHALL_LEASE_S", "2", 1);
	setenv("CITYHALL_NOTICE_S", "1", 1);
	siege_begin(&s, "processes", argc, argv, SIEGE_DRAFTS, &rounds);
	siege_make_second(&s, data);
	host_serve(s.program, data, settings, &second);
	wait_for_both(&s, &second);
	struct sent *sent = calloc((size_t)rounds * SIEGE_DRAFTS, sizeof *sent);
	struct load_task *tasks = calloc(SIEGE_DRAFTS, sizeof *tasks);
	if (sent == NULL || tasks == NULL) {
		perror("processes");
		return 1;
	}
	for (int round = 0; round < rounds; round++) {
		struct sent *mine = sent + (size_t)round * SIEGE_DRAFTS;
		siege_prepare(&s, (size_t)round * SIEGE_DRAFTS, mine, tasks, SIEGE_DRAFTS);
		printf("round %d, one is %s:", round + 1, names[round % 3]);
		fflush(stdout);
		days[round % 3](&s, &second, mine, tasks, SIEGE_DRAFTS);
		siege_forget(tasks, SIEGE_DRAFTS);
	}
	siege_find_acknowledged(&s, sent, (size_t)rounds * SIEGE_DRAFTS);
	printf(" in all\n");
	free(tasks);
	free(sent);
	siege_say(&s, host_run(s.program, s.data, "store", "check") == 0, "store check", 0);
	siege_say(&s, host_stop(&second), "the second server ends well", 0);
	siege_say(&s, host_stop(&s.server), "the first server ends well", 0);
	nothing_stays(&s);
	return siege_end(&s);
}
