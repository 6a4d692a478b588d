#include "app/api/token.h"

#include "app/api/api.sql.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/time_source.h"
#include "http/csrf.h"

enum { SECRET_BYTES = 32, SECRET_CHARS = 43 };
#define USED_EXACT_US (5 * US_PER_MIN)
#define SWEEP_AFTER_US (90 * US_PER_DAY) /* an ended token is shown to its owner for so long */

const struct scope_line scope_lines[] = {
#define X(scope, bit, word, sentence) {bit, word, sentence},
	API_SCOPES(X)
#undef X
		{0},
};

bool scopes_read(struct str words, unsigned *out)
{
	unsigned found = 0;
	struct str word;
	for (struct str rest = words; str_next(&rest, ' ', &word);) {
		unsigned bit = 0;
		for (const struct scope_line *l = scope_lines; l->bit; l++) {
			bit |= str_is(word, l->word) ? l->bit : 0;
		}
		if (bit == 0 && word.n > 0) {
			return false;
		}
		found |= bit;
	}
	*out = found;
	return found != 0;
}

void scopes_put(struct buf *to, unsigned scopes)
{
	const char *between = "";
	for (const struct scope_line *l = scope_lines; l->bit; l++) {
		if (scopes & l->bit) {
			buf_put_c(to, between);
			buf_put_c(to, l->word);
			between = " ";
		}
	}
}

/* --- Making and ending ------------------------------------------------------------------------------------------- */

static bool is_over(const struct token *t, int64_t now_us)
{
	return t->ended_us != 0 || t->ends_us <= now_us;
}

static void read_row(const struct token_get_out *row, struct token *t)
{
	*t = (struct token){
		.account = row->account,
		.id = row->id,
		.name = row->name,
		.scopes = (unsigned)row->scopes & SCOPES_ALL,
		.made_us = row->made_at,
		.ends_us = row->ends_at,
		.used_us = row->has_used_at ? row->used_at : 0,
		.ended_us = row->has_ended_at ? row->ended_at : 0,
	};
}

static bool read_list(struct tx *tx, int64_t account, struct token_list *out, struct err *e)
{
	struct token_of_account_rows rows;
	struct token_of_account_out row;
	enum { MOST = 4 * TOKENS_MOST };
	*out = (struct token_list){.items = arena_new(tx_arena(tx), struct token, MOST)};
	if (out->items == NULL) {
		return err_set(e, ERR_MEMORY, "no room for tokens");
	}
	if (!token_of_account_open(tx, &(struct token_of_account_in){.account = account, .most = MOST}, &rows, e)) {
		return false;
	}
	while (out->n < MOST && token_of_account_next(&rows, &row)) {
		out->items[out->n++] = (struct token){
			.account = row.account,
			.id = row.id,
			.name = row.name,
			.scopes = (unsigned)row.scopes & SCOPES_ALL,
			.made_us = row.made_at,
			.ends_us = row.ends_at,
			.used_us = row.has_used_at ? row.used_at : 0,
			.ended_us = row.has_ended_at ? row.ended_at : 0,
		};
	}
	return token_of_account_close(&rows, e);
}

static bool job_make(struct tx *tx, void *ctx, struct err *e)
{
	struct token_insert_in *row = ctx;
	struct token_list all;
	size_t alive = 0;
	row->made_at = tx_now_us(tx);
	if (!token_insert(tx, row, e) ||
	    !token_sweep(tx,
	                 &(struct token_sweep_in){.account = row->account, .ended_before = row->made_at - SWEEP_AFTER_US},
	                 NULL, e) ||
	    !read_list(tx, row->account, &all, e)) {
		return false;
	}
	for (size_t i = 0; i < all.n; i++) {
		alive += !is_over(&all.items[i], row->made_at);
	}
	return alive <= TOKENS_MOST || err_tell(e, ERR_TOO_MANY, N_("There are too many tokens. End some of them first."),
	                                        "%zu tokens of one account", alive);
}

static void hash_of(struct str secret, uint8_t out[SHA256_BYTES])
{
	sha256_of(secret, out);
}

bool token_make(struct store *s, struct arena *a, int64_t account, struct str name, unsigned scopes, int64_t ends_us,
                struct str *text, struct err *e)
{
	uint8_t secret[SECRET_BYTES];
	uint8_t hash[SHA256_BYTES];
	char chars[SECRET_CHARS];
	rand_bytes(secret, sizeof secret);
	base64url_32(secret, chars);
	hash_of(str_from(chars, sizeof chars), hash);
	struct token_insert_in row = {
		.account = account,
		.id = id_in_time(ends_us),
		.hash = str_from(hash, sizeof hash),
		.name = name,
		.scopes = (int64_t)scopes,
		.ends_at = ends_us,
	};
	*text = arena_printf(a, TOKEN_PREFIX "%s%s_%.*s", id_text(account).c, id_text(row.id).c, SECRET_CHARS, chars);
	mem_wipe(secret, sizeof secret);
	mem_wipe(chars, sizeof chars);
	return text->n > 0 ? store_write(s, &(struct store_op){.route = account}, job_make, &row, e)
	                   : err_set(e, ERR_MEMORY, "no room for a token");
}

