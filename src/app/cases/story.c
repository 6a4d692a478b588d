/* What happened to a case, in words: one table of what each move is called to either side. */
#include "app/cases/facts.h"
#include "app/cases/limit_words.h"
#include "app/cases/steps.h"
#include "base/json.h"

/* Sentences are msgids that may name {name} (who did it), {holder} (who has it now), {office} (the other institution),
 * {stop} (why the clock stands), {step} (of the work), {until}, {due} and {legal} (days). A title that is NULL: that
 * side is not told.
 */
struct telling {
	const char *desk, *applicant;
	const char *desk_text, *applicant_text;
	bool is_quoted; /* the words are shown as they were written, to whoever is told of the move */
	const char *tag;
	enum tag_sign sign;
	bool is_halt;
};

static const struct telling tellings[CASE_MOVE_COUNT] = {
	[MOVE_SUBMITTED] = {.desk = N_("{name} applied"),
                        .applicant = N_("You applied"),
                        .desk_text = N_("The promised day was {due}."),
                        .applicant_text = N_("The promised day was {due}.")},
	[MOVE_TAKEN] = {.desk = N_("Work on it began"),
                    .applicant = N_("Work on it began"),
                    .desk_text = N_("{name} took the case."),
                    .applicant_text = N_("{name} took the case.")},
	[MOVE_ACCEPTED] = {.desk = N_("{name} accepted the application"),
                       .applicant = N_("Your application was accepted"),
                       .applicant_text = N_("Everything that is needed is there.")},
	[MOVE_ACCEPTED_GAP] = {.desk = N_("{name} accepted the application with a gap"),
                           .applicant = N_("Your application was accepted, with a paper to follow"),
                           .desk_text = N_("What is missing is to be brought by {until}."),
                           .applicant_text = N_("Bring what is missing by {until}.")},
	[MOVE_ACCEPTED_COMMITMENT] = {.desk = N_("{name} accepted the application on the signed commitment"),
                                  .applicant = N_("Your application was accepted on your commitment"),
                                  .desk_text = N_("It is to be checked by {until}."),
                                  .applicant_text = N_("We decide now and check by {until} whether it holds.")},
	[MOVE_NOT_ACCEPTED] = {.desk = N_("{name} did not accept the application"),
                           .applicant = N_("Your application was not accepted"),
                           .is_quoted = true,
                           .tag = N_("Not accepted"),
                           .sign = TAG_NO},
	[MOVE_GAP_BROUGHT] = {.desk = N_("The applicant brought a promised paper"),
                          .applicant = N_("You brought a promised paper"),
                          .is_quoted = true},
	[MOVE_GAP_MISSED] = {.desk = N_("A promised paper was not brought in time"),
                         .applicant = N_("A promised paper was not brought in time"),
                         .applicant_text = N_("We go on without it.")},
	[MOVE_ASKED] = {.desk = N_("{name} asked for corrections"),
                    .applicant = N_("We asked you to correct something"),
                    .desk_text = N_("The clock stands from the next working day."),
                    .applicant_text = N_("The clock stands from the next working day."),
                    .is_quoted = true,
                    .is_halt = true},
	[MOVE_ANSWERED] = {.desk = N_("The applicant corrected it"),
                       .applicant = N_("You corrected it"),
                       .desk_text = N_("The clock runs on. The promised day is now {due}."),
                       .applicant_text = N_("The clock runs on. The promised day is now {due}."),
                       .tag = N_("Corrected"),
                       .sign = TAG_FIX},
	[MOVE_QUESTION_ASKED] = {.desk = N_("{name} asked the applicant"),
                             .applicant = N_("We asked you something"),
                             .is_quoted = true},
	[MOVE_QUESTION_ANSWERED] = {.desk = N_("The applicant answered"),
                                .applicant = N_("You answered"),
                                .is_quoted = true},
	[MOVE_ENQUIRED] = {.desk = N_("The applicant asked the office"),
                       .applicant = N_("You asked the office"),
                       .is_quoted = true},
	[MOVE_REPLIED] = {.desk = N_("{name} answered the applicant"),
                      .applicant = N_("{name} answered you"),
                      .is_quoted = true},
	[MOVE_ADDED] = {.desk = N_("The applicant added something"),
                    .applicant = N_("You added something"),
                    .is_quoted = true},
	[MOVE_OPINION_ASKED] = {.desk = N_("{name} asked for an opinion: {office}"),
                            .applicant = N_("Another office was asked for its opinion: {office}"),
                            .desk_text = N_("It is expected by {until}.")},
	[MOVE_OPINION_GIVEN] = {.desk = N_("The opinion came: {office}"),
                            .applicant = N_("The opinion came: {office}"),
                            .desk_text = N_("Given by {name}.")},
	[MOVE_OPINION_DROPPED] = {.desk = N_("{name} waits for no opinion any more")},
	[MOVE_HANDED] = {.desk = N_("{name} handed the case to {holder}"), .applicant = N_("{holder} has your case now")},
	[MOVE_ASSIGNED] = {.desk = N_("{name} gave the case to {holder}"),
                       .applicant = N_("Work on it began"),
                       .applicant_text = N_("{holder} has your case now.")},
	[MOVE_MOVED] = {.desk = N_("{name} moved the case to {holder}"), .applicant = N_("{holder} has your case now")},
	[MOVE_TAKEN_OVER] = {.desk = N_("{holder} took the case over"), .applicant = N_("{holder} has your case now")},
	[MOVE_FORWARDED] = {.desk = N_("{name} forwarded the case: {office}"),
                        .applicant = N_("We forwarded your application: {office}"),
                        .is_quoted = true},
	[MOVE_STOPPED] = {.desk = N_("{name} stopped the clock: {stop}"),
                      .applicant = N_("The clock stands: {stop}"),
                      .desk_text = N_("The clock stands from the next working day."),
                      .applicant_text = N_("The clock stands from the next working day."),
                      .is_quoted = true,
                      .is_halt = true},
	[MOVE_WENT_ON] = {.desk = N_("{name} let the clock run again"),
                      .applicant = N_("The clock runs again"),
                      .desk_text = N_("The clock runs on. The promised day is now {due}."),
                      .applicant_text = N_("The clock runs on. The promised day is now {due}."),
                      .is_quoted = true},
	[MOVE_STOP_ENDED] = {.desk = N_("The longest time of a stop was over: {stop}"),
                         .applicant = N_("The clock runs again"),
                         .desk_text = N_("The clock runs on. The promised day is now {due}."),
                         .applicant_text = N_("The clock runs on. The promised day is now {due}.")},
	[MOVE_EXTENDED] = {.desk = N_("{name} extended the time"),
                       .applicant = N_("We need longer, as the law allows"),
                       .desk_text = N_("The promised day is now {due}; by law the last one is {legal}."),
                       .applicant_text = N_("The promised day is now {due}; by law the last one is {legal}."),
                       .is_quoted = true},
	[MOVE_CLOCK_ORANGE] = {.desk = N_("The clock turned orange"),
                           .desk_text = N_("The promised day is {due}; by law the last one is {legal}.")},
	[MOVE_CLOCK_RED] = {.desk = N_("The clock turned red"),
                        .desk_text = N_("The promised day is {due}; by law the last one is {legal}.")},
	[MOVE_CLOCK_PAST] = {.desk = N_("The promised day has passed"),
                         .applicant = N_("The promised day has passed"),
                         .desk_text = N_("By law the last day is {legal}."),
                         .applicant_text = N_("By law the last day is {legal}.")},
	[MOVE_STEP_PAST] = {.desk = N_("A step took longer than it may: {step}")},
	[MOVE_CLOCK_MOVED] = {.desk = N_("Working days have changed"),
                          .applicant = N_("Working days have changed")}, /* see tell_why_moved() */
	[MOVE_SILENCE_GRANTED] = {.desk = N_("Nothing was decided in time: by law it is granted"),
                              .applicant = N_("Nothing was decided in time: by law it is granted")},
	[MOVE_SILENCE_REFUSED] = {.desk = N_("Nothing was decided in time: by law it is refused"),
                              .applicant = N_("Nothing was decided in time: by law it is refused")},
	[MOVE_SILENCE_ESCALATED] = {.desk = N_("Nothing was decided in time: it is a matter for the head of the office"),
                                .applicant =
                                    N_("Nothing was decided in time: it is a matter for the head of the office")},
	[MOVE_DECIDED] = {.desk = N_("{name} decided"), .is_quoted = true},
	[MOVE_PROPOSED] = {.desk = N_("{name} decided; a second signature is needed"), .is_quoted = true},
	[MOVE_SIGNED] = {.desk = N_("{name} signed second")},
	[MOVE_SENT_BACK] = {.desk = N_("{name} did not sign and sent the case back"), .is_quoted = true},
	[MOVE_RECALLED] = {.desk = N_("{name} took the decision back"), .is_quoted = true},
	[MOVE_LETTER_LEFT] = {.desk = N_("The letter left")}, /* see tell_outcome() */
	[MOVE_WITHDRAWN] = {.desk = N_("The applicant withdrew the application"),
                        .applicant = N_("You withdrew your application"),
                        .is_quoted = true,
                        .tag = N_("Withdrawn"),
                        .sign = TAG_NO},
	[MOVE_LAPSED] = {.desk = N_("The application lapsed"),
                     .applicant = N_("Your application lapsed"),
                     .desk_text = N_("Nothing came by the last day."),
                     .applicant_text = N_("Nothing came by the last day."),
                     .tag = N_("Lapsed"),
                     .sign = TAG_NO},
	[MOVE_AMENDED] = {.desk = N_("{name} corrected the decision"),
                      .applicant = N_("The decision was corrected"),
                      .is_quoted = true},
	[MOVE_OBJECTED] = {.desk = N_("The applicant objected"), .applicant = N_("You objected"), .is_quoted = true},
	[MOVE_REOPENED] = {.desk = N_("The case was opened again"),
                       .applicant = N_("Your case was opened again"),
                       .is_quoted = true,
                       .tag = N_("Opened again"),
                       .sign = TAG_RUN},
	[MOVE_MADE_OUT] = {.desk = N_("The document was made out"), .applicant = N_("Your document was made out")},
	[MOVE_HANDED_OVER] = {.desk = N_("{name} handed the document over"),
                          .applicant = N_("Your document was handed over"),
                          .is_quoted = true},
	[MOVE_WAY_CHOSEN] = {.desk = N_("The applicant chose how to get the document"),
                         .applicant = N_("You chose how to get the document")},
	[MOVE_SUSPENDED] = {.desk = N_("{name} suspended the permit"),
                        .applicant = N_("Your permit was suspended"),
                        .is_quoted = true,
                        .tag = N_("Suspended"),
                        .sign = TAG_NO},
	[MOVE_RESUMED] = {.desk = N_("{name} put the permit in force again"),
                      .applicant = N_("Your permit is in force again"),
                      .is_quoted = true},
	[MOVE_REVOKED] = {.desk = N_("{name} withdrew the permit"),
                      .applicant = N_("Your permit was withdrawn"),
                      .is_quoted = true,
                      .tag = N_("Permit withdrawn"),
                      .sign = TAG_NO},
	[MOVE_RENEWED] = {.desk = N_("{name} renewed the permit"),
                      .applicant = N_("Your permit was renewed"),
                      .desk_text = N_("It is valid until {until}."),
                      .applicant_text = N_("It is valid until {until}.")},
	[MOVE_CHECKED] = {.desk = N_("{name} checked the commitment: it holds"),
                      .applicant = N_("We checked your commitment: it holds")},
	[MOVE_RECEIPT_RENEWED] = {.desk = N_("The receipt was made anew"),
                              .applicant = N_("The receipt was made anew"),
                              .desk_text = N_("The codes of the receipt before no longer open anything."),
                              .applicant_text = N_("The codes of the receipt before no longer open anything.")},
	[MOVE_REPAIRED] = {.desk = N_("A mistake in the service was corrected"),
                       .applicant = N_("A mistake in the service was corrected"),
                       .desk_text = N_("The case goes on with the corrected wording. No answer was changed."),
                       .applicant_text =
                           N_("Your case goes on with the corrected wording. None of your answers was changed.")},
};

