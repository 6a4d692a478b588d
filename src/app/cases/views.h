/* What the templates of this room show, already decided. */
#ifndef CITYHALL_APP_CASES_VIEWS_H
#define CITYHALL_APP_CASES_VIEWS_H

#include "app/cases/desk.h"
#include "app/cases/document_pages.h"
#include "app/cases/facts.h"
#include "app/enquiries/enquiries.h"
#include "app/mail/mail.h"
#include "app/rooms.h"
#include "html/form.h"

struct case_row { /* of "My cases" */
	struct str href, service, number, party;
	bool is_organisation;
	struct case_tag tag;
	struct day_stone stone;
	bool has_stone;
	struct str promise; /* a sentence */
};
struct draft_row { /* begun, not sent */
	struct str href, service, party, changed;
	day_number kept_until;
	bool is_near; /* to that day */
};
struct case_list_view {
	struct question_list_view questions;
	const struct draft_row *drafts;
	size_t draft_n;
	int64_t near_n, keep_days;
	const struct bundle_row *bundles;
	size_t bundle_n;
	const struct case_row *rows;
	size_t n;
};

struct bundle_row { /* of "My cases" */
	struct str href, name, party;
	int64_t begun, all;
};
struct bundle_step {
	struct str name, number, state, href, text;
	enum tag_sign sign;
	bool is_done;
};
struct bundle_view {
	struct str name, party;
	const struct bundle_step *steps;
	size_t n;
	int64_t done;
};

struct act;
struct case_view {
	const struct case_facts *f;
	struct document_box document;
	struct req *r;
	struct str base; /* "/cases/<id>" */
	struct case_tag tag;
	struct str number, service, lead;
	struct str clock_title, clock_text, clock_line;
	struct clock_view clock;
	const struct story_item *story;
	size_t story_n;
	struct enquiry_words_view asked; /* the question that it began with */
	bool asks;                       /* a correction waits for the applicant */
	struct str answer_by;            /* the day, else it lapses; empty: not said */
	const struct act **acts;         /* what the applicant could do now */
	size_t act_n;
	const struct matter_list_out *question; /* of the office, open; or NULL */
	struct str paper_by;                    /* the day by which promised papers are brought; empty: none is missing */
	struct str ground;                      /* why it was not accepted, as the service says it */
	struct room_asks asked_of;              /* what other rooms ask */
};

struct receipt_view {
	struct req *r;
	struct str base;
	bool is_desk;
	struct str lead;
	struct receipt_slip slip;
	const struct step_item *steps;
	size_t step_n;
	struct str track_url; /* in words, for who cannot scan */
};

struct letter_view {
	struct str base;
	bool is_granted;
	struct str number, service, applicant, institution, date, official;
	struct str ground; /* sentence of the refusal reason, empty when granted */
	struct str reason, output, objection;
	struct str signer;    /* who signed second; or empty */
	struct str corrected; /* the day on which its words were put right; or empty */
};

struct correct_view {
	struct req *r;
	struct str action, op, reason, official, service, number;
	int64_t version;
	const struct case_facts *f;
	const struct answers *answers;
	const struct str *questions;
	size_t question_n;
	bool has_files;                         /* some of them ask for files */
	const struct form_state *const *states; /* one a page; NULL: shown for the first time */
};

struct public_view {
	bool is_found;
	struct case_tag tag;
	struct str submitted, promised, legal, waits;
	struct clock_view clock;
};

struct track_view {
	struct req *r;
	struct str number, code, number_error, code_error;
};
struct new_code_view {
	struct req *r;
	const struct case_facts *f;
	struct str base, op;
	bool is_desk;
};

struct desk_view {
	const struct case_facts *f;
	struct document_box document;
	struct req *r;
	struct str base; /* "/queue/<id>" */
	struct case_tag tag;
	struct day_stone stone;
	struct str number, service, clock_title, waits_line, clock_text, clock_line, steps_line;
	struct clock_view clock;
	const struct story_item *story;
	size_t story_n;
	const struct answers *before;
	struct enquiry_words_view asked; /* the question that it began with */
	struct told_view told;           /* what the applicant was told, and when that was opened */
	/* What this official may do now. */
	bool may_take, may_work, may_decide, may_recall;
	const char *why_not;     /* msgid: who may work on it cannot decide now; NULL: nothing to say */
	bool is_with_other;      /* somebody else has it: handler's name is in f */
	const struct act **more; /* what else this person could do now */
	size_t more_n;
	struct str letter_at; /* "14:32": the letter leaves then */
	struct str op;
};

struct act_outcome;
struct act_view {
	const struct act *act;
	const struct case_facts *f;
	struct str base, action, lead, op;
	const struct params *input;    /* as typed; NULL: fresh */
	const struct act_outcome *out; /* with what is wrong; NULL: nothing yet */
	bool has_papers, is_desk;
	bool has_letter;                  /* a letter follows from it: it can be looked at before */
	const struct letter_view *letter; /* as it would leave; NULL: not asked for */
	const struct act_block *blocks;   /* sentences to insert, in each of their languages */
	size_t block_n;
};
struct act_block {
	struct str value, label; /* value: id and language */
};

void case_letter_fill(struct req *r, const struct case_facts *f, struct str base, struct letter_view *v);

#endif
