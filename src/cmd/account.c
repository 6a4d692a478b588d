#include "app/catalogue/catalogue.h"
#include "app/people/accounts.h"
#include "cmd/commands.h"
#include "cmd/control_commands.h"

enum { LIST_ARENA_BYTES = 16 * 1024 * 1024 };

static bool usage(struct err *e)
{
	return err_set(
		e, ERR_USAGE,
		"usage: cityhall account list | add NAME E-MAIL | password E-MAIL | disable E-MAIL | enable E-MAIL | "
		"role E-MAIL official|administrator|author|head|supervisor|traffic-engineer INSTITUTION grant|revoke | mandate "
		"E-MAIL ORGANISATION [SCHEME "
		"NUMBER]; "
		"passwords are asked for");
}

static bool list(struct app *app, struct buf *reply, struct err *e)
{
	struct arena a;
	struct account_list page;
	int64_t after = 0;
	bool ok;
	do {
		arena_init(&a, LIST_ARENA_BYTES);
		ok = people_list(app->store, &a, after, &page, e);
		for (size_t i = 0; ok && i < page.n; i++) {
			const struct account_line *line = &page.items[i];
			buf_printf(reply, "%.*s <%.*s>%s", STR_ARG(line->name), STR_ARG(line->email),
			           line->is_disabled ? ", disabled" : "");
			for (size_t k = 0; k < line->role_n; k++) {
				const struct institution *at = catalogue_institution(app, line->roles[k].institution);
				buf_printf(reply, ", %s at %.*s", role_name(line->roles[k].kind), STR_ARG(at ? at->pack_id : STR("?")));
			}
			buf_put_byte(reply, '\n');
			after = line->account;
		}
		arena_release(&a);
	} while (ok && page.n > 0);
	return ok && buf_ok(reply, e);
}

static bool set_role(struct app *app, const struct words *w, int64_t account, struct err *e)
{
	struct str kind = words_at(w, 2), at = words_at(w, 3), how = words_at(w, 4);
	const struct institution *institution = catalogue_institution_named(app, at);
	enum role_kind role = role_of(kind);
	bool is_granted = str_is(how, "grant");
	if (role == 0 || (!is_granted && !str_is(how, "revoke"))) {
		return usage(e);
	}
	if (institution == NULL) {
		return err_set(e, ERR_NOT_FOUND, "the catalogue has no institution \"%.*s\"", STR_ARG(at));
	}
	return people_set_role(app->store, account, role, institution->id, is_granted, 0, e);
}

static bool set_password(struct app *app, int64_t account, struct str secret, struct err *e)
{
	char hash[PASSWORD_HASH_MAX];
	return password_hash_here(secret, hash, e) && people_set_password(app->store, account, hash, 0, STR_EMPTY, 0, e);
}

bool account_control(struct app *app, const struct words *w, struct str secret, struct buf *reply, struct err *e)
{
	struct str what = words_at(w, 0);
	int64_t account;
	if (str_is(what, "list")) {
		return list(app, reply, e);
	}
	if (str_is(what, "add")) {
		struct person_spec spec = {.name = words_at(w, 1), .email = words_at(w, 2), .password = secret};
		return w->n == 3 ? people_add_person(app->store, app->column_keys, &spec, &account, e) : usage(e);
	}
	if (words_at(w, 1).n == 0) {
		return usage(e);
	}
	if (!people_find(app->store, app->column_keys, words_at(w, 1), &account, e)) {
		return false;
	}
	if (str_is(what, "password")) {
		return set_password(app, account, secret, e);
	}
	if (str_is(what, "disable") || str_is(what, "enable")) {
		return people_set_disabled(app->store, account, str_is(what, "disable"), 0, e);
	}
	if (str_is(what, "role")) {
		return set_role(app, w, account, e);
	}
	if (str_is(what, "mandate") && words_at(w, 2).n > 0) {
		int64_t organisation;
		return people_add_organisation(app->store, words_at(w, 2), words_at(w, 3), words_at(w, 4), &organisation, e) &&
		       people_give_mandate(app->store, account, organisation, 0, e);
	}
	return usage(e);
}

int cmd_account(int argc, char **argv)
{
	bool asks = argc > 0 && (strcmp(argv[0], "add") == 0 || strcmp(argv[0], "password") == 0);
	return control_main("account", argc, argv, NULL, asks ? "New password (at least 12 characters)" : NULL);
}
