/* Publishing: what a checked pack changes in the store. The changes are planned on a read and made in one job, which
 * begins with the version that was read: whoever published in between wins. */
#include "app/catalogue/published.h"

#include "app/catalogue/catalogue.sql.h"
#include "app/catalogue/snapshot.h"
#include "base/fault.h"

enum { PLAN_BYTES_MAX = 512 * 1024 * 1024, ZONE_BYTES_MAX = 64 * 1024 };

enum change_kind { OFFER_NEW, OFFER_REPLACED, OFFER_GONE, FILE_NEW, FILE_USED, FILE_UNUSED, FOLDER_SET, FOLDER_GONE };

struct change {
	enum change_kind kind;
	const struct service *service; /* offers: new and replaced */
	struct str name;               /* service or path */
	day_number in_force;
	int64_t version;
	struct str body;
	struct str zone; /* of a calendar */
	uint8_t digest[SHA256_BYTES];
};

struct publication {
	struct arena arena;
	const struct pack_files *files;
	const struct pack *pack;
	const struct pack_files *folder; /* what it holds, when a folder is published; or NULL */
	day_number today;
	int64_t version; /* 0: the first publication */
	struct change *changes;
	size_t n, room;
};

static struct change *add(struct publication *p, enum change_kind kind, struct str name)
{
	if (p->n == p->room) {
		size_t room = p->room == 0 ? 64 : p->room * 2;
		struct change *more = arena_new(&p->arena, struct change, room);
		if (more == NULL) {
			return NULL; /* the arena says so, and the plan is not used */
		}
		if (p->n > 0) {
			memcpy(more, p->changes, p->n * sizeof *more);
		}
		p->changes = more;
		p->room = room;
	}
	p->changes[p->n] = (struct change){.kind = kind, .name = arena_copy(&p->arena, name)};
	return &p->changes[p->n++];
}

static struct str body_of(const struct publication *p, struct str service)
{
	for (size_t i = 0; i < p->files->n; i++) {
		if (str_eq(pack_service_folder(p->files->items[i].path), service)) {
			return p->files->items[i].bytes;
		}
	}
	return STR_EMPTY;
}

static void add_offer(struct publication *p, enum change_kind kind, const struct service *s)
{
	struct change *c = add(p, kind, s->id);
	if (c != NULL) {
		c->service = s;
		c->in_force = s->in_force_day;
		c->body = body_of(p, s->id);
		memcpy(c->digest, s->digest, SHA256_BYTES);
	}
}

/* A row that is there already. While the pack's definition is not in force yet, the one before it goes on. */
static void plan_row(struct publication *p, const struct published_list_out *row, bool is_last_before, bool *has_row)
{
	const struct service *s = pack_service(p->pack, row->service);
	if (s != NULL && row->in_force == s->in_force_day) {
		*has_row = true;
		if (!str_eq(row->digest, str_from(s->digest, SHA256_BYTES))) {
			add_offer(p, OFFER_REPLACED, s);
		}
		return;
	}
	if (s != NULL && row->in_force < s->in_force_day && s->in_force_day > p->today && is_last_before) {
		return;
	}
	struct change *c = add(p, OFFER_GONE, row->service);
	if (c != NULL) {
		c->in_force = row->in_force;
	}
}

static bool plan_offers(struct tx *tx, struct publication *p, struct err *e)
{
	struct published_list_rows rows;
	struct published_list_out row, next;
	bool *has_row = arena_new(&p->arena, bool, p->pack->service_n + 1);
	if (has_row == NULL || !published_list_open(tx, &rows, e)) {
		return has_row != NULL || err_set(e, ERR_MEMORY, "no memory to publish");
	}
	bool has = published_list_next(&rows, &row);
	while (has) {
		has = published_list_next(&rows, &next);
		const struct service *s = pack_service(p->pack, row.service);
		bool is_last_before = !has || !str_eq(next.service, row.service) || next.in_force > p->today ||
		                      (s != NULL && next.in_force >= s->in_force_day);
		bool is_there = false;
		plan_row(p, &row, is_last_before && row.in_force <= p->today, &is_there);
		for (size_t i = 0; is_there && i < p->pack->service_n; i++) {
			has_row[i] = has_row[i] || p->pack->services[i] == s;
		}
		row = next;
	}
	if (!published_list_close(&rows, e)) {
		return false;
	}
	for (size_t i = 0; i < p->pack->service_n; i++) {
		if (!has_row[i]) {
			add_offer(p, OFFER_NEW, p->pack->services[i]);
		}
	}
	return true;
}

