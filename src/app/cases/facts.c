#include "app/cases/facts.h"

#include "app/people/absence.h"
#include "app/people/viewer.h"
#include "base/json.h"

enum { LOOKS_MAX = 200, STONES_MAX = 2000 };

struct load {
	struct req *r;
	int64_t party, casefile;
	struct case_facts *out;
	bool is_brief; /* without what lies beside the case: corrections, papers, events, looks */
};

static bool load_corrections(struct tx *tx, const struct load *in, struct err *e)
{
	enum { CORRECTIONS_MAX = 64 };
	struct case_facts *f = in->out;
	struct correction_list_rows rows;
	f->correction_n = 0;
	f->corrections = arena_new(tx_arena(tx), struct correction_list_out, CORRECTIONS_MAX);
	if (f->corrections == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for corrections");
	}
	if (!correction_list_open(tx, &(struct correction_list_in){.party = in->party, .casefile = in->casefile}, &rows,
	                          e)) {
		return false;
	}
	struct correction_list_out row;
	while (f->correction_n < CORRECTIONS_MAX && correction_list_next(&rows, &row)) {
		f->corrections[f->correction_n++] = row;
		if (row.id == f->c.correction) {
			f->has_correction = true;
			f->correction = row;
		}
	}
	return correction_list_close(&rows, e);
}

static bool load_matters(struct tx *tx, const struct load *in, struct err *e)
{
	enum { MATTERS_MAX = 200 };
	struct case_facts *f = in->out;
	struct matter_list_rows rows;
	f->matters = arena_new(tx_arena(tx), struct matter_list_out, MATTERS_MAX);
	if (f->matters == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for what is asked");
	}
	if (!matter_list_open(tx,
	                      &(struct matter_list_in){.party = in->party, .casefile = in->casefile, .most = MATTERS_MAX},
	                      &rows, e)) {
		return false;
	}
	while (f->matter_n < MATTERS_MAX && matter_list_next(&rows, &f->matters[f->matter_n])) {
		f->matter_n++;
	}
	return matter_list_close(&rows, e);
}

const struct matter_list_out *case_open_matter(const struct case_facts *f, int64_t kind, int64_t institution)
{
	for (size_t i = 0; i < f->matter_n; i++) {
		const struct matter_list_out *m = &f->matters[i];
		if (m->kind == kind && !m->has_closed_at && (institution == 0 || m->institution == institution)) {
			return m;
		}
	}
	return NULL;
}

static bool was_confirmed(struct tx *tx, const struct event_list *events)
{
	struct json *root = NULL;
	struct err ignored;
	if (events->n == 0 || !json_parse(tx_arena(tx), events->items[0].public_payload, &root, &ignored)) {
		return false;
	}
	const struct json *j = json_get(root, STR("confirmed"));
	return j != NULL && j->kind == JSON_TRUE;
}

/* The question to an office that the application began with. */
static bool load_asked(struct tx *tx, const struct load *in, struct err *e)
{
	struct draft d;
	if (!draft_get(tx, in->party, in->casefile, &d, e)) {
		return e->code == ERR_NOT_FOUND;
	}
	in->out->asked = d.asked;
	return true;
}

static bool load_beside(struct tx *tx, const struct load *in, struct err *e)
{
	struct case_facts *f = in->out;
	if (channel_is_intake(f->c.channel) && !intake_of(tx, in->party, in->casefile, &f->intake, &f->has_intake, e)) {
		return false;
	}
	if (!event_list_of_case(tx, in->party, in->casefile, &f->events, e)) {
		return false;
	}
	f->is_confirmed = f->has_intake && was_confirmed(tx, &f->events);
	return load_asked(tx, in, e) && load_corrections(tx, in, e) &&
	       files_of(tx, in->party, in->casefile, &f->files, e) &&
	       access_entries_of(tx, in->party, in->casefile, LOOKS_MAX, &f->looks, e);
}

