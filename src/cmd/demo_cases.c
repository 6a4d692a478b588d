/* A demonstration in the middle of its work: cases of the last weeks, made by the rooms' own jobs while legal time goes
 * from then to now, with relay and timers at work. So each clock, alert, finding and figure is what the program makes
 * of them, not something that was written down here. Days are counted back in working days from the one on which it is
 * made, so that every day of the year begins with the same picture. */
#include <stdlib.h>

#include "app/cases/bundle.h"
#include "app/cases/cases.h"
#include "app/cases/moves.h"
#include "app/catalogue/catalogue.h"
#include "app/forms/draft_jobs.h"
#include "app/forms/invent.h"
#include "app/people/accounts.h"
#include "app/people/demo_people.h"
#include "app/rooms.h"
#include "app/supervision/inquiry.h"
#include "app/supervision/watch.h"
#include "base/fault.h"
#include "cmd/demo.h"
#include "store/relay.h"
#include "store/timer.h"

enum {
	OFFICIALS = 3, /* Jonas Adeyemi, Rosa Marchetti, Mei Castellan, who is the head too */
	HEAD = 2,
	LIVES_MOST = 400,
	DEEDS_OF_LIFE = 8,
	PARTS_MOST = 64,
	QUESTIONS_MOST = 200,
	LEAD_FROM_DAYS = 10, /* a limit of so many has an orange day before its last */
	OPENS_MIN = 9 * 60,
	EVENING_MIN = 18 * 60 + 30,
	TRIES = 5,
	WAIT_US = 120000000,
	LIFE_ARENA_BYTES = 4 << 20,
};

/* What lies at the offices. `late`: the official who is behind; the one after has work in time, the next one decides.
 */
struct stock {
	const char *service;
	int late;
	int fresh, work, orange, red, past; /* nobody has it yet; in hand, by what the clock says */
	int asked, question, heard;         /* waits for the applicant, the clock standing; running; for a hearing */
	int decided;                        /* in the last two weeks */
};
static const struct stock stocks[] = {
	{"labour-dispatch-permit", 1, 2, 5, 2, 1, 1, 2, 1, 2, 9},
	{"child-benefit", 0, 2, 6, 2, 1, 0, 2, 1, 0, 10},
	{"hospitalisation-reimbursement", 2, 2, 5, 1, 0, 0, 1, 0, 0, 6},
	{"change-of-address", 1, 3, 2, 0, 1, 0, 1, 1, 0, 18},
	{"id-card-renewal", 2, 2, 6, 2, 0, 1, 1, 0, 0, 10},
	{"birth-registration", 0, 2, 2, 0, 0, 0, 1, 0, 0, 12},
	{"birth-certificate-by-post", 0, 2, 2, 0, 1, 0, 0, 0, 0, 14},
	{"business-registration-certificate", 1, 2, 1, 0, 0, 0, 0, 1, 0, 14},
	{"restaurant-opening-permit", 1, 1, 3, 1, 0, 0, 1, 0, 0, 7},
	{"fire-safety-declaration", 0, 1, 3, 1, 0, 1, 1, 0, 0, 8},
	{"driving-licence-renewal", 2, 2, 2, 0, 1, 0, 0, 1, 0, 14},
	{"vehicle-registration", 2, 2, 1, 0, 0, 0, 1, 0, 0, 16},
	{"dog-registration", 0, 1, 3, 0, 0, 0, 0, 0, 0, 8},
	{"income-tax-declaration", 2, 2, 8, 1, 0, 0, 1, 1, 0, 8},
};
static const char *const person_names[] = {
	"Noor Haddad",   "Jan Verhoeven",   "Chen Wei",       "Marta Silva",   "Oskar Lindqvist", "Aylin Demir",
	"Tom Baker",     "Zofia Nowak",     "Ravi Menon",     "Elena Popescu", "Kofi Mensah",     "Li Na",
	"Hugo Marchand", "Sanne de Groot",  "Ibrahim Diallo", "Greta Holm",    "Wang Fang",       "Luca Ferri",
	"Nadia Petrova", "Samuel Oyelaran", "Ana Kovač",      "Pieter Smit",   "Yuki Tanaka",     "Rosa Jimenez",
};
static const char *const firm_names[] = {"Harbour Light Café",     "Ropewalk Joinery Ltd", "Estuary Logistics Ltd",
                                         "Lantern Staffing Ltd",   "Saltmeadow Cycles",    "Quay & Sons",
                                         "Tidewater Staffing Ltd", "Blue Door Bakery"};
