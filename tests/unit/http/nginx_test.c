/* The configuration of deploy/nginx, run by Debian's nginx in front of a server of ours on a unix socket. What is
 * changed for the test: paths, ports, and 10 s deadlines that become 1 s. */
#include "http_test.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define NGINX "/usr/sbin/nginx"

static _Atomic int seen; /* requests that reached a handler */

static bool hello(struct req *r, struct err *e)
{
	(void)e;
	seen++;
	buf_printf(&r->out, "client=%.*s host=%.*s csrf=%.*s", STR_ARG(r->client), STR_ARG(req_header(r, "host")),
	           STR_ARG(r->csrf));
	return true;
}

static bool takes(struct req *r, struct err *e)
{
	(void)e;
	seen++;
	buf_printf(&r->out, "a is %zu long", req_form(r, "a").n);
	return true;
}

static bool asset(struct req *r, struct err *e)
{
	(void)e;
	seen++;
	r->is_cacheable = true;
	req_set_header(r, "Cache-Control", STR("public, max-age=31536000, immutable"));
	r->content_type = STR("text/css");
	buf_put_c(&r->out, "body{}");
	return true;
}

static const struct route table[] = {
	ROUTE(METHOD_GET, "/", 1, hello),
	ROUTE(METHOD_GET, "/a/x.css", 1, asset),
	ROUTE(METHOD_POST, "/form", 1, takes, .body_max = 1 << 20, .is_without_csrf = true),
	ROUTES_END,
};
static const struct route *const tables[] = {table, NULL};

struct state {
	struct test_server t; /* its port is nginx's */
	struct http_options o;
	uint16_t redirect_port, tls_port;
	pid_t nginx;
	struct answer a;
};

/* Every `from` in *text becomes `to`. */
static void swap(struct buf *text, const char *from, const char *to)
{
	struct buf b;
	size_t at;
	struct str rest = buf_str(text);
	buf_init(&b, 1 << 20);
	while ((at = str_find(rest, str_of(from))) != SIZE_MAX) {
		buf_put(&b, str_sub(rest, 0, at));
		buf_put_c(&b, to);
		rest = str_sub(rest, at + strlen(from), rest.n);
	}
	buf_put(&b, rest);
	buf_release(text);
	*text = b;
}

static void read_conf(const char *path, struct buf *to)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	buf_init(to, 1 << 20);
	for (;;) {
		char *p = buf_reserve(to, 4096);
		ssize_t n = read(fd, p, 4096);
		assert_true(n >= 0);
		if (n == 0) {
			break;
		}
		buf_added(to, (size_t)n);
	}
	close(fd);
}

static void write_conf(const char *dir, const char *name, struct buf *text)
{
	char path[128];
	snprintf(path, sizeof path, "%s/%s", dir, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0 && write(fd, text->p, text->n) == (ssize_t)text->n);
	close(fd);
	buf_release(text);
}

static pid_t spawn(const char *const *argv)
{
	pid_t pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_WRONLY);
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		dup2(null, 1);
		dup2(null, 2);
		execv(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	return pid;
}

static uint16_t free_port(void)
{
	uint16_t port;
	close(listen_loopback(&port));
	return port;
}

