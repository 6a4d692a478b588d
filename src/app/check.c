#include "app/check.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/rooms.h"
#include "base/fault.h"
#include "store/recompute.h"

enum {
	SAID_MOST = 20,
	ARENA_BYTES = 32 << 20,
	PAGE_BYTES = 64 << 20,
	SUBSCRIBERS_MAX = 64,
	DIFFERENCES_MAX = 4096,
	DRAIN_US = 20000000,
};

/* --- What is said
 * ------------------------------------------------------------------------------------------------------- */

void check_begin(struct check *c, const char *part)
{
	c->part = part;
	c->looked = c->wrong = 0;
}

void check_looked(struct check *c, uint64_t n)
{
	c->looked += n;
	if (c->progress) {
		c->progress(c->part, c->looked);
	}
}

void check_wrong(struct check *c, const char *fmt, ...)
{
	c->wrong++;
	c->wrong_all++;
	if (c->wrong > SAID_MOST) {
		return;
	}
	va_list ap;
	va_start(ap, fmt);
	buf_printf(c->report, "WRONG  %s: ", c->part);
	buf_vprintf(c->report, fmt, ap);
	buf_put_byte(c->report, '\n');
	va_end(ap);
}

void check_found(struct check_page *p, int64_t subject, const char *what)
{
	if (what) {
		must(p->wrong_n < CHECK_PAGE);
		p->wrong[p->wrong_n].subject = subject;
		p->wrong[p->wrong_n++].what = what;
	}
}

struct looking {
	store_job *job;
	struct check_page *page;
};

/* A read may run again. */
static bool look_anew(struct tx *tx, void *ctx, struct err *e)
{
	struct looking *l = ctx;
	l->page->n = l->page->wrong_n = 0;
	return l->job(tx, l->page, e);
}

bool check_pages(struct check *c, store_job *job, struct check_page *p,
                 void (*then)(struct check *c, struct check_page *p), struct err *e)
{
	struct looking l = {job, p};
	struct arena rows;
	bool ok;
	arena_init(&rows, PAGE_BYTES);
	do {
		arena_reset(&rows);
		ok = store_read(c->app->store, 0, &rows, look_anew, &l, e);
		for (size_t i = 0; ok && i < p->wrong_n; i++) {
			check_wrong(c, "%s: %s", id_text(p->wrong[i].subject).c, p->wrong[i].what);
		}
		if (ok && then) {
			then(c, p);
		}
		check_looked(c, ok ? p->n : 0);
	} while (ok && p->n == CHECK_PAGE);
	arena_release(&rows);
	return ok;
}

void check_end(struct check *c, const char *fmt, ...)
{
	if (c->wrong > SAID_MOST) {
		buf_printf(c->report, "WRONG  %s: and %llu more\n", c->part, (unsigned long long)(c->wrong - SAID_MOST));
	}
	if (c->wrong > 0) {
		return;
	}
	va_list ap;
	va_start(ap, fmt);
	buf_printf(c->report, "ok     %s: ", c->part);
	buf_vprintf(c->report, fmt, ap);
	buf_put_byte(c->report, '\n');
	va_end(ap);
}

struct str model_text(struct tx *tx, const char *fmt, ...)
{
	char text[1024];
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	must(n >= 0 && (size_t)n < sizeof text);
	return arena_copy(tx_arena(tx), str_from(text, (size_t)n));
}

/* --- Read models
 * -------------------------------------------------------------------------------------------------------- */

/* A row that is not what the events say; the text is the stored row's, so that two looks can be compared. */
struct difference {
	const struct read_model *model;
	int64_t route, id, kind;
	uint8_t row[SHA256_BYTES]; /* key and stored text */
	const char *what;
};

struct models {
	struct check *c;
	const struct check_options *o;
	struct event_subscriber subs[SUBSCRIBERS_MAX];
	size_t subs_n;
	int64_t *waiting; /* casefiles and routes of events on their way */
	size_t waiting_n, waiting_room;
	bool is_full; /* more of them than can be remembered */
	struct difference *found;
	size_t found_n;
};

static void remember(struct models *m, int64_t id)
{
	if (m->waiting_n == m->waiting_room) {
		size_t room = m->waiting_room ? m->waiting_room * 2 : 256;
		int64_t *more = mem_resize(m->waiting, room, sizeof *more);
		if (!more) {
			m->is_full = true;
			return;
		}
		m->waiting = more;
		m->waiting_room = room;
	}
	m->waiting[m->waiting_n++] = id;
}

static void on_waiting(void *ctx, const struct event *ev)
{
	remember(ctx, ev->casefile);
	remember(ctx, ev->route);
	remember(ctx, ev->institution); /* of counters */
}

static void on_progress(void *ctx, uint64_t events)
{
	const struct models *m = ctx;
	if (m->c->progress) {
		m->c->progress("events recomputed", events);
	}
}

static bool is_waiting(const struct models *m, int64_t subject)
{
	bool waits = m->is_full;
	for (size_t i = 0; i < m->waiting_n && !waits; i++) {
		waits = m->waiting[i] == subject;
	}
	return waits;
}