static bool load(struct tx *tx, void *ctx, struct err *e)
{
	const struct load *in = ctx;
	struct case_facts *f = in->out;
	*f = (struct case_facts){0};
	if (!casefile_get(tx, &(struct casefile_get_in){.party = in->party, .id = in->casefile}, &f->c, e)) {
		return false;
	}
	if (!f->c.found) {
		return err_set(e, ERR_NOT_FOUND, "no such case");
	}
	/* A case in which nothing was asked or promised has none: who acts on it need not look. */
	if (!case_clock_load(tx, &f->c, &f->clock, e)) {
		return false;
	}
	bool needs_matters = !in->is_brief || f->c.flags != 0;
	return (in->is_brief || load_beside(tx, in, e)) && (!needs_matters || load_matters(tx, in, e)) &&
	       (f->c.decision == 0 ||
	        decision_get(tx,
	                     &(struct decision_get_in){.party = in->party, .casefile = in->casefile, .id = f->c.decision},
	                     &f->decision, e)) &&
	       ((f->c.flags & (HAS_PERMIT | IS_REVOKED)) == 0 ||
	        credential_of(tx, in->party, in->casefile, &f->credential, e)) &&
	       people_name(tx, in->party, &f->applicant, e) && answers_parse(tx_arena(tx), f->c.answers, &f->answers, e);
}

struct name_load {
	int64_t party;
	struct str *name;
};

static bool load_name(struct tx *tx, void *ctx, struct err *e)
{
	const struct name_load *in = ctx;
	return people_name(tx, in->party, in->name, e);
}

/* Names of accounts lie under routes of their own. An account that is gone leaves the name empty. */
static bool read_name(struct req *r, int64_t party, struct str *name, struct err *e)
{
	struct name_load in = {party, name};
	*name = STR_EMPTY;
	if (party != 0 && party == r->viewer->account) {
		*name = r->viewer->name;
		return true;
	}
	if (party == 0 || store_read(r->app->store, party, &r->arena, load_name, &in, e)) {
		return true;
	}
	return e->code == ERR_NOT_FOUND;
}

/* Whether a colleague may take it over from who has it. */
static bool read_handler(struct req *r, struct case_facts *f, struct err *e)
{
	bool is_there = true;
	int64_t of[STAND_IN_MOST];
	size_t n = 0;
	if (f->c.handler == 0 || f->c.handler == r->viewer->account ||
	    !viewer_has_role(r->viewer, ROLE_OFFICIAL, f->c.institution)) {
		return true;
	}
	if (!people_is_official(r->app->store, &r->arena, f->c.handler, f->c.institution, &is_there, e) ||
	    !people_stands_in_for(r->app->store, &r->arena, f->c.institution, f->today, r->viewer->account, of, &n, e)) {
		return false;
	}
	f->is_handler_gone = !is_there;
	for (size_t i = 0; i < n; i++) {
		f->stands_in = f->stands_in || of[i] == f->c.handler;
	}
	return true;
}

static bool read_facts(struct req *r, int64_t party, int64_t casefile, bool is_brief, struct case_facts *out,
                       struct err *e)
{
	struct load in = {r, party, casefile, out, is_brief};
	if (!store_read(r->app->store, party, &r->arena, load, &in, e)) {
		return false;
	}
	if (out->c.definition.n != SHA256_BYTES ||
	    !catalogue_definition(r->app, (const uint8_t *)out->c.definition.p, &out->service, e) ||
	    !catalogue_calendar(r->app, out->c.calendar, (int32_t)out->c.calendar_version, &out->calendar, e)) {
		return false;
	}
	out->institution = catalogue_institution(r->app, out->c.institution);
	if (out->institution == NULL) {
		return err_set(e, ERR_INTERNAL, "a case of an institution that the catalogue does not know");
	}
	out->zone = calendar_zone(out->calendar);
	out->now_us = time_legal_us(&r->app->time);
	out->today = case_today(out->calendar, out->now_us);
	case_clock_face(out->calendar, &out->clock.clock, out->now_us, &out->face);
	case_dates_of(&out->face, (enum clock_unit)out->c.limit_unit, &out->dates);
	if (out->decision.found && out->decision.decided_by == 0) {
		case_speak_for_silence(r->lang, out);
	}
	return read_name(r, out->c.handler, &out->handler, e) && read_handler(r, out, e) &&
	       (is_brief || read_name(r, out->c.submitted_by, &out->submitter, e));
}

void case_speak_for_silence(struct str lang, struct case_facts *f)
{
	f->decision.official = tr(lang, N_("By law"));
	f->decision.reason =
		tr(lang, f->decision.outcome == OUTCOME_GRANTED
	                 ? N_("Nothing was decided by the last day that the law allows. By law the application is thereby "
	                      "granted.")
	                 : N_("Nothing was decided by the last day that the law allows. By law the application is thereby "
	                      "refused. You can object."));
}

