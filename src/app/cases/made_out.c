#include "app/cases/made_out.h"

#include <unistd.h>

#include "app/cases/documents.h"
#include "app/cases/serials.h"
#include "app/credentials/credentials.h"
#include "app/mail/mail.h"
#include "app/people/viewer.h"
#include "base/caseno.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/typed_code.h"

enum { ARENA_BYTES = 64 * 1024 * 1024 };

/* A request that nobody makes: what pages are written with, for papers that are set before anybody asks. */
static void nobody(struct req *r, struct app *app, struct viewer *v)
{
	*v = (struct viewer){0};
	*r = (struct req){.app = app, .viewer = v, .lang = str_of(languages[0].tag), .send_fd = -1};
	arena_init(&r->arena, ARENA_BYTES);
}

/* --- The document
 * ----------------------------------------------------------------------------------------------------------- */

/* The first instant of a day where the case is. */
static int64_t day_begin_us(const struct case_facts *f, day_number day)
{
	return zone_instant_us(f->zone, day, 0);
}

/* The next day after today on which the holder is to be told; its end itself is the last one. */
static day_number next_notice(const struct document_template *t, day_number valid_until, day_number today)
{
	day_number next = valid_until + 1;
	for (size_t i = 0; i < t->notice_n; i++) {
		day_number day = valid_until - t->notice_days[i];
		next = day > today && day < next ? day : next;
	}
	return next;
}

static struct credential_source source_of(const struct case_facts *f)
{
	int years = (int)f->decision.valid_years;
	return (struct credential_source){
		.service = f->service,
		.institution = f->institution,
		.answers = &f->answers,
		.case_number = f->c.number,
		.holder = f->applicant,
		.official = f->decision.official,
		.issued_on = f->c.ended_day,
		.has_end = years > 0,
		.valid_until = years > 0 ? date_add_months(f->c.ended_day, years * 12) - 1 : 0,
		.made_us = f->decision.decided_at,
	};
}

static struct case_change change_of(const struct case_facts *f, struct app *app)
{
	return (struct case_change){.party = f->c.party,
	                            .casefile = f->c.id,
	                            .version = f->c.version,
	                            .calendar = f->calendar,
	                            .service = f->service,
	                            .app = app};
}

/* Institution, year, serial: leased in blocks, so that a death leaves a gap and never a number twice. */
static bool number_of(struct app *app, struct arena *a, const struct case_facts *f, struct str *number, struct err *e)
{
	uint64_t serial;
	struct caseno no;
	char text[CASENO_CHARS_MAX + 1];
	int32_t year = date_of_day(f->today).year;
	if (!case_serial_next(app, f->institution->id, year, &serial, e)) {
		return false;
	}
	if (!caseno_make(f->institution->code, year, serial, &no)) {
		return err_set(e, ERR_INTERNAL, "no number for a document of %.*s", STR_ARG(f->institution->pack_id));
	}
	caseno_format(&no, text);
	*number = arena_copy(a, str_of(text));
	return true;
}

/* As the applicant said when applying, or since. */
static void fill_wish(const struct case_facts *f, struct credential_insert_in *row)
{
	const struct hand_over_way *w = hand_over_named(answers_value(&f->answers, STR(HAND_OVER_QUESTION)));
	struct str address = answers_value(&f->answers, STR(HAND_OVER_ADDRESS));
	bool is_offered = w && (f->service->document.ways & w->way) != 0 && (w->way != HAND_OVER_POST || address.n > 0);
	row->way = is_offered ? w->way : hand_over_usual(f->service->document.ways);
	row->way_by = is_offered ? f->c.submitted_by : 0;
	row->address = row->way == HAND_OVER_POST ? address : STR_EMPTY;
	row->second = row->way == HAND_OVER_COLLECT ? answers_value(&f->answers, STR(HAND_OVER_SECOND)) : STR_EMPTY;
}

