#include "app/forms/lapse.h"

#include "app/catalogue/catalogue.h"
#include "app/forms/draft.h"
#include "app/forms/forms.h"
#include "app/forms/forms.sql.h"
#include "app/installation/outage.h"
#include "app/mail/mail.h"
#include "app/page.h"
#include "base/json.h"

#define LAPSE_TIMER "forms.lapse"
/* The day that is named to people is kept wholly, in the autumn too, when it has 25 hours. */
#define WHOLE_DAY_US (US_PER_DAY + 60 * US_PER_MIN)
#define NOTICE_US (LAPSE_NOTICE_DAYS * US_PER_DAY)
#define LAST_NOTICE_US US_PER_DAY

/* Until when it is kept; what nobody served meanwhile is given back. */
struct kept_job {
	int64_t changed_us, until_us;
};

static bool kept(struct tx *tx, void *ctx, struct err *e)
{
	struct kept_job *j = ctx;
	return outages_give_back(tx, j->changed_us, &j->until_us, e);
}

bool lapse_begin(struct tx *tx, int64_t keep_us, int64_t party, int64_t draft, int64_t changed_us, struct err *e)
{
	return timer_set(tx, party, STR(LAPSE_TIMER), draft, changed_us + keep_us + WHOLE_DAY_US - NOTICE_US, e);
}

bool lapse_end(struct tx *tx, int64_t party, int64_t draft, struct err *e)
{
	return timer_clear(tx, party, STR(LAPSE_TIMER), draft, e);
}

day_number lapse_kept_until(struct req *r, int64_t changed_us)
{
	struct kept_job j = {.changed_us = changed_us, .until_us = changed_us + r->app->draft_keep_us};
	struct err ignored;
	if (!store_read(r->app->store, 1, &r->arena, kept, &j, &ignored)) {
		j.until_us = changed_us + r->app->draft_keep_us; /* the page names the earlier day */
	}
	return page_local_time(r, j.until_us).day;
}

bool lapse_is_near(struct req *r, int64_t changed_us)
{
	return lapse_kept_until(r, changed_us) - catalogue_today(r->app) < LAPSE_NOTICE_DAYS;
}

static const struct institution *office_of(struct app *app, const struct draft *d)
{
	const struct service *s = app->catalogue ? catalogue_service(app, d->service) : NULL;
	return s ? catalogue_institution_named(app, s->institution) : app->catalogue ? catalogue_front_office(app) : NULL;
}

/* Neither who nor what was answered: which draft of which service, and that it was never sent. */
static bool say_lapsed(struct tx *tx, struct app *app, const struct draft *d, struct err *e)
{
	const struct institution *office = office_of(app, d);
	struct buf b;
	buf_init(&b, 256);
	struct json_out j = {.to = &b};
	json_begin_object(&j);
	json_key(&j, STR("draft"));
	json_put_int(&j, d->id);
	json_end_object(&j);
	struct event ev = {
		.route = tx_route(tx),
		.room = STR("forms"),
		.kind = STR("draft-lapsed"),
		.version = 1,
		.institution = office ? office->id : 0,
		.service = d->service,
		.effective_us = tx_now_us(tx),
		.public_payload = buf_str(&b),
		.personal_payload = STR_EMPTY,
	};
	bool ok = buf_ok(&b, e) && event_append(tx, &ev, e);
	buf_release(&b);
	return ok;
}

/* The day is the one that the pages name. */
static bool tell(struct tx *tx, struct app *app, const struct draft *d, enum mail_kind kind, int64_t until_us,
                 struct err *e)
{
	const struct jurisdiction *home = app->catalogue ? catalogue_home(app) : NULL;
	const struct institution *office = office_of(app, d);
	struct mail_message m = {
		.party = d->party,
		.kind = kind,
		.draft = d->id,
		.institution = office ? office->id : 0,
		.service = d->service,
		.date = home && home->zone ? zone_local(home->zone, until_us).day : (day_number)(until_us / US_PER_DAY),
	};
	return mail_post(tx, &m, e);
}

static bool lapse_due(struct tx *tx, const struct timer *t, void *ctx, struct err *e)
{
	struct app *app = ctx;
	struct draft d;
	int64_t files = 0;
	struct err why = {0};
	if (!draft_get(tx, t->route, t->subject, &d, &why)) {
		if (why.code == ERR_NOT_FOUND) { /* thrown away meanwhile */
			return true;
		}
		*e = why;
		return false;
	}
	if (d.state != DRAFT_OPEN) {
		return true;
	}
	struct kept_job j = {.changed_us = d.changed_us, .until_us = d.changed_us + app->draft_keep_us};
	if (!kept(tx, &j, e)) {
		return false;
	}
	int64_t due_us = j.until_us + WHOLE_DAY_US;
	if (tx_now_us(tx) < due_us - NOTICE_US) { /* changed since the timer was set, or nobody served meanwhile */
		return timer_set(tx, d.party, STR(LAPSE_TIMER), d.id, due_us - NOTICE_US, e);
	}
	if (tx_now_us(tx) < due_us) {
		bool is_last = tx_now_us(tx) >= due_us - LAST_NOTICE_US;
		return tell(tx, app, &d, is_last ? MAIL_DRAFT_LAPSES_TOMORROW : MAIL_DRAFT_LAPSES_SOON, j.until_us, e) &&
		       timer_set(tx, d.party, STR(LAPSE_TIMER), d.id, is_last ? due_us : due_us - LAST_NOTICE_US, e);
	}
	return draft_delete(tx, &(struct draft_delete_in){.party = d.party, .id = d.id}, e) &&
	       intake_delete(tx, &(struct intake_delete_in){.party = d.party, .draft = d.id}, NULL, e) &&
	       file_delete_all(tx, &(struct file_delete_all_in){.party = d.party, .casefile = d.id}, &files, e) &&
	       say_lapsed(tx, app, &d, e);
}

const struct timer_kind forms_timers[] = {
	{.name = LAPSE_TIMER, .fire = lapse_due},
	{0},
};
