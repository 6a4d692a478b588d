/* The office's side: letters to print and notices that did not arrive. */
#include "app/access/access.h"
#include "app/mail/mail.html.h"
#include "app/mail/pages.h"
#include "app/page.h"
#include "app/people/accounts.h"
#include "app/people/viewer.h"
#include "html/translate.h"
#include "http/server.h"

enum { LETTERS_MOST = 100, BLOCKS_EACH = 4 };

static const struct {
	enum mail_list list;
	const char *word;
} lists[] = {{LIST_PRINT, ""}, {LIST_FAILED, "failed"}, {LIST_UNSURE, "unsure"}, {LIST_BOUNCED, "returned"}};

static size_t list_of(struct str word)
{
	size_t i = sizeof lists / sizeof lists[0] - 1;
	while (i > 0 && !str_is(word, lists[i].word)) {
		i--;
	}
	return i;
}

struct load {
	int64_t institution, list, after;
	size_t most;
	struct desk_mail_page_out *rows;
	size_t n;
};

static bool load_job(struct tx *tx, void *ctx, struct err *e)
{
	struct load *l = ctx;
	struct desk_mail_page_rows rows;
	l->n = 0;
	l->rows = arena_new(tx_arena(tx), struct desk_mail_page_out, l->most);
	if (l->rows == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a list of notices");
	}
	struct desk_mail_page_in in = {
		.after = l->after, .most = (int64_t)l->most, .institution = l->institution, .list = l->list};
	if (!desk_mail_page_open(tx, &in, &rows, e)) {
		return false;
	}
	while (l->n < l->most && desk_mail_page_next(&rows, &l->rows[l->n])) {
		l->n++;
	}
	return desk_mail_page_close(&rows, e);
}

bool desk_notices_get(struct req *r, struct err *e)
{
	size_t at = list_of(req_query(r, "list"));
	struct desk_mail_view v = {
		.list = lists[at].list, .csrf = r->csrf, .op = req_new_op(r), .is_done = req_query(r, "done").n > 0};
	if (!offices_of_viewer(r, &v.offices, e)) {
		return false;
	}
	struct load l = {.institution = v.offices.items[v.offices.at]->id, .list = v.list, .most = DESK_MAIL_PAGE + 1};
	if (!id_parse(req_query(r, "after"), &l.after)) {
		l.after = 0;
	}
	if (!store_read(r->app->store, l.institution, &r->arena, load_job, &l, e)) {
		return false;
	}
	struct desk_mail_row *rows = arena_new(&r->arena, struct desk_mail_row, DESK_MAIL_PAGE);
	for (size_t i = 0; rows && i < l.n && i < DESK_MAIL_PAGE; i++) {
		const struct desk_mail_page_out *m = &l.rows[i];
		rows[v.n++] = (struct desk_mail_row){
			.id = arena_printf(&r->arena, "%s", id_text(m->notice).c),
			.name = m->name,
			.how = m->way == WAY_EMAIL ? tr(r->lang, N_("By e-mail"))
		           : m->way == WAY_SMS ? tr(r->lang, N_("By text message"))
		                               : tr(r->lang, N_("By letter")),
			.why = m->why,
			.when = page_moment(r, m->changed_at),
			.action = arena_printf(&r->arena, PATH_DESK_MAIL "/%s", id_text(m->notice).c),
			.op = req_new_op(r),
		};
	}
	v.rows = rows;
	if (l.n > DESK_MAIL_PAGE) {
		v.next_href = arena_printf(&r->arena, PATH_DESK_MAIL "?list=%s&after=%s", lists[at].word,
		                           id_text(l.rows[DESK_MAIL_PAGE - 1].notice).c);
	}
	struct html_out o;
	page_begin(r, &o, &(struct page){.title_msgid = N_("Letters and notices"), .current = NAV_QUEUE, .is_desk = true});
	desk_notices_page(&o, &v);
	page_end(r, &o);
	return true;
}

/* --- Acts ----------------------------------------------------------------------------------------------------------
 */

struct find {
	int64_t institution, notice;
	struct desk_mail_get_out row;
};

static bool find_job(struct tx *tx, void *ctx, struct err *e)
{
	struct find *f = ctx;
	return desk_mail_get(tx, &(struct desk_mail_get_in){.institution = f->institution, .notice = f->notice}, &f->row,
	                     e);
}

/* The office's own notice, by its id. */
static bool find_own(struct req *r, int64_t institution, int64_t notice, struct find *f, struct err *e)
{
	*f = (struct find){.institution = institution, .notice = notice};
	return store_read(r->app->store, institution, &r->arena, find_job, f, e);
}

static struct str back_to_list(struct req *r, int64_t list)
{
	size_t i = 0;
	while (i + 1 < sizeof lists / sizeof lists[0] && (int64_t)lists[i].list != list) {
		i++;
	}
	return arena_printf(&r->arena, PATH_DESK_MAIL "?list=%s&done=yes", lists[i].word);
}

bool desk_notice_post(struct req *r, struct err *e)
{
	const struct institution *at = office_of_viewer(r, e);
	struct find f;
	struct store_op op;
	struct str what = req_form(r, "do");
	int64_t notice;
	if (at == NULL || !req_arg_id(r, 0, &notice, e) || !find_own(r, at->id, notice, &f, e)) {
		return false;
	}
	if (!f.row.found) {
		return err_tell(e, ERR_CONFLICT, N_("Somebody of your office was faster: it is done."), "a notice on no list");
	}
	struct notice_act act = {
		.party = f.row.party,
		.notice = notice,
		.what = str_is(what, "again")    ? NOTICE_DO_AGAIN
	            : str_is(what, "letter") ? NOTICE_DO_LETTER
	                                     : NOTICE_DO_SETTLE,
		.actor = r->viewer->account,
	};
	if (!people_still_allowed(r->app->store, r->viewer, e) || !app_op(r, act.party, &op, e)) {
		return false;
	}
	if (!app_write(r, &op, notice_act_job, &act, e)) {
		return e->code == ERR_CONFLICT && app_was_done(r, act.party) ? req_redirect(r, back_to_list(r, f.row.list))
		                                                             : false;
	}
	return req_redirect(r, back_to_list(r, f.row.list));
}

