/* For the office: what a party was told about a case, and when it was opened. */
#include "app/mail/pages.h"
#include "app/page.h"
#include "html/translate.h"

enum { TOLD_MOST = 50 };

struct told {
	int64_t casefile;
	struct message_of_case_out *rows;
	size_t n;
};

static bool told_job(struct tx *tx, void *ctx, struct err *e)
{
	struct told *t = ctx;
	struct message_of_case_rows rows;
	t->n = 0;
	t->rows = arena_new(tx_arena(tx), struct message_of_case_out, TOLD_MOST);
	if (t->rows == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for what was told");
	}
	struct message_of_case_in in = {.most = TOLD_MOST, .party = tx_route(tx), .casefile = t->casefile};
	if (!message_of_case_open(tx, &in, &rows, e)) {
		return false;
	}
	while (t->n < TOLD_MOST && message_of_case_next(&rows, &t->rows[t->n])) {
		t->n++;
	}
	return message_of_case_close(&rows, e);
}

static struct str opened(struct req *r, const struct message_of_case_out *m)
{
	if (!m->has_read_at) {
		return tr(r->lang, N_("Not opened yet"));
	}
	struct buf b;
	const struct tr_arg args[] = {TR_O("when", page_moment(r, m->read_at))};
	buf_init(&b, 512);
	tr_put_plain(&b, tr(r->lang, N_("Opened {when}")), args, 1);
	struct str s = arena_copy(&r->arena, buf_str(&b));
	buf_release(&b);
	return s;
}

bool mail_told(struct req *r, int64_t party, int64_t casefile, struct told_view *out, struct err *e)
{
	struct told t = {.casefile = casefile};
	*out = (struct told_view){0};
	if (!store_read(r->app->store, party, &r->arena, told_job, &t, e)) {
		return false;
	}
	out->items = arena_new(&r->arena, struct told_row, t.n + 1);
	for (size_t i = 0; out->items && i < t.n; i++) {
		enum mail_kind kind = mail_kind_of(t.rows[i].kind);
		if (kind != MAIL_NONE) {
			out->items[out->n++] = (struct told_row){
				.title = tr(r->lang, mail_kind_title(kind)),
				.when = page_moment(r, t.rows[i].posted_at),
				.opened = opened(r, &t.rows[i]),
			};
		}
	}
	return true;
}
