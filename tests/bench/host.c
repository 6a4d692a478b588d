#include "host.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WORDS_MAX = 32, CHILDREN_MAX = 256, TRIES = 2000, TRY_US = 10000 };

static void die(const char *what)
{
	perror(what);
	exit(1);
}

double host_now_s(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void wait_us(long us)
{
	nanosleep(&(struct timespec){us / 1000000, us % 1000000 * 1000}, NULL);
}

/* --- Programs ------------------------------------------------------------------------------------------------------
 */

static pid_t start(char *const *words, const char *log)
{
	pid_t parent = getpid(), pid = fork();
	if (pid < 0) {
		die("fork");
	}
	if (pid == 0) {
		setpgid(0, 0);
		int out = open("/dev/null", O_WRONLY), to = log ? open(log, O_WRONLY | O_CREAT | O_APPEND, 0600) : out;
		dup2(out, STDOUT_FILENO);
		dup2(to >= 0 ? to : out, STDERR_FILENO);
		/* Nothing that we started outlives us. */
		if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() != parent) {
			_exit(127);
		}
		execv(words[0], words);
		_exit(127);
	}
	setpgid(pid, pid);
	return pid;
}

static int free_port(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) != 0 || getsockname(fd, (struct sockaddr *)&a, &n) != 0) {
		die("a free port");
	}
	close(fd);
	return ntohs(a.sin_port);
}

static void show_end(const char *log)
{
	char last[2000] = "";
	FILE *f = fopen(log, "r");
	if (f) {
		fseek(f, 0, SEEK_END);
		long n = ftell(f);
		fseek(f, n > (long)sizeof last - 1 ? n - (long)sizeof last + 1 : 0, SEEK_SET);
		last[fread(last, 1, sizeof last - 1, f)] = '\0';
		fclose(f);
	}
	fprintf(stderr, "%s\n", last);
}

void host_make_city(const char *program, const char *data)
{
	char *words[] = {(char *)(uintptr_t)program,   (char *)(uintptr_t) "init", (char *)(uintptr_t) "--demo",
	                 (char *)(uintptr_t) "--data", (char *)(uintptr_t)data,    NULL};
	int status;
	pid_t pid = start(words, NULL);
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		fprintf(stderr, "cityhall init --demo --data %s failed\n", data);
		exit(1);
	}
}

void host_serve(const char *program, const char *data, const char *const *settings, struct served *out)
{
	char listen[64];
	char *words[WORDS_MAX] = {(char *)(uintptr_t)program, (char *)(uintptr_t) "serve", (char *)(uintptr_t) "--data",
	                          (char *)(uintptr_t)data, listen};
	*out = (struct served){.port = free_port()};
	snprintf(out->data, sizeof out->data, "%s", data);
	snprintf(out->log, sizeof out->log, "%s.log", data);
	snprintf(listen, sizeof listen, "--listen=127.0.0.1:%d", out->port);
	for (int i = 0; settings && settings[i] && i + 6 < WORDS_MAX; i++) {
		words[i + 5] = (char *)(uintptr_t)settings[i];
	}
	out->pid = start(words, out->log);
	for (int i = 0; i < TRIES; i++) {
		int status;
		if (host_get(out->port, "/healthz") == 200) {
			return;
		}
		if (waitpid(out->pid, &status, WNOHANG) == out->pid) {
			break;
		}
		wait_us(TRY_US);
	}
	fprintf(stderr, "cityhall serve --data %s does not answer:\n", data);
	show_end(out->log);
	exit(1);
}

