/* Connections: opening, control statements, errors in words, prepared statements. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/log.h"
#include "base/time_source.h"
#include "store/sqlite.h"

static const char opening[] = "opening the store";

/* --- Errors in words
 * --------------------------------------------------------------------------------------------------- */

bool sqlite_explain_access(const struct sqlite *s, const char *doing, struct err *e)
{
	struct stat st;
	unsigned uid = (unsigned)geteuid();
	if (stat(s->dir, &st) != 0) {
		return err_set(e, ERR_CONFIG, "%s: the folder %s is not there or cannot be reached: %s", doing, s->dir,
		               strerrordesc_np(errno));
	}
	if (!S_ISDIR(st.st_mode)) {
		return err_set(e, ERR_CONFIG, "%s: %s is no folder", doing, s->dir);
	}
	if (faccessat(AT_FDCWD, s->dir, W_OK | X_OK, AT_EACCESS) != 0) {
		return errno == EROFS
		           ? err_set(e, ERR_CONFIG, "%s: the folder %s is on a file system that can only be read", doing,
		                     s->dir)
		           : err_set(
						 e, ERR_CONFIG,
						 "%s: no permission to write into the folder %s (it belongs to user %u, mode %o; this program "
						 "runs as user %u)",
						 doing, s->dir, (unsigned)st.st_uid, (unsigned)st.st_mode & 07777, uid);
	}
	static const char *const endings[] = {"", "-wal", "-shm"};
	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		char path[4096];
		snprintf(path, sizeof path, "%s%s", s->path, endings[i]);
		if (stat(path, &st) == 0 && faccessat(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS) != 0) {
			return err_set(
				e, ERR_CONFIG,
				"%s: no permission to read and write %s (it belongs to user %u, mode %o; this program runs as "
				"user %u)",
				doing, path, (unsigned)st.st_uid, (unsigned)st.st_mode & 07777, uid);
		}
		if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
			return err_set(e, ERR_CONFIG, "%s: %s is no plain file", doing, path);
		}
	}
	return err_set(e, ERR_IO, "%s: %s cannot be used for a reason that its permissions do not show", doing, s->path);
}

/* After a failed fsync nobody knows what is on the disk, and asking again may say "fine" (the kernel has dropped the
 * pages). Who waits gets no answer; the next start reads what really is there. */
static void end_process(const struct sqlite_conn *c, const char *doing)
{
	log_line(LOG_ERROR, "store-fsync-failed", LOG_S("file", str_of(c->owner->path)), LOG_S("doing", str_of(doing)),
	         LOG_I("errno", sqlite3_system_errno(c->db)));
	fprintf(stderr,
	        "The disk did not confirm what was written to %s (%s). The program ends without answering, because nothing "
	        "could be promised. Check the disk, then start again.\n",
	        c->owner->path, doing);
	_exit(EX_IOERR);
}

bool conn_fail(struct sqlite_conn *c, int rc, const char *doing, struct err *e)
{
	int full = c->db ? sqlite3_extended_errcode(c->db) : rc;
	if ((full & 0xff) != (rc & 0xff)) {
		full = rc;
	}
	const char *text = c->db && full == sqlite3_extended_errcode(c->db) ? sqlite3_errmsg(c->db) : sqlite3_errstr(rc);
	if (full == SQLITE_IOERR_FSYNC || full == SQLITE_IOERR_DIR_FSYNC) {
		end_process(c, doing);
	}
	switch (full & 0xff) {
	case SQLITE_CONSTRAINT:
		if (full == SQLITE_CONSTRAINT_PRIMARYKEY || full == SQLITE_CONSTRAINT_UNIQUE ||
		    full == SQLITE_CONSTRAINT_ROWID) {
			return err_set(e, ERR_CONFLICT, "%s: %s", doing, text);
		}
		return err_set(e, ERR_INTERNAL, "%s: %s", doing, text);
	case SQLITE_FULL:
		return err_set(e, ERR_DISK_FULL, "%s: no room left for %s", doing, c->owner->path);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return err_set(e, ERR_BUSY, "%s: another process holds %s", doing, c->owner->path);
	case SQLITE_INTERRUPT:
		return err_set(e, ERR_BUSY, "%s: stopped, because it took too long", doing);
	case SQLITE_NOMEM:
		return err_set(e, ERR_MEMORY, "%s: out of memory", doing);
	case SQLITE_TOOBIG:
		return err_set(e, ERR_TOO_LARGE, "%s: a value is too large", doing);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return err_set(e, ERR_CORRUPT, "%s: %s is damaged or no database (%s); restore the last backup", doing,
		               c->owner->path, text);
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
	case SQLITE_READONLY:
		return sqlite_explain_access(c->owner, doing, e);
	case SQLITE_IOERR:
		return err_set(e, ERR_IO, "%s: reading or writing %s failed (code %d, errno %d)", doing, c->owner->path, full,
		               c->db ? sqlite3_system_errno(c->db) : 0);
	default:
		return err_set(e, ERR_INTERNAL, "%s: %s (code %d)", doing, text, full);
	}
}