struct page {
	const struct read_model *model;
	struct model_row after;
	struct model_row rows[CHECK_PAGE];
	size_t n, at;
	bool is_last;
	struct arena arena;
	struct arena place; /* holds after.key */
	struct store *store;
};

static bool page_job(struct tx *tx, void *ctx, struct err *e)
{
	struct page *p = ctx;
	return p->model->page(tx, &p->after, p->rows, CHECK_PAGE, &p->n, e);
}

/* The row at hand, or NULL at the end. */
static bool row_of(struct page *p, const struct model_row **out, struct err *e)
{
	*out = NULL;
	if (p->at == p->n && !p->is_last) {
		if (p->n > 0) {
			p->after = p->rows[p->n - 1];
			arena_reset(&p->place);
			p->after.key = arena_copy(&p->place, p->after.key);
		}
		arena_reset(&p->arena);
		if (!store_read(p->store, 0, &p->arena, page_job, p, e)) {
			return false;
		}
		p->at = 0;
		p->is_last = p->n < CHECK_PAGE;
	}
	*out = p->at < p->n ? &p->rows[p->at] : NULL;
	return true;
}

static int compare(const struct model_row *a, const struct model_row *b)
{
	if (!a || !b) {
		return a ? -1 : b ? 1 : 0;
	}
	if (a->route != b->route) {
		return a->route < b->route ? -1 : 1;
	}
	if (a->id != b->id) {
		return a->id < b->id ? -1 : 1;
	}
	if (a->kind != b->kind) {
		return a->kind < b->kind ? -1 : 1;
	}
	size_t n = a->key.n < b->key.n ? a->key.n : b->key.n;
	int c = n ? memcmp(a->key.p, b->key.p, n) : 0;
	return c ? c : a->key.n < b->key.n ? -1 : a->key.n > b->key.n;
}

static void note(struct models *m, const struct read_model *model, const struct model_row *row, const char *what)
{
	if (m->found_n == DIFFERENCES_MAX || is_waiting(m, row->subject)) {
		return;
	}
	struct difference *d = &m->found[m->found_n++];
	*d = (struct difference){.model = model, .route = row->route, .id = row->id, .kind = row->kind, .what = what};
	struct sha256 *h = sha256_new();
	sha256_add(h, str_of(what));
	sha256_add(h, row->key);
	sha256_add(h, row->text);
	sha256_end(h, d->row);
}

static bool compare_model(struct models *m, const struct read_model *model, struct page *stored, struct page *made,
                          struct err *e)
{
	for (;;) {
		const struct model_row *is, *should;
		if (!row_of(stored, &is, e) || !row_of(made, &should, e)) {
			return false;
		}
		if (!is && !should) {
			return true;
		}
		int order = compare(is, should);
		if (order < 0) {
			note(m, model, is, "no event gives this row");
		} else if (order > 0) {
			note(m, model, should, "the row that its events give is missing");
		} else if (!str_eq(is->text, should->text) || (should->name.n > 0 && !str_eq(is->name, should->name))) {
			note(m, model, is, "the row is not what its events give");
		}
		stored->at += order <= 0;
		made->at += order >= 0;
		m->c->looked += order <= 0;
	}
}

static bool compare_with(struct models *m, const struct read_model *model, struct store *scratch, struct err *e)
{
	struct page *pages = mem_alloc(2, sizeof *pages);
	if (!pages) {
		return err_set(e, ERR_MEMORY, "no memory to compare");
	}
	for (int i = 0; i < 2; i++) {
		pages[i] = (struct page){.model = model, .store = i ? scratch : m->o->app->store};
		pages[i].after.key = STR_EMPTY;
		arena_init(&pages[i].arena, ARENA_BYTES);
		arena_init(&pages[i].place, 65536);
	}
	bool ok = compare_model(m, model, &pages[0], &pages[1], e);
	for (int i = 0; i < 2; i++) {
		arena_release(&pages[i].arena);
		arena_release(&pages[i].place);
	}
	mem_free(pages);
	return ok;
}

static void remove_folder(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	while (d && (entry = readdir(d)) != NULL) {
		char path[4096];
		snprintf(path, sizeof path, "%s/%s", dir, entry->d_name);
		if (entry->d_name[0] != '.') {
			unlink(path);
		}
	}
	if (d) {
		closedir(d);
	}
	rmdir(dir);
}

/* One look: everything that differs, into m->found. */
static bool look(struct models *m, struct err *e)
{
	const struct check_options *o = m->o;
	struct store *scratch = NULL;
	char dir[4096];
	snprintf(dir, sizeof dir, "%.*s", STR_ARG(o->scratch));
	m->found_n = m->waiting_n = 0;
	m->c->looked = 0;
	remove_folder(dir); /* what a look left that was killed */
	struct store_options options = {.dir = o->scratch,
	                                .schemas = o->schemas,
	                                .time = &o->app->time,
	                                .column_keys = o->app->column_keys,
	                                .readers = 1};
	struct recompute r = {.from = o->app->store,
	                      .subs = m->subs,
	                      .subs_n = m->subs_n,
	                      .waits = on_waiting,
	                      .progress = on_progress,
	                      .ctx = m};
	bool ok = file_mkdir(&file_layer_real, dir, 0700, e) && store_open(&options, &scratch, e);
	r.to = scratch;
	ok = ok && store_recompute(&r, e);
	for (const struct room *room = o->rooms; ok && room->name; room++) {
		for (const struct read_model *model = room->read_models; ok && model && model->table; model++) {
			ok = compare_with(m, model, scratch, e);
			if (!ok && e->code == ERR_CORRUPT) {
				struct model_row none = {.key = STR_EMPTY, .text = STR_EMPTY};
				note(m, model, &none, "an encrypted value does not open: it was changed or moved");
				ok = true;
			}
		}
	}
	store_close(scratch);
	remove_folder(dir);
	return ok;
}