static void make_certificate(const char *dir)
{
	char key[128];
	char cert[128];
	char subject[] = "/CN=cityhall.example";
	snprintf(key, sizeof key, "%s/privkey.pem", dir);
	snprintf(cert, sizeof cert, "%s/fullchain.pem", dir);
	const char *argv[] = {"/usr/bin/openssl",
	                      "req",
	                      "-x509",
	                      "-newkey",
	                      "ec",
	                      "-pkeyopt",
	                      "ec_paramgen_curve:P-256",
	                      "-nodes",
	                      "-subj",
	                      subject,
	                      "-days",
	                      "1",
	                      "-keyout",
	                      key,
	                      "-out",
	                      cert,
	                      NULL};
	int status;
	pid_t pid = spawn(argv);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void write_configuration(struct state *st)
{
	struct buf b;
	char text[256];
	const char *dir = st->t.dir;
	read_conf("deploy/nginx/cityhall-server.conf", &b);
	swap(&b, " 10s;", " 1s;");
	write_conf(dir, "cityhall-server.conf", &b);

	read_conf("deploy/nginx/cityhall.conf", &b);
	snprintf(text, sizeof text, "%s/cityhall-server.conf", dir);
	swap(&b, "/etc/nginx/cityhall-server.conf", text);
	snprintf(text, sizeof text, "%s/http.sock", dir);
	swap(&b, "/run/cityhall/http.sock", text);
	snprintf(text, sizeof text, "%s/cache", dir);
	swap(&b, "/var/cache/nginx/cityhall", text);
	swap(&b, "/etc/ssl/cityhall", dir);
	snprintf(text, sizeof text, "listen 127.0.0.1:%d", st->redirect_port);
	swap(&b, "listen 80", text);
	snprintf(text, sizeof text, "listen 127.0.0.1:%d", st->tls_port);
	swap(&b, "listen 443", text);
	snprintf(text, sizeof text, "listen [::1]:%d", st->redirect_port);
	swap(&b, "listen [::]:80", text);
	snprintf(text, sizeof text, "listen [::1]:%d", st->tls_port);
	swap(&b, "listen [::]:443", text);
	write_conf(dir, "cityhall.conf", &b);

	/* The same server without TLS, for raw bytes. */
	buf_init(&b, 1 << 16);
	buf_printf(
		&b,
		"%spid %s/nginx.pid;\nerror_log %s/error.log;\ndaemon off;\nworker_processes 1;\nevents {}\nhttp {\naccess_log "
		"off;\n"
		"client_body_temp_path %s/body;\nproxy_temp_path %s/proxy;\nfastcgi_temp_path %s/f;\nuwsgi_temp_path %s/u;\n"
		"scgi_temp_path %s/s;\ninclude %s/cityhall.conf;\n"
		"server {\nlisten 127.0.0.1:%d default_server;\nserver_name plain;\ninclude %s/cityhall-server.conf;\n}\n}\n",
		geteuid() == 0 ? "user root;\n" : "", dir, dir, dir, dir, dir, dir, dir, dir, st->t.port, dir);
	write_conf(dir, "nginx.conf", &b);
}

static void app_up(struct state *st)
{
	struct sockaddr_un u = {.sun_family = AF_UNIX};
	struct err e = {0};
	snprintf(u.sun_path, sizeof u.sun_path, "%.80s/http.sock", st->t.dir);
	unlink(u.sun_path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0 && bind(fd, (struct sockaddr *)&u, sizeof u) == 0 && listen(fd, 64) == 0);
	st->o = (struct http_options){.listen_fd = fd,
	                              .tables = tables,
	                              .time = &st->t.time,
	                              .csrf_key = test_csrf_key,
	                              .is_behind_proxy = true,
	                              .spool_dir = str_of(st->t.dir)};
	if (!http_start(&st->o, &st->t.http, &e)) {
		fail_msg("%s", e.text);
	}
}

/* Until nginx accepts. */
static void wait_up(struct state *st)
{
	struct sockaddr_in a = {
		.sin_family = AF_INET, .sin_port = htons(st->t.port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int64_t until = time_running_us(&st->t.time) + 10 * US_PER_S;
	for (;;) {
		int status;
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		bool ok = connect(fd, (struct sockaddr *)&a, sizeof a) == 0;
		close(fd);
		if (ok) {
			return;
		}
		if (waitpid(st->nginx, &status, WNOHANG) == st->nginx || time_running_us(&st->t.time) > until) {
			struct buf log;
			char path[128];
			snprintf(path, sizeof path, "%s/error.log", st->t.dir);
			read_conf(path, &log);
			fail_msg("nginx does not start: %.*s", (int)log.n, log.p);
		}
	}
}

static int setup(void **state)
{
	struct state *st = calloc(1, sizeof *st);
	const char *tmp = getenv("TMPDIR");
	char conf[128];
	log_open(2, LOG_ERROR + 1);
	time_source_init(&st->t.time);
	snprintf(st->t.dir, sizeof st->t.dir, "%.30s/nginx-test-XXXXXX", tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(st->t.dir));
	st->t.port = free_port();
	st->redirect_port = free_port();
	st->tls_port = free_port();
	make_certificate(st->t.dir);
	app_up(st);
	write_configuration(st);
	snprintf(conf, sizeof conf, "%s/nginx.conf", st->t.dir);
	const char *argv[] = {NGINX, "-p", st->t.dir, "-c", conf, NULL};
	st->nginx = spawn(argv);
	wait_up(st);
	*state = st;
	return 0;
}

static int teardown(void **state)
{
	struct state *st = *state;
	int status;
	kill(st->nginx, SIGTERM);
	waitpid(st->nginx, &status, 0);
	http_stop(st->t.http, US_PER_S);
	const char *argv[] = {"/bin/rm", "-rf", st->t.dir, NULL};
	pid_t pid = spawn(argv);
	waitpid(pid, &status, 0);
	free(st);
	return 0;
}

#define END "Host: localhost\r\n\r\n"

static void a_page_comes_through_with_the_clients_address(void **state)
{
	struct state *st = *state;
	ask(&st->t, "GET / HTTP/1.1\r\nX-Forwarded-For: 6.6.6.6\r\n" END, &st->a);
	assert_int_equal(st->a.status, 200);
	assert_true(body_has(&st->a, "client=127.0.0.1 host=localhost "));
	assert_true(str_starts(head_value(&st->a, "content-security-policy"), STR("default-src 'none'")));
	assert_true(str_starts(head_value(&st->a, "set-cookie"), STR("__Host-sid=")));
	assert_str(head_value(&st->a, "server"), "nginx");
}

static void plain_http_is_led_to_tls_and_other_names_are_not_answered(void **state)
{
	struct state *st = *state;
	struct test_server other = {.port = st->redirect_port};
	ask(&other, "GET /x?y=1 HTTP/1.1\r\nHost: cityhall.example\r\n\r\n", &st->a);
	assert_int_equal(st->a.status, 301);
	assert_str(head_value(&st->a, "location"), "https://cityhall.example/x?y=1");
	ask(&other, "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", &st->a);
	assert_int_equal(st->a.status, 0);
	assert_true(st->a.is_closed);
}

static void a_chunked_body_arrives_with_a_length(void **state)
{
	struct state *st = *state;
	ask(&st->t,
	    "POST /form HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n" END
	    "3\r\na=1\r\n2\r\n23\r\n0\r\n\r\n",
	    &st->a);
	assert_int_equal(st->a.status, 200);
	assert_str(st->a.body, "a is 3 long");
}

static void hostile_heads_do_not_reach_us(void **state)
{
	struct state *st = *state;
	static const char *const shapes[] = {
		"GET / HTTP/1.1\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
		"POST /form HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n" END "a=1",
		"POST /form HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n" END "a=1",
		"POST /form HTTP/1.1\r\nContent-Length: +3\r\n" END "a=1",
		"GET / HTTP/1.1\r\nX : 1\r\n" END,
		"GET / HTTP/1.1\r\nX: 1\r\n 2\r\n" END,
	};
	int before = seen;
	for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
		ask(&st->t, shapes[i], &st->a);
		if (st->a.status != 400) {
			fail_msg("%s: %d", shapes[i], st->a.status);
		}
	}
	char big[20000];
	memset(big, 'a', sizeof big);
	int n = snprintf(big, sizeof big, "GET / HTTP/1.1\r\nX: ");
	big[n] = 'a';
	memcpy(big + 19000, "\r\n" END, sizeof("\r\n" END));
	ask(&st->t, big, &st->a);
	assert_int_equal(st->a.status, 400);
	ask(&st->t, "POST /form HTTP/1.1\r\nContent-Length: 40000000\r\n" END, &st->a);
	assert_int_equal(st->a.status, 413);
	assert_int_equal(seen, before);
}

/* A byte each 100 ms: no read ever waits long. How long until it is over, in ms; at most `most`. */
static int dribble(int fd, const char *bytes, int most)
{
	struct timespec begin;
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &begin);
	size_t at = 0;
	size_t n = strlen(bytes);
	for (;;) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		int ms = (int)((now.tv_sec - begin.tv_sec) * 1000 + (now.tv_nsec - begin.tv_nsec) / 1000000);
		if (ms > most || readable(fd, 100)) {
			return ms;
		}
		send_bytes(fd, str_from(bytes + at++ % n, 1));
	}
}

