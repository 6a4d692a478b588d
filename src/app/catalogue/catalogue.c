#include "app/catalogue/catalogue.h"

#include "app/catalogue/bundle.h"
#include "app/catalogue/calendar_file.h"
#include "app/catalogue/catalogue.sql.h"
#include "app/catalogue/snapshot.h"
#include "base/fault.h"
#include "base/log.h"

enum { READ_BYTES_MAX = 512 * 1024 * 1024, DEFINITION_BYTES_MAX = 64 * 1024 * 1024 };

/* --- Definitions by digest --- */

const struct service *catalogue_loaded(struct catalogue *c, const uint8_t digest[SHA256_BYTES])
{
	for (const struct loaded *l = atomic_load(&c->loaded); l; l = l->next) {
		if (memcmp(l->service->digest, digest, SHA256_BYTES) == 0) {
			return l->service;
		}
	}
	return NULL;
}

/* A stored definition was checked when it was published. What a later program finds wrong in it is said in the log and
 * takes nobody's case away. The lock is held. */
static bool load_definition(struct catalogue *c, const struct pack *pack, struct str service, struct str body,
                            const struct service **out, struct err *e)
{
	static const struct pack no_pack = {.has_lang = {true}};
	struct loaded *l = mem_alloc(1, sizeof *l);
	if (l == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a definition");
	}
	arena_init(&l->arena, DEFINITION_BYTES_MAX);
	struct pack_report report;
	pack_report_init(&report);
	const struct pack *p = pack ? pack : &no_pack;
	struct service_context context = {.currency = pack_context(p).currency};
	struct reader r = pack_reader(p, &l->arena, &report, service);
	l->service = service_read(&r, body, service, &context);
	if (report.mistakes > 0) {
		log_line(LOG_WARN, "definition", LOG_S("service", service), LOG_I("mistakes", report.mistakes));
	}
	pack_report_release(&report);
	if (l->service == NULL || l->arena.is_full) {
		arena_release(&l->arena);
		mem_free(l);
		return err_set(e, ERR_CORRUPT, "a stored definition of %.*s cannot be read", STR_ARG(service));
	}
	l->next = atomic_load(&c->loaded);
	atomic_store(&c->loaded, l);
	*out = l->service;
	return true;
}

struct definition_job {
	struct str digest;
	struct definition_get_out row;
};

static bool get_definition(struct tx *tx, void *ctx, struct err *e)
{
	struct definition_job *j = ctx;
	return definition_get(tx, &(struct definition_get_in){.digest = j->digest}, &j->row, e);
}

static bool take_definition(struct app *app, const uint8_t digest[SHA256_BYTES], const struct definition_job *j,
                            const struct service **out, struct err *e)
{
	struct catalogue *c = app->catalogue;
	if (!j->row.found) {
		return err_set(e, ERR_NOT_FOUND, "there is no definition with this digest");
	}
	pthread_mutex_lock(&c->lock);
	*out = catalogue_loaded(c, digest); /* somebody may have been quicker */
	const struct state *s = atomic_load(&c->state);
	bool ok = *out != NULL || load_definition(c, s->pack, j->row.service, j->row.body, out, e);
	pthread_mutex_unlock(&c->lock);
	return ok;
}

bool catalogue_definition(struct app *app, const uint8_t digest[SHA256_BYTES], const struct service **out,
                          struct err *e)
{
	*out = catalogue_loaded(app->catalogue, digest);
	if (*out != NULL) {
		return true;
	}
	struct arena a;
	arena_init(&a, DEFINITION_BYTES_MAX);
	struct definition_job j = {.digest = str_from(digest, SHA256_BYTES)};
	bool ok = store_read(app->store, CATALOGUE_ROUTE, &a, get_definition, &j, e);
	bool is_bundle = ok && j.row.found && bundle_is_body(j.row.body);
	ok = ok && (is_bundle ? catalogue_load_bundle(app, j.row.body, out, e) : take_definition(app, digest, &j, out, e));
	arena_release(&a);
	return ok;
}