static struct str iso(struct req *r, const struct case_facts *f, int64_t us)
{
	struct local_time local = zone_local(f->zone, us);
	char date[11];
	date_format(local.day, date);
	return arena_printf(&r->arena, "%sT%02d:%02d", date, local.second / 3600, local.second / 60 % 60);
}

static int64_t number(const struct json *j, const char *key)
{
	const struct json *v = json_get(j, str_of(key));
	return v && v->kind == JSON_INT ? v->integer : 0;
}

/* The other institution of a move: forwarded to it, asked, or heard. */
static struct str office_of(struct req *r, enum case_move move, const struct json *open)
{
	const struct json *others = json_get(open, STR("others"));
	int64_t id = move == MOVE_FORWARDED                                       ? number(open, "subject")
	             : others && others->first && others->first->kind == JSON_INT ? others->first->integer
	                                                                          : 0;
	const struct institution *at = id ? catalogue_institution(r->app, id) : NULL;
	return at ? text_in(&at->name, r->lang) : STR_EMPTY;
}

static void tell_outcome(struct req *r, const struct case_facts *f, bool is_desk, struct story_item *item)
{
	bool is_granted = f->decision.found && f->decision.outcome == OUTCOME_GRANTED;
	item->title = tr(r->lang, is_desk      ? N_("The letter left")
	                          : is_granted ? N_("Your application was granted")
	                                       : N_("Your application was refused"));
	item->tag = tr(r->lang, is_granted ? N_("Granted") : N_("Refused"));
	item->tag_sign = is_granted ? TAG_DONE : TAG_NO;
	item->link_text = tr(r->lang, N_("The letter"));
	item->link_href = arena_printf(&r->arena, is_desk ? "/queue/%s/letter" : "/cases/%s/letter", id_text(f->c.id).c);
}