static bool job_list(struct tx *tx, void *ctx, struct err *e)
{
	return read_list(tx, tx_route(tx), ctx, e);
}

bool token_list(struct store *s, struct arena *a, int64_t account, struct token_list *out, struct err *e)
{
	return store_read(s, account, a, job_list, out, e);
}

struct ending {
	int64_t account, id;
	struct token_get_out row;
};

static bool job_get(struct tx *tx, void *ctx, struct err *e)
{
	struct ending *x = ctx;
	return token_get(tx, &(struct token_get_in){.account = x->account, .id = x->id}, &x->row, e);
}

static bool job_end(struct tx *tx, void *ctx, struct err *e)
{
	const struct ending *x = ctx;
	return token_set_ended(tx,
	                       &(struct token_set_ended_in){
							   .account = x->account, .id = x->id, .has_ended_at = true, .ended_at = tx_now_us(tx)},
	                       e);
}

bool token_end(struct store *s, int64_t account, int64_t id, struct err *e)
{
	struct ending x = {.account = account, .id = id};
	struct arena a;
	arena_init(&a, 64 * 1024);
	bool ok = store_read(s, account, &a, job_get, &x, e);
	arena_release(&a);
	if (!ok) {
		return false;
	}
	if (!x.row.found) {
		return err_set(e, ERR_NOT_FOUND, "no such token of this account");
	}
	struct err why = {0};
	if (x.row.has_ended_at || store_write(s, &(struct store_op){.route = account}, job_end, &x, &why) ||
	    why.code == ERR_CONFLICT) { /* ended by another press */
		return true;
	}
	*e = why;
	return false;
}

/* --- Admission --------------------------------------------------------------------------------------------------- */

struct used {
	int64_t account, id, now_us;
};

static bool job_used(struct tx *tx, void *ctx, struct err *e)
{
	const struct used *u = ctx;
	return token_set_used(tx,
	                      &(struct token_set_used_in){.account = u->account,
	                                                  .id = u->id,
	                                                  .has_used_at = true,
	                                                  .used_at = u->now_us,
	                                                  .stale_at = u->now_us - USED_EXACT_US},
	                      e);
}

static bool refuse(struct err *e, const char *say, const char *text)
{
	return err_tell(e, ERR_NOT_SIGNED_IN, say, "%s", text);
}

bool token_admit(struct req *r, struct str text, struct token *out, struct err *e)
{
	struct ending x = {0};
	uint8_t hash[SHA256_BYTES];
	size_t at = sizeof TOKEN_PREFIX - 1;
	bool is_token = text.n == TOKEN_CHARS && str_starts(text, STR(TOKEN_PREFIX)) &&
	                id_parse(str_sub(text, at, ID_CHARS), &x.account) &&
	                id_parse(str_sub(text, at + ID_CHARS, ID_CHARS), &x.id) && text.p[at + 2 * ID_CHARS] == '_';
	if (!is_token) {
		return refuse(e, N_("This is no token of ours."), "no token");
	}
	if (!store_read(r->app->store, x.account, &r->arena, job_get, &x, e)) {
		return false;
	}
	hash_of(str_sub(text, at + 2 * ID_CHARS + 1, SECRET_CHARS), hash);
	if (!x.row.found || !str_eq_secret(x.row.hash, str_from(hash, sizeof hash))) {
		return refuse(e, N_("This is no token of ours."), "no such token");
	}
	read_row(&x.row, out);
	int64_t now_us = time_legal_us(&r->app->time);
	if (is_over(out, now_us)) {
		return refuse(e, N_("This token has ended. Ask its owner for a new one."), "a token that ended");
	}
	if (now_us - out->used_us > USED_EXACT_US) {
		struct err why = {0};
		struct used u = {x.account, x.id, now_us};
		struct store_op op = {.route = x.account, .is_background = true};
		/* Losing this race, or not being able to write, is no reason to refuse the call. */
		if (!app_write(r, &op, job_used, &u, &why) && why.code != ERR_CONFLICT && why.code != ERR_CLOSED) {
			log_err(LOG_WARN, "token-used", &why);
		}
	}
	return true;
}