/* Other data of the zone are another version of the calendar, though nobody wrote in its file. */
static struct str zone_of(struct publication *p, struct str path)
{
	const struct calendar *calendar = pack_calendar_at(p->pack, path);
	struct buf b;
	buf_init(&b, ZONE_BYTES_MAX);
	if (calendar != NULL) {
		calendar_zone_write(calendar, &b);
		p->arena.is_full = p->arena.is_full || b.failed;
	}
	struct str zone = arena_copy(&p->arena, buf_str(&b));
	buf_release(&b);
	return zone;
}

static bool plan_file(struct tx *tx, struct publication *p, const struct pack_file *f, struct err *e)
{
	struct pack_file_newest_out newest;
	uint8_t digest[SHA256_BYTES];
	sha256_of(f->bytes, digest);
	if (!pack_file_newest(tx, &(struct pack_file_newest_in){.path = f->path}, &newest, e)) {
		return false;
	}
	struct str zone = zone_of(p, f->path);
	bool is_same = newest.found && str_eq(newest.digest, str_from(digest, sizeof digest)) && str_eq(newest.zone, zone);
	if (is_same && newest.is_current) {
		return true;
	}
	if (newest.found && newest.is_current) {
		struct change *old = add(p, FILE_UNUSED, f->path);
		if (old != NULL) {
			old->version = newest.version;
		}
	}
	struct change *c = add(p, is_same ? FILE_USED : FILE_NEW, f->path);
	if (c != NULL) {
		c->version = newest.found ? newest.version + !is_same : 1;
		c->body = f->bytes;
		c->zone = zone;
		memcpy(c->digest, digest, sizeof digest);
	}
	return true;
}

static bool plan_files(struct tx *tx, struct publication *p, struct err *e)
{
	for (size_t i = 0; i < p->files->n; i++) {
		const struct pack_file *f = &p->files->items[i];
		if (pack_service_folder(f->path).n == 0 && !plan_file(tx, p, f, e)) {
			return false;
		}
	}
	struct pack_file_list_rows rows;
	struct pack_file_list_out row;
	if (!pack_file_list_open(tx, &rows, e)) {
		return false;
	}
	while (pack_file_list_next(&rows, &row)) {
		struct change *c = pack_files_find(p->files, row.path) ? NULL : add(p, FILE_UNUSED, row.path);
		if (c != NULL) {
			c->version = row.version;
		}
	}
	return pack_file_list_close(&rows, e);
}

/* What the folder holds now is remembered beside what it held. */
static bool plan_folder(struct tx *tx, struct publication *p, struct err *e)
{
	struct folder_file_list_rows rows;
	struct folder_file_list_out row;
	bool *is_known = arena_new(&p->arena, bool, p->folder->n + 1);
	if (is_known == NULL || !folder_file_list_open(tx, &rows, e)) {
		return is_known != NULL || err_set(e, ERR_MEMORY, "no memory to publish");
	}
	while (folder_file_list_next(&rows, &row)) {
		const struct pack_file *f = pack_files_find(p->folder, row.path);
		uint8_t digest[SHA256_BYTES];
		if (f == NULL) {
			add(p, FOLDER_GONE, row.path);
			continue;
		}
		sha256_of(f->bytes, digest);
		is_known[f - p->folder->items] = str_eq(row.digest, str_from(digest, sizeof digest));
	}
	for (size_t i = 0; i < p->folder->n; i++) {
		struct change *c = is_known[i] ? NULL : add(p, FOLDER_SET, p->folder->items[i].path);
		if (c != NULL) {
			sha256_of(p->folder->items[i].bytes, c->digest);
		}
	}
	return folder_file_list_close(&rows, e);
}

static bool make_plan(struct tx *tx, void *ctx, struct err *e)
{
	struct publication *p = ctx;
	struct catalogue_state_get_out state;
	p->changes = NULL;
	p->n = 0;
	p->room = 0;
	if (!catalogue_state_get(tx, &(struct catalogue_state_get_in){.id = CATALOGUE_STATE_ID}, &state, e)) {
		return false;
	}
	if (p->version != (state.found ? state.version : 0)) {
		return err_set(e, ERR_CONFLICT, "somebody else published meanwhile");
	}
	return plan_offers(tx, p, e) && plan_files(tx, p, e) && (p->folder == NULL || plan_folder(tx, p, e)) &&
	       (!p->arena.is_full || err_set(e, ERR_MEMORY, "no memory to publish"));
}

