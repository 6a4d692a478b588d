/* Checking the whole file, and a consistent copy while serving. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fault.h"
#include "os/file.h"
#include "store/sqlite.h"

/* The text of the first row that says what is wrong, or nothing. */
static bool check_with(struct sqlite_conn *c, const char *sql, bool is_foreign, struct err *e)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(c->db, sql, -1, &st, NULL);
	rc = rc == SQLITE_OK ? sqlite3_step(st) : rc;
	bool is_good = false;
	if (rc != SQLITE_ROW && rc != SQLITE_DONE) {
		conn_fail(c, rc, "checking the store", e);
	} else {
		const char *text = rc == SQLITE_ROW ? (const char *)sqlite3_column_text(st, 0) : "ok";
		is_good = rc == SQLITE_DONE || (!is_foreign && text && sqlite3_stricmp(text, "ok") == 0);
		if (!is_good) {
			err_set(e, ERR_CORRUPT, is_foreign ? "%s: a row of table %s refers to a row that is not there" : "%s: %s",
			        c->owner->path, text ? text : "no answer");
		}
	}
	sqlite3_finalize(st);
	return is_good;
}

bool sqlite_check(struct store *store, struct err *e)
{
	struct sqlite_conn c;
	if (!conn_open(store->state, &c, CONN_CHECK, e)) {
		return false;
	}
	bool is_good =
		check_with(&c, "pragma integrity_check(1)", false, e) && check_with(&c, "pragma foreign_key_check", true, e);
	conn_close(&c);
	return is_good;
}

/* Into a name beside the wanted one first, so that whoever finds a file under that name finds a whole one. */
bool sqlite_copy_to(struct store *store, struct str to, struct err *e)
{
	struct sqlite_conn c;
	char path[4000], part[4016], folder[4000];
	if (to.n == 0 || to.n >= sizeof path) {
		return err_set(e, ERR_USAGE, "a path of %zu bytes for a copy", to.n);
	}
	memcpy(path, to.p, to.n);
	path[to.n] = '\0';
	snprintf(part, sizeof part, "%s.part", path);
	memcpy(folder, path, to.n + 1);
	char *slash = strrchr(folder, '/');
	if (slash) {
		slash[slash == folder] = '\0';
	} else {
		memcpy(folder, ".", 2);
	}
	if (access(path, F_OK) == 0) {
		return err_set(e, ERR_CONFIG, "%s is there already; a copy is made into a new file", path);
	}
	if (!file_unlink(&file_layer_real, part, e) || !conn_open(store->state, &c, CONN_COPY, e)) {
		return false;
	}
	sqlite3_stmt *st = NULL;
	int fd = -1;
	bool is_good = false;
	/* The copy is as private as the database. */
	if (!file_open(&file_layer_real, part, O_WRONLY | O_CREAT | O_EXCL, 0600, &fd, e)) {
		goto out;
	}
	int rc = sqlite3_prepare_v2(c.db, "vacuum into ?1", -1, &st, NULL);
	rc = rc == SQLITE_OK ? sqlite3_bind_text(st, 1, part, -1, SQLITE_STATIC) : rc;
	rc = rc == SQLITE_OK ? (fault_here(FAULT_SQL) ? SQLITE_IOERR : sqlite3_step(st)) : rc;
	if (rc != SQLITE_DONE) {
		conn_fail(&c, rc, "copying the store", e);
		goto out;
	}
	is_good = file_fsync(&file_layer_real, fd, e) && file_rename(&file_layer_real, part, path, e) &&
	          file_fsync_dir(&file_layer_real, folder, e);
out:
	sqlite3_finalize(st);
	conn_close(&c);
	file_close(&file_layer_real, fd);
	if (!is_good) {
		unlink(part);
	}
	return is_good;
}
