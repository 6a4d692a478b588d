/* /account/tokens: a person gives a program a token of the own account, and ends it. */
#include "app/api/api.html.h"
#include "app/api/endpoints.h"
#include "app/api/token.h"
#include "app/page.h"
#include "app/people/accounts.h"
#include "app/people/viewer.h"
#include "base/time_source.h"
#include "html/translate.h"

enum { DAYS = 365 };

static bool is_ticked(const struct req *r, const char *word)
{
	for (size_t i = 0; i < r->form.n; i++) {
		if (str_is(r->form.items[i].name, "scope") && str_is(r->form.items[i].value, word)) {
			return true;
		}
	}
	return false;
}

static struct form_choice *scope_choices(struct req *r, size_t *n)
{
	struct form_choice *list = arena_new(&r->arena, struct form_choice, 32);
	*n = 0;
	for (const struct scope_line *l = scope_lines; list && l->bit; l++) {
		list[(*n)++] = (struct form_choice){.value = str_of(l->word),
		                                    .label = tr(r->lang, l->sentence),
		                                    .hint = STR_EMPTY,
		                                    .is_chosen = is_ticked(r, l->word)};
	}
	return list;
}

static bool show(struct req *r, struct tokens_view *v, struct err *e)
{
	struct token_list all;
	int64_t now = time_legal_us(&r->app->time);
	if (!token_list(r->app->store, &r->arena, r->viewer->account, &all, e)) {
		return false;
	}
	struct token_row *rows = arena_new(&r->arena, struct token_row, all.n + 1);
	for (size_t i = 0; rows && i < all.n; i++) {
		struct buf b;
		buf_init(&b, 400);
		scopes_put(&b, all.items[i].scopes);
		rows[v->n++] = (struct token_row){.id = arena_copy(&r->arena, str_of(id_text(all.items[i].id).c)),
		                                  .name = all.items[i].name,
		                                  .scopes = arena_copy(&r->arena, buf_str(&b)),
		                                  .ends = page_local_time(r, all.items[i].ends_us).day,
		                                  .is_over = all.items[i].ended_us != 0 || all.items[i].ends_us <= now};
		buf_release(&b);
	}
	v->csrf = r->csrf;
	v->op = req_new_op(r);
	v->rows = rows;
	v->choices = scope_choices(r, &v->choice_n);
	v->name.name = STR("name");
	v->name.label = tr(r->lang, N_("What do you call the program?"));
	v->scopes.name = STR("scope");
	v->scopes.label = tr(r->lang, N_("What may it do?"));
	if (v->name.error.n > 0) {
		v->errors[v->error_n++] = (struct form_error){v->name.name, v->name.error};
	}
	if (v->scopes.error.n > 0) {
		v->errors[v->error_n++] = (struct form_error){v->scopes.name, v->scopes.error};
	}
	r->status = v->error_n > 0 ? 422 : 200;
	struct html_out o;
	page_begin(r, &o,
	           &(struct page){.title_msgid = N_("Programs with a token of yours"),
	                          .current = NAV_ACCOUNT,
	                          .width = PAGE_FORM,
	                          .has_errors = v->error_n > 0,
	                          .back_href = STR(PATH_ACCOUNT)});
	tokens_page(&o, v);
	page_end(r, &o);
	return true;
}

bool tokens_get(struct req *r, struct err *e)
{
	return show(r, &(struct tokens_view){0}, e);
}

/* Pressed twice it makes two: the list shows both, and one of them can be ended. */
bool tokens_post(struct req *r, struct err *e)
{
	struct tokens_view v = {0};
	unsigned scopes = 0;
	struct str name = STR_EMPTY;
	for (const struct scope_line *l = scope_lines; l->bit; l++) {
		scopes |= is_ticked(r, l->word) ? l->bit : 0;
	}
	if (!people_read_name(&r->arena, req_form(r, "name"), &name) || str_runes(name) > TOKEN_NAME_MAX) {
		v.name.error = tr(r->lang, N_("Write what you call the program, at most 100 characters."));
	}
	if (scopes == 0) {
		v.scopes.error = tr(r->lang, N_("Tick at least one thing that it may do."));
	}
	v.name.value = req_form(r, "name");
	if (v.name.error.n == 0 && v.scopes.error.n == 0) {
		v.name.value = STR_EMPTY;
		if (!token_make(r->app->store, &r->arena, r->viewer->account, name, scopes,
		                time_legal_us(&r->app->time) + DAYS * US_PER_DAY, &v.fresh, e)) {
			return false;
		}
		r->form.n = 0;
	}
	return show(r, &v, e);
}

bool tokens_end_post(struct req *r, struct err *e)
{
	int64_t id;
	return (id_parse(req_form(r, "token"), &id) || err_set(e, ERR_BAD_INPUT, "no token")) &&
	       token_end(r->app->store, r->viewer->account, id, e) && req_redirect(r, STR("/account/tokens"));
}