/* Each letter is one move of its own: what somebody else has marked meanwhile is passed over. */
bool desk_notices_post(struct req *r, struct err *e)
{
	const struct institution *at = office_of_viewer(r, e);
	if (at == NULL || !people_still_allowed(r->app->store, r->viewer, e)) {
		return false;
	}
	for (size_t i = 0; i < r->form.n; i++) {
		int64_t notice;
		struct find f;
		if (!str_is(r->form.items[i].name, "notice") || !id_parse(r->form.items[i].value, &notice)) {
			continue;
		}
		if (!find_own(r, at->id, notice, &f, e)) {
			return false;
		}
		struct notice_act act = {
			.party = f.row.party, .notice = notice, .what = NOTICE_DO_PRINTED, .actor = r->viewer->account};
		struct store_op op = {.route = act.party};
		if (f.row.found && !app_write(r, &op, notice_act_job, &act, e) && e->code != ERR_CONFLICT) {
			return false;
		}
	}
	return req_redirect(r, back_to_list(r, LIST_PRINT));
}

/* --- Letters -------------------------------------------------------------------------------------------------------
 */

struct envelope {
	int64_t party;
	const struct app *app;
	struct mail_target target;
};

static bool envelope_job(struct tx *tx, void *ctx, struct err *e)
{
	struct envelope *v = ctx;
	return mail_target(tx, v->app, v->party, &v->target, e);
}

static struct str said(struct req *r, struct str lang, const char *msgid, struct str city)
{
	struct buf b;
	const struct tr_arg args[] = {TR_O("city", city), TR_O("url", r->app->public_url)};
	buf_init(&b, 4096);
	tr_put_plain(&b, tr(lang, msgid), args, 2);
	struct str s = arena_copy(&r->arena, buf_str(&b));
	buf_release(&b);
	return s;
}

/* One page: who it is for, and that something waits, in that person's language. */
static size_t put_letter(struct req *r, const struct envelope *v, int64_t notice, struct document_block *to,
                         bool is_first)
{
	const struct mail_target *t = &v->target;
	const struct jurisdiction *home = catalogue_home(r->app);
	struct str city = home ? text_in(&home->name, t->lang) : r->app->city_name;
	struct document_item *lines = arena_new(&r->arena, struct document_item, 8);
	size_t n = 0, at = 0;
	if (lines == NULL) {
		return 0;
	}
	lines[n++] = (struct document_item){.value = t->name};
	struct str rest = t->post_address, line;
	while (n < 7 && str_next(&rest, '\n', &line)) {
		lines[n++] = (struct document_item){.value = str_trim(line)};
	}
	if (!is_first) {
		to[at++] = (struct document_block){.kind = BLOCK_PAGE};
	}
	to[at++] = (struct document_block){.kind = BLOCK_ADDRESS,
	                                   .items = lines,
	                                   .item_n = n,
	                                   .caption = arena_printf(&r->arena, "%s", id_text(notice).c)};
	to[at++] =
		(struct document_block){.kind = BLOCK_HEADING,
	                            .level = 1,
	                            .text = said(r, t->lang, N_("A message is waiting for you at {city} City Hall"), city)};
	to[at++] = (struct document_block){
		.kind = BLOCK_PARAGRAPH,
		.text = said(r, t->lang,
	                 N_("You find it in your mailbox at {url}, under your name. Who has no computer is helped at any "
	                    "counter: bring this letter and your identity card.\n\nThis letter says no more, so that "
	                    "nobody else learns what it is about."),
	                 city)};
	return at;
}

bool desk_letters_get(struct req *r, struct err *e)
{
	const struct institution *at = office_of_viewer(r, e);
	if (at == NULL) {
		return false;
	}
	struct load l = {.institution = at->id, .list = LIST_PRINT, .most = LETTERS_MOST};
	if (!store_read(r->app->store, at->id, &r->arena, load_job, &l, e)) {
		return false;
	}
	struct document_block *blocks = arena_new(&r->arena, struct document_block, l.n * BLOCKS_EACH + 1);
	size_t n = 0;
	int fd = -1;
	for (size_t i = 0; blocks && i < l.n; i++) {
		struct envelope v = {.party = l.rows[i].party, .app = r->app};
		/* The address is read for it, and the person sees that. */
		if (!access_look(r, v.party, 0, at->id, ACCESS_LETTER, e) ||
		    !store_read(r->app->store, v.party, &r->arena, envelope_job, &v, e)) {
			return false;
		}
		n += put_letter(r, &v, l.rows[i].notice, blocks + n, i == 0);
	}
	if (n == 0) {
		return err_tell(e, ERR_NOT_FOUND, N_("No letter is to be printed."), "an empty print queue");
	}
	const struct jurisdiction *home = catalogue_home(r->app);
	struct document d = {
		.title = tr(r->lang, N_("Letters to print")),
		.lang = r->lang,
		.is_rtl = language_is_rtl(r->lang),
		.city = home ? text_in(&home->name, r->lang) : r->app->city_name,
		.place = tr(r->lang, N_("City Hall")),
		.institution = text_in(&at->name, r->lang),
		.blocks = blocks,
		.block_n = n,
	};
	return render_pdf(r->app->render, &d, &fd, e) && req_send_file(r, fd, "application/pdf", STR("letters.pdf"));
}
