#include "app/supervision/told.h"

#include "app/catalogue/catalogue.h"
#include "app/people/accounts.h"
#include "app/supervision/alerts.h"
#include "app/supervision/office.h"
#include "app/supervision/supervision.sql.h"

enum { SCRATCH_BYTES = 1024 * 1024, OFFICES_ABOVE_MOST = 8 };
#define GATHER_US US_PER_MIN
#define RED_PAUSE_US (5 * US_PER_S)
#define DIGEST_PAUSE_US (60 * US_PER_MIN)

bool told_begin(struct tx *tx, int64_t alert, int64_t raised_us, struct err *e)
{
	return timer_set(tx, tx_route(tx), STR(ALERT_TIMER), alert, raised_us, e);
}

/* --- An alert as it is
 * ------------------------------------------------------------------------------------------------- */

static bool read_word(struct tx *tx, struct told_state *s, struct err *e)
{
	struct alert_word_of_case_rows rows;
	struct alert_word_of_case_out word;
	struct alert_word_of_case_in in = {.institution = s->institution, .casefile = s->casefile, .most = ALERTS_OF_CASE};
	if (!alert_word_of_case_open(tx, &in, &rows, e)) {
		return false;
	}
	while (alert_word_of_case_next(&rows, &word)) {
		bool is_first = word.id == s->id && (s->answered_us == 0 || word.said_at < s->answered_us);
		s->answered_us = is_first ? word.said_at : s->answered_us;
	}
	return alert_word_of_case_close(&rows, e);
}

static bool read_newest(struct tx *tx, const struct told_state *s, int64_t *newest, struct err *e)
{
	struct alert_of_case_rows rows;
	struct alert_of_case_out a;
	struct alert_of_case_in in = {.institution = s->institution, .casefile = s->casefile, .most = 1};
	if (!alert_of_case_open(tx, &in, &rows, e)) {
		return false;
	}
	*newest = alert_of_case_next(&rows, &a) ? a.id : 0;
	return alert_of_case_close(&rows, e);
}

static bool state_job(struct tx *tx, void *ctx, struct err *e)
{
	struct told_state *s = ctx;
	struct alert_get_out a;
	struct board_case_get_out c;
	int64_t newest;
	*s = (struct told_state){.institution = s->institution, .id = s->id, .is_over = true};
	if (!alert_get(tx, &(struct alert_get_in){.institution = s->institution, .id = s->id}, &a, e)) {
		return false;
	}
	if (!a.found) {
		return true;
	}
	s->casefile = a.casefile;
	if (!board_case_get(tx, &(struct board_case_get_in){.institution = s->institution, .casefile = a.casefile}, &c,
	                    e) ||
	    !read_newest(tx, s, &newest, e)) {
		return false;
	}
	s->is_over = !c.found || !c.is_counted || newest != s->id;
	s->handler = c.found ? c.handler : a.handler;
	s->answered_us = a.has_acted_at ? a.acted_at : 0;
	s->service = a.service;
	s->level = a.level;
	s->raised_us = a.raised_at;
	s->due_us = a.due_at;
	s->due_day = a.due_day;
	return read_word(tx, s, e);
}

bool told_read(struct store *s, struct arena *a, struct told_state *state, struct err *e)
{
	return store_read(s, state->institution, a, state_job, state, e);
}

static struct alert_hearing hearing_of(const struct told_state *s)
{
	return (struct alert_hearing){.level = (enum clock_level)s->level,
	                              .raised_us = s->raised_us,
	                              .due_us = s->due_us,
	                              .answered_us = s->answered_us};
}

/* The offices above that hear of it, the nearest first, and when. */
struct above {
	const struct institution *office;
	int64_t at_us;
};
static size_t offices_above(struct app *app, const struct institution *at, const struct told_state *s,
                            struct above out[OFFICES_ABOVE_MOST])
{
	struct alert_hearing a = hearing_of(s);
	size_t n = 0;
	int64_t below_us = 0;
	const struct institution *office = supervision_above(app, at, NULL);
	for (bool is_nearest = true; office != NULL && n < OFFICES_ABOVE_MOST; is_nearest = false) {
		int64_t at_us = is_nearest ? alert_reaches_us(at->calendar, &a)
		                           : alert_climbs_us(at->calendar, &a, &office->hears, below_us);
		if (at_us != CLOCK_NEVER) {
			out[n++] = (struct above){office, at_us};
			below_us = at_us;
		}
		office = supervision_above(app, at, office);
	}
	return n;
}

/* --- The timer of an alert
 * --------------------------------------------------------------------------------------------- */

bool told_look(struct tx *tx, const struct timer *t, void *ctx, struct err *e)
{
	struct told_state s = {.institution = t->route, .id = t->subject};
	struct above above[OFFICES_ABOVE_MOST];
	const struct institution *at = catalogue_institution(ctx, t->route);
	int64_t now_us = tx_now_us(tx), next_us = CLOCK_NEVER;
	if (!state_job(tx, &s, e)) {
		return false;
	}
	if (s.is_over || s.answered_us != 0 || at == NULL) {
		return true;
	}
	size_t n = offices_above(ctx, at, &s, above);
	for (size_t i = 0; i < n; i++) {
		next_us = above[i].at_us > now_us && above[i].at_us < next_us ? above[i].at_us : next_us;
	}
	return errand_add(tx, t->route, STR(ALERT_ERRAND), t->subject, now_us, e) &&
	       (next_us == CLOCK_NEVER || timer_set(tx, t->route, t->kind, t->subject, next_us, e));
}