int host_run(const char *program, const char *data, const char *command, const char *word)
{
	char log[420];
	char *words[] = {(char *)(uintptr_t)program, (char *)(uintptr_t)command, (char *)(uintptr_t) "--data",
	                 (char *)(uintptr_t)data,    (char *)(uintptr_t)word,    NULL};
	int status;
	snprintf(log, sizeof log, "%.400s.log", data);
	pid_t pid = start(words, log);
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

int host_run_words(const char *const *words, const char *log)
{
	int status, out = log ? open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
	pid_t pid = fork();
	if (pid == 0) {
		if (out >= 0) {
			dup2(out, STDOUT_FILENO);
			dup2(out, STDERR_FILENO);
		}
		execv(words[0], (char *const *)(uintptr_t)words);
		_exit(127);
	}
	if (out >= 0) {
		close(out);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

bool host_stop(struct served *s)
{
	int status = -1;
	if (s->pid == 0) {
		return true;
	}
	kill(s->pid, SIGTERM);
	bool is_well = waitpid(s->pid, &status, 0) == s->pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
	s->pid = 0;
	return is_well;
}

/* --- /proc ---------------------------------------------------------------------------------------------------------
 */

struct process {
	pid_t pid, parent;
	char name[32];
	char state;
	int threads;
	int64_t ticks;
};

static bool read_process(const char *pid, struct process *p)
{
	char path[300], text[1200];
	snprintf(path, sizeof path, "/proc/%s/stat", pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		return false;
	}
	ssize_t n = read(fd, text, sizeof text - 1);
	close(fd);
	char *open_at = n > 0 ? memchr(text, '(', (size_t)n) : NULL;
	text[n > 0 ? n : 0] = '\0';
	char *close_at = open_at ? strrchr(text, ')') : NULL;
	unsigned long long user, system, dead_user, dead_system;
	int parent;
	if (close_at == NULL ||
	    sscanf(close_at + 2, "%c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %llu %llu %*d %*d %d", &p->state,
	           &parent, &user, &system, &dead_user, &dead_system, &p->threads) != 7) {
		return false;
	}
	snprintf(p->name, sizeof p->name, "%.*s", (int)(close_at - open_at - 1), open_at + 1);
	p->pid = (pid_t)strtol(pid, NULL, 10);
	p->parent = parent;
	p->ticks = (int64_t)(user + system + dead_user + dead_system);
	return true;
}

/* The process and its descendants; children come after their parents. */
static int family(pid_t root, struct process *out)
{
	struct process all[4096];
	int n = 0, found = 0;
	DIR *d = opendir("/proc");
	struct dirent *entry;
	while (d && (entry = readdir(d)) != NULL && n < 4096) {
		n += entry->d_name[0] >= '0' && entry->d_name[0] <= '9' && read_process(entry->d_name, &all[n]);
	}
	if (d) {
		closedir(d);
	}
	for (int i = 0; i < n; i++) {
		if (all[i].pid == root) {
			out[found++] = all[i];
		}
	}
	for (int k = 0; k < found; k++) {
		for (int i = 0; i < n && found < CHILDREN_MAX; i++) {
			if (all[i].parent == out[k].pid) {
				out[found++] = all[i];
			}
		}
	}
	return found;
}

int64_t host_cpu_us(pid_t root)
{
	struct process p[CHILDREN_MAX];
	int64_t ticks = 0;
	int n = family(root, p);
	for (int i = 0; i < n; i++) {
		ticks += p[i].ticks;
	}
	return ticks * (1000000 / sysconf(_SC_CLK_TCK));
}

pid_t host_child(pid_t root, const char *name)
{
	struct process p[CHILDREN_MAX];
	int n = family(root, p);
	for (int i = 1; i < n; i++) {
		if (strcmp(p[i].name, name) == 0 && p[i].state != 'Z') {
			return p[i].pid;
		}
	}
	return 0;
}

long host_serve_rss_kib(pid_t root)
{
	char path[64], line[200];
	long kib = 0;
	pid_t pid = host_child(root, "cityhall");
	snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
	FILE *f = fopen(path, "r");
	while (f && fgets(line, sizeof line, f)) {
		if (sscanf(line, "VmRSS: %ld", &kib) == 1) {
			break;
		}
	}
	if (f) {
		fclose(f);
	}
	return kib;
}

/* The process that serves first, the parent last: nobody gets to stop in order. */
void host_kill(struct served *s)
{
	struct process p[CHILDREN_MAX];
	char path[64];
	if (s->pid == 0) {
		return;
	}
	int n = family(s->pid, p);
	for (int i = n - 1; i >= 0; i--) {
		kill(p[i].pid, SIGKILL);
	}
	waitpid(s->pid, NULL, 0);
	for (int i = 1; i < n; i++) {
		/* Not ours to wait for: it is gone when /proc says so, or says that it only waits to be buried, its last thread
		 * included. */
		struct process now;
		snprintf(path, sizeof path, "%d", (int)p[i].pid);
		while (read_process(path, &now) && (now.state != 'Z' || now.threads > 1) && strcmp(now.name, p[i].name) == 0) {
			wait_us(1000);
		}
	}
	s->pid = 0;
}

/* --- Asking --------------------------------------------------------------------------------------------------------
 */

static ssize_t ask(int port, const char *path, char *answer, size_t room)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	char request[300];
	int n = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", path);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	size_t got = 0;
	if (fd < 0) {
		die("socket");
	}
	if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0 && send(fd, request, (size_t)n, MSG_NOSIGNAL) == n) {
		ssize_t more;
		while (got + 1 < room && (more = recv(fd, answer + got, room - 1 - got, 0)) > 0) {
			got += (size_t)more;
		}
	}
	close(fd);
	answer[got] = '\0';
	return (ssize_t)got;
}

int host_get(int port, const char *path)
{
	char answer[64 << 10];
	int status = 0;
	return ask(port, path, answer, sizeof answer) > 0 && sscanf(answer, "HTTP/1.1 %d", &status) == 1 ? status : 0;
}

bool host_metric(int port, const char *name, int64_t *out)
{
	char answer[64 << 10], needle[100];
	long long v;
	snprintf(needle, sizeof needle, "\n%s ", name);
	if (ask(port, "/metrics", answer, sizeof answer) <= 0) {
		return false;
	}
	const char *at = strstr(answer, needle);
	if (at == NULL || sscanf(at + strlen(needle), "%lld", &v) != 1) {
		return false;
	}
	*out = v;
	return true;
}

void host_wait_relayed(int port)
{
	int64_t left;
	while (!host_metric(port, "cityhall_outbox_events", &left) || left > 0) {
		wait_us(TRY_US);
	}
}

/* --- Folders -------------------------------------------------------------------------------------------------------
 */

static void run_tool(const char *program, const char *one, const char *two, const char *three)
{
	char *words[] = {(char *)(uintptr_t)program, (char *)(uintptr_t)one, (char *)(uintptr_t)two,
	                 (char *)(uintptr_t)three, NULL};
	int status;
	pid_t pid = fork();
	if (pid == 0) {
		execvp(program, words);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		fprintf(stderr, "host: %s failed\n", program);
		exit(1);
	}
}

void host_copy(const char *from, const char *to)
{
	run_tool("cp", "-a", from, to);
}

void host_remove(const char *path)
{
	run_tool("rm", "-rf", path, NULL);
}

/* --- nginx ---------------------------------------------------------------------------------------------------------
 */

static void put_x(FILE *f, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		fputc('x', f);
	}
}