static void a_dribbled_head_is_cut(void **state)
{
	struct state *st = *state;
	int before = seen;
	int fd = dial(&st->t);
	send_bytes(fd, STR("GET / HTTP/1.1\r\nX: "));
	/* 1 s in all, although a byte comes every 100 ms */
	int ms = dribble(fd, "a", 8000);
	assert_in_range(ms, 500, 5000);
	assert_true(closes(fd) || readable(fd, 0));
	close(fd);
	assert_int_equal(seen, before);
}

static void a_body_that_pauses_is_cut_and_never_held_a_thread(void **state)
{
	struct state *st = *state;
	struct http_counters c;
	int before = seen;
	int fd = dial(&st->t);
	send_bytes(
		fd, STR("POST /form HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n" END
	            "a="));
	/* While it drips it is nginx's alone. */
	assert_true(dribble(fd, "b", 1500) >= 1500);
	http_count(st->t.http, &c);
	assert_int_equal(c.handlers_busy, 0);
	assert_int_equal(seen, before);
	/* Then it pauses: over after 1 s. */
	assert_true(readable(fd, 5000));
	read_answer(fd, &st->a, true);
	assert_true(st->a.status == 408 || (st->a.status == 0 && st->a.is_closed));
	close(fd);
	assert_int_equal(seen, before);
	ask(&st->t, "GET / HTTP/1.1\r\n" END, &st->a);
	assert_int_equal(st->a.status, 200);
}