/* --- Opening
 * ------------------------------------------------------------------------------------------------------------ */

bool conn_exec(struct sqlite_conn *c, const char *doing, const char *sql, struct err *e)
{
	if (fault_here(FAULT_SQL)) {
		return err_set(e, ERR_IO, "%s: a fault was asked for", doing);
	}
	int rc = sqlite3_exec(c->db, sql, NULL, NULL, NULL);
	return rc == SQLITE_OK || conn_fail(c, rc, doing, e);
}

bool conn_number(struct sqlite_conn *c, const char *doing, const char *sql, int64_t *out, struct err *e)
{
	*out = 0;
	if (fault_here(FAULT_SQL)) {
		return err_set(e, ERR_IO, "%s: a fault was asked for", doing);
	}
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(c->db, sql, -1, &st, NULL);
	if (rc == SQLITE_OK) {
		rc = sqlite3_step(st);
		*out = rc == SQLITE_ROW ? sqlite3_column_int64(st, 0) : 0;
	}
	bool is_good = rc == SQLITE_ROW || rc == SQLITE_DONE || conn_fail(c, rc, doing, e);
	sqlite3_finalize(st);
	return is_good;
}

static int is_over_deadline(void *conn)
{
	const struct sqlite_conn *c = conn;
	return c->deadline_us != 0 && time_running_us(c->owner->store->time) > c->deadline_us;
}

static bool set_up(struct sqlite_conn *c, enum conn_role role, struct err *e)
{
	sqlite3_extended_result_codes(c->db, 1);
	/* Before journal_mode: switching to WAL may itself have to wait. */
	sqlite3_busy_timeout(c->db, role == CONN_CHECKPOINT ? 300 : 10000);
	if (role == CONN_WRITER && sqlite3_db_readonly(c->db, "main") != 0) {
		return sqlite_explain_access(c->owner, opening, e);
	}
	if (role == CONN_WRITER) {
		int64_t application, tables, format;
		if (!conn_number(c, opening, "pragma application_id", &application, e) ||
		    !conn_number(c, opening, "select count(*) from sqlite_schema", &tables, e) ||
		    !conn_number(c, opening, "pragma user_version", &format, e)) {
			return false;
		}
		bool is_new = application == 0 && tables == 0;
		if (!is_new && application != SQLITE_APPLICATION_ID) {
			return err_set(e, ERR_CONFIG, "%s is a database of another program", c->owner->path);
		}
		if (!is_new && format != STORE_FORMAT) {
			return err_set(e, ERR_CONFIG,
			               "%s has format %lld, this program knows format %d; use the program that made it",
			               c->owner->path, (long long)format, STORE_FORMAT);
		}
		sqlite3_stmt *st = NULL;
		int rc = sqlite3_prepare_v2(c->db, "pragma journal_mode = wal", -1, &st, NULL);
		rc = rc == SQLITE_OK ? sqlite3_step(st) : rc;
		bool is_wal = rc == SQLITE_ROW && sqlite3_stricmp((const char *)sqlite3_column_text(st, 0), "wal") == 0;
		if (rc != SQLITE_ROW) {
			conn_fail(c, rc, opening, e);
		} else if (!is_wal) {
			err_set(e, ERR_CONFIG, "%s: the file system offers no write-ahead log (shared memory); use a local one",
			        c->owner->path);
		}
		sqlite3_finalize(st);
		if (!is_wal) {
			return false;
		}
		if (is_new) {
			/* Together: with one but not the other the file could not be opened any more. */
			char sql[128];
			snprintf(sql, sizeof sql, "begin; pragma application_id = %d; pragma user_version = %d; commit",
			         SQLITE_APPLICATION_ID, STORE_FORMAT);
			if (!conn_exec(c, opening, sql, e)) {
				return false;
			}
		}
	}
	static const char *const settings[] = {
		[CONN_WRITER] = "pragma cache_size = -32768",
		[CONN_READER] = "pragma cache_size = -1024; pragma query_only = on",
		[CONN_CHECKPOINT] = "pragma cache_size = -64",
		[CONN_CHECK] = "pragma cache_size = -4096; pragma query_only = on",
		[CONN_COPY] = "pragma cache_size = -4096", /* query_only would refuse to write the copy */
		/* Many rows at once: a commit is ordered, and made durable at the end; sorting goes to files. */
		[CONN_TRANSFER] = "pragma cache_size = -65536; pragma synchronous = normal; pragma foreign_keys = off;"
						  "pragma temp_store = file; pragma wal_autocheckpoint = 16384",
	};
	return conn_exec(c, opening,
	                 "pragma synchronous = full; pragma foreign_keys = on; pragma wal_autocheckpoint = 0;"
	                 "pragma temp_store = memory; pragma trusted_schema = off; pragma cell_size_check = on;"
	                 "pragma journal_size_limit = 67108864; pragma mmap_size = 0; pragma secure_delete = on",
	                 e) &&
	       conn_exec(c, opening, settings[role], e);
}