/* Why a clock was counted anew, and what that moved. False: nothing that the applicant waits for. */
static bool tell_why_moved(struct req *r, const struct case_facts *f, const struct json *open, bool is_desk,
                           struct story_item *item)
{
	struct str why = json_string(open, STR("why"));
	bool is_outage = str_is(why, "outage");
	day_number due = (day_number)number(open, "due"), was_due = (day_number)number(open, "was_due"),
			   legal = (day_number)number(open, "legal"), was_legal = (day_number)number(open, "was_legal"),
			   off = (day_number)number(open, "off"), worked = (day_number)number(open, "worked"),
			   until = (day_number)number(open, "until"), silence = (day_number)number(open, "silence");
	struct str said[3] = {STR_EMPTY, STR_EMPTY, STR_EMPTY};
	if (is_outage) {
		item->title = tr(r->lang, N_("The city hall could not be reached for a while"));
	} else if (str_is(why, "zone")) {
		item->title = tr(r->lang, N_("The city's time has changed by law"));
	}
	if (off != 0) {
		said[0] = CASE_SAY(r, N_("Nobody works on {date}."), TR_O("date", case_date(r, f, off, DATE_LONG)));
	} else if (worked != 0) {
		said[0] = CASE_SAY(r, N_("{date} is a working day now."), TR_O("date", case_date(r, f, worked, DATE_LONG)));
	}
	if (due != was_due) {
		said[1] =
			CASE_SAY(r, N_("The promised day was {was} and is now {due}."),
		             TR_O("was", case_date(r, f, was_due, DATE_LONG)), TR_O("due", case_date(r, f, due, DATE_LONG)));
	} else if (legal != was_legal) {
		said[1] =
			CASE_SAY(r, N_("By law the last day is now {legal}."), TR_O("legal", case_date(r, f, legal, DATE_LONG)));
	} else if (is_outage && until != 0) {
		said[1] = CASE_SAY(
			r, is_desk ? N_("The applicant has time until {until} now.") : N_("You have time until {until} now."),
			TR_O("until", case_date(r, f, until, DATE_LONG)));
	}
	if (is_outage && silence != 0) {
		said[2] =
			CASE_SAY(r, N_("What the law says when nothing is decided in time waits as long: until the end of {date}."),
		             TR_O("date", case_date(r, f, silence, DATE_LONG)));
	}
	for (size_t i = 0; i < 3; i++) {
		if (said[i].n > 0) {
			item->text = item->text.n > 0 ? arena_printf(&r->arena, "%.*s %.*s", STR_ARG(item->text), STR_ARG(said[i]))
			                              : said[i];
		}
	}
	return is_desk || said[1].n > 0 || said[2].n > 0;
}

