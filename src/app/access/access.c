#include "app/access/access.h"

#include "app/access/access.sql.h"
#include "app/people/viewer.h"
#include "http/server.h"

static const struct {
	const char *word, *sentence;
} purposes[ACCESS_PURPOSE_COUNT] = {
#define X(purpose, word, sentence) {word, sentence},
	ACCESS_PURPOSES(X)
#undef X
};

struct str access_word(enum access_purpose purpose)
{
	return str_of(purposes[purpose].word);
}

const char *access_sentence(struct str word)
{
	for (size_t i = 0; i < ACCESS_PURPOSE_COUNT; i++) {
		if (str_is(word, purposes[i].word)) {
			return purposes[i].sentence;
		}
	}
	return "";
}

static bool add(struct tx *tx, void *ctx, struct err *e)
{
	struct access_add_in row = *(const struct access_add_in *)ctx;
	row.id = id_in_time(tx_now_us(tx));
	row.looked_at = tx_now_us(tx);
	return access_add(tx, &row, e);
}

bool access_look(struct req *r, int64_t party, int64_t casefile, int64_t institution, enum access_purpose purpose,
                 struct err *e)
{
	struct str name = r->viewer->name;
	if (r->viewer->client.n > 0 && !r->viewer->is_program) {
		name = arena_printf(&r->arena, "%.*s (%.*s)", STR_ARG(name), STR_ARG(r->viewer->client));
	}
	struct access_add_in row = {
		.party = party,
		.casefile = casefile,
		.institution = institution,
		.account = r->viewer->account,
		.name = name,
		.purpose = str_of(purposes[purpose].word),
	};
	return app_write(r, &(struct store_op){.route = party}, add, &row, e);
}

bool access_look_many(struct req *r, const struct access_subject *of, size_t n, int64_t institution,
                      enum access_purpose purpose, struct err *e)
{
	struct store_call calls[STORE_CALLS_MOST];
	struct access_add_in rows[STORE_CALLS_MOST];
	must(n <= STORE_CALLS_MOST);
	for (size_t i = 0; i < n; i++) {
		rows[i] = (struct access_add_in){
			.party = of[i].party,
			.casefile = of[i].casefile,
			.institution = institution,
			.account = r->viewer->account,
			.name = r->viewer->name,
			.purpose = str_of(purposes[purpose].word),
		};
		calls[i] = (struct store_call){.op = {.route = of[i].party}, .job = add, .ctx = &rows[i]};
	}
	http_place_release(r);
	store_write_all(r->app->store, calls, n);
	http_place_take(r);
	for (size_t i = 0; i < n; i++) {
		if (!calls[i].is_done_well) {
			*e = calls[i].err;
			return false;
		}
	}
	return true;
}

bool access_entries_of(struct tx *tx, int64_t party, int64_t casefile, int most, struct access_entries *out,
                       struct err *e)
{
	*out = (struct access_entries){arena_new(tx_arena(tx), struct access_entry, (size_t)most), 0};
	if (out->items == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for access records");
	}
	struct access_of_party_rows rows;
	struct access_of_party_out row;
	if (!access_of_party_open(tx, &(struct access_of_party_in){.party = party, .before = INT64_MAX, .most = most},
	                          &rows, e)) {
		return false;
	}
	while (access_of_party_next(&rows, &row)) {
		if (casefile != 0 && row.casefile != casefile) {
			continue;
		}
		size_t i = 0;
		while (i < out->n && (out->items[i].account != row.account || out->items[i].casefile != row.casefile ||
		                      !str_eq(out->items[i].purpose, row.purpose))) {
			i++;
		}
		struct access_entry *entry = &out->items[i];
		if (i == out->n) {
			out->n++;
			*entry = (struct access_entry){.casefile = row.casefile,
			                               .institution = row.institution,
			                               .account = row.account,
			                               .name = row.name,
			                               .purpose = row.purpose,
			                               .last_us = row.looked_at};
		}
		entry->first_us = row.looked_at;
		entry->times++;
	}
	return access_of_party_close(&rows, e);
}