enum {
	PERSONS = sizeof person_names / sizeof *person_names,
	FIRMS = sizeof firm_names / sizeof *firm_names,
	STOCKS = sizeof stocks / sizeof *stocks,
};

enum deed {
	DO_SUBMIT,
	DO_TAKE,
	DO_ASK,    /* for a correction */
	DO_ANSWER, /* by the applicant */
	DO_QUESTION,
	DO_STOP, /* for a hearing */
	DO_GRANT,
	DO_REFUSE,
	DO_SIGN,
	DO_INQUIRE,        /* the supervision office asks the head about it */
	DO_INQUIRY_ANSWER, /* the head does */
	DO_INQUIRY_CLOSE,  /* with a yellow card */
};
struct life {
	const struct service *service;
	const struct institution *at;
	int64_t party, account, casefile, inquiry, inquiry_version;
	struct str applicant;
	int official; /* who takes it */
};
struct planned {
	int32_t before; /* working days before the day on which all this is made: 1 is the last one that is over */
	int32_t minute; /* of that day */
	int32_t order;  /* as it was planned */
	enum deed deed;
	struct life *of;
};

struct maker {
	struct app *app;
	struct arena arena;
	int64_t officials[OFFICIALS], supervisor;
	struct str official_names[OFFICIALS], supervisor_name;
	int64_t persons[PERSONS], firms[FIRMS];
	struct life lives[LIVES_MOST];
	size_t life_n;
	struct planned deeds[LIVES_MOST * DEEDS_OF_LIFE];
	size_t deed_n;
	struct event_subscriber subscribers[PARTS_MOST];
	struct timer_kind timers[PARTS_MOST];
};

/* --- The plan ----------------------------------------------------------------------------------------------------- */

static void plan(struct maker *m, struct life *l, enum deed deed, int32_t before)
{
	must(m->deed_n < sizeof m->deeds / sizeof *m->deeds);
	struct planned *p = &m->deeds[m->deed_n];
	/* Spread over the office hours, what is planned first also done first. */
	*p = (struct planned){.before = before > 1 ? before : 1,
	                      .minute = OPENS_MIN + (int32_t)(m->life_n % 60) * 8 + (int32_t)deed,
	                      .order = (int32_t)m->deed_n,
	                      .deed = deed,
	                      .of = l};
	m->deed_n++;
}

static struct life *begin(struct maker *m, const struct service *s, int official, int32_t before)
{
	must(m->life_n < LIVES_MOST);
	struct life *l = &m->lives[m->life_n++];
	bool is_firm = s->audience == FOR_ORGANISATIONS || (s->audience != FOR_PERSONS && m->life_n % 3 != 0);
	size_t person = m->life_n * 7 % PERSONS, firm = m->life_n * 3 % FIRMS;
	*l = (struct life){.service = s,
	                   .at = catalogue_institution_named(m->app, s->institution),
	                   .account = m->persons[person],
	                   .party = is_firm ? m->firms[firm] : m->persons[person],
	                   .applicant = str_of(is_firm ? firm_names[firm] : person_names[person]),
	                   .official = official};
	plan(m, l, DO_SUBMIT, before);
	return l;
}

static struct life *take(struct maker *m, const struct service *s, int official, int32_t before)
{
	struct life *l = begin(m, s, official, before);
	plan(m, l, DO_TAKE, before - 1);
	return l;
}

