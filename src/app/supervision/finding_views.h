/* What the pages of findings and inquiries show, already decided. */
#ifndef CITYHALL_APP_SUPERVISION_FINDING_VIEWS_H
#define CITYHALL_APP_SUPERVISION_FINDING_VIEWS_H

#include "app/supervision/inquiry.h"
#include "html/form.h"

struct chip {
	struct str href, text;
	bool is_current;
};
struct finding_row {
	struct str href, title, said, office, service, number, when, end; /* end: what became of it; may be empty */
};
struct findings_view {
	struct req *r;
	struct str office; /* the supervisor's */
	struct chip states[3];
	const struct finding_row *rows;
	size_t n;
	bool is_open; /* the list of those that nobody judged yet */
	struct str next_href;
	int32_t page_size;
};
struct case_line {
	struct str href, number, start, ran; /* ran: working time up to its decision, or empty */
	bool is_first;                       /* the one that it is about */
};
struct about_view { /* what a finding or an inquiry is about */
	struct str title, rule, said, office, service, official, when;
	const struct case_line *cases;
	size_t n;
	bool is_overtaking; /* the first case went before the others */
};
struct finding_view {
	struct req *r;
	struct about_view about;
	struct str action, op;
	bool is_open;
	struct str end, words;   /* what became of it, and why */
	struct str inquiry_href; /* that was begun from it; or empty */
	struct str typed, error, aside_typed, aside_error, days;
};
struct inquiry_row {
	struct str href, title, office, service, official, when, due;
	enum tag_sign sign;
	struct str state;
	bool is_late;
};
struct inquiries_view {
	struct req *r;
	struct str office, lead;
	bool is_desk; /* of the institution that is asked */
	const struct inquiry_row *rows;
	size_t n;
	struct str next_href;
	int32_t page_size;
};
enum inquiry_form {
	INQUIRY_NO_FORM,
	INQUIRY_FORM_ANSWER,
	INQUIRY_FORM_CLOSE,
	INQUIRY_FORM_APPEAL,
	INQUIRY_FORM_SETTLE
};
/* What an office did with a case that went on to another one, until then. */
struct own_part {
	struct str number;
	const struct story_item *items;
	size_t n;
};
struct inquiry_view {
	struct req *r;
	struct about_view about;
	const struct own_part *parts;
	size_t part_n;
	struct str asked_of, due; /* sentences */
	enum tag_sign sign;
	struct str state;
	const struct story_item *items;
	size_t n;
	enum inquiry_form form;
	struct str action, op, typed, error, outcome, outcome_error;
};
struct ask_view { /* an inquiry about a case that nothing was found about */
	struct req *r;
	enum tag_sign sign; /* of its clock */
	const char *level;  /* msgid */
	struct about_view about;
	struct str action, op, typed, error, days;
};

#endif
