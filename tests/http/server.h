/* The program under test: its data folder, its process, its log. */
#ifndef CITYHALL_TESTS_HTTP_SERVER_H
#define CITYHALL_TESTS_HTTP_SERVER_H

#include <sys/types.h>

#include "client.h"

enum { INIT_FLAGS_MOST = 4 };

struct server {
	struct arena *arena;
	char dir[128]; /* of this script: data folder, log, outputs */
	char data[160];
	char log[160];
	const char *program;
	const char *init_flags[INIT_FLAGS_MOST]; /* of a folder that is not a copy of the ready one */
	int init_flag_n;
	const char *ready;      /* a data folder made before, to be copied; NULL: made by init */
	const char *postgres;   /* address of a PostgreSQL where databases can be made; NULL: SQLite */
	const char *ready_base; /* the database that belongs to `ready` */
	char store[512];        /* this script's --store; empty: SQLite */
	char flags[16][128];    /* for serve */
	int flag_n;
	struct where where;
	pid_t pid;         /* 0: not running */
	int exit_code;     /* of the last stop */
	struct str output; /* of the last sub-command */
	int output_exit;
};

bool server_init(struct server *s, struct err *e) MUST_USE;  /* the data folder */
bool server_start(struct server *s, struct err *e) MUST_USE; /* and waits until it answers */
bool server_end(struct server *s, int signal, struct err *e) MUST_USE;
/* A sub-command with --data DIR behind its first word; output and exit are kept. */
bool server_command(struct server *s, struct str *words, size_t n, struct err *e) MUST_USE;
/* A second server for the same database, with the first one's keys and a data folder of its own in the same place. */
bool server_join(const struct server *first, struct server *out, struct err *e) MUST_USE;
/* SIGSTOP to the process that serves, or SIGCONT. */
bool server_freeze(struct server *s, bool freezes, struct err *e) MUST_USE;
struct str server_log(struct server *s);
void server_clean(struct server *s); /* kills what runs, removes the folder */

bool run_program(const char *const *argv, const char *out_path, int *exit_code, struct err *e) MUST_USE;
struct str read_whole(struct arena *a, const char *path);

#endif
