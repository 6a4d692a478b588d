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
	char sql[400];
	uint64_t v = 0;
	PGconn *c = PQconnectdb(url);
	snprintf(sql, sizeof sql,
	         "select tablename from pg_tables where schemaname = current_schema and tablename like '%s' order by 1",
	         like);
	PGresult *names = PQexec(c, sql);
	assert_int_equal(PQresultStatus(names), PGRES_TUPLES_OK);
	for (int i = 0; i < PQntuples(names); i++) {
		snprintf(sql, sizeof sql,
		         "select left(md5(coalesce(string_agg(t::text, '|' order by t::text), '')), 16) from %s t",
		         PQgetvalue(names, i, 0));
		PGresult *r = PQexec(c, sql);
		assert_int_equal(PQresultStatus(r), PGRES_TUPLES_OK);
		v = v * 31 + strtoull(PQgetvalue(r, 0, 0), NULL, 16);
		PQclear(r);
	}
	PQclear(names);
	PQfinish(c);
	return v;
}

#endif
