#include "app/cases/issued.h"

#include "app/cases/moves.h"
#include "app/catalogue/catalogue.h"

enum { LOOKED_AT_MAX = 200 };

struct issued_load {
	int64_t party;
	struct casefile_of_party_out *rows;
	size_t n;
};

static bool load(struct tx *tx, void *ctx, struct err *e)
{
	struct issued_load *in = ctx;
	struct casefile_of_party_rows rows;
	in->n = 0;
	in->rows = arena_new(tx_arena(tx), struct casefile_of_party_out, LOOKED_AT_MAX);
	if (in->rows == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a list of cases");
	}
	if (!casefile_of_party_open(
			tx, &(struct casefile_of_party_in){.party = in->party, .before = INT64_MAX, .most = LOOKED_AT_MAX}, &rows,
			e)) {
		return false;
	}
	while (in->n < LOOKED_AT_MAX && casefile_of_party_next(&rows, &in->rows[in->n])) {
		in->n++;
	}
	return casefile_of_party_close(&rows, e);
}

/* By the definition that the case followed, not by today's. */
static bool is_valid(const struct service *s, day_number issued, day_number today)
{
	if (s->issues_document.n == 0 || s->issues_years == 0) {
		return s->issues_document.n > 0;
	}
	return today <= date_add_months(issued, 12 * s->issues_years);
}

bool case_issued_papers(struct req *r, int64_t party, struct issued_papers *out, struct err *e)
{
	struct issued_load in = {.party = party};
	*out = (struct issued_papers){0};
	if (!store_read(r->app->store, party, &r->arena, load, &in, e)) {
		return false;
	}
	out->items = arena_new(&r->arena, struct str, in.n + 1);
	day_number today = catalogue_today(r->app);
	for (size_t i = 0; out->items && i < in.n; i++) {
		const struct casefile_of_party_out *c = &in.rows[i];
		const struct service *s;
		if (c->state != CASE_CLOSED || c->outcome != OUTCOME_GRANTED || c->definition.n != SHA256_BYTES) {
			continue;
		}
		if (!catalogue_definition(r->app, (const uint8_t *)c->definition.p, &s, e)) {
			return false;
		}
		if (is_valid(s, c->ended_day, today)) {
			out->items[out->n++] = s->issues_document;
		}
	}
	return out->items != NULL || err_set(e, ERR_MEMORY, "no memory for a list of papers");
}
