/* The mail itself: services, days and the way in; no names and no numbers of cases, for it leaves the house. */
#include "app/catalogue/catalogue.h"
#include "app/mail/mime.h"
#include "app/page.h"
#include "app/people/viewer.h"
#include "app/supervision/supervision.sql.h"
#include "app/supervision/told.h"
#include "base/legal_clock.h"
#include "html/translate.h"
#include "os/post_client.h"

enum { READ_BYTES = 1024 * 1024, TEXT_BYTES = 64 * 1024, NAMED_MOST = 20, LOOK_MOST = 100, TRIES_MOST = 6 };

struct told_mail {
	struct app *app;
	const struct errand *errand;
	struct people_official who;
	struct told_alert_of_mail_out rows[LOOK_MOST];
	size_t n;
};

static bool read_job(struct tx *tx, void *ctx, struct err *e)
{
	struct told_mail *m = ctx;
	struct told_alert_of_mail_rows rows;
	struct told_alert_of_mail_in in = {.account = m->errand->route, .mail = m->errand->subject, .most = LOOK_MOST};
	m->n = 0;
	if (!people_official(tx, m->errand->route, &m->who, e) || !told_alert_of_mail_open(tx, &in, &rows, e)) {
		return false;
	}
	while (m->n < LOOK_MOST && told_alert_of_mail_next(&rows, &m->rows[m->n])) {
		m->n++;
	}
	return told_alert_of_mail_close(&rows, e);
}

/* What was answered, or overtaken by a newer alert, while it waited is not said any more. */
static bool leave_out(struct told_mail *m, struct arena *a, struct err *e)
{
	size_t kept = 0;
	for (size_t i = 0; i < m->n; i++) {
		struct told_state s = {.institution = m->rows[i].institution, .id = m->rows[i].alert};
		if (!told_read(m->app->store, a, &s, e)) {
			return false;
		}
		if (!s.is_over && s.answered_us == 0) {
			m->rows[kept++] = m->rows[i];
		}
	}
	m->n = kept;
	return true;
}

static bool begin_now(void *ctx, struct err *e)
{
	const struct told_mail *m = ctx;
	return errand_begin(m->errand, e);
}

/* --- Its words
 * --------------------------------------------------------------------------------------------------------- */

static struct str day_text(struct told_mail *m, struct arena *a, struct str lang, const struct institution *at,
                           day_number day)
{
	struct buf b;
	day_number today = zone_local(calendar_zone(at->calendar), time_legal_us(&m->app->time)).day;
	buf_init(&b, TEXT_BYTES);
	format_date(&b, lang, date_of_day(today).year, day, DATE_LONG);
	struct str s = arena_copy(a, buf_str(&b));
	buf_release(&b);
	return s;
}

static const char *line_of(int64_t level)
{
	return level == CLOCK_ORANGE ? N_("{service}, {office}: due soon, on {day}\n{link}\n\n")
	       : level == CLOCK_RED  ? N_("{service}, {office}: about to be due, on {day}\n{link}\n\n")
	                             : N_("{service}, {office}: past its limit, {day}\n{link}\n\n");
}

static void put_lines(struct told_mail *m, struct arena *a, struct str lang, struct buf *to)
{
	const struct app *app = m->app;
	size_t named = 0;
	for (size_t i = 0; i < m->n && named < NAMED_MOST; i++) {
		const struct told_alert_of_mail_out *row = &m->rows[i];
		const struct institution *at = catalogue_institution(m->app, row->institution);
		const struct service *s = catalogue_service(m->app, row->service);
		if (at == NULL) {
			continue;
		}
		struct str id = str_of(id_text(row->casefile).c);
		struct str link = row->is_above
		                      ? arena_printf(a, "%.*s/board/at/%.*s/%.*s", STR_ARG(app->public_url),
		                                     STR_ARG(at->pack_id), STR_ARG(id))
		                      : arena_printf(a, "%.*s" PATH_QUEUE "/%.*s", STR_ARG(app->public_url), STR_ARG(id));
		const struct tr_arg args[] = {TR_O("service", s ? text_in(&s->name, lang) : row->service),
		                              TR_O("office", text_in(&at->name, lang)),
		                              TR_O("day", day_text(m, a, lang, at, row->due_day)), TR_O("link", link)};
		tr_put_plain(to, tr(lang, line_of(row->level)), args, 4);
		named++;
	}
	if (m->n > named) {
		const struct tr_arg args[] = {TR_N("n", m->n - named)};
		tr_put_plain(to, tr(lang, N_("And {n} more.\n\n")), args, 1);
	}
	bool is_above = m->rows[0].is_above;
	const struct tr_arg args[] = {
		TR_O("link", arena_printf(a, "%.*s%s", STR_ARG(app->public_url), is_above ? "/board" : "/desk/alerts"))};
	tr_put_plain(to,
	             is_above ? tr(lang, N_("The board: {link}\n"))
	                      : tr(lang, N_("Act on it, or say what is done about it: {link}\n")),
	             args, 1);
}