static bool make_out(struct req *r, const struct case_facts *f, struct err *e)
{
	struct credential_source s = source_of(f);
	struct made_credential *made = arena_new(&r->arena, struct made_credential, 1);
	uint8_t random[CREDENTIAL_CODE_CHARS];
	char code[CREDENTIAL_CODE_CHARS + 1];
	rand_bytes(random, sizeof random);
	typed_code_make(random, CREDENTIAL_CODE_CHARS, code);
	s.code = arena_copy(&r->arena, str_of(code));
	if (made == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a document");
	}
	if (!number_of(r->app, &r->arena, f, &s.number, e) ||
	    !credential_make(r->app, &r->arena, f->c.party, &s, made, e)) {
		return false;
	}
	struct credential_insert_in row = {
		.party = f->c.party,
		.casefile = f->c.id,
		.id = id_in_time(time_legal_us(&r->app->time)),
		.number = s.number,
		.code = s.code,
		.service = f->c.service,
		.definition = f->c.definition,
		.institution = f->c.institution,
		.document = f->service->issues_document,
		.case_number = f->c.number,
		.holder = s.holder,
		.issued_on = s.issued_on,
		.has_valid_until = s.has_end,
		.valid_until = s.valid_until,
		.statement = made->statement,
		.signature = str_from(made->signature, sizeof made->signature),
	};
	fill_wish(f, &row);
	struct case_make_out move = {
		.change = change_of(f, r->app),
		.decision = f->c.decision,
		.row = &row,
		.made = made,
		.first_notice_us = s.has_end ? day_begin_us(f, next_notice(&f->service->document, s.valid_until, f->today)) : 0,
	};
	return store_write(r->app->store, &(struct store_op){.route = f->c.party}, case_make_out_job, &move, e);
}

struct edition {
	const struct credential_get_out *c;
	const struct made_credential *made;
};

static bool edition_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct edition *in = ctx;
	const struct credential_get_out *c = in->c;
	return credential_edition(tx,
	                          &(struct credential_edition_in){.party = c->party,
	                                                          .casefile = c->casefile,
	                                                          .id = c->id,
	                                                          .version = c->version,
	                                                          .statement = in->made->statement,
	                                                          .signature = str_from(in->made->signature, 64),
	                                                          .made_at = tx_now_us(tx)},
	                          e) &&
	       credential_papers_put(tx, c->party, c->casefile, in->made, e);
}

/* Number and code stay: what hangs on the wall leads to the page that says the new day. */
static bool make_edition(struct req *r, const struct case_facts *f, struct err *e)
{
	const struct credential_get_out *c = &f->credential;
	struct credential_source s = source_of(f);
	struct made_credential *made = arena_new(&r->arena, struct made_credential, 1);
	s.number = c->number;
	s.code = c->code;
	s.holder = c->holder;
	s.has_end = c->has_valid_until;
	s.valid_until = c->valid_until;
	s.made_us = time_legal_us(&r->app->time);
	struct edition in = {c, made};
	return (made || err_set(e, ERR_MEMORY, "no memory for a document")) &&
	       credential_make(r->app, &r->arena, c->party, &s, made, e) &&
	       store_write(r->app->store, &(struct store_op){.route = c->party}, edition_job, &in, e);
}

static bool make(struct req *r, int64_t party, int64_t casefile, struct err *e)
{
	struct case_facts f;
	if (!case_facts_to_act(r, party, casefile, &f, e)) {
		return e->code == ERR_NOT_FOUND;
	}
	bool is_granted = f.c.state == CASE_CLOSED && f.c.outcome == OUTCOME_GRANTED && f.decision.found;
	if (!is_granted || text_is_empty(&f.service->document.title) || f.institution->code.n == 0 ||
	    (f.c.flags & IS_REVOKED) != 0) {
		return true;
	}
	if ((f.c.flags & HAS_PERMIT) == 0) {
		if (!make_out(r, &f, e) || !case_facts_to_act(r, party, casefile, &f, e)) {
			return false;
		}
	} else if (f.credential.found && f.credential.wanted > f.credential.edition && !make_edition(r, &f, e)) {
		return false;
	}
	/* Also after a death in between: the page behind the code is made findable last. */
	if (f.credential.found && !credential_publish(r->app, &f.credential, e)) {
		return false;
	}
	if (f.credential.found) {
		credential_changed(r->app, f.credential.code);
	}
	return true;
}

