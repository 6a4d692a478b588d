/* Connections: opening, settings of a session, errors in words and in classes. */
#include <stdio.h>
#include <time.h>

#include "base/fault.h"
#include "base/log.h"
#include "store/postgres.h"

int64_t pg_now_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* --- Errors
 * ------------------------------------------------------------------------------------------------------------- */

/* SQLSTATE codes or classes, the longer ones first; PostgreSQL's documentation, appendix A. */
static const struct {
	const char *state;
	enum pg_class class;
	enum err_code code;
} states[] = {
	{"23505", PG_FATAL, ERR_CONFLICT},  /* unique */
	{"42P07", PG_FATAL, ERR_CONFLICT},  /* a table that is there already */
	{"42710", PG_FATAL, ERR_CONFLICT},  /* its type: another program makes the same table */
	{"40001", PG_SAFE, ERR_BUSY},       /* serialisation */
	{"40P01", PG_SAFE, ERR_BUSY},       /* deadlock */
	{"40003", PG_SAFE, ERR_BUSY},       /* completion unknown; before COMMIT there is nothing to complete */
	{"25006", PG_SAFE, ERR_BUSY},       /* only reads: it has become a standby */
	{"25P03", PG_SAFE, ERR_BUSY},       /* idle in transaction too long */
	{"57014", PG_FATAL, ERR_BUSY},      /* statement_timeout */
	{"55P03", PG_FATAL, ERR_BUSY},      /* lock_timeout */
	{"57P0", PG_SAFE, ERR_BUSY},        /* shutting down, starting */
	{"53300", PG_SAFE, ERR_BUSY},       /* too many connections */
	{"53100", PG_FATAL, ERR_DISK_FULL}, /* */
	{"53200", PG_FATAL, ERR_MEMORY},    /* */
	{"54", PG_FATAL, ERR_TOO_LARGE},    /* program limits */
	{"08", PG_SAFE, ERR_BUSY},          /* connection; with Citus the connection to another node */
	{"28", PG_FATAL, ERR_CONFIG},       /* not let in */
	{"3D000", PG_FATAL, ERR_CONFIG},    /* no such database */
	{"42501", PG_FATAL, ERR_CONFIG},    /* no permission */
	{"XX001", PG_FATAL, ERR_CORRUPT},   /* */
	{"XX002", PG_FATAL, ERR_CORRUPT},   /* */
	{"58", PG_FATAL, ERR_IO},           /* system error */
	{"", PG_FATAL, ERR_INTERNAL},       /* all others */
};

void pg_note_err(struct pg_conn *c, enum pg_class class, const struct err *e)
{
	if (c->failed == PG_FINE) {
		c->failed = class;
		c->err = *e;
	}
}

void pg_note(struct pg_conn *c, const PGresult *result, const char *doing)
{
	const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
	const char *text = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
	const char *severity = result ? PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED) : NULL;
	struct err e;
	if (state == NULL || PQstatus(c->pg) == CONNECTION_BAD ||
	    (severity && (strcmp(severity, "FATAL") == 0 || strcmp(severity, "PANIC") == 0))) {
		c->is_lost = true;
		err_set(&e, ERR_BUSY, "%s: the connection to the database was lost (%s)", doing, state ? state : "no answer");
		pg_note_err(c, PG_SAFE, &e);
		return;
	}
	size_t i = 0;
	while (strncmp(states[i].state, state, strlen(states[i].state)) != 0) {
		i++;
	}
	/* Messages of class 22 hold the value that was wrong. */
	bool is_telling = strncmp(state, "22", 2) != 0;
	err_set(&e, states[i].code, "%s: %s (SQLSTATE %s)", doing, is_telling && text ? text : "a value was refused",
	        state);
	if (states[i].code == ERR_CORRUPT) {
		log_err(LOG_ERROR, "store-damaged", &e);
	}
	pg_note_err(c, states[i].class, &e);
}

/* A commit that does not wait for its standby any more (cancelled, or the server stops) says so by a warning and
 * succeeds; its text depends on the server's language, so any warning counts. */
static void on_notice(void *arg, const PGresult *result)
{
	struct pg_conn *c = arg;
	const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
	const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	if (severity && strcmp(severity, "WARNING") == 0) {
		c->was_warned = true;
		log_line(LOG_WARN, "store-warning", LOG_S("text", str_of(text ? text : "")));
	}
}

