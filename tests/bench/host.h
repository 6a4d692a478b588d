/* The machine under a measurement: programs started and stopped by their process id, what CPU and memory they took by
 * /proc, what the disk does. Linux. One thread. */
#ifndef CITYHALL_TESTS_BENCH_HOST_H
#define CITYHALL_TESTS_BENCH_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct served {
	pid_t pid; /* the parent of all its processes; 0: not started */
	int port;
	char data[400];
	char log[420]; /* standard error, appended */
};

/* `cityhall init --demo` into a folder that is not there. */
void host_make_city(const char *program, const char *data);
/* `cityhall serve` on a free port, in a process group of its own; `settings` is NULL-terminated, or NULL. Returns when
 * it answers. */
void host_serve(const char *program, const char *data, const char *const *settings, struct served *out);
/* Stops it as an operator would and waits; false: it did not end well. */
bool host_stop(struct served *s);
/* kill -9 to all of its processes, and waits until they are gone. */
void host_kill(struct served *s);

/* Folders, with all that is in them. */
void host_copy(const char *from, const char *to);
void host_remove(const char *path);

/* nginx that answers everything with 200 and so many bytes, like the page that it is compared with. False: there is no
 * nginx. */
bool host_nginx(const char *dir, size_t body_bytes, struct served *out);

/* User and system time of a process and all its descendants, those included that have ended, in microseconds (in steps
 * of a clock tick). */
int64_t host_cpu_us(pid_t root);
/* Resident memory of the child that serves (not keys, not render), in KiB. */
long host_serve_rss_kib(pid_t root);
/* Runs a sub-command of the program on a data folder: its exit code. Its output goes to the log beside the folder. */
int host_run(const char *program, const char *data, const char *command, const char *word);
/* Any program by its path: its exit code. Its output goes to `log`, NULL: to ours. */
int host_run_words(const char *const *words, const char *log);
/* One of the children by its name ("keys", "render"); 0: none. */
pid_t host_child(pid_t root, const char *name);

/* A number of /metrics ("cityhall_outbox_events"); false: the server does not answer, or has no such number. */
bool host_metric(int port, const char *name, int64_t *out);
/* Until every event has been brought to the read models. */
void host_wait_relayed(int port);

/* GET of a path without a session: the status, or 0 when nobody answers. */
int host_get(int port, const char *path);

/* 4 KiB appended and fdatasync, one thread: per second. */
double host_syncs_per_second(const char *dir, double seconds);
double host_now_s(void);
double host_median(const double *v, int n);

#endif