bool case_facts(struct req *r, int64_t party, int64_t casefile, struct case_facts *out, struct err *e)
{
	return read_facts(r, party, casefile, false, out, e);
}

bool case_facts_to_act(struct req *r, int64_t party, int64_t casefile, struct case_facts *out, struct err *e)
{
	return read_facts(r, party, casefile, true, out, e);
}

bool case_facts_own(struct req *r, int64_t casefile, struct case_facts *out, struct err *e)
{
	/* Those that a mandate names first: who has one mostly comes for them. */
	for (size_t i = r->viewer->party_n; i-- > 0;) {
		if (case_facts(r, r->viewer->parties[i].party, casefile, out, e)) {
			return true;
		}
		if (e->code != ERR_NOT_FOUND) {
			return false;
		}
	}
	return err_tell(e, ERR_NOT_FOUND, N_("You have no such case."), "no such case for this viewer");
}

struct str case_keep(struct req *r, struct buf *b)
{
	struct str s = arena_copy(&r->arena, buf_str(b));
	buf_release(b);
	return s;
}

struct str case_say(struct req *r, const char *msgid, const struct tr_arg *args, size_t n)
{
	struct buf b;
	buf_init(&b, 64 * 1024);
	tr_put_plain(&b, tr(r->lang, msgid), args, n);
	return case_keep(r, &b);
}

struct str case_date(struct req *r, const struct case_facts *f, day_number day, enum date_form form)
{
	struct buf b;
	buf_init(&b, 256);
	format_date(&b, r->lang, date_of_day(f->today).year, day, form);
	return case_keep(r, &b);
}

struct str case_moment(struct req *r, const struct case_facts *f, int64_t us)
{
	struct local_time local = zone_local(f->zone, us);
	struct buf b;
	buf_init(&b, 256);
	format_time(&b, local.second);
	struct str time = case_keep(r, &b);
	/* TRANSLATORS: a date and a time of day, as "Mon 2 Nov, 9:14" */
	return CASE_SAY(r, N_("{date}, {time}"), TR_O("date", case_date(r, f, local.day, DATE_SHORT)), TR_O("time", time));
}

struct case_tag case_tag_now(int64_t state, int64_t outcome, unsigned waits, bool is_desk)
{
	bool is_open = state < CASE_DECIDED && state != CASE_ASKED && state != CASE_TO_SIGN;
	if (waits & WAITS_COLLECT) {
		return is_desk ? (struct case_tag){TAG_WAIT, N_("To be handed over")}
		               : (struct case_tag){TAG_FIX, N_("Ready for you")};
	}
	if (is_open && waits & WAITS_APPLICANT) {
		return is_desk ? (struct case_tag){TAG_WAIT, N_("Waits for applicant")}
		               : (struct case_tag){TAG_FIX, N_("Waits for you")};
	}
	if (is_open && is_desk && waits & WAITS_OPINION) {
		return (struct case_tag){TAG_WAIT, N_("Waits for an opinion")};
	}
	if (is_desk && case_is_ended(state) && waits & WAITS_OFFICE) {
		return (struct case_tag){TAG_FIX, N_("Ended, look again")};
	}
	return case_tag(state, outcome, is_desk);
}

struct case_tag case_tag(int64_t state, int64_t outcome, bool is_desk)
{
	static const struct case_tag granted = {TAG_DONE, N_("Granted")}, refused = {TAG_NO, N_("Refused")};
	static const struct case_tag applicant[] = {
		[CASE_RECEIVED] = {TAG_NEW, N_("Received")},     [CASE_IN_WORK] = {TAG_RUN, N_("Being decided")},
		[CASE_ASKED] = {TAG_FIX, N_("Waits for you")},   [CASE_CORRECTED] = {TAG_RUN, N_("Being decided")},
		[CASE_TO_SIGN] = {TAG_RUN, N_("Being decided")}, [CASE_DECIDED] = {TAG_RUN, N_("Being decided")},
		[CASE_WITHDRAWN] = {TAG_NO, N_("Withdrawn")},    [CASE_NOT_ACCEPTED] = {TAG_NO, N_("Not accepted")},
		[CASE_LAPSED] = {TAG_NO, N_("Lapsed")},
	};
	static const struct case_tag desk[] = {
		[CASE_RECEIVED] = {TAG_NEW, N_("New")},
		[CASE_IN_WORK] = {TAG_RUN, N_("Being decided")},
		[CASE_ASKED] = {TAG_WAIT, N_("Waits for applicant")},
		[CASE_CORRECTED] = {TAG_FIX, N_("Corrected, look again")},
		[CASE_TO_SIGN] = {TAG_WAIT, N_("Waits for second signature")},
		[CASE_DECIDED] = {TAG_RUN, N_("Decided, letter waits")},
		[CASE_WITHDRAWN] = {TAG_NO, N_("Withdrawn")},
		[CASE_NOT_ACCEPTED] = {TAG_NO, N_("Not accepted")},
		[CASE_LAPSED] = {TAG_NO, N_("Lapsed")},
	};
	if (state == CASE_CLOSED) {
		return outcome == OUTCOME_GRANTED ? granted : refused;
	}
	must(state >= CASE_RECEIVED && state < CASE_STATE_END);
	return is_desk ? desk[state] : applicant[state];
}

