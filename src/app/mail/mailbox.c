/* The mailbox: what a party was told, newest first, and each message with the note that it was opened. */
#include "app/mail/mail.html.h"
#include "app/mail/pages.h"
#include "app/page.h"
#include "app/people/viewer.h"
#include "base/zip.h"
#include "html/translate.h"
#include "http/server.h"
#include "store/standing.h"

enum { UNREAD_MOST = 100, EXPORT_MOST = 500, EXPORT_BYTES = 16 * 1024 * 1024 };

/* --- Counting ------------------------------------------------------------------------------------------------------
 */

struct unread {
	int64_t n;
};

static bool unread_job(struct tx *tx, void *ctx, struct err *e)
{
	struct unread *u = ctx;
	struct message_unread_rows rows;
	struct message_unread_out row;
	u->n = 0;
	if (!message_unread_open(tx, &(struct message_unread_in){.most = UNREAD_MOST, .party = tx_route(tx)}, &rows, e)) {
		return false;
	}
	while (message_unread_next(&rows, &row)) {
		u->n++;
	}
	return message_unread_close(&rows, e);
}

int64_t mail_unread(struct req *r, int64_t party)
{
	struct unread u = {0};
	struct err why; /* a number in the frame is worth no error page */
	return store_read(r->app->store, party, &r->arena, unread_job, &u, &why) ? u.n : 0;
}

/* --- Words ---------------------------------------------------------------------------------------------------------
 */

struct str letter_about(struct req *r, const struct message_page_out *m)
{
	const struct service *s = m->service.n > 0 ? catalogue_service(r->app, m->service) : NULL;
	return s ? text_in(&s->name, r->lang) : m->service.n > 0 ? m->service : page_institution(r, m->institution);
}

struct str letter_title(struct req *r, const struct message_page_out *m)
{
	return tr(r->lang, mail_kind_title(mail_kind_of(m->kind)));
}

struct str letter_text(struct req *r, const struct message_page_out *m)
{
	enum mail_kind kind = mail_kind_of(m->kind);
	struct buf b, date;
	buf_init(&b, 8192);
	buf_init(&date, 200);
	format_date(&date, r->lang, date_of_day(catalogue_today(r->app)).year, m->day, DATE_LONG);
	const struct tr_arg args[] = {TR_O("service", letter_about(r, m)),
	                              TR_O("office", page_institution(r, m->institution)), TR_O("date", buf_str(&date))};
	tr_put_plain(&b, tr(r->lang, mail_kind_text(kind)), args, 3);
	struct str text = arena_copy(&r->arena, buf_str(&b));
	buf_release(&date);
	buf_release(&b);
	return text;
}

/* --- The list ------------------------------------------------------------------------------------------------------
 */

struct box {
	int64_t party, before;
	size_t most;
	struct message_page_out *rows;
	size_t n;
};

static bool box_job(struct tx *tx, void *ctx, struct err *e)
{
	struct box *b = ctx;
	struct message_page_rows rows;
	b->n = 0;
	b->rows = arena_new(tx_arena(tx), struct message_page_out, b->most);
	if (b->rows == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a mailbox");
	}
	struct message_page_in in = {.before = b->before, .most = (int64_t)b->most, .party = b->party};
	if (!message_page_open(tx, &in, &rows, e)) {
		return false;
	}
	while (b->n < b->most && message_page_next(&rows, &b->rows[b->n])) {
		b->n++;
	}
	return message_page_close(&rows, e);
}

/* Of the party that ?for= names; the own one without. */
static bool read_box(struct req *r, size_t most, struct box *b, struct err *e)
{
	const struct viewer *v = r->viewer;
	*b = (struct box){.party = v->parties[0].party, .before = INT64_MAX, .most = most};
	int64_t id;
	if (id_parse(req_query(r, "for"), &id)) {
		if (viewer_acts_for(v, id) == NULL) {
			return err_set(e, ERR_NOT_FOUND, "a mailbox of somebody else");
		}
		b->party = id;
	}
	if (id_parse(req_query(r, "before"), &id)) {
		b->before = id;
	}
	return store_read(r->app->store, b->party, &r->arena, box_job, b, e);
}