/* --- Opening
 * ------------------------------------------------------------------------------------------------------------ */

/* Whether the operator or time has to help. */
static enum err_code why_not(const struct pg_conn *c, const char *const *keys, const char *const *values)
{
	const char *text = PQerrorMessage(c->pg);
	PGPing ping = PQpingParams(keys, values, 1);
	bool is_other_role = strstr(text, "read-only") != NULL || strstr(text, "hot standby") != NULL;
	return ping == PQPING_NO_ATTEMPT || (ping == PQPING_OK && !is_other_role) ? ERR_CONFIG : ERR_BUSY;
}

static bool set_up(struct pg_conn *c, struct err *e)
{
	char sql[512];
	if (PQserverVersion(c->pg) < 150000) {
		return err_set(e, ERR_CONFIG, "the database server has version %d; PostgreSQL 15 or later is needed",
		               PQserverVersion(c->pg) / 10000);
	}
	int timeout_ms = (c->is_reader ? PG_READ_US : PG_JOB_US) / 1000;
	snprintf(sql, sizeof sql,
	         "set statement_timeout = %d; set idle_in_transaction_session_timeout = %d; set jit = off;"
	         "select set_config('synchronous_commit', 'on', false)"
	         " where current_setting('synchronous_commit') in ('off', 'local')",
	         timeout_ms, PG_IDLE_US / 1000);
	PGresult *r = PQexec(c->pg, sql);
	bool is_good = PQresultStatus(r) == PGRES_TUPLES_OK;
	PQclear(r);
	if (!is_good || PQenterPipelineMode(c->pg) != 1) {
		return err_set(e, ERR_BUSY, "the database does not take a session's settings: %s", PQerrorMessage(c->pg));
	}
	return true;
}

bool pg_conn_init(struct postgres *p, struct pg_conn *c, struct err *e)
{
	*c = (struct pg_conn){.owner = p};
	arena_init(&c->arena, PG_ARENA_BYTES);
	c->query = mem_alloc((size_t)p->slots, sizeof *c->query);
	c->is_prepared = mem_alloc((size_t)p->slots, sizeof *c->is_prepared);
	return (c->query && c->is_prepared) || err_set(e, ERR_MEMORY, "opening the store: out of memory");
}

bool pg_connect(struct pg_conn *c, struct err *e)
{
	/* Those before dbname are defaults that the address may set otherwise. */
	static const char *const keys[] = {"target_session_attrs",
	                                   "gssencmode",
	                                   "connect_timeout",
	                                   "tcp_user_timeout",
	                                   "keepalives_idle",
	                                   "keepalives_interval",
	                                   "keepalives_count",
	                                   "fallback_application_name",
	                                   "dbname",
	                                   "client_encoding",
	                                   NULL};
	const char *const values[] = {"read-write", "disable",  "3",           "4000", "5", "2",
	                              "3",          "cityhall", c->owner->url, "UTF8", NULL};
	must(c->pg == NULL && c->pending_n == 0);
	if (fault_here(FAULT_SQL)) {
		return err_set(e, ERR_BUSY, "connecting to the database: a fault was asked for");
	}
	c->pg = PQconnectdbParams(keys, values, 1);
	if (c->pg == NULL) {
		return err_set(e, ERR_MEMORY, "connecting to the database: out of memory");
	}
	if (PQstatus(c->pg) != CONNECTION_OK) {
		enum err_code code = c->owner->is_opening ? why_not(c, keys, values) : ERR_BUSY;
		struct str text = str_trim(str_of(PQerrorMessage(c->pg)));
		err_set(e, code, "connecting to the database: %.*s", STR_ARG(text));
		pg_disconnect(c);
		return false;
	}
	PQsetNoticeReceiver(c->pg, on_notice, c);
	if (!set_up(c, e)) {
		pg_disconnect(c);
		return false;
	}
	atomic_fetch_add_explicit(&c->owner->connects, 1, memory_order_relaxed);
	return true;
}

void pg_disconnect(struct pg_conn *c)
{
	pg_finish_all(c);
	PQfinish(c->pg);
	c->pg = NULL;
	c->is_lost = false;
	c->pending_from = c->pending_n = 0;
	c->needs_sync = false;
	if (c->is_prepared) {
		memset(c->is_prepared, 0, (size_t)c->owner->slots * sizeof *c->is_prepared);
	}
}