/* --- Each person once
 * -------------------------------------------------------------------------------------------------- */

struct told_one {
	int64_t account;
	const struct told_state *s;
	bool is_above;
};

static bool one_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct told_one *one = ctx;
	const struct told_state *s = one->s;
	enum told_pace pace = s->level == CLOCK_ORANGE ? TOLD_BY_DIGEST : TOLD_AT_ONCE;
	struct told_person_get_out p;
	int64_t added = 0, now_us = tx_now_us(tx);
	if (!told_person_root(tx, &(struct told_person_root_in){.account = one->account, .pace = pace}, e) ||
	    !told_person_get(tx, &(struct told_person_get_in){.account = one->account, .pace = pace}, &p, e) ||
	    !told_alert_add(tx,
	                    &(struct told_alert_add_in){.account = one->account,
	                                                .alert = s->id,
	                                                .institution = s->institution,
	                                                .casefile = s->casefile,
	                                                .service = s->service,
	                                                .level = s->level,
	                                                .due_day = s->due_day,
	                                                .is_above = one->is_above,
	                                                .pace = pace},
	                    &added, e)) {
		return false;
	}
	if (added == 0 || p.is_set) {
		return true;
	}
	int64_t first_us = now_us + (pace == TOLD_BY_DIGEST ? GATHER_US : 0);
	int64_t after_us = p.sent_at + (pace == TOLD_BY_DIGEST ? DIGEST_PAUSE_US : RED_PAUSE_US);
	return told_person_set(tx,
	                       &(struct told_person_set_in){
							   .account = one->account, .pace = pace, .sent_at = p.sent_at, .is_set = true},
	                       e) &&
	       timer_set(tx, one->account, STR(TOLD_TIMER), pace, first_us > after_us ? first_us : after_us, e);
}

static bool tell_one(struct app *app, const struct told_state *s, int64_t account, bool is_above, struct err *e)
{
	struct told_one one = {.account = account, .s = s, .is_above = is_above};
	struct store_op op = {.route = account, .is_background = true};
	return store_write(app->store, &op, one_job, &one, e);
}

static bool tell_those(struct app *app, struct arena *a, const struct told_state *s, int64_t institution,
                       enum role_kind role, struct err *e)
{
	struct account_list staff;
	bool ok = people_staff(app->store, a, institution, &staff, e);
	for (size_t i = 0; ok && i < staff.n; i++) {
		const struct account_line *l = &staff.items[i];
		bool has_role = false;
		for (size_t k = 0; k < l->role_n; k++) {
			has_role = has_role || l->roles[k].kind == role;
		}
		ok = !has_role || l->is_disabled || tell_one(app, s, l->account, role == ROLE_SUPERVISOR, e);
	}
	return ok;
}

enum errand_end told_tell(const struct errand *errand, void *ctx, struct err *why)
{
	struct app *app = ctx;
	struct told_state s = {.institution = errand->route, .id = errand->subject};
	struct above above[OFFICES_ABOVE_MOST];
	const struct institution *at = catalogue_institution(app, errand->route);
	struct arena a;
	arena_init(&a, SCRATCH_BYTES);
	bool ok = told_read(app->store, &a, &s, why);
	if (ok && at != NULL && !s.is_over && s.answered_us == 0) {
		struct alert_hearing hearing = hearing_of(&s);
		size_t n = offices_above(app, at, &s, above);
		ok = (s.handler == 0 || tell_one(app, &s, s.handler, false, why)) &&
		     tell_those(app, &a, &s, s.institution, ROLE_HEAD, why);
		for (size_t i = 0; ok && i < n; i++) {
			ok = !alert_is_heard(&hearing, above[i].at_us, time_legal_us(&app->time)) ||
			     tell_those(app, &a, &s, above[i].office->id, ROLE_SUPERVISOR, why);
		}
	}
	arena_release(&a);
	return ok ? ERRAND_DONE : ERRAND_AGAIN;
}

/* --- One mail of all that waits
 * ----------------------------------------------------------------------------------------- */

bool told_make_up(struct tx *tx, const struct timer *t, void *ctx, struct err *e)
{
	(void)ctx;
	int64_t n = 0, mail = id_in_time(tx_now_us(tx));
	return told_person_root(tx, &(struct told_person_root_in){.account = t->route, .pace = t->subject}, e) &&
	       told_alert_mail(tx, &(struct told_alert_mail_in){.account = t->route, .pace = t->subject, .mail = mail}, &n,
	                       e) &&
	       told_person_set(tx,
	                       &(struct told_person_set_in){
							   .account = t->route, .pace = t->subject, .sent_at = tx_now_us(tx), .is_set = false},
	                       e) &&
	       (n == 0 || errand_add(tx, t->route, STR(TOLD_ERRAND), mail, tx_now_us(tx), e));
}