static bool store_definition(struct tx *tx, const struct change *c, struct err *e)
{
	int64_t rows;
	return definition_insert(tx,
	                         &(struct definition_insert_in){
								 .digest = str_from(c->digest, SHA256_BYTES),
								 .service = c->name,
								 .version = c->service->version,
								 .in_force = c->in_force,
								 .body = c->body,
								 .published_at = tx_now_us(tx),
							 },
	                         &rows, e);
}

static bool make_change(struct tx *tx, const struct change *c, struct err *e)
{
	struct str digest = str_from(c->digest, SHA256_BYTES);
	switch (c->kind) {
	case OFFER_NEW:
		return store_definition(tx, c, e) &&
		       published_insert(tx, &(struct published_insert_in){c->name, c->in_force, digest}, e);
	case OFFER_REPLACED:
		return store_definition(tx, c, e) &&
		       published_replace(
				   tx, &(struct published_replace_in){.digest = digest, .service = c->name, .in_force = c->in_force},
				   e);
	case OFFER_GONE:
		return published_remove(tx, &(struct published_remove_in){c->name, c->in_force}, e);
	case FILE_NEW:
		return pack_file_insert(tx,
		                        &(struct pack_file_insert_in){.path = c->name,
		                                                      .version = c->version,
		                                                      .digest = digest,
		                                                      .body = c->body,
		                                                      .zone = c->zone,
		                                                      .published_at = tx_now_us(tx)},
		                        e);
	case FILE_USED:
	case FILE_UNUSED:
		return pack_file_use(
			tx, &(struct pack_file_use_in){.is_current = c->kind == FILE_USED, .path = c->name, .version = c->version},
			e);
	case FOLDER_SET:
		return folder_file_set(
			tx, &(struct folder_file_set_in){.path = c->name, .digest = digest, .published_at = tx_now_us(tx)}, e);
	case FOLDER_GONE:
		return folder_file_forget(tx, &(struct folder_file_forget_in){.path = c->name}, e);
	}
	return err_set(e, ERR_INTERNAL, "a change of an unknown kind");
}

bool publication_make(struct tx *tx, const struct publication *p, struct err *e)
{
	int64_t now_us = tx_now_us(tx);
	bool ok = p->version == 0
	              ? catalogue_state_insert(
						tx, &(struct catalogue_state_insert_in){.id = CATALOGUE_STATE_ID, .published_at = now_us}, e)
	              : catalogue_state_bump(tx,
	                                     &(struct catalogue_state_bump_in){
											 .id = CATALOGUE_STATE_ID, .version = p->version, .published_at = now_us},
	                                     e);
	for (size_t i = 0; ok && i < p->n; i++) {
		ok = make_change(tx, &p->changes[i], e);
	}
	return ok;
}

bool publication_plan(struct app *app, const struct pack_files *files, const struct pack *pack, int64_t version,
                      const struct pack_files *folder, struct publication **out, struct err *e)
{
	struct publication *p = mem_alloc(1, sizeof *p);
	struct arena rows;
	if (p == NULL) {
		return err_set(e, ERR_MEMORY, "no memory to publish");
	}
	*p = (struct publication){
		.files = files, .pack = pack, .folder = folder, .today = catalogue_today(app), .version = version};
	arena_init(&p->arena, PLAN_BYTES_MAX);
	arena_init(&rows, PLAN_BYTES_MAX);
	bool ok = store_read(app->store, CATALOGUE_ROUTE, &rows, make_plan, p, e);
	arena_release(&rows);
	if (!ok) {
		publication_free(p);
		return false;
	}
	*out = p;
	return true;
}

int32_t publication_version_of(const struct publication *p, struct str path)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct change *c = &p->changes[i];
		if ((c->kind == FILE_NEW || c->kind == FILE_USED) && str_eq(c->name, path)) {
			return (int32_t)c->version;
		}
	}
	return 0;
}

bool publication_is_empty(const struct publication *p)
{
	return p->n == 0;
}

void publication_free(struct publication *p)
{
	if (p != NULL) {
		arena_release(&p->arena);
		mem_free(p);
	}
}