/* Of a repair: the steps of the office have other limits. */
static struct str tell_steps(struct req *r, struct str before, struct str limits)
{
	struct str now = limits.n > 0 ? CASE_SAY(r, N_("Time limits of its steps now: {steps}."),
	                                         TR_O("steps", case_steps_words(r->lang, &r->arena, limits)))
	                              : tr(r->lang, N_("None of its steps has a time limit now."));
	return arena_printf(&r->arena, "%.*s %.*s", STR_ARG(before), STR_ARG(now));
}

/* A letter that left and was taken back since, for the case was opened again: what it said is in its own letter. */
static bool is_the_last_letter(const struct case_facts *f, const struct event *ev)
{
	for (size_t i = f->events.n; i-- > 0 && f->events.items[i].id > ev->id;) {
		if (str_is(f->events.items[i].kind, case_move_kind(MOVE_REOPENED))) {
			return false;
		}
	}
	return true;
}

/* False: this reader is not told of it. */
static bool tell(struct req *r, const struct case_facts *f, const struct event *ev, bool is_desk,
                 struct story_item *item)
{
	enum case_move move = case_move_of(ev->kind);
	struct json *open = NULL, *closed = NULL;
	struct err ignored;
	if (move == CASE_MOVE_COUNT || !json_parse(&r->arena, ev->public_payload, &open, &ignored)) {
		return false;
	}
	if (ev->personal_payload.n > 0 && !json_parse(&r->arena, ev->personal_payload, &closed, &ignored)) {
		closed = NULL;
	}
	const struct telling *t = &tellings[move];
	*item = (struct story_item){.iso = iso(r, f, ev->effective_us), .when = case_moment(r, f, ev->effective_us)};
	if (move == MOVE_LETTER_LEFT && is_the_last_letter(f, ev)) {
		tell_outcome(r, f, is_desk, item);
		return true;
	}
	const char *title = is_desk ? t->desk : t->applicant, *text = is_desk ? t->desk_text : t->applicant_text;
	if (title == NULL) {
		return false;
	}
	if (move == MOVE_SUBMITTED && f->has_intake) { /* an official took it in: nobody else pressed a button */
		item->title = CASE_SAY(r, N_("{name} applied"), TR_S("name", f->applicant));
		item->text = case_came(r, f);
		return true;
	}
	if (move == MOVE_CLOCK_PAST && str_is(json_string(open, STR("turned")), "statutory")) {
		title = N_("The last day by law has passed");
		text = NULL;
	}
	int64_t until = number(open, "until");
	const struct tr_arg args[] = {
		TR_S("name", move == MOVE_SUBMITTED ? f->submitter : json_string(closed, STR("name"))),
		TR_S("holder", json_string(closed, STR("holder"))),
		TR_O("office", office_of(r, move, open)),
		TR_O("due", case_date(r, f, (day_number)number(open, "due"), DATE_LONG)),
		TR_O("step", case_step_title(r, json_string(open, STR("step")))),
		TR_O("stop", case_stop_name(r, f, json_string(open, STR("reason")))),
		TR_O("legal", case_date(r, f, (day_number)number(open, "legal"), DATE_LONG)),
		TR_O("until", until ? case_date(r, f, (day_number)until, DATE_LONG) : STR_EMPTY),
	};
	enum { ARGS = sizeof args / sizeof args[0] };
	item->title = case_say(r, title, args, ARGS);
	item->text = text ? case_say(r, text, args, ARGS) : STR_EMPTY;
	item->quote = t->is_quoted ? json_string(closed, STR("text")) : STR_EMPTY;
	item->tag = t->tag ? tr(r->lang, t->tag) : STR_EMPTY;
	item->tag_sign = t->sign;
	item->is_halt = t->is_halt;
	if (move == MOVE_CLOCK_MOVED && !tell_why_moved(r, f, open, is_desk, item)) {
		return false;
	}
	if (move == MOVE_REPAIRED) {
		if (is_desk && json_get(open, STR("steps")) != NULL) {
			item->text = tell_steps(r, item->text, json_string(open, STR("steps")));
		}
		item->quote = json_string(open, STR("reason"));
	}
	if (move == MOVE_SUBMITTED && !is_desk) {
		item->link_text = tr(r->lang, N_("Receipt"));
		item->link_href = arena_printf(&r->arena, "/cases/%s/receipt", id_text(f->c.id).c);
	}
	if (move == MOVE_OBJECTED && !is_desk && f->c.objection != 0) {
		item->link_text = tr(r->lang, N_("The objection"));
		item->link_href = arena_printf(&r->arena, "/cases/%s", id_text(f->c.objection).c);
	}
	/* Why one official gave it to another is kept for officials; so is what an opinion was asked about, and said. */
	bool is_inner = move == MOVE_HANDED || move == MOVE_ASSIGNED || move == MOVE_MOVED || move == MOVE_TAKEN_OVER ||
	                move == MOVE_OPINION_ASKED || move == MOVE_OPINION_GIVEN || move == MOVE_OPINION_DROPPED ||
	                move == MOVE_CHECKED;
	if (is_desk && is_inner) {
		item->quote = json_string(closed, STR("text"));
	}
	return true;
}