bool catalogue_definition_in(struct tx *tx, struct app *app, const uint8_t digest[SHA256_BYTES],
                             const struct service **out, struct err *e)
{
	struct definition_job j = {.digest = str_from(digest, SHA256_BYTES)};
	*out = catalogue_loaded(app->catalogue, digest);
	return *out != NULL || (get_definition(tx, &j, e) && take_definition(app, digest, &j, out, e));
}

/* --- The published state --- */

struct reload_job {
	int64_t version;
	struct pack_files files; /* bytes in the read's arena */
	size_t file_room;
	struct published_list_out *offers;
	struct str *bodies;
	size_t offer_n, offer_room;
	struct arena *arena;
};

/* Grows by copying: these lists live in the read's arena. */
static bool grow(struct arena *a, void **items, size_t n, size_t *room, size_t size, struct err *e)
{
	if (n < *room) {
		return true;
	}
	size_t more = *room == 0 ? 64 : *room * 2;
	void *p = arena_alloc(a, more, size);
	if (p == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for the catalogue");
	}
	if (n > 0) {
		memcpy(p, *items, n * size);
	}
	*items = p;
	*room = more;
	return true;
}

static bool read_files(struct tx *tx, struct reload_job *j, struct err *e)
{
	struct pack_file_list_rows rows;
	struct pack_file_list_out row;
	if (!pack_file_list_open(tx, &rows, e)) {
		return false;
	}
	bool ok = true;
	while (ok && pack_file_list_next(&rows, &row)) {
		void *items = j->files.items;
		ok = grow(j->arena, &items, j->files.n, &j->file_room, sizeof *j->files.items, e);
		j->files.items = items;
		if (ok) {
			j->files.items[j->files.n++] = (struct pack_file){
				.path = row.path, .bytes = row.body, .version = (int32_t)row.version, .zone = row.zone};
		}
	}
	return pack_file_list_close(&rows, ok ? e : NULL) && ok;
}

static bool read_offers(struct tx *tx, struct reload_job *j, struct err *e)
{
	struct published_list_rows rows;
	struct published_list_out row;
	if (!published_list_open(tx, &rows, e)) {
		return false;
	}
	bool ok = true;
	while (ok && published_list_next(&rows, &row)) {
		void *items = j->offers;
		ok = grow(j->arena, &items, j->offer_n, &j->offer_room, sizeof *j->offers, e);
		j->offers = items;
		if (ok) {
			j->offers[j->offer_n++] = row;
		}
	}
	if (!published_list_close(&rows, ok ? e : NULL) || !ok) {
		return false;
	}
	j->bodies = arena_new(j->arena, struct str, j->offer_n + 1);
	for (size_t i = 0; j->bodies && i < j->offer_n; i++) {
		struct definition_get_out d;
		if (!definition_get(tx, &(struct definition_get_in){.digest = j->offers[i].digest}, &d, e)) {
			return false;
		}
		if (!d.found) {
			return err_set(e, ERR_CORRUPT, "the published definition of %.*s is not in the store",
			               STR_ARG(j->offers[i].service));
		}
		j->bodies[i] = d.body;
	}
	return j->bodies != NULL || err_set(e, ERR_MEMORY, "no memory for the catalogue");
}

static bool read_published(struct tx *tx, void *ctx, struct err *e)
{
	struct reload_job *j = ctx;
	struct arena *a = j->arena;
	*j = (struct reload_job){.arena = a};
	struct catalogue_state_get_out row;
	if (!catalogue_state_get(tx, &(struct catalogue_state_get_in){.id = CATALOGUE_STATE_ID}, &row, e)) {
		return false;
	}
	j->version = row.found ? row.version : 0;
	return j->version == 0 || (read_files(tx, j, e) && read_offers(tx, j, e));
}

static void state_free(struct state *s)
{
	pack_free(s->pack);
	arena_release(&s->arena);
	mem_free(s);
}