static void plan_running(struct maker *m, const struct stock *k, const struct service *s)
{
	int32_t days = s->clock.committed.n, green = days > 4 ? days - 3 : 1;
	int other = (k->late + 1) % OFFICIALS;
	for (int i = 0; i < k->fresh; i++) {
		begin(m, s, k->late, days > 4 ? 1 + i % 2 : 1);
	}
	for (int i = 0; i < k->work; i++) {
		take(m, s, i % 3 == 0 ? k->late : other, 1 + (green - 1) * (k->work - i) / k->work);
	}
	for (int i = 0; i < k->orange; i++) {
		take(m, s, k->late, days >= LEAD_FROM_DAYS ? days - 1 : days);
	}
	for (int i = 0; i < k->red; i++) {
		take(m, s, k->late, days >= LEAD_FROM_DAYS ? days : days + 1);
	}
	for (int i = 0; i < k->past; i++) {
		take(m, s, k->late, days + 2);
	}
	for (int i = 0; i < k->asked; i++) {
		plan(m, take(m, s, other, green + 2), DO_ASK, green > 1 ? 3 - i : 2);
	}
	for (int i = 0; i < k->question; i++) {
		plan(m, take(m, s, other, 2), DO_QUESTION, 1);
	}
	for (int i = 0; i < k->heard; i++) {
		plan(m, take(m, s, other, days - 1), DO_STOP, 4 + i);
	}
}

/* Who came first is decided first; a few only when their clock had turned. */
static void plan_decided(struct maker *m, const struct stock *k, const struct service *s)
{
	int32_t days = s->clock.committed.n, usual = s->usual_days > 0 ? s->usual_days : 1;
	for (int i = 0; i < k->decided; i++) {
		int32_t day = 10 - 9 * i / k->decided, took = i < k->decided / 4 ? days : usual;
		struct life *l = take(m, s, (k->late + 2) % OFFICIALS, day + took);
		plan(m, l, i % 5 == 4 ? DO_REFUSE : DO_GRANT, day);
		if (s->needs_second_signature) {
			plan(m, l, DO_SIGN, day);
		}
	}
}

/* What a supervisor finds to look at. */
static void plan_trouble(struct maker *m, const struct service *permit, const struct service *benefit)
{
	/* A later case before older ones, by the official who is behind. */
	plan(m, take(m, permit, stocks[0].late, 5), DO_GRANT, 2);
	/* Asked to correct it a second time. */
	struct life *l = take(m, benefit, (stocks[1].late + 1) % OFFICIALS, 11);
	plan(m, l, DO_ASK, 9);
	plan(m, l, DO_ANSWER, 7);
	plan(m, l, DO_ASK, 2);
	/* The clock stopped on the last day before the promise. */
	l = take(m, permit, stocks[0].late, permit->clock.committed.n + 1);
	plan(m, l, DO_STOP, 1);
	/* Asked about, and waiting for the head; asked about, answered, and found wanting. */
	plan(m, take(m, permit, stocks[0].late, permit->clock.committed.n + 4), DO_INQUIRE, 1);
	l = take(m, benefit, stocks[1].late, benefit->clock.committed.n + 8);
	plan(m, l, DO_INQUIRE, 7);
	plan(m, l, DO_INQUIRY_ANSWER, 5);
	plan(m, l, DO_INQUIRY_CLOSE, 4);
	plan(m, l, DO_GRANT, 3);
}

/* Those that lie further back first. */
static int in_time(const void *a, const void *b)
{
	const struct planned *p = a, *q = b;
	return p->before != q->before   ? q->before - p->before
	       : p->minute != q->minute ? p->minute - q->minute
	                                : p->order - q->order;
}

/* --- What is done ------------------------------------------------------------------------------------------------- */

struct seen {
	int64_t party, casefile;
	struct casefile_get_out c;
	struct draft draft;
};