struct story_item *case_story(struct req *r, const struct case_facts *f, bool is_desk, size_t *n)
{
	struct story_item *items = arena_new(&r->arena, struct story_item, f->events.n + 1);
	*n = 0;
	if (items == NULL) {
		return NULL;
	}
	for (size_t i = 0; i < f->events.n; i++) {
		const struct event *ev = &f->events.items[i];
		if (str_is(ev->room, "cases") && tell(r, f, ev, is_desk, &items[*n])) {
			*n += 1;
		}
	}
	/* What comes next; the desk knows of a decision before its letter leaves. */
	if (!case_is_ended(f->c.state) && !(is_desk && f->c.state == CASE_DECIDED)) {
		bool is_past = f->dates.promised < f->today && f->dates.has_begun;
		items[(*n)++] = (struct story_item){
			.when = CASE_SAY(r, is_past ? N_("Promised by {date}; passed") : N_("By {date}"),
		                     TR_O("date", case_date(r, f, f->dates.promised, DATE_SHORT))),
			.title = tr(r->lang, N_("Decision")),
			.text = tr(r->lang, N_("On this page and as a letter, with reasons and how to object.")),
			.is_next = true,
		};
	}
	return items;
}

/* It names the new office; the one that it left is the first of "others". */
static bool was_forwarded_by(struct req *r, const struct event *ev, int64_t institution)
{
	struct json *open = NULL;
	struct err ignored;
	if (case_move_of(ev->kind) != MOVE_FORWARDED || !json_parse(&r->arena, ev->public_payload, &open, &ignored)) {
		return false;
	}
	const struct json *others = json_get(open, STR("others"));
	return others && others->first && others->first->kind == JSON_INT && others->first->integer == institution;
}