/* The lock is held. */
static bool fill_offers(struct catalogue *c, const struct reload_job *j, struct state *s, struct err *e)
{
	s->offers = arena_new(&s->arena, struct offer, j->offer_n + 1);
	if (s->offers == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for the catalogue");
	}
	for (size_t i = 0; i < j->offer_n; i++) {
		const struct published_list_out *row = &j->offers[i];
		if (row->digest.n != SHA256_BYTES) {
			return err_set(e, ERR_CORRUPT, "a published definition has no digest");
		}
		uint8_t digest[SHA256_BYTES];
		memcpy(digest, row->digest.p, sizeof digest);
		const struct service *service = catalogue_loaded(c, digest);
		if (service == NULL && !load_definition(c, s->pack, row->service, j->bodies[i], &service, e)) {
			return false;
		}
		s->offers[s->offer_n++] = (struct offer){row->in_force, service};
	}
	return true;
}

static bool make_state(struct catalogue *c, const struct reload_job *j, struct state **out, struct err *e)
{
	struct state *s = mem_alloc(1, sizeof *s);
	if (s == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for the catalogue");
	}
	arena_init(&s->arena, DEFINITION_BYTES_MAX);
	s->version = j->version;
	struct pack_report report;
	pack_report_init(&report);
	bool ok = s->version == 0 || pack_read(&j->files, &report, &s->pack, e);
	if (ok && report.mistakes > 0) {
		log_line(LOG_WARN, "published-pack", LOG_I("mistakes", report.mistakes),
		         LOG_S("first", str_sub(buf_str(&report.text), 0, 300)));
	}
	pack_report_release(&report);
	ok = ok && fill_offers(c, j, s, e);
	if (!ok) {
		state_free(s);
		return false;
	}
	*out = s;
	return true;
}

static day_number day_in(const struct state *s, const struct app *app)
{
	const struct jurisdiction *home = s->pack ? pack_jurisdiction(s->pack, s->pack->home) : NULL;
	int64_t now_us = time_legal_us(&app->time);
	if (home != NULL && home->zone != NULL) {
		return zone_local(home->zone, now_us).day;
	}
	return (day_number)(now_us / US_PER_DAY);
}

static void view_free(struct view *v)
{
	for (size_t i = 0; i < LANG_COUNT; i++) {
		search_index_free(v->index[i]);
	}
	arena_release(&v->arena);
	mem_free(v);
}

/* A made-up language's texts say what the English ones do. */
static bool index_view(struct view *v, struct err *e)
{
	const struct pack *p = v->state->pack;
	for (size_t i = 0; i < LANG_COUNT; i++) {
		if (p && p->has_lang[i] && i != LANG_MADE_UP &&
		    !search_index_services(p, v->services, v->service_n, i, &v->index[i], e)) {
			return false;
		}
	}
	return true;
}

/* Of each service the newest offer that has begun. The lock is held. */
static struct view *make_view(struct catalogue *c, const struct state *s, day_number day)
{
	struct view *v = mem_alloc(1, sizeof *v);
	if (v == NULL) {
		return NULL;
	}
	arena_init(&v->arena, DEFINITION_BYTES_MAX);
	v->state = s;
	v->day = day;
	v->services = arena_new(&v->arena, const struct service *, s->offer_n + 1);
	if (v->services == NULL) {
		view_free(v);
		return NULL;
	}
	for (size_t i = 0; i < s->offer_n; i++) {
		const struct service *service = s->offers[i].service;
		if (s->offers[i].in_force > day) {
			continue;
		}
		bool is_newer = v->service_n > 0 && str_eq(v->services[v->service_n - 1]->id, service->id);
		v->services[is_newer ? v->service_n - 1 : v->service_n++] = service;
	}
	struct err e;
	if (!catalogue_make_lists(v) || !index_view(v, &e) || !catalogue_make_bundles(c, v)) {
		view_free(v);
		return NULL;
	}
	v->older = atomic_load(&c->view);
	atomic_store(&c->view, v);
	return v;
}

