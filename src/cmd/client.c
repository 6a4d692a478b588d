#include "app/api/client.h"
#include "app/api/token.h"
#include "app/catalogue/catalogue.h"
#include "app/people/accounts.h"
#include "base/time_source.h"
#include "cmd/commands.h"
#include "cmd/control_commands.h"

enum { LIST_ARENA_BYTES = 4 * 1024 * 1024, DAYS_DEFAULT = 365 };

static bool usage(struct err *e)
{
	return err_set(e, ERR_USAGE,
	               "usage: cityhall client list | add NAME institution INSTITUTION | add NAME firm-of E-MAIL | "
	               "token CLIENT \"SCOPES\" [DAYS] | tokens CLIENT | revoke CLIENT TOKEN | end CLIENT");
}

static bool find(struct app *app, struct arena *a, struct str id, struct client *out, struct err *e)
{
	int64_t account;
	struct client_list page;
	int64_t after = 0;
	if (!id_parse(id, &account)) {
		return err_set(e, ERR_USAGE, "\"%.*s\" is no client's id: cityhall client list", STR_ARG(id));
	}
	do {
		if (!client_list_all(app, a, after, &page, e)) {
			return false;
		}
		for (size_t i = 0; i < page.n; i++) {
			after = page.items[i].account;
			if (after == account) {
				*out = page.items[i];
				return true;
			}
		}
	} while (page.n == CLIENTS_MOST);
	return err_set(e, ERR_NOT_FOUND, "no such client");
}

static bool list(struct app *app, struct arena *a, struct buf *reply, struct err *e)
{
	struct client_list page;
	int64_t after = 0;
	do {
		if (!client_list_all(app, a, after, &page, e)) {
			return false;
		}
		for (size_t i = 0; i < page.n; i++) {
			const struct client *c = &page.items[i];
			const struct institution *at = catalogue_institution(app, c->owner);
			buf_printf(reply, "%s %.*s, of %.*s%s\n", id_text(c->account).c, STR_ARG(c->name),
			           STR_ARG(at ? at->pack_id : str_of(id_text(c->owner).c)), c->ended_us ? ", ended" : "");
			after = c->account;
		}
	} while (page.n == CLIENTS_MOST);
	return buf_ok(reply, e);
}

static bool firm_of(struct app *app, struct arena *a, struct str email, int64_t *firm, struct err *e)
{
	int64_t account;
	struct viewer_party *parties;
	size_t n;
	if (!people_find(app->store, app->column_keys, email, &account, e) ||
	    !people_mandates(app->store, a, account, &parties, &n, e)) {
		return false;
	}
	if (n != 1) {
		return err_set(e, ERR_NOT_FOUND, "that account acts for %zu firms, not for one", n);
	}
	*firm = parties[0].party;
	return true;
}

static bool add(struct app *app, struct arena *a, const struct words *w, struct buf *reply, struct err *e)
{
	int64_t account;
	int64_t firm = 0;
	struct str name = words_at(w, 1), kind = words_at(w, 2), of = words_at(w, 3);
	const struct institution *at = catalogue_institution_named(app, of);
	if (w->n != 4 || (!str_is(kind, "institution") && !str_is(kind, "firm-of"))) {
		return usage(e);
	}
	if (str_is(kind, "institution") && at == NULL) {
		return err_set(e, ERR_NOT_FOUND, "the catalogue has no institution \"%.*s\"", STR_ARG(of));
	}
	bool ok = str_is(kind, "institution")
	              ? client_add_to_institution(app, at->id, name, 0, &account, e)
	              : firm_of(app, a, of, &firm, e) && client_add_to_firm(app, firm, name, 0, &account, e);
	if (ok) {
		buf_printf(reply, "%s\n", id_text(account).c);
	}
	return ok;
}

static bool make_token(struct app *app, struct arena *a, const struct client *c, const struct words *w,
                       struct buf *reply, struct err *e)
{
	unsigned scopes;
	uint64_t days = DAYS_DEFAULT;
	struct str text;
	if (!scopes_read(words_at(w, 2), &scopes) || (w->n > 3 && !str_to_u64(words_at(w, 3), &days)) || days == 0 ||
	    days > TOKEN_DAYS_MAX) {
		return usage(e);
	}
	if (!token_make(app->store, a, c->account, c->name, scopes, time_legal_us(&app->time) + (int64_t)days * US_PER_DAY,
	                &text, e)) {
		return false;
	}
	buf_printf(reply, "%.*s\nIt is shown this once. Keep it as you keep a password.\n", STR_ARG(text));
	return true;
}

static bool list_tokens(struct app *app, struct arena *a, const struct client *c, struct buf *reply, struct err *e)
{
	struct token_list all;
	if (!token_list(app->store, a, c->account, &all, e)) {
		return false;
	}
	for (size_t i = 0; i < all.n; i++) {
		const struct token *t = &all.items[i];
		char day[11];
		date_format((day_number)(t->ends_us / US_PER_DAY), day);
		buf_printf(reply, "%s until %s%s: ", id_text(t->id).c, day, t->ended_us ? ", ended" : "");
		scopes_put(reply, t->scopes);
		buf_put_byte(reply, '\n');
	}
	return buf_ok(reply, e);
}

static bool act(struct app *app, struct arena *a, const struct words *w, struct buf *reply, struct err *e)
{
	struct str what = words_at(w, 0);
	struct client c;
	int64_t id;
	if (str_is(what, "list")) {
		return list(app, a, reply, e);
	}
	if (str_is(what, "add")) {
		return add(app, a, w, reply, e);
	}
	if (w->n < 2 ||
	    !(str_is(what, "token") || str_is(what, "tokens") || str_is(what, "revoke") || str_is(what, "end"))) {
		return usage(e);
	}
	if (!find(app, a, words_at(w, 1), &c, e)) {
		return false;
	}
	if (str_is(what, "token")) {
		return make_token(app, a, &c, w, reply, e);
	}
	if (str_is(what, "tokens")) {
		return list_tokens(app, a, &c, reply, e);
	}
	if (str_is(what, "end")) {
		return client_end(app, &c, 0, e);
	}
	return id_parse(words_at(w, 2), &id) ? token_end(app->store, c.account, id, e) : usage(e);
}

bool client_control(struct app *app, const struct words *w, struct str secret, struct buf *reply, struct err *e)
{
	struct arena a;
	(void)secret;
	arena_init(&a, LIST_ARENA_BYTES);
	bool ok = act(app, &a, w, reply, e);
	arena_release(&a);
	return ok;
}

int cmd_client(int argc, char **argv)
{
	return control_main("client", argc, argv, NULL, NULL);
}
