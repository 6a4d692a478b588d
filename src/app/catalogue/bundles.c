/* Bundles in the catalogue: made of what is in force, stored when somebody begins one, loaded again by digest. */
#include "app/catalogue/bundle.h"
#include "app/catalogue/catalogue.sql.h"
#include "app/catalogue/snapshot.h"
#include "base/fault.h"

enum { BUNDLE_BYTES_MAX = 16 * 1024 * 1024, BODY_BYTES_MAX = 1024 * 1024, MEMBERS_MAX = 20 };

/* Keeps it beside the definitions. The lock is held. */
static const struct service *add(struct catalogue *c, const struct bundle *b, const struct bundle_member *members,
                                 size_t n)
{
	struct loaded *l = mem_alloc(1, sizeof *l);
	if (l == NULL) {
		return NULL;
	}
	arena_init(&l->arena, BUNDLE_BYTES_MAX);
	struct service *s = bundle_make(&l->arena, b, members, n);
	const struct service *known = s ? catalogue_loaded(c, s->digest) : NULL;
	if (s == NULL || known) {
		arena_release(&l->arena);
		mem_free(l);
		return known;
	}
	l->service = s;
	l->next = atomic_load(&c->loaded);
	atomic_store(&c->loaded, l);
	return s;
}

static const struct service *offered(const struct view *v, struct str id)
{
	for (size_t i = 0; i < v->service_n; i++) {
		if (str_eq(v->services[i]->id, id)) {
			return v->services[i];
		}
	}
	return NULL;
}

bool catalogue_make_bundles(struct catalogue *c, struct view *v)
{
	const struct pack *p = v->state->pack;
	v->bundles = arena_new(&v->arena, const struct service *, p ? p->bundle_n + 1 : 1);
	for (size_t i = 0; v->bundles && p && i < p->bundle_n; i++) {
		const struct bundle *b = &p->bundles[i];
		struct bundle_member members[MEMBERS_MAX];
		size_t n = 0;
		for (size_t k = 0; k < b->part_n && n < MEMBERS_MAX; k++) {
			const struct service *s = offered(v, b->parts[k].service);
			if (s) {
				members[n++] = (struct bundle_member){s, b->parts[k].after, b->parts[k].after_n};
			}
		}
		/* One that is left alone is no bundle: it is found as itself. */
		const struct service *whole = n >= 2 ? add(c, b, members, n) : NULL;
		if (n >= 2 && whole == NULL) {
			return false;
		}
		if (whole) {
			v->bundles[v->bundle_n++] = whole;
		}
	}
	return v->bundles != NULL;
}

/* --- Stored ones --- */

static struct bundle head_of(const struct service *s)
{
	return (struct bundle){.id = s->id, .audience = s->audience, .name = s->name, .summary = s->summary};
}

struct keep_job {
	const struct service *service;
	struct str body;
	bool is_kept; /* out */
};

static bool is_kept(struct tx *tx, void *ctx, struct err *e)
{
	struct keep_job *j = ctx;
	struct definition_get_out row;
	j->is_kept = false;
	if (!definition_get(tx, &(struct definition_get_in){.digest = str_from(j->service->digest, SHA256_BYTES)}, &row,
	                    e)) {
		return false;
	}
	j->is_kept = row.found;
	return true;
}

static bool keep_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct keep_job *j = ctx;
	return definition_add(tx,
	                      &(struct definition_add_in){
							  .digest = str_from(j->service->digest, SHA256_BYTES),
							  .service = j->service->id,
							  .version = j->service->version,
							  .in_force = j->service->in_force_day,
							  .body = j->body,
							  .published_at = tx_now_us(tx),
						  },
	                      e);
}

bool catalogue_keep(struct app *app, const struct service *s, struct err *e)
{
	if (s->member_n == 0) {
		return true;
	}
	struct arena a;
	struct buf body;
	arena_init(&a, BODY_BYTES_MAX);
	buf_init(&body, BODY_BYTES_MAX);
	struct bundle b = head_of(s);
	bundle_put_body(&body, &b, s->members, s->member_n);
	struct keep_job j = {s, buf_str(&body), false};
	struct store_op op = {.route = CATALOGUE_ROUTE};
	bool ok = buf_ok(&body, e) && store_read(app->store, CATALOGUE_ROUTE, &a, is_kept, &j, e);
	if (ok && !j.is_kept && !store_write(app->store, &op, keep_job, &j, e)) {
		ok = e->code == ERR_CONFLICT; /* somebody was quicker */
	}
	buf_release(&body);
	arena_release(&a);
	return ok;
}

/* Before the lock is taken: a service may have to come from the store. */
static bool load_members(struct app *app, struct reader *r, const struct yaml *root, struct bundle_member *members,
                         size_t *n, struct err *e)
{
	const struct yaml *list = read_rows(r, root, "services", MEMBERS_MAX, true);
	*n = 0;
	for (const struct yaml *c = list ? next_row(list->first) : NULL; c && *n < MEMBERS_MAX; c = next_row(c->next)) {
		uint8_t digest[SHA256_BYTES];
		struct bundle_member *m = &members[*n];
		if (!str_to_bytes(read_plain(r, c, "digest", true), digest, sizeof digest) ||
		    !catalogue_definition(app, digest, &m->service, e)) {
			return err_set(e, ERR_CORRUPT, "a stored bundle names a definition that is not there");
		}
		m->after_n = 0;
		m->after = yaml_get(c, "after") ? read_ids(r, c, "after", &m->after_n) : NULL;
		(*n)++;
	}
	return *n > 0 || err_set(e, ERR_CORRUPT, "a stored bundle has no services");
}

bool catalogue_load_bundle(struct app *app, struct str body, const struct service **out, struct err *e)
{
	struct catalogue *c = app->catalogue;
	static const struct pack no_pack = {.has_lang = {true}};
	const struct state *state = atomic_load(&c->state);
	struct arena a;
	struct pack_report report;
	struct bundle_member members[MEMBERS_MAX];
	size_t n = 0;
	arena_init(&a, BUNDLE_BYTES_MAX);
	pack_report_init(&report);
	struct reader r = pack_reader(state && state->pack ? state->pack : &no_pack, &a, &report, STR("bundle"));
	const struct yaml *root = read_yaml(&r, &a, body);
	struct bundle b = {.id = STR_EMPTY};
	bool ok = root != NULL || err_set(e, ERR_CORRUPT, "a stored bundle cannot be read");
	if (ok) {
		b.id = read_id(&r, root, "bundle", true);
		b.audience = str_is(read_plain(&r, root, "audience", true), "organisations") ? FOR_ORGANISATIONS : FOR_PERSONS;
		b.name = read_text(&r, root, "name", true);
		b.summary = read_text(&r, root, "summary", true);
	}
	ok = ok && load_members(app, &r, root, members, &n, e);
	if (ok) {
		pthread_mutex_lock(&c->lock);
		*out = add(c, &b, members, n);
		pthread_mutex_unlock(&c->lock);
		ok = *out != NULL || err_set(e, ERR_MEMORY, "no memory for a bundle");
	}
	pack_report_release(&report);
	arena_release(&a);
	return ok;
}