bool catalogue_reload(struct app *app, struct err *e)
{
	struct catalogue *c = app->catalogue;
	struct arena a;
	arena_init(&a, READ_BYTES_MAX);
	struct reload_job j = {.arena = &a};
	struct state *s = NULL;
	bool ok = store_read(app->store, CATALOGUE_ROUTE, &a, read_published, &j, e);
	pthread_mutex_lock(&c->lock);
	const struct state *now = atomic_load(&c->state);
	if (ok && (now == NULL || now->version < j.version)) {
		ok = make_state(c, &j, &s, e);
		if (ok && make_view(c, s, day_in(s, app)) == NULL) {
			state_free(s);
			ok = err_set(e, ERR_MEMORY, "no memory for the catalogue");
		} else if (ok) {
			s->older = atomic_load(&c->state);
			atomic_store(&c->state, s);
		}
	}
	pthread_mutex_unlock(&c->lock);
	arena_release(&a);
	return ok;
}

bool catalogue_version(struct tx *tx, int64_t *version, struct err *e)
{
	struct catalogue_state_get_out row;
	if (!catalogue_state_get(tx, &(struct catalogue_state_get_in){.id = CATALOGUE_STATE_ID}, &row, e)) {
		return false;
	}
	*version = row.found ? row.version : 0;
	return true;
}

bool catalogue_follow(struct app *app, int64_t version, struct err *e)
{
	return atomic_load(&app->catalogue->state)->version >= version || catalogue_reload(app, e);
}

bool catalogue_open(struct app *app, struct err *e)
{
	struct catalogue *c = mem_alloc(1, sizeof *c);
	if (c == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for the catalogue");
	}
	pthread_mutex_init(&c->lock, NULL);
	app->catalogue = c;
	if (!catalogue_reload(app, e)) {
		catalogue_close(app);
		return false;
	}
	return true;
}

void catalogue_close(struct app *app)
{
	struct catalogue *c = app->catalogue;
	if (c == NULL) {
		return;
	}
	app->catalogue = NULL;
	for (struct view *v = atomic_load(&c->view), *older; v; v = older) {
		older = v->older;
		view_free(v);
	}
	for (struct state *s = atomic_load(&c->state), *older; s; s = older) {
		older = s->older;
		state_free(s);
	}
	for (struct loaded *l = atomic_load(&c->loaded), *next; l; l = next) {
		next = l->next;
		arena_release(&l->arena);
		mem_free(l);
	}
	for (struct old_calendar *o = atomic_load(&c->calendars), *next; o; o = next) {
		next = o->next;
		calendar_free(o->calendar);
		pack_free(o->holder);
		mem_free(o);
	}
	pthread_mutex_destroy(&c->lock);
	mem_free(c);
}

/* --- Looking up --- */

/* What is offered changes at midnight too. Out of memory, yesterday's view is better than none. */
const struct view *catalogue_view(struct app *app)
{
	struct catalogue *c = app->catalogue;
	struct view *v = atomic_load(&c->view);
	day_number day = day_in(v->state, app);
	if (v->day == day) {
		return v;
	}
	pthread_mutex_lock(&c->lock);
	v = atomic_load(&c->view);
	struct view *newer = v->day == day ? v : make_view(c, v->state, day);
	pthread_mutex_unlock(&c->lock);
	return newer ? newer : v;
}

static const struct pack *pack_of(const struct app *app)
{
	const struct state *s = app->catalogue ? atomic_load(&app->catalogue->state) : NULL;
	return s ? s->pack : NULL;
}

size_t catalogue_services(struct app *app, const struct service *const **out)
{
	const struct view *v = catalogue_view(app);
	*out = v->services;
	return v->service_n;
}