bool host_nginx(const char *dir, size_t body_bytes, struct served *out)
{
	static const char program[] = "/usr/sbin/nginx";
	char conf[450], prefix[420];
	*out = (struct served){.port = free_port()};
	if (access(program, X_OK) != 0) {
		return false;
	}
	snprintf(prefix, sizeof prefix, "%.390s/nginx", dir);
	if (mkdir(prefix, 0700) != 0 && errno != EEXIST) {
		die(prefix);
	}
	snprintf(conf, sizeof conf, "%s/nginx.conf", prefix);
	snprintf(out->log, sizeof out->log, "%.400s/log", prefix);
	FILE *f = fopen(conf, "w");
	if (f == NULL) {
		die(conf);
	}
	fprintf(f,
	        "daemon off; worker_processes 2; pid pid; error_log stderr warn;\nevents { worker_connections 1024; }\n"
	        "http { access_log off; keepalive_requests 1000000000; client_body_temp_path t; proxy_temp_path t; "
	        "fastcgi_temp_path t; uwsgi_temp_path t; scgi_temp_path t;\n server { listen 127.0.0.1:%d; "
	        "default_type text/html; set $k ",
	        out->port);
	/* No word of the configuration may be longer than 4 KiB: a variable is said several times. */
	put_x(f, 1000);
	fprintf(f, "; location / { return 200 \"");
	for (size_t i = 0; i < body_bytes / 1000; i++) {
		fprintf(f, "${k}");
	}
	put_x(f, body_bytes % 1000);
	fprintf(f, "\"; } } }\n");
	fclose(f);
	char *words[] = {(char *)(uintptr_t)program,
	                 (char *)(uintptr_t) "-p",
	                 prefix,
	                 (char *)(uintptr_t) "-c",
	                 (char *)(uintptr_t) "nginx.conf",
	                 (char *)(uintptr_t) "-e",
	                 (char *)(uintptr_t) "stderr",
	                 NULL};
	out->pid = start(words, out->log);
	for (int i = 0; i < TRIES; i++) {
		if (host_get(out->port, "/") == 200) {
			return true;
		}
		wait_us(TRY_US);
	}
	show_end(out->log);
	return false;
}

/* --- The disk ------------------------------------------------------------------------------------------------------
 */

double host_syncs_per_second(const char *dir, double seconds)
{
	char path[600], block[4096];
	memset(block, 7, sizeof block);
	snprintf(path, sizeof path, "%s/sync", dir);
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0) {
		die(path);
	}
	int n = 0;
	double began = host_now_s(), last = began;
	for (; last - began < seconds; n++) {
		if (pwrite(fd, block, sizeof block, n * 4096L) != sizeof block || fdatasync(fd) != 0) {
			die(path);
		}
		last = host_now_s();
	}
	close(fd);
	unlink(path);
	return n / (last - began);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

double host_median(const double *v, int n)
{
	double sorted[64];
	if (n < 1 || n > 64) {
		return 0;
	}
	memcpy(sorted, v, (size_t)n * sizeof *v);
	qsort(sorted, (size_t)n, sizeof *sorted, by_value);
	return n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}