const char *case_waits_word(int64_t state, unsigned waits, bool is_desk)
{
	return waits & WAITS_APPLICANT              ? "applicant"
	       : waits & WAITS_OPINION              ? "opinion"
	       : waits & WAITS_COLLECT              ? "hand-over"
	       : is_desk && waits & WAITS_SIGNATURE ? "signature"
	       : waits || !case_is_ended(state)     ? "office"
	                                            : NULL;
}

const char *case_waits_words(int64_t state, unsigned waits)
{
	return waits & WAITS_APPLICANT          ? N_("the applicant")
	       : waits & WAITS_OPINION          ? N_("the opinion of another office")
	       : waits & WAITS_COLLECT          ? N_("the hand-over")
	       : waits || !case_is_ended(state) ? N_("the office")
	                                        : NULL;
}

/* --- The clock
 * ------------------------------------------------------------------------------------------------------------ */

/* Did the clock stand on this working day? Finished and open stops alike: after it stopped, up to the day it ended. */
static bool stood_on(const struct case_facts *f, day_number day)
{
	for (size_t i = 0; i < f->clock.clock.stop_n; i++) {
		const struct clock_stop *s = &f->clock.clock.stops[i];
		if (day > s->since.day && (!s->has_ended || day <= s->until.day)) {
			return true;
		}
	}
	return false;
}

struct clock_view case_clock_view(struct req *r, const struct case_facts *f)
{
	struct clock_view v = {.promised = {.at = -1}, .law = {.at = -1}, .has_key = true};
	const struct calendar *cal = f->calendar;
	day_number now = f->c.has_ended_day ? f->c.ended_day : f->today;
	/* Of a clock that has ended, no day is left. */
	day_number last = !f->c.has_ended_day && f->dates.legal > now ? f->dates.legal : now;
	day_number begun =
		f->c.clock_from == CLOCK_FROM_ACCEPTANCE && f->c.has_accepted_at ? f->c.accepted_day : f->c.start_day;
	int32_t n = calendar_between(cal, begun, last);
	uint8_t *days = n > 0 && n < STONES_MAX ? arena_new(&r->arena, uint8_t, (size_t)n) : NULL;
	if (days == NULL) {
		return v;
	}
	for (int32_t i = 0; i < n; i++) {
		day_number day = calendar_add(cal, begun, i + 1);
		bool stood = stood_on(f, day);
		bool is_late = day > f->dates.promised && day <= now && !stood;
		if (day == now && !f->c.has_ended_day) {
			days[i] = stood ? DAY_NOW_STANDING : is_late ? DAY_LATE : DAY_NOW;
		} else if (day <= now) {
			days[i] = stood ? DAY_STOOD : is_late ? DAY_LATE : DAY_RAN;
		} else {
			/* Those until the promised day, once its alert was raised. */
			bool is_soon = f->dates.level >= CLOCK_ORANGE && !f->dates.stands && day <= f->dates.promised;
			days[i] = is_soon ? DAY_SOON : DAY_LEFT;
		}
		if (day == f->dates.promised) {
			v.promised = (struct clock_mark){.at = i, .note = case_date(r, f, day, DATE_SHORT)};
		}
		if (day == f->dates.legal) {
			v.law = (struct clock_mark){.at = i, .note = case_date(r, f, day, DATE_SHORT)};
		}
	}
	v.days = days;
	v.n = (size_t)n;
	v.sentence = CASE_SAY(r,
	                      N_("{ran} working days ran and {stood} stood. The decision is promised by {promised}; by law "
	                         "it must be made by {legal}."),
	                      TR_I("ran", f->dates.ran_days), TR_I("stood", f->dates.stood_days),
	                      TR_O("promised", case_date(r, f, f->dates.promised, DATE_LONG)),
	                      TR_O("legal", case_date(r, f, f->dates.legal, DATE_LONG)));
	return v;
}

