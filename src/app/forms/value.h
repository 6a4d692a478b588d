/* From what a person typed to the canonical answer and back, for every type of question; and whether an answer keeps
 * the question's rules. Lenient in what is read (full-width and Chinese figures, separators, currency signs, spaces in
 * numbers), strict in what is kept. Each refusal says what would be right, in the reader's language. Pure: any thread.
 */
#ifndef CITYHALL_APP_FORMS_VALUE_H
#define CITYHALL_APP_FORMS_VALUE_H

#include "app/forms/answers.h"

struct value_rules {
	struct arena *arena;         /* results live here */
	struct str lang;             /* of the sentences */
	int32_t today;               /* day number, where the institution is */
	struct str calling_code;     /* digits, for phone numbers written without a country; empty: those are refused */
	const struct answers *shown; /* what conditions inside of a group look at; NULL: all of them hold */
};

/* As typed or ticked. */
struct typed {
	struct str text;             /* one line, text area, yes/no, one of */
	struct str day, month, year; /* date */
	const struct str *chosen;    /* several of */
	size_t chosen_n;
	struct str parts[QUESTION_PARTS_MAX]; /* address, name: as in question_parts() */
};

struct value_fault {
	struct str say;
	bool is_own;                    /* the service's own sentence: it says what it is about */
	bool is_day, is_month, is_year; /* date: which of the three fields; none: all */
	int part;                       /* address, name: which field, counted from 0 */
};

/* True: out->value_n is 0 when nothing was written and nothing is needed. Not for QUESTION_FILES and QUESTION_GROUP. */
bool value_read(const struct value_rules *r, const struct question *q, const struct typed *t, struct answer *out,
                struct value_fault *why) MUST_USE;
/* The same for a canonical answer, which may be NULL (none), against rules that may have changed since. */
bool value_check(const struct value_rules *r, const struct question *q, const struct answer *a,
                 struct value_fault *why) MUST_USE;
/* Nothing was written or ticked. */
bool value_is_blank(const struct question *q, const struct typed *t);
/* How many entries a group has: says what would be right. */
bool value_check_entries(const struct value_rules *r, const struct question *q, size_t n,
                         struct value_fault *why) MUST_USE;
/* How a person would have typed it: what stands in the fields when a page is shown again. */
void value_to_typed(struct arena *a, const struct question *q, const struct answer *as, struct typed *out);

/* Full-width letters, digits and signs become ASCII, Arabic-Indic digits too; odd spaces become spaces; trimmed. */
struct str value_half_width(struct arena *a, struct str s);
/* A number as people write it, in units of 10^-digits: "2 000 000", "1,250.50", "1.5万", "二百五十", "¥12". */
bool value_number(struct arena *a, struct str s, struct str currency, int digits, int64_t *out);
/* E.164 ("+8659187654321"). calling_code: as above. */
bool value_phone(struct arena *a, struct str s, struct str calling_code, struct str *out);

#endif
