#include "app/catalogue/calendar_change.h"

#include "app/catalogue/catalogue.h"
#include "app/catalogue/catalogue.sql.h"
#include "base/fault.h"
#include "html/translate.h"

#include <stdlib.h>

enum { DRAFT_BYTES_MAX = 64 * 1024 * 1024 };

static struct str path_of(struct arena *a, struct str id)
{
	return arena_printf(a, "calendars/%.*s.yaml", STR_ARG(id));
}

/* --- What is published ------------------------------------------------------------------------------------------- */

struct version_job {
	struct str path;
	int64_t version;
	struct pack_file_get_out row;
};

static bool read_version(struct tx *tx, void *ctx, struct err *e)
{
	struct version_job *j = ctx;
	return pack_file_get(tx, &(struct pack_file_get_in){.path = j->path, .version = j->version}, &j->row, e);
}

bool calendar_is_zones_change(struct app *app, struct arena *a, struct str id, int32_t version, bool *out,
                              struct err *e)
{
	struct version_job was = {.path = path_of(a, id), .version = version - 1}, is = was;
	is.version = version;
	*out = false;
	if (!store_read(app->store, CATALOGUE_ROUTE, a, read_version, &was, e) ||
	    !store_read(app->store, CATALOGUE_ROUTE, a, read_version, &is, e)) {
		return false;
	}
	*out = was.row.found && is.row.found && str_eq(was.row.body, is.row.body);
	return true;
}

static int by_day(const void *a, const void *b)
{
	const struct calendar_entry *x = a, *y = b;
	return (x->from > y->from) - (x->from < y->from);
}

bool calendar_entries(struct app *app, struct arena *a, struct str id, struct calendar_file *out, struct err *e)
{
	struct pack_files files;
	struct pack_report report;
	int64_t version;
	if (!published_files(app, &files, &version, e)) {
		return false;
	}
	const struct pack_file *f = pack_files_find(&files, path_of(a, id));
	pack_report_init(&report);
	struct pack holder = {.has_lang = {true}};
	struct reader r = pack_reader(&holder, a, &report, path_of(a, id));
	struct str yaml = f ? arena_copy(a, f->bytes) : STR_EMPTY;
	calendar_file_languages(&r, yaml);
	bool ok = f == NULL ? err_set(e, ERR_NOT_FOUND, "no such calendar")
	                    : calendar_file_read(&r, yaml, id, out) || err_set(e, ERR_CORRUPT, "a published calendar");
	if (ok && out->n > 0) {
		qsort(out->entries, out->n, sizeof *out->entries, by_day);
	}
	pack_report_release(&report);
	pack_files_release(&files);
	return ok;
}

/* --- One more day ------------------------------------------------------------------------------------------------ */

static void put_quoted(struct buf *b, struct str s)
{
	buf_put_byte(b, '"');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\') {
			buf_put_byte(b, '\\');
		}
		buf_put_byte(b, (unsigned char)s.p[i] < ' ' ? ' ' : s.p[i]);
	}
	buf_put_byte(b, '"');
}

static void put_row(struct buf *b, int indent, const struct calendar_new_day *d)
{
	char day[11];
	date_format(d->day, day);
	buf_printf(b, "%*s- day: %s\n", indent, "", day);
	if (d->kind == ENTRY_HALF_DAY) {
		buf_printf(b, "%*s  hours: ", indent, "");
		put_quoted(b, d->hours);
		buf_put_byte(b, '\n');
	}
	buf_printf(b, "%*s  name:\n", indent, "");
	for (size_t i = 0; i < LANG_COUNT; i++) {
		if (d->names[i].n > 0) {
			buf_printf(b, "%*s    %s: ", indent, "", languages[i].tag);
			put_quoted(b, d->names[i]);
			buf_put_byte(b, '\n');
		}
	}
}

/* How far the rows of a list stand in; 2 when there is none. */
static int indent_of(struct str rest)
{
	struct str line;
	while (str_next(&rest, '\n', &line)) {
		struct str text = str_trim(line);
		if (text.n > 0 && text.p[0] != '#') {
			return text.p[0] == '-' ? (int)(text.p - line.p) : 2;
		}
	}
	return 2;
}

bool calendar_with_day(struct str yaml, const struct calendar_new_day *d, struct buf *out)
{
	static const char *const lists[] = {
		[ENTRY_HOLIDAY] = "holidays", [ENTRY_WORKDAY] = "workdays", [ENTRY_HALF_DAY] = "half_days"};
	struct str key = str_of(lists[d->kind]), rest = yaml, line;
	bool is_put = false;
	while (rest.n > 0) {
		str_cut(rest, '\n', &line, &rest);
		bool is_list = !is_put && str_starts(line, key) && line.n > key.n && line.p[key.n] == ':';
		if (!is_list) {
			buf_put(out, line);
			buf_put_byte(out, '\n');
			continue;
		}
		struct str after = str_trim(str_sub(line, key.n + 1, SIZE_MAX));
		if (after.n > 0 && after.p[0] != '#' && !str_is(after, "[]")) {
			return false; /* written in one line: only a person changes that */
		}
		buf_printf(out, "%.*s:\n", STR_ARG(key));
		put_row(out, str_is(after, "[]") ? 2 : indent_of(rest), d);
		is_put = true;
	}
	if (!is_put) {
		buf_printf(out, "%.*s:\n", STR_ARG(key));
		put_row(out, 2, d);
	}
	return !out->failed;
}

/* --- What it would be -------------------------------------------------------------------------------------------- */

bool calendar_draft_make(struct str id, struct str yaml, int32_t version, struct calendar_draft *out, struct err *e)
{
	*out = (struct calendar_draft){.holder = mem_alloc(1, sizeof *out->holder)};
	if (out->holder == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a calendar");
	}
	struct pack *holder = out->holder;
	struct pack_report report;
	arena_init(&holder->arena, DRAFT_BYTES_MAX);
	holder->has_lang[0] = true;
	pack_report_init(&report);
	struct pack_file file = {.path = path_of(&holder->arena, id), .bytes = yaml, .version = version};
	struct reader r = pack_reader(holder, &holder->arena, &report, file.path);
	calendar_file_languages(&r, yaml);
	out->calendar = calendar_read(&r, holder, &file, arena_copy(&holder->arena, id));
	bool ok = out->calendar != NULL || err_set(e, ERR_INVALID, "%.*s", STR_ARG(str_sub(buf_str(&report.text), 0, 300)));
	pack_report_release(&report);
	return ok;
}

void calendar_draft_release(struct calendar_draft *d)
{
	calendar_free(d->calendar);
	if (d->holder != NULL) {
		pack_free(d->holder);
	}
	*d = (struct calendar_draft){0};
}