static bool job_see(struct tx *tx, void *ctx, struct err *e)
{
	struct seen *s = ctx;
	return casefile_get(tx, &(struct casefile_get_in){.party = s->party, .id = s->casefile}, &s->c, e) &&
	       (s->c.found || err_set(e, ERR_NOT_FOUND, "a case of the demonstration is not there")) &&
	       draft_get(tx, s->party, s->casefile, &s->draft, e);
}

struct sending {
	struct draft_begin begin;
	struct draft_save save;
	struct case_submit submit;
};

static bool job_send(struct tx *tx, void *ctx, struct err *e)
{
	struct sending *s = ctx;
	struct draft d;
	return draft_job_begin(tx, &s->begin, e) && draft_job_save(tx, &s->save, e) &&
	       draft_get(tx, s->begin.party, s->begin.id, &d, e) &&
	       (s->submit.draft_version = d.version, case_submit_job(tx, &s->submit, e));
}

/* The applicant is who it says; the rest is invented, as for a preview. */
static bool answer(struct maker *m, const struct life *l, const struct question *q, day_number today,
                   struct answer *out, struct err *e)
{
	static const char *const street[QUESTION_PARTS_MAX] = {"14 Ropewalk", "Port Linden", "1000", ""};
	if (!answer_invent(&m->arena, q, today, out, e)) {
		return false;
	}
	if (q->type == QUESTION_ADDRESS) {
		for (size_t i = 0; i < out->value_n; i++) {
			out->values[i] = str_of(street[i]);
		}
	} else if (q->type == QUESTION_PERSON_NAME && l->party == l->account) {
		struct str given, family;
		str_cut(l->applicant, ' ', &given, &family);
		out->values[0] = l->applicant;
		out->values[1] = family;
		out->values[2] = given;
	}
	return true;
}

static bool answers_of(struct maker *m, const struct life *l, struct answers *out, struct err *e)
{
	const struct service *s = l->service;
	struct answers all = {.items = arena_new(&m->arena, struct answer, QUESTIONS_MOST)};
	day_number today = case_today(l->at->calendar, time_legal_us(&m->app->time));
	for (size_t i = 0; all.items && i < s->page_n; i++) {
		for (size_t k = 0; k < s->pages[i].question_n && all.n < QUESTIONS_MOST; k++) {
			if (!answer(m, l, &s->pages[i].questions[k], today, &all.items[all.n], e)) {
				return false;
			}
			all.n += answer_is_given(&all.items[all.n]);
		}
	}
	return all.items != NULL && answers_shown(&m->arena, s, &all, out, e);
}

static bool send(struct maker *m, struct life *l, struct err *e)
{
	struct app *app = m->app;
	struct answers answers;
	struct casefile_insert_in row;
	struct sending s = {
		.begin = {.party = l->party, .begun_by = l->account, .keep_us = app->draft_keep_us, .service = l->service->id}};
	l->casefile = id_in_time(time_legal_us(&app->time));
	struct case_birth b = {.party = l->party, .id = l->casefile, .submitted_by = l->account, .applicant = l->applicant};
	struct buf json;
	memcpy(s.begin.definition, l->service->digest, SHA256_BYTES);
	buf_init(&json, LIFE_ARENA_BYTES);
	bool ok = answers_of(m, l, &answers, e);
	if (ok) {
		answers_put_json(&json, &answers);
		b.answers = buf_str(&json);
		s.begin.id = l->casefile;
		s.save = (struct draft_save){.party = l->party, .id = l->casefile, .page = answers};
	}
	ok = ok && case_birth_of(app, l->service, &b, e) && case_birth_number(app, &m->arena, &b, e) &&
	     case_birth_fill(app, &m->arena, &b, time_legal_us(&app->time), &row, &s.submit, e);
	struct store_op op = {.route = l->party};
	ok = ok && store_write(app->store, &op, job_send, &s, e);
	buf_release(&json);
	return ok;
}

