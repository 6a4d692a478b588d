#include "inside.h"

#include <postgresql/libpq-fe.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

struct inside { /* one of the two */
	sqlite3 *file;
	PGconn *server;
};

static void die(const char *sql, const char *why)
{
	fprintf(stderr, "%s: %s\n", sql, why);
	exit(1);
}

struct inside *inside_open(const char *data, const char *url)
{
	char path[420];
	struct inside *i = calloc(1, sizeof *i);
	if (i == NULL) {
		die("inside", "no memory");
	}
	if (url) {
		i->server = PQconnectdb(url);
		if (PQstatus(i->server) != CONNECTION_OK) {
			die("connecting", PQerrorMessage(i->server));
		}
		return i;
	}
	snprintf(path, sizeof path, "%.400s/cityhall.db", data);
	if (sqlite3_open_v2(path, &i->file, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK) {
		die(path, sqlite3_errmsg(i->file));
	}
	sqlite3_busy_timeout(i->file, 60000);
	return i;
}

void inside_close(struct inside *i)
{
	sqlite3_close(i->file);
	PQfinish(i->server);
	free(i);
}

static PGresult *ask(struct inside *i, const char *sql)
{
	PGresult *r = PQexec(i->server, sql);
	if (PQresultStatus(r) != PGRES_COMMAND_OK && PQresultStatus(r) != PGRES_TUPLES_OK) {
		die(sql, PQerrorMessage(i->server));
	}
	return r;
}

void inside_do(struct inside *i, const char *sql)
{
	char *why = NULL;
	if (i->server) {
		PQclear(ask(i, sql));
	} else if (sqlite3_exec(i->file, sql, NULL, NULL, &why) != SQLITE_OK) {
		die(sql, why);
	}
}

int64_t inside_number(struct inside *i, const char *sql)
{
	int64_t n = 0;
	if (i->server) {
		PGresult *r = ask(i, sql);
		n = PQntuples(r) > 0 ? strtoll(PQgetvalue(r, 0, 0), NULL, 10) : 0;
		PQclear(r);
		return n;
	}
	sqlite3_stmt *s = NULL;
	if (sqlite3_prepare_v2(i->file, sql, -1, &s, NULL) != SQLITE_OK || sqlite3_step(s) != SQLITE_ROW) {
		die(sql, sqlite3_errmsg(i->file));
	}
	n = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return n;
}