const struct service *catalogue_service(struct app *app, struct str id)
{
	const struct view *v = catalogue_view(app);
	size_t from = 0, to = v->service_n;
	while (from < to) {
		size_t middle = (from + to) / 2;
		int order = str_cmp(v->services[middle]->id, id);
		if (order == 0) {
			return v->services[middle];
		}
		if (order < 0) {
			from = middle + 1;
		} else {
			to = middle;
		}
	}
	return NULL;
}

size_t catalogue_bundles(struct app *app, const struct service *const **out)
{
	const struct view *v = catalogue_view(app);
	*out = v->bundles;
	return v->bundle_n;
}

const struct service *catalogue_bundle(struct app *app, struct str id)
{
	const struct view *v = catalogue_view(app);
	for (size_t i = 0; i < v->bundle_n; i++) {
		if (str_eq(v->bundles[i]->id, id)) {
			return v->bundles[i];
		}
	}
	return NULL;
}

const struct institution *catalogue_institution(struct app *app, int64_t id)
{
	const struct pack *p = pack_of(app);
	for (size_t i = 0; p && i < p->institution_n; i++) {
		if (p->institutions[i].id == id) {
			return &p->institutions[i];
		}
	}
	return NULL;
}

const struct institution *catalogue_institution_named(struct app *app, struct str pack_id)
{
	const struct pack *p = pack_of(app);
	return p ? pack_institution(p, pack_id) : NULL;
}

size_t catalogue_institutions(struct app *app, const struct institution **out)
{
	const struct pack *p = pack_of(app);
	*out = p ? p->institutions : NULL;
	return p ? p->institution_n : 0;
}

const struct jurisdiction *catalogue_jurisdiction(struct app *app, struct str pack_id)
{
	const struct pack *p = pack_of(app);
	return p ? pack_jurisdiction(p, pack_id) : NULL;
}

const struct jurisdiction *catalogue_home(struct app *app)
{
	const struct pack *p = pack_of(app);
	return p ? pack_jurisdiction(p, p->home) : NULL;
}

const struct institution *catalogue_front_office(struct app *app)
{
	const struct pack *p = pack_of(app);
	return p ? pack_institution(p, p->front_office) : NULL;
}

size_t catalogue_jurisdictions(struct app *app, const struct jurisdiction **out)
{
	const struct pack *p = pack_of(app);
	*out = p ? p->jurisdictions : NULL;
	return p ? p->jurisdiction_n : 0;
}

size_t catalogue_life_events(struct app *app, const struct life_event **out)
{
	const struct pack *p = pack_of(app);
	*out = p ? p->life_events : NULL;
	return p ? p->life_event_n : 0;
}

const struct life_event *catalogue_life_event(struct app *app, struct str id)
{
	const struct life_event *events;
	size_t n = catalogue_life_events(app, &events);
	for (size_t i = 0; i < n; i++) {
		if (str_eq(events[i].id, id)) {
			return &events[i];
		}
	}
	return NULL;
}

struct str catalogue_bundle_event(struct app *app, struct str id)
{
	const struct pack *p = pack_of(app);
	for (size_t i = 0; p && i < p->bundle_n; i++) {
		if (str_eq(p->bundles[i].id, id)) {
			return p->bundles[i].life_event;
		}
	}
	return STR_EMPTY;
}

const struct document_kind *catalogue_document(struct app *app, struct str id)
{
	const struct pack *p = pack_of(app);
	for (size_t i = 0; p && i < p->document_n; i++) {
		if (str_eq(p->documents[i].id, id)) {
			return &p->documents[i];
		}
	}
	return NULL;
}

day_number catalogue_today(struct app *app)
{
	if (app->catalogue == NULL) {
		return (day_number)(time_legal_us(&app->time) / US_PER_DAY);
	}
	return day_in(atomic_load(&app->catalogue->state), app);
}

/* --- Calendars by version --- */

