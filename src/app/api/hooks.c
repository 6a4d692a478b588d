/* Endpoints of web hooks. */
#include "app/api/api.sql.h"
#include "app/api/endpoints.h"
#include "app/api/hook.h"
#include "app/catalogue/catalogue.h"
#include "app/people/accounts.h"
#include "app/people/viewer.h"
#include "base/rand.h"
#include "base/time_source.h"
#include "html/translate.h"
#include "http/csrf.h"

/* --- Whose they are ---------------------------------------------------------------------------------------------- */

enum { OWNERS_MOST = 220 };

/* The institutions where the token's owner works, then the parties that it acts for. */
static size_t owners_of(const struct viewer *v, int64_t owners[OWNERS_MOST])
{
	size_t n = 0;
	for (size_t i = 0; i < v->role_n && n < OWNERS_MOST; i++) {
		if (v->roles[i].kind == ROLE_OFFICIAL) {
			owners[n++] = v->roles[i].institution;
		}
	}
	for (size_t i = v->is_program ? 1 : 0; i < v->party_n && n < OWNERS_MOST; i++) {
		owners[n++] = v->parties[i].party;
	}
	return n;
}

struct look {
	int64_t owner, id;
	struct hook_get_out row;
};

static bool job_look(struct tx *tx, void *ctx, struct err *e)
{
	struct look *l = ctx;
	return hook_get(tx, &(struct hook_get_in){.owner = l->owner, .id = l->id}, &l->row, e);
}

static bool find_hook(struct req *r, struct look *l, struct err *e)
{
	int64_t owners[OWNERS_MOST];
	size_t n = owners_of(r->viewer, owners);
	if (!req_arg_id(r, 0, &l->id, e)) {
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		l->owner = owners[i];
		if (!store_read(r->app->store, l->owner, &r->arena, job_look, l, e)) {
			return false;
		}
		if (l->row.found) {
			return true;
		}
	}
	return err_set(e, ERR_NOT_FOUND, "no such hook");
}

/* --- Reading ----------------------------------------------------------------------------------------------------- */

static void put_owner(struct req *r, struct json_out *j, int64_t owner)
{
	const struct institution *in = catalogue_institution(r->app, owner);
	put_str_or_null(j, "institution", in ? in->pack_id : STR_EMPTY);
	put_id(j, "party", in ? 0 : owner);
}

static void put_events(struct json_out *j, struct str events)
{
	struct str word;
	put_key(j, "events");
	json_begin_array(j);
	for (struct str rest = events; events.n > 0 && str_next(&rest, ' ', &word);) {
		json_put_string(j, word);
	}
	json_end_array(j);
}

struct list {
	int64_t owner;
	size_t n;
	struct hook_of_owner_out items[HOOKS_MOST];
};

static bool job_list(struct tx *tx, void *ctx, struct err *e)
{
	struct list *l = ctx;
	struct hook_of_owner_rows rows;
	l->n = 0;
	if (!hook_of_owner_open(tx, &(struct hook_of_owner_in){.owner = l->owner, .most = HOOKS_MOST}, &rows, e)) {
		return false;
	}
	while (l->n < HOOKS_MOST && hook_of_owner_next(&rows, &l->items[l->n])) {
		l->n++;
	}
	return hook_of_owner_close(&rows, e);
}

bool api_list_hooks(struct req *r, struct api_call *c, struct err *e)
{
	struct json_out *j = &c->j;
	int64_t owners[OWNERS_MOST];
	size_t n = owners_of(r->viewer, owners);
	json_begin_object(j);
	put_key(j, "items");
	json_begin_array(j);
	for (size_t i = 0; i < n; i++) {
		struct list l = {.owner = owners[i]};
		if (!store_read(r->app->store, l.owner, &r->arena, job_list, &l, e)) {
			return false;
		}
		for (size_t k = 0; k < l.n; k++) {
			json_begin_object(j);
			put_id(j, "id", l.items[k].id);
			put_owner(r, j, l.owner);
			put_str(j, "url", l.items[k].url);
			put_events(j, l.items[k].events);
			put_flag(j, "is_off", l.items[k].is_off);
			put_str_or_null(j, "why", l.items[k].why);
			put_instant(j, "failing_since", l.items[k].has_failing_since ? l.items[k].failing_since : 0);
			put_instant(j, "made_at", l.items[k].made_at);
			json_end_object(j);
		}
	}
	json_end_array(j);
	json_end_object(j);
	return true;
}

/* --- Registering ------------------------------------------------------------------------------------------------- */

static struct str new_secret(struct req *r)
{
	uint8_t bytes[HOOK_SECRET_BYTES];
	char *text = arena_alloc(&r->arena, HOOK_SECRET_CHARS, 1);
	rand_bytes(bytes, sizeof bytes);
	if (text) {
		base64url_32(bytes, text);
	}
	return text ? str_from(text, HOOK_SECRET_CHARS) : STR_EMPTY;
}