static bool ask_head(struct maker *m, struct life *l, enum deed deed, const struct seen *seen, struct err *e)
{
	const struct institution *office = catalogue_institution_named(m->app, STR("supervision-port-linden"));
	struct store_op op = {.route = l->at->id};
	if (deed == DO_INQUIRE) {
		const struct named_case named = {l->casefile, l->party, seen->c.number, seen->c.begun_day, 0};
		const struct inquiry_insert_in row = {.institution = l->at->id,
		                                      .service = l->service->id,
		                                      .official = m->officials[l->official],
		                                      .cases = named_cases_write(&m->arena, &named, 1),
		                                      .office = office ? office->id : 0,
		                                      .asked_by = m->supervisor,
		                                      .asked_name = m->supervisor_name};
		struct inquiry_begin in = {.row = &row,
		                           .words = STR("The day that was promised is over, and nothing was decided. Why?"),
		                           .days = INQUIRY_DAYS,
		                           .calendar = l->at->calendar};
		bool ok = store_write(m->app->store, &op, inquiry_begin_job, &in, e);
		l->inquiry = op.result[0];
		l->inquiry_version = 1;
		return ok;
	}
	bool is_answer = deed == DO_INQUIRY_ANSWER;
	struct inquiry_step in = {.institution = l->at->id,
	                          .id = l->inquiry,
	                          .version = l->inquiry_version++,
	                          .move = is_answer ? INQUIRY_ANSWER : INQUIRY_CLOSE,
	                          .account = is_answer ? m->officials[HEAD] : m->supervisor,
	                          .name = is_answer ? m->official_names[HEAD] : m->supervisor_name,
	                          .words = is_answer ? STR("It lay on the desk of an official who was away for two weeks.")
	                                             : STR("A deputy was not named, though the absence was known."),
	                          .outcome = is_answer ? INQUIRY_NO_OUTCOME : INQUIRY_YELLOW,
	                          .calendar = l->at->calendar};
	return store_write(m->app->store, &op, inquiry_step_job, &in, e);
}

static bool decide(struct maker *m, const struct life *l, const struct case_change *change, bool is_refusal,
                   struct err *e)
{
	const struct service *s = l->service;
	struct store_op op = {.route = l->party};
	bool has_ground = is_refusal && s->refusal_reason_n > 0;
	struct case_decide in = {.change = *change,
	                         .outcome = has_ground ? OUTCOME_REFUSED : OUTCOME_GRANTED,
	                         .ground = has_ground ? s->refusal_reason_ids[0] : STR_EMPTY,
	                         .reason = has_ground ? text_in(&s->refusal_reasons[0].text, STR("en"))
	                                              : STR("All that the law asks for is there."),
	                         .document = s->issues_document,
	                         .valid_years = s->issues_years,
	                         .letter_delay_us = m->app->letter_delay_us,
	                         .is_to_sign = s->needs_second_signature};
	return store_write(m->app->store, &op, case_decide_job, &in, e);
}

static struct str first_question(struct arena *a, const struct service *s)
{
	return arena_printf(a, "[\"%.*s\"]", STR_ARG(s->pages[0].questions[0].id));
}

