/* All that a page about one case shows, read in one snapshot into the request's arena. */
#ifndef CITYHALL_APP_CASES_FACTS_H
#define CITYHALL_APP_CASES_FACTS_H

#include "app/access/access.h"
#include "app/cases/moves.h"
#include "app/catalogue/catalogue.h"
#include "app/credentials/credentials.h"
#include "app/forms/intake.h"
#include "html/pieces.h"
#include "html/translate.h"

/* Files that are added to a case beside its form have no question of it. */
#define CASE_ADDED_PAPERS "added-later"

struct case_facts {
	struct casefile_get_out c;
	const struct service *service;
	const struct institution *institution;
	const struct calendar *calendar; /* the version that its clock is counted on */
	const struct zone *zone;
	int64_t now_us;
	day_number today;
	struct case_clock clock;
	struct clock_face face; /* of it, now */
	struct case_dates dates;
	struct answers answers;
	struct str applicant; /* the party's name */
	struct str submitter; /* who pressed the button */
	struct str handler;   /* name of the official who has it; empty: nobody */
	bool is_handler_gone; /* works for the institution no longer */
	bool stands_in;       /* the viewer does, for who has it and is away today */
	struct event_list events;
	struct correction_list_out *corrections;
	size_t correction_n;
	bool has_correction; /* one is open */
	struct correction_list_out correction;
	struct decision_get_out decision;     /* found: there is one in force */
	struct credential_get_out credential; /* found: its document was made out */
	struct matter_list_out *matters;      /* questions, opinions, promised papers, in order */
	size_t matter_n;
	bool is_for_opinion; /* the viewer's office is asked for an opinion on it, and it is not its own */
	struct file_list files;
	struct access_entries looks;
	struct enquiry_ref asked; /* the question to an office that it began with; id 0: none */
	bool has_intake;
	struct intake intake; /* how it came, when an official took it in */
	bool is_confirmed;    /* the applicant had said on the own screen that it is right as it was sent */
};

/* ERR_NOT_FOUND when the party has no such case. */
bool case_facts(struct req *r, int64_t party, int64_t casefile, struct case_facts *out, struct err *e) MUST_USE;
/* A decision that nobody made has words all the same: by whom, and why. */
void case_speak_for_silence(struct str lang, struct case_facts *f);
/* What a move asks for: the case, its answers, the decision in force, whose it is and who has it. Not what lies beside
 * it: corrections, papers, events, looks, who submitted it. */
bool case_facts_to_act(struct req *r, int64_t party, int64_t casefile, struct case_facts *out, struct err *e) MUST_USE;
/* The open matter of a kind, of an institution unless 0; NULL: none. */
const struct matter_list_out *case_open_matter(const struct case_facts *f, int64_t kind, int64_t institution);
/* The same for whoever asks as an applicant: among the parties that the viewer acts for. */
bool case_facts_own(struct req *r, int64_t casefile, struct case_facts *out, struct err *e) MUST_USE;

/* The buf's text in the arena; the buf is released. */
struct str case_keep(struct req *r, struct buf *b);
/* Plain sentences in the request's language, in its arena. */
struct str case_say(struct req *r, const char *msgid, const struct tr_arg *args, size_t n);
#define CASE_SAY(r, msgid, ...)                                  \
	case_say((r), (msgid), (const struct tr_arg[]){__VA_ARGS__}, \
	         sizeof((const struct tr_arg[]){__VA_ARGS__}) / sizeof(struct tr_arg))
struct str case_date(struct req *r, const struct case_facts *f, day_number day, enum date_form form);
/* "Mon 2 Nov, 9:14" in the case's zone. */
struct str case_moment(struct req *r, const struct case_facts *f, int64_t us);

/* "By post, received on Friday 20 November, taken in by Jonas Adeyemi." Empty: nobody took it in. */
struct str case_came(struct req *r, const struct case_facts *f);

/* Tag of a state as the applicant (is_desk false) or an official sees it. */
struct case_tag {
	enum tag_sign sign;
	const char *msgid;
};
struct case_tag case_tag(int64_t state, int64_t outcome, bool is_desk);
/* The same with what stands beside the state: for whom it waits (case_waits()). */
struct case_tag case_tag_now(int64_t state, int64_t outcome, unsigned waits, bool is_desk);

/* The clock of a case: stones, marks, sentence. Stones live in the arena. */
struct clock_view case_clock_view(struct req *r, const struct case_facts *f);
/* How loud its day stone is: as the clock last said. Of a clock that stands the stone shows none. */
static inline enum alert case_alert(enum clock_level level)
{
	return level == CLOCK_GREEN ? ALERT_NONE : level == CLOCK_ORANGE ? ALERT_ORANGE : ALERT_RED;
}
/* "7 working days left", "1 working day late"; in hours where the limit is in hours. */
int64_t case_hours_left(const struct case_dates *dates); /* begun ones count; below 0: late */
struct str case_left(struct req *r, const struct case_dates *dates);
/* "by law 3 working days left", of a promise that is past; "the last day by law has passed too". */
struct str case_left_by_law(struct req *r, const struct calendar *c, day_number today, day_number legal);
struct str case_ended_after(struct req *r, const struct case_facts *f); /* of a clock that has ended */
/* "Second signature": a step that may have a limit of its own, by its word; empty: there is none. */
struct str case_step_title(struct req *r, struct str word);
/* "Acceptance: 1 working day left". */
struct str case_step_left(struct req *r, struct str word, const struct case_dates *dates);
/* The same of all steps that go on. */
struct str case_steps_line(struct req *r, const struct case_facts *f);
/* "waits for the hearing": the name of a stop's reason. */
struct str case_stop_name(struct req *r, const struct case_facts *f, struct str reason);
/* "Working days: ran 3, stood 2 (waits for the hearing), ran 1." Empty: it never stood and was not extended. */
struct str case_clock_line(struct req *r, const struct case_facts *f);
/* The day on which the words of the decision in force were put right after its letter had left; empty: never. */
struct str case_corrected_on(struct req *r, const struct case_facts *f);
/* What was decided before the letter left is not told yet: to the applicant the clock still runs. */
void case_hide_the_undelivered(struct case_facts *f);
/* The story, oldest first, ending with what comes next. The applicant does not see what happened before a letter left.
 */
struct story_item *case_story(struct req *r, const struct case_facts *f, bool is_desk, size_t *n);
/* Of a case that went on to another office: what this one did with it, and its clock, up to its forwarding; nothing
 * that the applicant did. */
struct story_item *case_story_while_at(struct req *r, const struct case_facts *f, int64_t institution, size_t *n);
/* Is the decision the applicant's to read? */
static inline bool case_is_told(const struct case_facts *f)
{
	return f->c.state == CASE_CLOSED;
}

#endif
