/* The mailbox: what the parties were told. */
#include "app/api/endpoints.h"
#include "app/catalogue/catalogue.h"
#include "app/mail/mail.h"
#include "app/people/viewer.h"

static void put_head(struct req *r, struct json_out *j, const struct mail_read *m)
{
	const struct institution *in = catalogue_institution(r->app, m->institution);
	put_id(j, "id", m->id);
	put_id(j, "party", m->party);
	put_str(j, "kind", m->kind);
	put_str(j, "title", m->title);
	put_id(j, "case", m->casefile);
	put_id(j, "draft", m->draft);
	put_str_or_null(j, "institution", in ? in->pack_id : STR_EMPTY);
	put_str_or_null(j, "service", m->service);
	put_str_or_null(j, "number", m->number);
	put_instant(j, "posted_at", m->posted_us);
	put_instant(j, "read_at", m->read_us);
	put_flag(j, "needs_proof", m->needs_proof);
}

/* "<party>.<message>" */
bool api_list_messages(struct req *r, struct api_call *c, struct err *e)
{
	struct json_out *j = &c->j;
	const struct viewer *v = r->viewer;
	struct str after, party, id, next = STR_EMPTY;
	int64_t at = 0, before = INT64_MAX;
	size_t left = api_limit(r);
	if (!api_after(r, c, &after)) {
		return api_invalid(r, c);
	}
	if (after.n > 0 && !(str_cut(after, '.', &party, &id) && id_parse(party, &at) && id_parse(id, &before))) {
		return err_set(e, ERR_INTERNAL, "a cursor of our own that cannot be read");
	}
	json_begin_object(j);
	put_key(j, "items");
	json_begin_array(j);
	for (size_t i = v->is_program ? 1 : 0; i < v->party_n && next.n == 0; i++) {
		struct mail_read *items;
		size_t n;
		int64_t from = at != 0 ? before : INT64_MAX;
		if (at != 0 && v->parties[i].party != at) {
			continue;
		}
		at = 0;
		if (!mail_list(r, v->parties[i].party, from, left + 1, &items, &n, e)) {
			return false;
		}
		size_t shown = n > left ? left : n;
		for (size_t k = 0; k < shown; k++) {
			json_begin_object(j);
			put_head(r, j, &items[k]);
			json_end_object(j);
		}
		if (n > left || (left == shown && i + 1 < v->party_n)) {
			next = arena_printf(&r->arena, "%s.%s", id_text(v->parties[i].party).c,
			                    id_text(shown > 0 ? items[shown - 1].id : from).c);
		}
		left -= shown;
	}
	json_end_array(j);
	api_put_next(r, c, next);
	json_end_object(j);
	return true;
}

bool api_read_message(struct req *r, struct api_call *c, struct err *e)
{
	struct mail_read m;
	if (!mail_open(r, &m, e)) {
		return false;
	}
	json_begin_object(&c->j);
	put_head(r, &c->j, &m);
	put_str(&c->j, "text", m.text);
	put_str(&c->j, "words", m.words);
	put_str_or_null(&c->j, "official", m.official);
	put_flag(&c->j, "has_letter", m.has_letter);
	json_end_object(&c->j);
	return true;
}