static bool move(struct maker *m, const struct planned *p, struct err *e)
{
	struct life *l = p->of;
	struct app *app = m->app;
	struct store_op op = {.route = l->party};
	struct seen seen = {.party = l->party, .casefile = l->casefile};
	if (!store_read(app->store, l->party, &m->arena, job_see, &seen, e)) {
		return false;
	}
	int official = p->deed == DO_SIGN ? HEAD : l->official;
	struct case_change change = {.party = l->party,
	                             .casefile = l->casefile,
	                             .version = seen.c.version,
	                             .actor = m->officials[official],
	                             .actor_name = m->official_names[official],
	                             .calendar = l->at->calendar,
	                             .service = l->service,
	                             .app = app};
	struct case_words words = {
		.change = change, .move = MOVE_QUESTION_ASKED, .text = STR("From which day on is it to count?")};
	switch (p->deed) {
	case DO_TAKE:
		return store_write(app->store, &op, case_take_job, &change, e);
	case DO_QUESTION:
		return store_write(app->store, &op, case_open_matter_job, &words, e);
	case DO_STOP:
		words.move = MOVE_STOPPED;
		words.ground = STR("hearing");
		words.text = STR("The neighbours are heard first.");
		return store_write(app->store, &op, case_stop_job, &words, e);
	case DO_ASK: {
		int32_t days = l->service->lapses_after_days;
		day_number today = case_today(l->at->calendar, time_legal_us(&app->time));
		struct case_ask in = {.change = change,
		                      .questions_json = first_question(&m->arena, l->service),
		                      .before_json = STR("{}"),
		                      .reason = STR("This does not fit the paper that came with it."),
		                      .answer_day = days > 0 ? calendar_add(l->at->calendar, today, days) : 0};
		return store_write(app->store, &op, case_ask_job, &in, e);
	}
	case DO_ANSWER: {
		change.actor = l->account;
		change.actor_name = STR_EMPTY;
		struct case_answer in = {.change = change, .answers_json = seen.c.answers, .draft_version = seen.draft.version};
		return store_write(app->store, &op, case_answer_job, &in, e);
	}
	case DO_GRANT:
	case DO_REFUSE:
		return decide(m, l, &change, p->deed == DO_REFUSE, e);
	case DO_SIGN: {
		struct case_sign in = {.change = change, .letter_delay_us = app->letter_delay_us};
		return store_write(app->store, &op, case_sign_job, &in, e);
	}
	case DO_INQUIRE:
	case DO_INQUIRY_ANSWER:
	case DO_INQUIRY_CLOSE:
		return ask_head(m, l, p->deed, &seen, e);
	case DO_SUBMIT:
		break;
	}
	return true;
}

/* --- Time goes on --------------------------------------------------------------------------------------------------
 */

/* Up to an instant, if it is not past already. */
static void move_on(struct maker *m, int64_t us)
{
	int64_t now_us = time_legal_us(&m->app->time);
	time_source_advance(&m->app->time, us > now_us ? us - now_us : 0);
}

/* What fell due has happened, and everybody knows. */
static bool come_to_rest(struct maker *m, struct err *e)
{
	return (timers_drain(m->app->timers, WAIT_US) && relay_drain(m->app->relay, WAIT_US)) ||
	       err_set(e, ERR_BUSY, "the demonstration's cases did not come to rest");
}

/* A timer may move a case between the look at it and the deed. */
static bool do_it(struct maker *m, const struct planned *p, struct err *e)
{
	bool ok = false;
	for (int i = 0; i < TRIES && !ok && (i == 0 || e->code == ERR_CONFLICT); i++) {
		arena_reset(&m->arena);
		ok = p->deed == DO_SUBMIT ? send(m, p->of, e) : move(m, p, e);
	}
	return ok;
}

/* Each evening the letters leave and the clocks say what turned in the day. */
static bool live(struct maker *m, day_number today, struct err *e)
{
	for (size_t i = 0; i < m->deed_n; i++) {
		const struct planned *p = &m->deeds[i];
		const struct calendar *c = p->of->at->calendar;
		day_number day = calendar_add(c, today, -p->before);
		move_on(m, zone_instant_us(calendar_zone(c), day, p->minute * 60));
		if (!do_it(m, p, e)) {
			return false;
		}
		bool is_last = i + 1 == m->deed_n || m->deeds[i + 1].before != p->before;
		move_on(m, is_last ? zone_instant_us(calendar_zone(c), day, EVENING_MIN * 60) : 0);
		if (is_last && !come_to_rest(m, e)) {
			return false;
		}
	}
	return true;
}

static bool find(struct maker *m, const char *email, int64_t *account, struct str *name, struct err *e)
{
	for (size_t i = 0; i < DEMO_PEOPLE; i++) {
		if (strcmp(demo_people[i].email, email) == 0) {
			*name = str_of(demo_people[i].name);
		}
	}
	return people_find(m->app->store, m->app->column_keys, str_of(email), account, e);
}

