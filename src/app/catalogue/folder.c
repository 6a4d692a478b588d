/* The pack's folder and what is published in the browser live together file by file: what the folder changed since it
 * was published last is published; what it did not change stays as it was published, by whomever; what both changed is
 * a mistake, said in words, and nothing of the folder is published. */
#include "app/catalogue/published.h"

#include "app/catalogue/catalogue.sql.h"

enum { ROWS_BYTES_MAX = 16 * 1024 * 1024, ZONE_BYTES_MAX = 64 * 1024 };

struct folder_row {
	struct str path, digest;
};
struct folder_job {
	struct arena *arena;
	struct folder_row *items; /* by path */
	size_t n, room;
};

static bool read_folder_rows(struct tx *tx, void *ctx, struct err *e)
{
	struct folder_job *j = ctx;
	struct folder_file_list_rows rows;
	struct folder_file_list_out row;
	*j = (struct folder_job){.arena = j->arena};
	if (!folder_file_list_open(tx, &rows, e)) {
		return false;
	}
	bool ok = true;
	while (ok && folder_file_list_next(&rows, &row)) {
		if (j->n == j->room) {
			j->room = j->room == 0 ? 64 : j->room * 2;
			struct folder_row *more = arena_new(j->arena, struct folder_row, j->room);
			ok = more != NULL || err_set(e, ERR_MEMORY, "no memory for the folder");
			if (ok && j->n > 0) {
				memcpy(more, j->items, j->n * sizeof *more);
			}
			j->items = more;
		}
		if (ok) {
			j->items[j->n++] = (struct folder_row){row.path, row.digest};
		}
	}
	return folder_file_list_close(&rows, ok ? e : NULL) && ok;
}

/* The digest of a file, or empty when there is none. */
static struct str digest_of(const struct pack_file *f, uint8_t digest[SHA256_BYTES])
{
	if (f == NULL) {
		return STR_EMPTY;
	}
	sha256_of(f->bytes, digest);
	return str_from(digest, SHA256_BYTES);
}

static struct str folder_had(const struct folder_job *j, struct str path)
{
	for (size_t i = 0; i < j->n; i++) {
		if (str_eq(j->items[i].path, path)) {
			return j->items[i].digest;
		}
	}
	return STR_EMPTY;
}

/* One file: what the folder has, had, and what is published, into `merged`, which begins as what is published. */
static bool merge_file(const struct folder_job *j, const struct pack_files *folder, struct pack_files *merged,
                       struct str path, struct pack_report *report, bool *is_changed, struct err *e)
{
	uint8_t now_bytes[SHA256_BYTES], is_bytes[SHA256_BYTES];
	const struct pack_file *f = pack_files_find(folder, path);
	struct str now = digest_of(f, now_bytes), had = folder_had(j, path);
	struct str is = digest_of(pack_files_find(merged, path), is_bytes);
	*is_changed = *is_changed || !str_eq(now, had);
	if (str_eq(now, had) || str_eq(now, is)) {
		return true;
	}
	if (!str_eq(is, had)) {
		struct reader r = {.report = report, .file = path};
		mistake(
			&r, 1,
			"the folder and the browser both changed it since the folder was published last. Save the published pack "
			"from \"Define services\" into the folder, and change it there again.");
		return true;
	}
	if (f == NULL) {
		pack_files_drop(merged, path);
		return true;
	}
	return pack_files_put(merged, path, f->bytes, 1, e);
}

static bool merge(const struct folder_job *j, const struct pack_files *folder, struct pack_files *merged,
                  struct pack_report *report, bool *is_changed, struct err *e)
{
	bool ok = true;
	for (size_t i = 0; ok && i < folder->n; i++) {
		ok = merge_file(j, folder, merged, folder->items[i].path, report, is_changed, e);
	}
	for (size_t i = 0; ok && i < j->n; i++) {
		if (pack_files_find(folder, j->items[i].path) == NULL) {
			ok = merge_file(j, folder, merged, j->items[i].path, report, is_changed, e);
		}
	}
	return ok;
}

static bool make(struct tx *tx, void *ctx, struct err *e)
{
	return publication_make(tx, ctx, e);
}

static bool publish_merged(struct app *app, const struct pack_files *folder, const struct pack_files *merged,
                           int64_t version, struct pack_report *report, struct err *e)
{
	struct pack *pack = NULL;
	struct publication *p = NULL;
	bool ok = pack_read(merged, report, &pack, e);
	if (ok && report->mistakes == 0) {
		ok = publication_plan(app, merged, pack, version, folder, &p, e) &&
		     (publication_is_empty(p) ||
		      (store_write(app->store, &(struct store_op){.route = CATALOGUE_ROUTE}, make, p, e) &&
		       catalogue_reload(app, e)));
	}
	publication_free(p);
	pack_free(pack);
	return ok;
}

/* Does this machine's data say something else about the zone of a calendar than when it was published? */
static bool has_other_zone(const struct calendar *c)
{
	struct zone *here = NULL;
	struct buf was, is;
	struct err e;
	if (!zone_load(zone_name(calendar_zone(c)), &here, &e)) {
		return false; /* what was published goes on */
	}
	buf_init(&was, ZONE_BYTES_MAX);
	buf_init(&is, ZONE_BYTES_MAX);
	day_number first = calendar_first(c), last = calendar_last(c);
	calendar_zone_write(c, &was);
	zone_write(here, zone_instant_us(here, first, 0), zone_instant_us(here, last, 86400), &is);
	bool differs = !str_eq(buf_str(&was), buf_str(&is));
	buf_release(&was);
	buf_release(&is);
	zone_free(here);
	return differs;
}

static bool have_zones_changed(struct app *app)
{
	const struct state *s = atomic_load(&app->catalogue->state);
	for (size_t i = 0; s->pack && i < s->pack->calendar_n; i++) {
		if (s->pack->calendars[i].calendar && has_other_zone(s->pack->calendars[i].calendar)) {
			return true;
		}
	}
	return false;
}

bool catalogue_publish(struct app *app, struct str pack_dir, struct pack_report *out, struct err *e)
{
	struct pack_files folder, merged;
	struct arena rows;
	struct folder_job j = {.arena = &rows};
	int64_t version = 0;
	bool is_changed = false;
	if (!pack_files_read(pack_dir, &folder, out, e)) {
		return false;
	}
	if (!published_files(app, &merged, &version, e)) {
		pack_files_release(&folder);
		return false;
	}
	arena_init(&rows, ROWS_BYTES_MAX);
	bool ok = store_read(app->store, CATALOGUE_ROUTE, &rows, read_folder_rows, &j, e) &&
	          merge(&j, &folder, &merged, out, &is_changed, e);
	if (ok && out->mistakes == 0 && (is_changed || have_zones_changed(app))) {
		ok = publish_merged(app, &folder, &merged, version, out, e);
	}
	arena_release(&rows);
	pack_files_release(&merged);
	pack_files_release(&folder);
	return ok;
}