bool mailbox_get(struct req *r, struct err *e)
{
	const struct viewer *v = r->viewer;
	struct box b;
	if (!read_box(r, MAILBOX_PAGE + 1, &b, e)) {
		return false;
	}
	struct mailbox_tab *tabs = arena_new(&r->arena, struct mailbox_tab, v->party_n);
	struct mailbox_row *rows = arena_new(&r->arena, struct mailbox_row, MAILBOX_PAGE);
	if (tabs == NULL || rows == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a mailbox");
	}
	const char *of = arena_printf(&r->arena, "?for=%s", id_text(b.party).c).p;
	struct mailbox_view view = {
		.tabs = tabs,
		.tab_n = v->party_n,
		.rows = rows,
		.ways_href = STR(PATH_WAYS),
		.pdf_href = arena_printf(&r->arena, PATH_MAILBOX "/all.pdf%s", of),
		.data_href = arena_printf(&r->arena, PATH_MAILBOX "/all.zip%s", of),
	};
	for (size_t i = 0; i < v->party_n; i++) {
		tabs[i] = (struct mailbox_tab){
			.href = arena_printf(&r->arena, PATH_MAILBOX "?for=%s", id_text(v->parties[i].party).c),
			.name = v->parties[i].name,
			.is_current = v->parties[i].party == b.party,
			.unread = v->party_n > 1 ? mail_unread(r, v->parties[i].party) : 0,
		};
	}
	for (size_t i = 0; i < b.n && i < MAILBOX_PAGE; i++) {
		const struct message_page_out *m = &b.rows[i];
		rows[view.n++] = (struct mailbox_row){
			.href = arena_printf(&r->arena, PATH_MAILBOX "/%s", id_text(m->id).c),
			.title = letter_title(r, m),
			.about = letter_about(r, m),
			.when = page_moment(r, m->posted_at),
			.is_unread = m->is_unread,
		};
	}
	if (b.n > MAILBOX_PAGE) {
		view.next_href =
			arena_printf(&r->arena, PATH_MAILBOX "%s&before=%s", of, id_text(b.rows[MAILBOX_PAGE - 1].id).c);
	}
	struct html_out o;
	page_begin(r, &o, &(struct page){.title_msgid = N_("Mailbox"), .current = NAV_MAILBOX, .width = PAGE_NOTE});
	mailbox_page(&o, &view);
	page_end(r, &o);
	return true;
}

/* --- One message ---------------------------------------------------------------------------------------------------
 */

struct letter {
	int64_t party, id;
	struct message_get_out row;
	struct message_page_out m; /* the same, as lists have it */
};

static bool letter_job(struct tx *tx, void *ctx, struct err *e)
{
	struct letter *l = ctx;
	return message_get(tx, &(struct message_get_in){.party = tx_route(tx), .id = l->id}, &l->row, e);
}

/* A notice names the message and not its party: the viewer's are few. */
static bool find_letter(struct req *r, struct letter *l, struct err *e)
{
	const struct viewer *v = r->viewer;
	*l = (struct letter){0};
	if (!req_arg_id(r, 0, &l->id, e)) {
		return false;
	}
	for (size_t i = 0; i < v->party_n && !l->row.found; i++) {
		l->party = v->parties[i].party;
		if (!store_read(r->app->store, l->party, &r->arena, letter_job, l, e)) {
			return false;
		}
	}
	const struct message_get_out *m = &l->row;
	l->m = (struct message_page_out){
		.id = m->id,
		.kind = m->kind,
		.casefile = m->casefile,
		.draft = m->draft,
		.institution = m->institution,
		.service = m->service,
		.official = m->official,
		.words = m->words,
		.number = m->number,
		.day = m->day,
		.has_letter = m->has_letter,
		.needs_proof = m->needs_proof,
		.posted_at = m->posted_at,
		.is_unread = m->is_unread,
		.has_read_at = m->has_read_at,
		.read_at = m->read_at,
		.read_by = m->read_by,
	};
	if (!m->found) {
		return err_set(e, ERR_NOT_FOUND, "no such message");
	}
	return mail_kind_of(m->kind) != MAIL_NONE || err_set(e, ERR_GONE, "a message of a kind that is no more");
}

static bool open_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct mail_opening *in = ctx;
	struct message_open_in row = {
		.has_read_at = true, .read_at = tx_now_us(tx), .read_by = in->account, .party = in->party, .id = in->message};
	return message_open(tx, &row, e) && mail_say_opened(tx, in, e);
}

enum { SHOWN_MOST = 50 };
struct shown {
	struct mail_opening of; /* but its message */
	uint64_t which;
	struct mail_opening items[SHOWN_MOST];
	size_t n;
};

static bool unproved_job(struct tx *tx, void *ctx, struct err *e)
{
	struct shown *s = ctx;
	struct message_unproved_rows rows;
	struct message_unproved_out row;
	s->n = 0;
	if (!message_unproved_open(
			tx, &(struct message_unproved_in){.party = s->of.party, .casefile = s->of.casefile, .most = SHOWN_MOST},
			&rows, e)) {
		return false;
	}
	while (s->n < SHOWN_MOST && message_unproved_next(&rows, &row)) {
		if ((s->which & MAIL_KIND_BIT(mail_kind_of(row.kind))) != 0) {
			struct mail_opening *o = &s->items[s->n++];
			*o = s->of;
			o->message = row.id;
			o->institution = row.institution;
			o->service = row.service;
		}
	}
	return message_unproved_close(&rows, e);
}

