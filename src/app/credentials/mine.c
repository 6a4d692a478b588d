/* What the viewer, and whom the viewer acts for, was granted: all of it, also what ended. */
#include "app/credentials/credentials.html.h"
#include "app/credentials/pages.h"
#include "app/page.h"
#include "app/people/viewer.h"

enum { MOST = 100 };

struct list_load {
	int64_t party;
	struct credential_of_party_out *rows;
	size_t n;
};

static bool load(struct tx *tx, void *ctx, struct err *e)
{
	struct list_load *in = ctx;
	struct credential_of_party_rows rows;
	in->n = 0;
	in->rows = arena_new(tx_arena(tx), struct credential_of_party_out, MOST);
	if (in->rows == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for documents");
	}
	if (!credential_of_party_open(tx, &(struct credential_of_party_in){.party = in->party, .most = MOST}, &rows, e)) {
		return false;
	}
	while (in->n < MOST && credential_of_party_next(&rows, &in->rows[in->n])) {
		in->n++;
	}
	return credential_of_party_close(&rows, e);
}

static bool fill(struct req *r, const struct credential_of_party_out *c, struct document_row *row, struct err *e)
{
	const struct service *s;
	const struct institution *in = catalogue_institution(r->app, c->institution);
	if (in == NULL || c->definition.n != SHA256_BYTES ||
	    !catalogue_definition(r->app, (const uint8_t *)c->definition.p, &s, e)) {
		return in ? false : err_set(e, ERR_INTERNAL, "a document of an institution that the catalogue does not know");
	}
	day_number today = zone_local(calendar_zone(in->calendar), time_legal_us(&r->app->time)).day;
	*row = (struct document_row){
		.href = arena_printf(&r->arena, "/cases/%s", id_text(c->casefile).c),
		.title = text_in(&s->document.title, r->lang),
		.number = c->number,
		.holder = c->holder,
		.office = text_in(&in->name, r->lang),
		.state =
			credential_state_of(c->has_suspended_at, c->has_withdrawn_at, c->has_valid_until, c->valid_until, today),
		.issued_on = c->issued_on,
		.has_end = c->has_valid_until,
		.valid_until = c->valid_until,
	};
	for (size_t i = 0; row->state == CREDENTIAL_VALID && row->has_end && i < s->document.notice_n; i++) {
		row->is_soon = row->is_soon || row->valid_until - today <= s->document.notice_days[i];
	}
	return true;
}

bool documents_get(struct req *r, struct err *e)
{
	struct documents_view v = {.rows = NULL};
	struct document_row *rows = arena_new(&r->arena, struct document_row, r->viewer->party_n * MOST + 1);
	if (rows == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for documents");
	}
	for (size_t i = 0; i < r->viewer->party_n; i++) {
		struct list_load in = {.party = r->viewer->parties[i].party};
		if (!store_read(r->app->store, in.party, &r->arena, load, &in, e)) {
			return false;
		}
		for (size_t k = 0; k < in.n; k++) {
			if (!fill(r, &in.rows[k], &rows[v.n++], e)) {
				return false;
			}
		}
	}
	v.rows = rows;
	struct html_out o;
	page_begin(r, &o, &(struct page){.title_msgid = N_("My documents"), .current = NAV_CASES});
	documents_page(&o, &v);
	page_end(r, &o);
	return true;
}