struct story_item *case_story_while_at(struct req *r, const struct case_facts *f, int64_t institution, size_t *n)
{
	struct story_item *items = arena_new(&r->arena, struct story_item, f->events.n + 1);
	size_t last = 0; /* its forwarding, and what was before: nothing of a time after it */
	*n = 0;
	for (size_t i = 0; i < f->events.n; i++) {
		last = was_forwarded_by(r, &f->events.items[i], institution) ? i + 1 : last;
	}
	for (size_t i = 0; items && i < last; i++) {
		const struct event *ev = &f->events.items[i];
		enum case_move move = case_move_of(ev->kind);
		bool is_own =
			was_forwarded_by(r, ev, institution) || (ev->institution == institution && move != MOVE_FORWARDED &&
		                                             move != CASE_MOVE_COUNT && !case_move_is_applicants(move));
		if (is_own && str_is(ev->room, "cases") && tell(r, f, ev, true, &items[*n])) {
			items[*n].link_href = items[*n].link_text = STR_EMPTY;
			*n += 1;
		}
	}
	return items;
}

/* --- The clock's own story
 * -------------------------------------------------------------------------------------------------- */

struct str case_stop_name(struct req *r, const struct case_facts *f, struct str reason)
{
	for (size_t i = 0; i < f->service->stop_n; i++) {
		if (str_eq(f->service->stops[i].id, reason)) {
			return text_in(&f->service->stops[i].name, r->lang);
		}
	}
	return str_is(reason, STOP_CLOSED) ? tr(r->lang, N_("was closed"))
	       : reason.n > 0              ? tr(r->lang, N_("waits for the applicant"))
	                                   : STR_EMPTY;
}