bool mail_note_shown(struct req *r, int64_t party, int64_t casefile, uint64_t which, struct err *e)
{
	struct shown s = {.of = {.party = party, .casefile = casefile, .account = r->viewer->account}, .which = which};
	if (r->method != METHOD_GET || casefile == 0) {
		return true;
	}
	if (!store_read(r->app->store, party, &r->arena, unproved_job, &s, e)) {
		return false;
	}
	for (size_t i = 0; i < s.n; i++) {
		http_place_release(r);
		bool ok = store_write(r->app->store, &(struct store_op){.route = party}, open_job, &s.items[i], e);
		http_place_take(r);
		/* A conflict: opened by somebody else in this moment. */
		if (!ok && e->code != ERR_CONFLICT) {
			return false;
		}
	}
	return true;
}

/* Opening it is what the proof says, so it is written before the message is shown: while nothing can be written, one
 * that needs the proof stays closed. */
static bool note_opening(struct req *r, struct letter *l, struct err *e)
{
	struct mail_opening in = {.party = l->party,
	                          .message = l->id,
	                          .account = r->viewer->account,
	                          .institution = l->m.institution,
	                          .service = l->m.service};
	bool may_go_unnoted = store_is_closed(r->app->store) && !l->m.needs_proof;
	if (!l->m.is_unread || r->method != METHOD_GET || may_go_unnoted) {
		return true;
	}
	http_place_release(r);
	bool ok = store_write(r->app->store, &(struct store_op){.route = l->party}, open_job, &in, e);
	http_place_take(r);
	if (ok) {
		l->m.has_read_at = true;
		l->m.read_at = time_legal_us(&r->app->time);
	}
	l->m.is_unread = !ok && e->code != ERR_CONFLICT; /* a conflict: opened by somebody else in this moment */
	return !l->m.is_unread;
}

static struct mail_read read_of(struct req *r, int64_t party, const struct message_page_out *m)
{
	return (struct mail_read){
		.party = party,
		.id = m->id,
		.casefile = m->casefile,
		.draft = m->draft,
		.institution = m->institution,
		.posted_us = m->posted_at,
		.read_us = m->has_read_at ? m->read_at : 0,
		.kind = m->kind,
		.title = letter_title(r, m),
		.text = letter_text(r, m),
		.words = m->words,
		.official = m->official,
		.number = m->number,
		.service = m->service,
		.has_letter = m->has_letter,
		.needs_proof = m->needs_proof,
	};
}

bool mail_list(struct req *r, int64_t party, int64_t before, size_t most, struct mail_read **out, size_t *n,
               struct err *e)
{
	struct box b = {.party = party, .before = before, .most = most};
	*n = 0;
	*out = arena_new(&r->arena, struct mail_read, most);
	if (*out == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a mailbox");
	}
	if (!store_read(r->app->store, party, &r->arena, box_job, &b, e)) {
		return false;
	}
	for (size_t i = 0; i < b.n; i++) {
		(*out)[(*n)++] = read_of(r, party, &b.rows[i]);
	}
	return true;
}

bool mail_open(struct req *r, struct mail_read *out, struct err *e)
{
	struct letter l;
	if (!find_letter(r, &l, e) || !note_opening(r, &l, e)) {
		return false;
	}
	*out = read_of(r, l.party, &l.m);
	return true;
}

