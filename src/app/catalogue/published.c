#include "app/catalogue/published.h"

#include "app/catalogue/catalogue.sql.h"

enum { ROWS_BYTES_MAX = 512 * 1024 * 1024, DEFINITIONS_SHOWN = 100 };

struct files_job {
	struct pack_files *out;
	int64_t version;
	struct arena *arena;
};

static bool take_other_files(struct tx *tx, struct files_job *j, struct err *e)
{
	struct pack_file_list_rows rows;
	struct pack_file_list_out row;
	if (!pack_file_list_open(tx, &rows, e)) {
		return false;
	}
	bool ok = true;
	while (ok && pack_file_list_next(&rows, &row)) {
		ok = pack_files_put(j->out, row.path, row.body, (int32_t)row.version, e);
	}
	return pack_file_list_close(&rows, ok ? e : NULL) && ok;
}

/* By service and day: a later day takes the earlier one's place. */
static bool take_services(struct tx *tx, struct files_job *j, struct err *e)
{
	struct published_list_rows rows;
	struct published_list_out row;
	struct str *digests = NULL, *names = NULL;
	size_t n = 0, room = 0;
	if (!published_list_open(tx, &rows, e)) {
		return false;
	}
	bool ok = true;
	while (ok && published_list_next(&rows, &row)) {
		if (n == room) {
			room = room == 0 ? 64 : room * 2;
			struct str *more = arena_new(j->arena, struct str, 2 * room);
			ok = more != NULL || err_set(e, ERR_MEMORY, "no memory for what is published");
			if (ok && n > 0) {
				memcpy(more, digests, n * sizeof *more);
				memcpy(more + room, names, n * sizeof *more);
			}
			digests = more;
			names = ok ? more + room : NULL;
		}
		if (ok) {
			bool is_later = n > 0 && str_eq(names[n - 1], row.service);
			digests[is_later ? n - 1 : n] = row.digest;
			names[is_later ? n - 1 : n] = row.service;
			n += !is_later;
		}
	}
	ok = published_list_close(&rows, ok ? e : NULL) && ok;
	for (size_t i = 0; ok && i < n; i++) {
		struct definition_get_out d;
		struct str path = arena_printf(j->arena, "services/%.*s/service.yaml", STR_ARG(names[i]));
		ok = definition_get(tx, &(struct definition_get_in){.digest = digests[i]}, &d, e) &&
		     (d.found || err_set(e, ERR_CORRUPT, "a published definition is not in the store")) &&
		     pack_files_put(j->out, path, d.body, 1, e);
	}
	return ok;
}

static bool take_files(struct tx *tx, void *ctx, struct err *e)
{
	struct files_job *j = ctx;
	struct catalogue_state_get_out state;
	pack_files_release(j->out);
	pack_files_init(j->out);
	if (!catalogue_state_get(tx, &(struct catalogue_state_get_in){.id = CATALOGUE_STATE_ID}, &state, e)) {
		return false;
	}
	j->version = state.found ? state.version : 0;
	return j->version == 0 || (take_other_files(tx, j, e) && take_services(tx, j, e));
}

bool published_files(struct app *app, struct pack_files *out, int64_t *version, struct err *e)
{
	struct arena rows;
	struct files_job j = {.out = out, .arena = &rows};
	pack_files_init(out);
	arena_init(&rows, ROWS_BYTES_MAX);
	bool ok = store_read(app->store, CATALOGUE_ROUTE, &rows, take_files, &j, e);
	arena_release(&rows);
	*version = j.version;
	if (!ok) {
		pack_files_release(out);
	}
	return ok;
}

/* --- Definitions ------------------------------------------------------------------------------------------------- */

struct definitions_job {
	struct str service, body;
	struct str digest;
	struct definition_line *items;
	size_t n;
};

static bool list_definitions(struct tx *tx, void *ctx, struct err *e)
{
	struct definitions_job *j = ctx;
	struct definition_list_rows rows;
	struct definition_list_out row;
	j->n = 0;
	if (!definition_list_open(tx, &(struct definition_list_in){.service = j->service}, &rows, e)) {
		return false;
	}
	while (definition_list_next(&rows, &row) && j->n < DEFINITIONS_SHOWN) {
		if (row.digest.n == SHA256_BYTES) {
			struct definition_line *l = &j->items[j->n++];
			*l = (struct definition_line){
				.version = row.version, .in_force = row.in_force, .published_us = row.published_at};
			memcpy(l->digest, row.digest.p, SHA256_BYTES);
		}
	}
	return definition_list_close(&rows, e);
}

bool definitions_of(struct app *app, struct arena *a, struct str service, struct definition_line **out, size_t *n,
                    struct err *e)
{
	struct definitions_job j = {.service = service, .items = arena_new(a, struct definition_line, DEFINITIONS_SHOWN)};
	if (j.items == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for versions");
	}
	bool ok = store_read(app->store, CATALOGUE_ROUTE, a, list_definitions, &j, e);
	*out = j.items;
	*n = j.n;
	return ok;
}

static bool get_body(struct tx *tx, void *ctx, struct err *e)
{
	struct definitions_job *j = ctx;
	struct definition_get_out row;
	if (!definition_get(tx, &(struct definition_get_in){.digest = j->digest}, &row, e)) {
		return false;
	}
	j->service = row.service;
	j->body = row.body;
	return row.found || err_set(e, ERR_NOT_FOUND, "there is no definition with this digest");
}

bool definition_body(struct app *app, struct arena *a, const uint8_t digest[SHA256_BYTES], struct str *service,
                     struct str *body, struct err *e)
{
	struct definitions_job j = {.digest = str_from(digest, SHA256_BYTES)};
	bool ok = store_read(app->store, CATALOGUE_ROUTE, a, get_body, &j, e);
	*service = j.service;
	*body = j.body;
	return ok;
}

bool definition_keep(struct tx *tx, const struct service *s, struct str body, struct err *e)
{
	int64_t rows;
	return definition_insert(tx,
	                         &(struct definition_insert_in){
								 .digest = str_from(s->digest, SHA256_BYTES),
								 .service = s->id,
								 .version = s->version,
								 .in_force = s->in_force_day,
								 .body = body,
								 .published_at = tx_now_us(tx),
							 },
	                         &rows, e);
}

size_t catalogue_offers(struct app *app, struct arena *a, struct offer **out)
{
	const struct state *s = atomic_load(&app->catalogue->state);
	*out = arena_new(a, struct offer, s->offer_n + 1);
	if (*out == NULL) {
		return 0;
	}
	if (s->offer_n > 0) {
		memcpy(*out, s->offers, s->offer_n * sizeof **out);
	}
	return s->offer_n;
}