static void one_address_has_at_most_forty_connections(void **state)
{
	struct state *st = *state;
	int fds[40];
	for (int i = 0; i < 40; i++) {
		fds[i] = dial(&st->t);
		send_bytes(
			fds[i],
			STR("POST /form HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 9\r\n" END
		        "a="));
	}
	int limited = 0;
	for (int i = 0; i < 3 && !limited; i++) {
		ask(&st->t, "GET / HTTP/1.1\r\n" END, &st->a);
		limited = st->a.status == 429;
	}
	assert_true(limited);
	for (int i = 0; i < 40; i++) {
		close(fds[i]);
	}
}

static void an_asset_is_asked_for_once(void **state)
{
	struct state *st = *state;
	ask(&st->t, "GET /a/x.css HTTP/1.1\r\n" END, &st->a);
	assert_int_equal(st->a.status, 200);
	int before = seen;
	for (int i = 0; i < 5; i++) {
		ask(&st->t, "GET /a/x.css HTTP/1.1\r\n" END, &st->a);
		assert_int_equal(st->a.status, 200);
		assert_str(st->a.body, "body{}");
		assert_str(head_value(&st->a, "cache-control"), "public, max-age=31536000, immutable");
	}
	assert_int_equal(seen, before);
}

static void while_the_program_is_away_a_calm_page_says_so(void **state)
{
	struct state *st = *state;
	http_stop(st->t.http, US_PER_S);
	ask(&st->t, "GET / HTTP/1.1\r\n" END, &st->a);
	assert_int_equal(st->a.status, 503);
	assert_str(head_value(&st->a, "retry-after"), "10");
	assert_true(body_has(&st->a, "away for a moment"));
	app_up(st);
	ask(&st->t, "GET / HTTP/1.1\r\n" END, &st->a);
	assert_int_equal(st->a.status, 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page_comes_through_with_the_clients_address),
		cmocka_unit_test(plain_http_is_led_to_tls_and_other_names_are_not_answered),
		cmocka_unit_test(a_chunked_body_arrives_with_a_length),
		cmocka_unit_test(hostile_heads_do_not_reach_us),
		cmocka_unit_test(a_dribbled_head_is_cut),
		cmocka_unit_test(a_body_that_pauses_is_cut_and_never_held_a_thread),
		cmocka_unit_test(one_address_has_at_most_forty_connections),
		cmocka_unit_test(an_asset_is_asked_for_once),
		cmocka_unit_test(while_the_program_is_away_a_calm_page_says_so),
	};
	return cmocka_run_group_tests_name("nginx", tests, setup, teardown);
}