static bool prepare_controls(struct sqlite_conn *c, struct err *e)
{
	static const char *const sql[CONTROLS] = {
		[BEGIN_READ] = "begin",
		[BEGIN_WRITE] = "begin immediate",
		[COMMIT] = "commit",
		[ROLLBACK] = "rollback",
		[SAVEPOINT] = "savepoint job",
		[RELEASE] = "release job",
		[ROLLBACK_TO] = "rollback to job",
	};
	for (int i = 0; i < CONTROLS; i++) {
		int rc = sqlite3_prepare_v3(c->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &c->control[i], NULL);
		if (rc != SQLITE_OK) {
			return conn_fail(c, rc, opening, e);
		}
	}
	return true;
}

bool conn_open(struct sqlite *s, struct sqlite_conn *c, enum conn_role role, struct err *e)
{
	*c = (struct sqlite_conn){.owner = s};
	size_t n = (size_t)s->slots;
	c->statements = mem_alloc(n, sizeof *c->statements);
	c->is_open = mem_alloc(n, sizeof *c->is_open);
	if (c->statements == NULL || c->is_open == NULL) {
		conn_close(c);
		return err_set(e, ERR_MEMORY, "opening the store: out of memory");
	}
	int rc = sqlite3_open_v2(s->path, &c->db,
	                         SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE |
	                             (s->vfs ? SQLITE_OPEN_CREATE : 0),
	                         s->vfs);
	if (rc != SQLITE_OK) {
		conn_fail(c, rc, opening, e);
		conn_close(c);
		return false;
	}
	if (!set_up(c, role, e) || !prepare_controls(c, e)) {
		conn_close(c);
		return false;
	}
	sqlite3_progress_handler(c->db, 2000, is_over_deadline, c);
	return true;
}

void conn_close(struct sqlite_conn *c)
{
	for (int i = 0; i < CONTROLS; i++) {
		sqlite3_finalize(c->control[i]);
	}
	for (int i = 0; c->statements && i < c->owner->slots; i++) {
		sqlite3_finalize(c->statements[i]);
	}
	sqlite3_close(c->db);
	mem_free(c->statements);
	mem_free(c->is_open);
	*c = (struct sqlite_conn){.owner = c->owner};
}

/* --- Transactions
 * ------------------------------------------------------------------------------------------------------- */

bool conn_do(struct sqlite_conn *c, enum control what, struct err *e)
{
	static const char *const doing[CONTROLS] = {
		"beginning a read", "beginning a transaction", "commit", "rollback", "savepoint", "release", "rollback to"};
	if (fault_here(FAULT_SQL)) {
		return err_set(e, ERR_IO, "%s: a fault was asked for", doing[what]);
	}
	int rc = sqlite3_step(c->control[what]);
	bool is_good = rc == SQLITE_DONE || conn_fail(c, rc, doing[what], e);
	sqlite3_reset(c->control[what]);
	return is_good;
}