/* Nobody can sign in as one of these. */
static bool make_applicants(struct maker *m, struct err *e)
{
	struct app *app = m->app;
	for (size_t i = 0; i < PERSONS; i++) {
		char email[40];
		snprintf(email, sizeof email, "applicant-%zu@demo.example", i + 1);
		struct person_spec spec = {.name = str_of(person_names[i]), .email = str_of(email)};
		if (!people_add_person(app->store, app->column_keys, &spec, &m->persons[i], e)) {
			return false;
		}
	}
	for (size_t i = 0; i < FIRMS; i++) {
		if (!people_add_organisation(app->store, str_of(firm_names[i]), STR_EMPTY, STR_EMPTY, &m->firms[i], e) ||
		    !people_give_mandate(app->store, m->persons[i], m->firms[i], 0, e)) {
			return false;
		}
	}
	return true;
}

static bool begin_work(struct maker *m, struct err *e)
{
	struct app *app = m->app;
	size_t subscriber_n = rooms_subscribers(app, m->subscribers, PARTS_MOST);
	size_t timer_n = rooms_timers(app, m->timers, PARTS_MOST);
	return case_serials_new(&app->serials, e) &&
	       relay_start(app->store, m->subscribers, subscriber_n, &app->relay, e) &&
	       timers_start(app->store, NULL, &app->time, m->timers, timer_n, &app->timers, e);
}

static void end_work(struct app *app)
{
	timers_stop(app->timers);
	relay_stop(app->relay);
	case_serials_free(app->serials);
	app->timers = NULL;
	app->relay = NULL;
	app->serials = NULL;
}

static bool plan_all(struct maker *m, struct err *e)
{
	const struct service *first[2] = {NULL};
	for (size_t i = 0; i < STOCKS; i++) {
		const struct service *s = catalogue_service(m->app, str_of(stocks[i].service));
		if (s == NULL) {
			return err_set(e, ERR_CONFIG, "the demonstration's cases are of %s, which the pack does not have",
			               stocks[i].service);
		}
		if (i < 2) {
			first[i] = s;
		}
		plan_running(m, &stocks[i], s);
		plan_decided(m, &stocks[i], s);
	}
	plan_trouble(m, first[0], first[1]);
	qsort(m->deeds, m->deed_n, sizeof *m->deeds, in_time);
	return true;
}

bool demo_make_cases(struct app *app, struct err *e)
{
	static const char *const emails[OFFICIALS] = {"official@demo.example", "second@demo.example", "head@demo.example"};
	struct maker *m = mem_alloc(1, sizeof *m);
	if (m == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for the demonstration's cases");
	}
	*m = (struct maker){.app = app};
	arena_init(&m->arena, LIFE_ARENA_BYTES);
	bool ok = find(m, "supervisor@demo.example", &m->supervisor, &m->supervisor_name, e);
	for (size_t i = 0; ok && i < OFFICIALS; i++) {
		ok = find(m, emails[i], &m->officials[i], &m->official_names[i], e);
	}
	ok = ok && make_applicants(m, e) && plan_all(m, e);
	if (ok) {
		int64_t now_us = time_legal_us(&app->time);
		const struct calendar *c = m->deeds[0].of->at->calendar;
		/* A day off is as the evening before it. */
		day_number today = case_today(c, now_us);
		today = calendar_is_working(c, today) ? today : calendar_add(c, today, -1);
		day_number first = calendar_add(c, today, -m->deeds[0].before);
		atomic_store(&app->time.offset_us, zone_instant_us(calendar_zone(c), first, 0) - now_us);
		ok = begin_work(m, e) && live(m, today, e);
		atomic_store(&app->time.offset_us, 0);
		ok = ok && come_to_rest(m, e);
		end_work(app);
	}
	arena_release(&m->arena);
	mem_free(m);
	return ok;
}