struct str case_clock_line(struct req *r, const struct case_facts *f)
{
	enum { SEGMENTS_MOST = 41 };
	struct clock_segment segments[SEGMENTS_MOST];
	const struct legal_clock *clock = &f->clock.clock;
	bool in_hours = f->c.limit_unit == CLOCK_WORKING_HOURS;
	size_t n = legal_clock_story(f->calendar, clock, f->now_us, segments, SEGMENTS_MOST);
	struct buf b;
	if (n == 0 || (clock->stop_n == 0 && clock->extension.n == 0)) {
		return STR_EMPTY;
	}
	buf_init(&b, 16 * 1024);
	for (size_t i = 0; i < n && i < SEGMENTS_MOST; i++) {
		const struct clock_segment *s = &segments[i];
		int64_t long_as = in_hours ? s->working_minutes / 60 : s->working_days;
		if (!s->stood && long_as == 0 && n > 1) {
			continue;
		}
		buf_put(&b, b.n > 0 ? tr(r->lang, N_(", ")) : STR_EMPTY);
		buf_put(&b, s->stood ? CASE_SAY(r, N_("stood {n} ({stop})"), TR_I("n", long_as),
		                                TR_O("stop", case_stop_name(r, f, f->clock.rows[s->reason].reason)))
		                     : CASE_SAY(r, N_("ran {n}"), TR_I("n", long_as)));
	}
	struct str story = case_keep(r, &b);
	struct str line =
		CASE_SAY(r, in_hours ? N_("Working hours: {story}.") : N_("Working days: {story}."), TR_O("story", story));
	if (clock->extension.n == 0) {
		return line;
	}
	return CASE_SAY(r, N_("{line} The time was extended once, by {n}."), TR_O("line", line),
	                TR_I("n", clock->extension.n));
}

struct str case_step_title(struct req *r, struct str word)
{
	for (int i = 0; i < STEP_KINDS; i++) {
		if (str_is(word, case_step_words[i])) {
			return case_step_name(r->lang, (enum case_step_kind)i);
		}
	}
	return STR_EMPTY;
}

struct str case_step_left(struct req *r, struct str word, const struct case_dates *dates)
{
	return CASE_SAY(r, N_("{step}: {left}"), TR_O("step", case_step_title(r, word)),
	                TR_O("left", dates->stands ? tr(r->lang, N_("stands")) : case_left(r, dates)));
}

struct str case_steps_line(struct req *r, const struct case_facts *f)
{
	struct buf b;
	buf_init(&b, 16 * 1024);
	for (size_t i = 0; i < f->clock.step_n; i++) {
		const struct case_step *s = &f->clock.steps[i];
		struct clock_face face;
		struct case_dates dates;
		case_step_read(f->calendar, &f->clock, s, f->now_us, &face);
		case_dates_of(&face, s->limit.unit, &dates);
		buf_put(&b, b.n > 0 ? tr(r->lang, N_(", ")) : STR_EMPTY);
		buf_put(&b, case_step_left(r, str_of(case_step_words[s->kind]), &dates));
	}
	return case_keep(r, &b);
}