bool conn_in_transaction(const struct sqlite_conn *c)
{
	return sqlite3_get_autocommit(c->db) == 0;
}

void conn_rollback(struct sqlite_conn *c)
{
	struct err e;
	conn_finish_all(c);
	for (int i = 0; i < 3 && conn_in_transaction(c); i++) {
		if (conn_do(c, ROLLBACK, &e)) {
			return;
		}
	}
	if (conn_in_transaction(c)) {
		log_err(LOG_ERROR, "store-rollback-failed", &e);
		_exit(EX_IOERR);
	}
}

/* --- Statements
 * --------------------------------------------------------------------------------------------------------- */

void conn_finish(void *conn, void *handle, int slot)
{
	struct sqlite_conn *c = conn;
	if (!c->is_open[slot] || c->statements[slot] != handle) {
		return; /* closed by the end of the transaction */
	}
	sqlite3_reset(handle);
	sqlite3_clear_bindings(handle);
	c->is_open[slot] = false;
	for (int i = c->active_n - 1; i >= 0; i--) {
		if (c->active[i] == slot) {
			c->active[i] = c->active[--c->active_n];
			break;
		}
	}
}

void conn_finish_all(struct sqlite_conn *c)
{
	while (c->active_n > 0) {
		int slot = c->active[c->active_n - 1];
		conn_finish(c, c->statements[slot], slot);
	}
}

bool conn_prepare(void *conn, const struct store_statement *st, int slot, void **handle, struct err *e)
{
	struct sqlite_conn *c = conn;
	if (c->is_open[slot] || c->active_n == ACTIVE_MAX) {
		return err_set(e, ERR_USAGE, "statement %s is still open in this job; close it first", st->name);
	}
	if (c->statements[slot] == NULL) {
		if (fault_here(FAULT_SQL)) {
			return err_set(e, ERR_IO, "statement %s: a fault was asked for", st->name);
		}
		int rc = sqlite3_prepare_v3(c->db, st->sqlite, -1, SQLITE_PREPARE_PERSISTENT, &c->statements[slot], NULL);
		if (rc != SQLITE_OK) {
			return conn_fail(c, rc, st->name, e);
		}
		must(sqlite3_bind_parameter_count(c->statements[slot]) == st->params);
		must(sqlite3_column_count(c->statements[slot]) == st->columns);
	}
	c->is_open[slot] = true;
	c->active[c->active_n++] = slot;
	*handle = c->statements[slot];
	return true;
}

bool conn_step(void *conn, void *handle, bool *has_row, struct err *e)
{
	struct sqlite_conn *c = conn;
	*has_row = false;
	if (fault_here(FAULT_SQL)) {
		return err_set(e, ERR_IO, "a step: a fault was asked for");
	}
	if (is_over_deadline(c)) {
		return err_set(e, ERR_BUSY, "the job took too long");
	}
	int rc = sqlite3_step(handle);
	if (rc == SQLITE_ROW) {
		*has_row = true;
		return true;
	}
	return rc == SQLITE_DONE || conn_fail(c, rc, "a statement", e);
}

bool conn_run(void *conn, void *handle, bool is_needed, int64_t *rows, struct err *e)
{
	(void)is_needed;
	struct sqlite_conn *c = conn;
	bool has_row;
	bool is_good = conn_step(conn, handle, &has_row, e);
	*rows = !is_good ? 0 : sqlite3_stmt_readonly(handle) ? has_row : sqlite3_changes64(c->db);
	return is_good;
}

/* --- Tables
 * ------------------------------------------------------------------------------------------------------------- */

bool conn_has_table(void *conn, const char *name, bool *out, struct err *e)
{
	struct sqlite_conn *c = conn;
	char sql[160];
	snprintf(sql, sizeof sql, "select count(*) from sqlite_schema where type = 'table' and name = '%.64s'", name);
	int64_t n;
	if (!conn_number(c, opening, sql, &n, e)) {
		return false;
	}
	*out = n > 0;
	return true;
}

bool conn_create(void *conn, const struct store_table *t, struct err *e)
{
	struct sqlite_conn *c = conn;
	return conn_exec(c, t->name, t->sqlite, e);
}
