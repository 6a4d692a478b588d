/* What the templates of this room show, already decided. */
#ifndef CITYHALL_APP_CASES_VIEWS_H
#define CITYHALL_APP_CASES_VIEWS_H

#include "app/cases/facts.h"
#include "html/form.h"

struct case_row { /* of "My cases" */
	struct str href, service, number, party;
	bool is_organisation;
	struct case_tag tag;
	struct day_stone stone;
	bool has_stone;
	struct str promise; /* a sentence */
};
struct case_list_view {
	const struct case_row *rows;
	size_t n;
};

struct case_view {
	const struct case_facts *f;
	struct req *r;
	struct str base; /* "/cases/<id>" */
	struct case_tag tag;
	struct str number, service, lead;
	struct str clock_title, clock_text;
	struct clock_view clock;
	const struct story_item *story;
	size_t story_n;
	bool asks; /* a correction waits for the applicant */
};

struct receipt_view {
	struct req *r;
	struct str base;
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
};

struct correct_view {
	struct req *r;
	struct str action, op, reason, official, service, number;
	int64_t version;
	const struct case_facts *f;
	const struct answers *answers;
	const struct str *questions;
	size_t question_n;
	const struct form_state *state;
};

struct public_view {
	bool is_found;
	struct case_tag tag;
	struct str service, institution, submitted, promised, legal, waits;
	struct clock_view clock;
};

#endif
