/* For tests that run on either engine: on PostgreSQL when CITYHALL_TEST_PG is in the environment (tests/pg.sh). */
#ifndef CITYHALL_TESTS_PG_H
#define CITYHALL_TESTS_PG_H

#include <postgresql/libpq-fe.h>

#include "unit/unit.h"

static inline bool is_on_postgres(void)
{
	return getenv("CITYHALL_TEST_PG") != NULL;
}

/* For what only one engine has. */
#define SQLITE_ONLY()           \
	do {                        \
		if (is_on_postgres()) { \
			skip();             \
		}                       \
	} while (0)

/* Statements of the test itself, outside of the store. The first value of the first row, as text. */
static inline void pg_do(const char *url, const char *sql, char *out, size_t room)
{
	PGconn *c = PQconnectdb(url);
	PGresult *r = PQexec(c, sql);
	if (PQresultStatus(r) != PGRES_COMMAND_OK && PQresultStatus(r) != PGRES_TUPLES_OK) {
		print_error("%s: %s", sql, PQerrorMessage(c));
		fail();
	}
	if (out) {
		snprintf(out, room, "%s", PQntuples(r) > 0 ? PQgetvalue(r, 0, 0) : "");
	}
	PQclear(r);
	PQfinish(c);
}

/* A schema of its own for a test, and the address that leads into it; empty on SQLite. */
static inline void pg_schema(char *url, size_t room)
{
	*url = '\0';
	if (!is_on_postgres()) {
		return;
	}
	char sql[100], name[40];
	snprintf(name, sizeof name, "t%llx", (unsigned long long)rand_u64());
	snprintf(sql, sizeof sql, "create schema %s", name);
	pg_do(getenv("CITYHALL_TEST_PG"), sql, NULL, 0);
	snprintf(url, room, "%s&options=-csearch_path%%3D%s", getenv("CITYHALL_TEST_PG"), name);
}

/* The rows of tables whose name fits, as one number that changes when any of them does. */
static inline uint64_t pg_rows_digest(const char *url, const char *like)
{
	char sql[400], count[20], hash[40], name[100];
	uint64_t v = 0;
	snprintf(sql, sizeof sql,
	         "select count(*) from pg_tables where schemaname = current_schema and tablename like '%s'", like);
	pg_do(url, sql, count, sizeof count);
	for (int i = 0; i < (int)strtol(count, NULL, 10); i++) {
		snprintf(sql, sizeof sql,
		         "select tablename from pg_tables where schemaname = current_schema and tablename like '%s' "
		         "order by 1 limit 1 offset %d",
		         like, i);
		pg_do(url, sql, name, sizeof name);
		snprintf(sql, sizeof sql, "select md5(coalesce(string_agg(t::text, '|' order by t::text), '')) from %s t",
		         name);
		pg_do(url, sql, hash, sizeof hash);
		hash[16] = '\0';
		v = v * 31 + strtoull(hash, NULL, 16);
	}
	return v;
}

#endif