static enum errand_end send(struct told_mail *m, struct arena *a, struct err *why)
{
	struct app *app = m->app;
	const struct language *l = language_find(m->who.lang);
	struct str lang = str_of(l ? l->tag : languages[0].tag), local, domain = STR_EMPTY;
	const struct jurisdiction *home = catalogue_home(app);
	const struct tr_arg args[] = {TR_O("city", home ? text_in(&home->name, lang) : app->city_name), TR_N("n", m->n)};
	bool is_red = m->rows[0].pace == TOLD_AT_ONCE;
	struct buf name, subject, text, message;
	struct post_answer answer = {.end = POST_REFUSED};
	enum errand_end end = ERRAND_FAILED;
	buf_init(&name, TEXT_BYTES);
	buf_init(&subject, TEXT_BYTES);
	buf_init(&text, TEXT_BYTES);
	buf_init(&message, 2 * TEXT_BYTES);
	str_cut(app->mail_from, '@', &local, &domain);
	tr_put_plain(&name, tr(lang, N_("{city} City Hall")), args, 2);
	tr_put_plain(&subject, tr(lang, is_red ? N_("Red, due or past: {n}") : N_("Orange, due soon: {n}")), args, 2);
	put_lines(m, a, lang, &text);
	struct mime_mail mail = {
		.from_name = buf_str(&name),
		.from = app->mail_from,
		.to = m->who.email,
		.subject = buf_str(&subject),
		.id = arena_printf(a, "alerts.%s@%.*s", id_text(m->errand->subject).c, STR_ARG(domain)),
		.lang = lang,
		.date_us = time_legal_us(&app->time),
		.text = buf_str(&text),
	};
	if (mime_put(&message, &mail, why)) {
		struct post_mail post = {.from = app->mail_from,
		                         .to = m->who.email,
		                         .message = buf_str(&message),
		                         .point_of_no_return = begin_now,
		                         .ctx = m};
		post_mail(app->post, &post, &answer);
		bool may_try = answer.end == POST_AGAIN && m->errand->tries < TRIES_MOST;
		end = answer.end == POST_TAKEN ? ERRAND_DONE : may_try ? ERRAND_AGAIN : ERRAND_FAILED;
		err_set(why, ERR_BUSY, "a mail of alerts, code %d", answer.code);
	}
	buf_release(&name);
	buf_release(&subject);
	buf_release(&text);
	buf_release(&message);
	return end;
}

enum errand_end told_mail_run(const struct errand *errand, void *ctx, struct err *why)
{
	struct arena arena;
	enum errand_end end = ERRAND_AGAIN;
	arena_init(&arena, READ_BYTES);
	struct told_mail *m = arena_new(&arena, struct told_mail, 1);
	if (m != NULL) {
		m->app = ctx;
		m->errand = errand;
		if (store_read(m->app->store, errand->route, &arena, read_job, m, why) && leave_out(m, &arena, why)) {
			bool can_send = m->app->post && m->app->has_mail && m->who.email.n > 0;
			end = m->n == 0 || !can_send ? ERRAND_DONE : send(m, &arena, why);
		}
	}
	arena_release(&arena);
	return end;
}

/* Perhaps it arrived: it is not sent twice. What it says stands on the board and at the desk. */
enum errand_end told_mail_unsure(const struct errand *errand, void *ctx, struct err *why)
{
	(void)errand;
	(void)ctx;
	(void)why;
	return ERRAND_DONE;
}