int64_t case_hours_left(const struct case_dates *dates)
{
	int64_t m = dates->left_minutes;
	return m < 0 ? -((59 - m) / 60) : (m + 59) / 60;
}

struct str case_left(struct req *r, const struct case_dates *dates)
{
	bool in_hours = dates->unit == CLOCK_WORKING_HOURS;
	int64_t left = in_hours ? case_hours_left(dates) : dates->left_days;
	bool is_late = in_hours ? dates->left_minutes < 0 : left < 0;
	int64_t n = left < 0 ? -left : left;
	const struct tr_arg args[] = {TR_I("n", n)};
	struct buf b;
	buf_init(&b, 1024);
	tr_put_plain(&b,
	             in_hours && is_late ? trn(r->lang, "1 working hour late", "{n} working hours late", n)
	             : in_hours          ? trn(r->lang, "1 working hour left", "{n} working hours left", n)
	             : is_late           ? trn(r->lang, "1 working day late", "{n} working days late", n)
	                                 : trn(r->lang, "1 working day left", "{n} working days left", n),
	             args, 1);
	return case_keep(r, &b);
}

struct str case_left_by_law(struct req *r, const struct calendar *c, day_number today, day_number legal)
{
	const struct case_dates law = {.unit = CLOCK_WORKING_DAYS,
	                               .left_days = calendar_between(c, today - (legal >= today), legal)};
	return legal < today ? tr(r->lang, N_("Promised day passed, and the last day by law too"))
	                     : CASE_SAY(r, N_("Promised day passed; by law {left}"), TR_O("left", case_left(r, &law)));
}

struct str case_ended_after(struct req *r, const struct case_facts *f)
{
	bool is_decided = f->c.state == CASE_DECIDED || f->c.state == CASE_CLOSED;
	return case_say(r, is_decided ? N_("Decided after {n} working days") : N_("Ended after {n} working days"),
	                &TR_I("n", f->dates.ran_days), 1);
}

struct str case_corrected_on(struct req *r, const struct case_facts *f)
{
	for (size_t i = f->events.n; i-- > 0 && !str_is(f->events.items[i].kind, case_move_kind(MOVE_REOPENED));) {
		const struct event *ev = &f->events.items[i];
		if (str_is(ev->kind, case_move_kind(MOVE_AMENDED))) {
			return case_date(r, f, zone_local(f->zone, ev->effective_us).day, DATE_WITH_YEAR);
		}
	}
	return STR_EMPTY;
}

void case_hide_the_undelivered(struct case_facts *f)
{
	if (f->c.state == CASE_DECIDED || f->c.state == CASE_TO_SIGN) {
		f->c.has_ended_day = f->c.has_ended_at = f->clock.clock.has_ended = false;
		f->decision.found = false;
		case_clock_face(f->calendar, &f->clock.clock, f->now_us, &f->face);
		case_dates_of(&f->face, (enum clock_unit)f->c.limit_unit, &f->dates);
	}
}

struct str case_came(struct req *r, const struct case_facts *f)
{
	if (!f->has_intake) {
		return STR_EMPTY;
	}
	day_number received = zone_local(f->zone, f->c.received_at).day;
	day_number entered = zone_local(f->zone, f->c.submitted_at).day;
	const struct tr_arg args[] = {TR_O("how", tr(r->lang, channel_words(f->c.channel))),
	                              TR_O("date", case_date(r, f, received, DATE_LONG)),
	                              TR_O("entered", case_date(r, f, entered, DATE_LONG)),
	                              TR_S("name", f->intake.official), TR_S("form", f->intake.form)};
	const char *words = received < entered && f->intake.form.n > 0
	                        ? N_("{how}, form {form}: received on {date}, entered by {name} on {entered}.")
	                    : received < entered ? N_("{how}: received on {date}, entered by {name} on {entered}.")
	                                         : N_("{how}: received on {date}, taken in by {name}.");
	return case_say(r, words, args, sizeof args / sizeof *args);
}