static bool was_found(const struct difference *found, size_t n, const struct difference *d)
{
	for (size_t i = 0; i < n; i++) {
		if (found[i].model == d->model && memcmp(found[i].row, d->row, sizeof d->row) == 0) {
			return true;
		}
	}
	return false;
}

/* Events are brought to the read models a moment later, so that a difference counts that two looks find, with time for
 * the relay in between. */
static bool check_models(struct models *m, struct err *e)
{
	struct relay *relay = m->o->app->relay;
	struct difference *first = NULL;
	size_t first_n = 0;
	bool ok = look(m, e);
	if (ok && m->found_n > 0 && relay) {
		first = m->found;
		first_n = m->found_n;
		m->found = mem_alloc(DIFFERENCES_MAX, sizeof *m->found);
		ok = m->found ? true : err_set(e, ERR_MEMORY, "no memory to compare");
		if (ok && !relay_drain(relay, DRAIN_US)) {
			/* Then those on their way are left out by name. */
			m->c->looked = 0;
		}
		ok = ok && look(m, e);
	}
	for (size_t i = 0; ok && i < m->found_n; i++) {
		const struct difference *d = &m->found[i];
		if (!first || was_found(first, first_n, d)) {
			check_wrong(m->c, "%s of %s, %s: %s", d->model->table, id_text(d->route).c, id_text(d->id).c, d->what);
		}
	}
	mem_free(first);
	return ok;
}

static bool check_read_models(struct check *c, const struct check_options *o, struct err *e)
{
	struct models *m = mem_alloc(1, sizeof *m);
	if (!m) {
		return err_set(e, ERR_MEMORY, "no memory to compare");
	}
	m->c = c;
	m->o = o;
	m->found = mem_alloc(DIFFERENCES_MAX, sizeof *m->found);
	for (const struct room *room = o->rooms; room->name; room++) {
		for (const struct event_subscriber *s = room->subscribers; s && s->name; s++) {
			must(m->subs_n < SUBSCRIBERS_MAX);
			m->subs[m->subs_n] = *s;
			m->subs[m->subs_n++].ctx = o->app;
		}
	}
	check_begin(c, "read models");
	bool ok = m->found ? check_models(m, e) : err_set(e, ERR_MEMORY, "no memory to compare");
	if (ok) {
		check_end(c, "%llu rows are what the events give", (unsigned long long)c->looked);
	}
	mem_free(m->found);
	mem_free(m->waiting);
	mem_free(m);
	return ok;
}

/* --- All of it
 * ---------------------------------------------------------------------------------------------------------- */

/* Damage is told and the look goes on; anything else ends it. */
static bool tell(struct check *c, bool is_well, const struct err *why, struct err *e)
{
	if (is_well) {
		return true;
	}
	if (why->code != ERR_CORRUPT) {
		*e = *why;
		return false;
	}
	check_wrong(c, "%s", why->text);
	return true;
}

static bool check_parts(struct check *c, const struct check_options *o, struct err *e)
{
	struct err why;
	uint64_t events = 0, batches = 0, operations = 0;
	check_begin(c, "database");
	if (!tell(c, store_check(o->app->store, &why), &why, e)) {
		return false;
	}
	check_end(c, "whole");
	check_begin(c, "seal");
	if (!tell(c, seal_verify(o->app->store, o->public_key, o->seal_log, &events, &batches, &why), &why, e)) {
		return false;
	}
	check_end(c, "%llu events in %llu seals", (unsigned long long)events, (unsigned long long)batches);
	check_begin(c, "operations");
	if (!tell(c, store_check_operations(o->app->store, &operations, &why), &why, e)) {
		return false;
	}
	check_end(c, "%llu of the last 30 days", (unsigned long long)operations);
	if (!check_read_models(c, o, e)) {
		return false;
	}
	for (const struct room *room = o->rooms; room->name; room++) {
		if (room->check && !room->check(c, e)) {
			return false;
		}
	}
	return true;
}

bool check_all(const struct check_options *o, struct buf *report, uint64_t *wrong, struct err *e)
{
	struct arena a;
	struct check c = {.app = o->app, .arena = &a, .report = report, .progress = o->progress};
	arena_init(&a, ARENA_BYTES);
	bool ok = check_parts(&c, o, e) && buf_ok(report, e);
	arena_release(&a);
	*wrong = c.wrong_all;
	return ok;
}