static bool is_url(const struct app *app, struct str url)
{
	return !str_has_control(url, "") && str_find_byte(url, ' ') == SIZE_MAX &&
	       (str_starts(url, STR("https://")) || (app->hooks_to_any && str_starts(url, STR("http://"))));
}

/* Whose cases: said, else the first institution, else the first party. 0: none, and it is noted. */
static int64_t owner_of(struct req *r, struct api_call *c)
{
	struct str office = json_string(c->body, STR("institution"));
	struct str party = json_string(c->body, STR("party"));
	int64_t owners[OWNERS_MOST];
	int64_t id = 0;
	if (office.n == 0 && party.n == 0) {
		if (owners_of(r->viewer, owners) > 0) {
			return owners[0];
		}
		api_fault_at(r, c, STR("/institution"), tr(r->lang, N_("The token's owner acts for nobody.")));
		return 0;
	}
	const struct institution *in = catalogue_institution_named(r->app, office);
	if (office.n > 0 && in && viewer_has_role(r->viewer, ROLE_OFFICIAL, in->id)) {
		return in->id;
	}
	if (office.n == 0 && id_parse(party, &id) && viewer_acts_for(r->viewer, id) &&
	    !(r->viewer->is_program && id == r->viewer->account)) {
		return id;
	}
	if (office.n > 0) {
		api_fault_at(r, c, STR("/institution"), tr(r->lang, N_("The token's owner does not work at this office.")));
	} else {
		api_fault_at(r, c, STR("/party"), tr(r->lang, N_("The token's owner does not act for this party.")));
	}
	return 0;
}

static struct str read_events(struct req *r, struct api_call *c, bool is_office)
{
	const struct json *list = json_get(c->body, STR("events"));
	struct buf b;
	size_t n = 0;
	buf_init(&b, 4096);
	for (const struct json *x = list ? list->first : NULL; x; x = x->next, n++) {
		if (!(is_office ? hook_kind_is_known(x->string) : hook_kind_is_told(x->string))) {
			api_fault_at(r, c, arena_printf(&r->arena, "/events/%zu", n),
			             tr(r->lang, N_("There is no event of this name.")));
		}
		buf_put_c(&b, n > 0 ? " " : "");
		buf_put(&b, x->string);
	}
	struct str s = arena_copy(&r->arena, buf_str(&b));
	buf_release(&b);
	return s;
}

static bool job_add(struct tx *tx, void *ctx, struct err *e)
{
	struct hook_insert_in row = *(const struct hook_insert_in *)ctx;
	struct list l = {.owner = row.owner};
	row.made_at = tx_now_us(tx);
	return hook_insert(tx, &row, e) && job_list(tx, &l, e) &&
	       (l.n < HOOKS_MOST ||
	        err_tell(e, ERR_TOO_MANY, N_("There are too many hooks. End one of them first."), "too many hooks"));
}

static void put_secret(struct req *r, struct api_call *c, int64_t id, int64_t owner, struct str secret)
{
	json_begin_object(&c->j);
	put_id(&c->j, "id", id);
	put_owner(r, &c->j, owner);
	put_str(&c->j, "secret", secret);
	json_end_object(&c->j);
}

bool api_add_hook(struct req *r, struct api_call *c, struct err *e)
{
	int64_t owner = owner_of(r, c);
	struct hook_insert_in row = {
		.owner = owner,
		.id = id_random(),
		.account = r->viewer->account,
		.url = json_string(c->body, STR("url")),
		.events = read_events(r, c, catalogue_institution(r->app, owner) != NULL),
		.secret = new_secret(r),
		.former = STR_EMPTY,
	};
	if (!is_url(r->app, row.url)) {
		api_fault_at(r, c, STR("/url"), tr(r->lang, N_("Send an address that begins with https://.")));
	}
	if (c->fault_n > 0) {
		return api_invalid(r, c);
	}
	if (row.secret.n == 0) {
		return err_set(e, ERR_MEMORY, "no room for a secret");
	}
	if (!people_still_allowed(r->app->store, r->viewer, e) ||
	    !app_write(r, &(struct store_op){.route = owner}, job_add, &row, e)) {
		return false;
	}
	put_secret(r, c, row.id, owner, row.secret);
	return true;
}

struct rotation {
	const struct look *l;
	struct str secret;
};

static bool job_rotate(struct tx *tx, void *ctx, struct err *e)
{
	const struct rotation *x = ctx;
	return hook_touch(tx, &(struct hook_touch_in){.owner = x->l->owner, .id = x->l->id}, e) &&
	       hook_set_secret(tx,
	                       &(struct hook_set_secret_in){.owner = x->l->owner,
	                                                    .id = x->l->id,
	                                                    .secret = x->secret,
	                                                    .former = x->l->row.secret,
	                                                    .former_until = tx_now_us(tx) + HOOK_FORMER_US},
	                       e);
}

bool api_rotate_hook(struct req *r, struct api_call *c, struct err *e)
{
	struct look l;
	struct rotation x = {.l = &l, .secret = new_secret(r)};
	if (!find_hook(r, &l, e) || !app_write(r, &(struct store_op){.route = l.owner}, job_rotate, &x, e)) {
		return false;
	}
	put_secret(r, c, l.id, l.owner, x.secret);
	return true;
}