enum errand_end made_out_run(const struct errand *errand, void *ctx, struct err *why)
{
	struct req r;
	struct viewer v;
	nobody(&r, ctx, &v);
	bool ok = make(&r, errand->route, errand->subject, why);
	arena_release(&r.arena);
	return ok ? ERRAND_DONE : ERRAND_AGAIN;
}

/* --- Letters
 * ---------------------------------------------------------------------------------------------------------------- */

static bool print_letter(struct req *r, const struct case_facts *f, struct err *e)
{
	struct document d;
	uint8_t source[SHA256_BYTES];
	int fd = -1;
	struct made_paper made;
	if (!letter_compose(r, f, &d, e)) {
		return false;
	}
	document_source(&d, source);
	if (!print_open(r->app, f->c.party, f->c.id, PAPER_LETTER, r->lang, source, &fd, e)) {
		return false;
	}
	if (fd >= 0) {
		close(fd);
		return true;
	}
	return print_make(r->app, f->c.party, &d, &made, e) &&
	       print_keep(r->app, f->c.party, f->c.id, PAPER_LETTER, &made, e);
}

enum errand_end letter_print_run(const struct errand *errand, void *ctx, struct err *why)
{
	struct req r;
	struct viewer v;
	struct case_facts f;
	nobody(&r, ctx, &v);
	bool ok = case_facts_to_act(&r, errand->route, errand->subject, &f, why);
	bool is_gone = !ok && why->code == ERR_NOT_FOUND;
	for (size_t i = 0; ok && f.decision.found && paper_language(i); i++) {
		r.lang = str_of(paper_language(i)->tag);
		ok = print_letter(&r, &f, why);
	}
	arena_release(&r.arena);
	return ok || is_gone ? ERRAND_DONE : ERRAND_AGAIN;
}

/* --- Its end comes near
 * ------------------------------------------------------------------------------------------------------ */

bool permit_due(struct tx *tx, const struct timer *t, void *ctx, struct err *e)
{
	struct app *app = ctx;
	struct credential_get_out c;
	const struct service *s;
	if (!credential_of(tx, t->route, t->subject, &c, e)) {
		return false;
	}
	if (!c.found || c.has_withdrawn_at || !c.has_valid_until) {
		return true;
	}
	const struct institution *in = catalogue_institution(app, c.institution);
	if (in == NULL || c.definition.n != SHA256_BYTES) {
		return err_set(e, ERR_INTERNAL, "a document of an institution that the catalogue does not know");
	}
	if (!catalogue_definition(app, (const uint8_t *)c.definition.p, &s, e)) {
		return false;
	}
	const struct zone *zone = calendar_zone(in->calendar);
	day_number today = zone_local(zone, tx_now_us(tx)).day;
	bool is_near = false;
	for (size_t i = 0; i < s->document.notice_n; i++) {
		is_near = is_near || c.valid_until - today <= s->document.notice_days[i];
	}
	bool is_over = today > c.valid_until;
	if ((is_near || is_over) &&
	    !mail_post(tx,
	               &(struct mail_message){.party = c.party,
	                                      .kind = is_over ? MAIL_PERMIT_EXPIRED : MAIL_PERMIT_EXPIRES,
	                                      .casefile = c.casefile,
	                                      .institution = c.institution,
	                                      .service = c.service,
	                                      .number = c.number,
	                                      .date = c.valid_until},
	               e)) {
		return false;
	}
	return is_over || timer_set(tx, t->route, t->kind, t->subject,
	                            zone_instant_us(zone, next_notice(&s->document, c.valid_until, today), 0), e);
}