static const struct calendar *find_calendar(struct catalogue *c, struct str id, int32_t version)
{
	for (const struct state *s = atomic_load(&c->state); s; s = s->older) {
		for (size_t i = 0; s->pack && i < s->pack->calendar_n; i++) {
			const struct calendar *k = s->pack->calendars[i].calendar;
			if (k != NULL && calendar_version(k) == version && str_eq(s->pack->calendars[i].id, id)) {
				return k;
			}
		}
	}
	for (const struct old_calendar *o = atomic_load(&c->calendars); o; o = o->next) {
		if (calendar_version(o->calendar) == version && str_eq(calendar_id(o->calendar), id)) {
			return o->calendar;
		}
	}
	return NULL;
}

struct calendar_job {
	struct str path;
	int32_t version;
	struct pack_file_get_out row;
};

static bool get_calendar(struct tx *tx, void *ctx, struct err *e)
{
	struct calendar_job *j = ctx;
	return pack_file_get(tx, &(struct pack_file_get_in){.path = j->path, .version = j->version}, &j->row, e);
}

/* The lock is held. */
static bool load_calendar(struct catalogue *c, const struct calendar_job *j, struct str id, const struct calendar **out,
                          struct err *e)
{
	struct old_calendar *o = mem_alloc(1, sizeof *o);
	struct pack *holder = mem_alloc(1, sizeof *holder);
	if (o == NULL || holder == NULL) {
		mem_free(o);
		mem_free(holder);
		return err_set(e, ERR_MEMORY, "no memory for a calendar");
	}
	arena_init(&holder->arena, DEFINITION_BYTES_MAX);
	holder->has_lang[0] = true;
	struct pack_report report;
	pack_report_init(&report);
	struct reader r = pack_reader(holder, &holder->arena, &report, j->path);
	struct pack_file file = {.path = j->path, .bytes = j->row.body, .version = j->version, .zone = j->row.zone};
	o->holder = holder;
	calendar_file_languages(&r, j->row.body);
	o->calendar = calendar_read(&r, holder, &file, arena_copy(&holder->arena, id));
	pack_report_release(&report);
	if (o->calendar == NULL) {
		pack_free(holder);
		mem_free(o);
		return err_set(e, ERR_CORRUPT, "version %d of the calendar %.*s cannot be read", j->version, STR_ARG(id));
	}
	o->next = atomic_load(&c->calendars);
	atomic_store(&c->calendars, o);
	*out = o->calendar;
	return true;
}

static bool take_calendar(struct app *app, const struct calendar_job *j, struct str id, const struct calendar **out,
                          struct err *e)
{
	struct catalogue *c = app->catalogue;
	if (!j->row.found) {
		return err_set(e, ERR_NOT_FOUND, "there is no version %d of the calendar %.*s", j->version, STR_ARG(id));
	}
	pthread_mutex_lock(&c->lock);
	*out = find_calendar(c, id, j->version);
	bool ok = *out != NULL || load_calendar(c, j, id, out, e);
	pthread_mutex_unlock(&c->lock);
	return ok;
}

static struct calendar_job job_for(struct arena *a, struct str id, int32_t version)
{
	return (struct calendar_job){.path = arena_printf(a, "calendars/%.*s.yaml", STR_ARG(id)), .version = version};
}

bool catalogue_calendar(struct app *app, struct str id, int32_t version, const struct calendar **out, struct err *e)
{
	*out = find_calendar(app->catalogue, id, version);
	if (*out != NULL) {
		return true;
	}
	struct arena a;
	arena_init(&a, DEFINITION_BYTES_MAX);
	struct calendar_job j = job_for(&a, id, version);
	bool ok = store_read(app->store, CATALOGUE_ROUTE, &a, get_calendar, &j, e) && take_calendar(app, &j, id, out, e);
	arena_release(&a);
	return ok;
}

bool catalogue_calendar_in(struct tx *tx, struct app *app, struct str id, int32_t version, const struct calendar **out,
                           struct err *e)
{
	*out = find_calendar(app->catalogue, id, version);
	if (*out != NULL) {
		return true;
	}
	struct calendar_job j = job_for(tx_arena(tx), id, version);
	return get_calendar(tx, &j, e) && take_calendar(app, &j, id, out, e);
}