bool letter_get(struct req *r, struct err *e)
{
	struct letter l;
	if (!find_letter(r, &l, e) || !note_opening(r, &l, e)) {
		return false;
	}
	const struct message_page_out *m = &l.m;
	struct local_time at = page_local_time(r, m->posted_at);
	struct date d = date_of_day(at.day);
	const char *own = arena_printf(&r->arena, PATH_MAILBOX "/%s", id_text(l.id).c).p;
	struct letter_view v = {
		.title = letter_title(r, m),
		.from = page_institution(r, m->institution),
		.official = m->official,
		.iso = arena_printf(&r->arena, "%04d-%02d-%02dT%02d:%02d", d.year, d.month, d.day, at.second / 3600,
	                        at.second % 3600 / 60),
		.when = page_moment(r, m->posted_at),
		.text = letter_text(r, m),
		.words = m->words,
		.number = m->number,
		.pdf_href = arena_printf(&r->arena, "%s/message.pdf", own),
		.eml_href = arena_printf(&r->arena, "%s/message.eml", own),
		.data_href = arena_printf(&r->arena, "%s/message.json", own),
	};
	if (m->casefile != 0) {
		v.case_href = arena_printf(&r->arena, PATH_CASES "/%s", id_text(m->casefile).c);
		v.letter_href = m->has_letter ? arena_printf(&r->arena, "%.*s/letter.pdf", STR_ARG(v.case_href)) : STR_EMPTY;
		if (!rooms_ask(r, l.party, m->casefile, &v.asks, e)) {
			return false;
		}
	}
	if (m->draft != 0) {
		v.draft_href = arena_printf(&r->arena, "/draft/%s", id_text(m->draft).c);
	}
	if (mail_kind_of(m->kind) == MAIL_ADDRESS_FAILED) {
		v.ways_href = STR(PATH_WAYS);
	}
	if (m->needs_proof && m->has_read_at) {
		struct buf b;
		buf_init(&b, 1024);
		const struct tr_arg args[] = {TR_O("when", page_moment(r, m->read_at))};
		tr_put_plain(&b, tr(r->lang, N_("It is noted that this message was opened on {when}; the office sees that.")),
		             args, 1);
		v.proof = arena_copy(&r->arena, buf_str(&b));
		buf_release(&b);
	}
	struct html_out o;
	page_begin(r, &o,
	           &(struct page){.title = v.title,
	                          .current = NAV_MAILBOX,
	                          .width = PAGE_NOTE,
	                          .back_href = arena_printf(&r->arena, PATH_MAILBOX "?for=%s", id_text(l.party).c)});
	message_view_page(&o, &v);
	page_end(r, &o);
	return true;
}

/* --- Copies --------------------------------------------------------------------------------------------------------
 */

static bool send_bytes(struct req *r, struct buf *b, const char *type, const char *name, struct err *e)
{
	bool ok = buf_ok(b, e);
	if (ok) {
		buf_reset(&r->out);
		buf_put(&r->out, buf_str(b));
		r->content_type = str_of(type);
		req_set_header(r, "Content-Disposition", arena_printf(&r->arena, "attachment; filename=\"%s\"", name));
	}
	buf_release(b);
	return ok;
}

bool letter_eml_get(struct req *r, struct err *e)
{
	struct letter l;
	struct buf b;
	if (!find_letter(r, &l, e) || !note_opening(r, &l, e)) {
		return false;
	}
	buf_init(&b, EXPORT_BYTES);
	if (!letter_put_eml(r, l.party, &l.m, &b, e)) {
		buf_release(&b);
		return false;
	}
	return send_bytes(r, &b, "message/rfc822", "message.eml", e);
}

bool letter_json_get(struct req *r, struct err *e)
{
	struct letter l;
	struct buf b;
	if (!find_letter(r, &l, e) || !note_opening(r, &l, e)) {
		return false;
	}
	buf_init(&b, EXPORT_BYTES);
	letter_put_json(r, l.party, &l.m, &b);
	return send_bytes(r, &b, "application/json", "message.json", e);
}

bool letter_pdf_get(struct req *r, struct err *e)
{
	struct letter l;
	int fd = -1;
	return find_letter(r, &l, e) && note_opening(r, &l, e) && letters_pdf(r, l.party, &l.m, 1, &fd, e) &&
	       req_send_file(r, fd, "application/pdf", STR("message.pdf"));
}

/* Whole boxes leave what is unread as it is: nobody has read it yet. What needs proof of that stays sealed in them
 * (export.c). */
bool mailbox_pdf_get(struct req *r, struct err *e)
{
	struct box b;
	int fd = -1;
	return read_box(r, EXPORT_MOST, &b, e) && letters_pdf(r, b.party, b.rows, b.n, &fd, e) &&
	       req_send_file(r, fd, "application/pdf", STR("mailbox.pdf"));
}

bool mailbox_zip_get(struct req *r, struct err *e)
{
	struct box b;
	struct buf out, one;
	struct zip_out zip;
	if (!read_box(r, EXPORT_MOST, &b, e)) {
		return false;
	}
	buf_init(&out, EXPORT_BYTES);
	buf_init(&one, EXPORT_BYTES);
	zip_begin(&zip, &out);
	bool ok = true;
	for (size_t i = 0; ok && i < b.n; i++) {
		const char *id = arena_printf(&r->arena, "%s", id_text(b.rows[i].id).c).p;
		buf_reset(&one);
		letter_put_json(r, b.party, &b.rows[i], &one);
		zip_put(&zip, arena_printf(&r->arena, "%s.json", id), buf_str(&one));
		buf_reset(&one);
		ok = letter_put_eml(r, b.party, &b.rows[i], &one, e);
		zip_put(&zip, arena_printf(&r->arena, "%s.eml", id), buf_str(&one));
	}
	ok = zip_end(&zip, e) && ok;
	buf_release(&one);
	if (!ok) {
		buf_release(&out);
		return false;
	}
	return send_bytes(r, &out, "application/zip", "mailbox.zip", e);
}