static bool job_end(struct tx *tx, void *ctx, struct err *e)
{
	const struct look *l = ctx;
	return hook_delete(tx, &(struct hook_delete_in){.owner = l->owner, .id = l->id}, e) &&
	       delivery_drop(tx, &(struct delivery_drop_in){.owner = l->owner, .hook = l->id}, NULL, e) &&
	       errand_drop(tx, l->owner, STR("api.hook"), l->id, e);
}

bool api_end_hook(struct req *r, struct api_call *c, struct err *e)
{
	struct look l;
	(void)c;
	r->status = 204;
	return find_hook(r, &l, e) && app_write(r, &(struct store_op){.route = l.owner}, job_end, &l, e);
}

/* --- Deliveries -------------------------------------------------------------------------------------------------- */

struct delivery_load {
	const struct look *hook;
	int64_t before;
	size_t most, n;
	struct delivery_page_out *items;
};

static bool job_page(struct tx *tx, void *ctx, struct err *e)
{
	struct delivery_load *p = ctx;
	struct delivery_page_rows rows;
	p->items = arena_new(tx_arena(tx), struct delivery_page_out, p->most);
	p->n = 0;
	if (p->items == NULL) {
		return err_set(e, ERR_MEMORY, "no room for deliveries");
	}
	if (!delivery_page_open(
			tx,
			&(struct delivery_page_in){
				.owner = p->hook->owner, .hook = p->hook->id, .before = p->before, .most = (int64_t)p->most},
			&rows, e)) {
		return false;
	}
	while (p->n < p->most && delivery_page_next(&rows, &p->items[p->n])) {
		p->n++;
	}
	return delivery_page_close(&rows, e);
}

bool api_list_deliveries(struct req *r, struct api_call *c, struct err *e)
{
	static const char *const states[] = {
		[DELIVERY_WAITS] = "waits", [DELIVERY_DONE] = "done", [DELIVERY_FAILED] = "failed"};
	struct json_out *j = &c->j;
	struct look l;
	struct str after;
	if (!api_after(r, c, &after)) {
		return api_invalid(r, c);
	}
	struct delivery_load p = {.hook = &l, .before = INT64_MAX, .most = api_limit(r) + 1};
	if (after.n > 0 && !id_parse(after, &p.before)) {
		return err_set(e, ERR_INTERNAL, "a cursor of our own that cannot be read");
	}
	if (!find_hook(r, &l, e) || !store_read(r->app->store, l.owner, &r->arena, job_page, &p, e)) {
		return false;
	}
	size_t n = p.n == p.most ? p.n - 1 : p.n;
	json_begin_object(j);
	put_key(j, "items");
	json_begin_array(j);
	for (size_t i = 0; i < n; i++) {
		json_begin_object(j);
		put_id(j, "id", p.items[i].id);
		put_str(j, "event", p.items[i].kind);
		put_id(j, "case", p.items[i].casefile);
		put_instant(j, "happened_at", p.items[i].happened);
		put_str(j, "state", str_of(states[p.items[i].state]));
		put_int(j, "tries", p.items[i].tries);
		put_int(j, "code", p.items[i].code);
		put_str_or_null(j, "said", p.items[i].said);
		put_instant(j, "tried_at", p.items[i].has_tried_at ? p.items[i].tried_at : 0);
		json_end_object(j);
	}
	json_end_array(j);
	api_put_next(r, c, p.n == p.most ? arena_copy(&r->arena, str_of(id_text(p.items[n - 1].id).c)) : STR_EMPTY);
	json_end_object(j);
	return true;
}

struct again {
	const struct look *hook;
	int64_t delivery;
};

/* A hook that was off is on again: whoever asks knows that the receiver is there. */
static bool job_again(struct tx *tx, void *ctx, struct err *e)
{
	const struct again *x = ctx;
	return hook_touch(tx, &(struct hook_touch_in){.owner = x->hook->owner, .id = x->hook->id}, e) &&
	       delivery_send_again(
			   tx, &(struct delivery_send_again_in){.owner = x->hook->owner, .hook = x->hook->id, .id = x->delivery},
			   e) &&
	       hook_set_off(
			   tx,
			   &(struct hook_set_off_in){.owner = x->hook->owner, .id = x->hook->id, .is_off = false, .why = STR_EMPTY},
			   e) &&
	       errand_add(tx, x->hook->owner, STR("api.hook"), x->hook->id, tx_now_us(tx), e);
}

bool api_send_again(struct req *r, struct api_call *c, struct err *e)
{
	struct look l;
	struct again x = {.hook = &l};
	(void)c;
	r->status = 204;
	if (!req_arg_id(r, 1, &x.delivery, e) || !find_hook(r, &l, e)) {
		return false;
	}
	if (!app_write(r, &(struct store_op){.route = l.owner}, job_again, &x, e)) {
		return e->code == ERR_CONFLICT ? err_set(e, ERR_NOT_FOUND, "no such delivery") : false;
	}
	return true;
}
