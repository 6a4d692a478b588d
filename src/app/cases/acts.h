/* What a person does to a case: one table, ACTS, and one call that checks an act's input and carries it out. The pages
 * /queue/:id/:act and /cases/:id/:act, the same act on many cases at once and the API's moves all come from the table
 * and go through case_act(). Request threads.
 *
 * An act is made of a move (moves.h), who may, and the fields that it asks for. What the table cannot say - which
 * answers may be chosen, what belongs together - its `run` checks. */
#ifndef CITYHALL_APP_CASES_ACTS_H
#define CITYHALL_APP_CASES_ACTS_H

#include "app/cases/facts.h"
#include "html/form.h"

struct act_call;

enum act_field_kind {
	ACT_WORDS = 1, /* a text area */
	ACT_LINE,      /* one line of text */
	ACT_RADIOS,    /* one of `choices`, all seen at once */
	ACT_SELECT,    /* one of `choices` from a list, or none */
	ACT_CHECKS,    /* any number of `choices`: the name is sent once for each */
	ACT_QUESTIONS, /* any number of the form's questions that are shown in this case: ids */
	ACT_DAY,       /* a date: three fields NAME-day, NAME-month, NAME-year, or one, NAME, as 2026-11-22 */
	ACT_PAPERS,    /* files */
};
struct act_choices {
	struct form_choice *items; /* in the reader's language, in the request's arena */
	size_t n;
};
struct act_field {
	const char *name; /* in the form, as the id of its error, in the API */
	enum act_field_kind kind;
	const char *label, *hint; /* msgids; hint NULL: none */
	const char *missing;      /* msgid: what is said when it is left empty; NULL: it may be */
	int32_t chars_max;        /* of words and lines */
	bool (*choices)(struct req *r, const struct case_facts *f, struct act_choices *out, struct err *e);
	const char *no_choice;                        /* of a select: the first line, with an empty value */
	bool only_if_any;                             /* of choices: neither shown nor asked for where there are none */
	bool (*is_asked)(const struct case_facts *f); /* in this case; NULL: in every one */
};
enum { ACT_FIELDS_MAX = 5 };

struct act {
	const char *name; /* unique: "decide"; the last piece of the path, and the API's {name} */
	enum case_mover who;
	enum case_move move, or_move; /* or_move: from other states; MOVE_SUBMITTED: none */
	bool is_for_many;             /* can be done to many chosen cases at once */
	const char *title;            /* msgid; also of the link to its page. NULL: a button alone, no page of its own */
	const char *lead;             /* msgid; NULL: none */
	struct str (*lead_of)(struct req *r, const struct case_facts *f); /* instead, where the sentence counts something */
	const char *button;                                               /* msgid */
	struct act_field fields[ACT_FIELDS_MAX + 1];                      /* ended by name NULL */
	/* What its form begins with; NULL: empty. */
	bool (*begin_with)(struct req *r, const struct case_facts *f, struct params *out);
	/* Does this case's service know it? NULL: every one does. */
	bool (*is_offered)(const struct case_facts *f);
	/* It stands already as the act would leave it, by this person: pressed twice, or the program was faster. May be
	 * NULL. */
	bool (*is_done)(const struct case_facts *f, const struct viewer *v);
	/* What the table of moves does not ask, with a sentence of why not in *why; NULL: nothing. */
	bool (*may)(const struct case_facts *f, const struct viewer *v, const char **why);
	/* Checks what the fields cannot say of themselves (act_wrong) and writes. */
	bool (*run)(struct act_call *a, struct err *e);
};
extern const struct act acts[];               /* ended by name NULL */
const struct act *act_named(struct str name); /* NULL: there is none */
/* Shown as a button of its own on the case's page at the desk, not in the list of what else can be done. */
bool act_is_first(const struct act *a);
static inline bool act_is_applicants(const struct act *a)
{
	return a->who == BY_APPLICANT;
}

enum act_end {
	ACT_DONE,      /* or done before: by the same operation, or it stood so already */
	ACT_INVALID,   /* errors say what is missing, field by field */
	ACT_CONFLICT,  /* not now: somebody else has it (taken_by) or it was moved meanwhile (why) */
	ACT_FORBIDDEN, /* not this person (why) */
};
struct act_outcome {
	enum act_end end;
	struct form_error *errors; /* in the request's arena */
	size_t error_n;
	struct str taken_by; /* the official who has it; empty: nobody else */
	const char *why;     /* msgid, of a conflict or of what is forbidden; NULL: moved meanwhile */
};

/* The fields of `input` that the act does not name are passed over; *f is read again after a conflict. op: route, id
 * and digest filled in (app_op, or one made of the request's for each of many cases). False: something broke. */
bool case_act(struct req *r, const struct act *a, struct case_facts *f, const struct params *input, struct store_op *op,
              struct act_outcome *out, struct err *e) MUST_USE;
/* Could this person do it now? Else *out says why not. */
bool case_act_may(struct req *r, const struct act *a, const struct case_facts *f, struct act_outcome *out);

/* Those that this person could do now, of either side; in the request's arena. */
bool case_acts_now(struct req *r, const struct case_facts *f, bool is_applicants, const struct act ***out, size_t *n,
                   struct err *e) MUST_USE;

/* --- Pages (act_pages.c): GET shows the form made from the table, POST carries out */
handler desk_act_get, desk_act_post; /* /queue/:id/:act */
handler case_act_get, case_act_post; /* /cases/:id/:act */
bool act_show(struct req *r, const struct act *a, struct case_facts *f, struct err *e);
bool act_do(struct req *r, const struct act *a, struct case_facts *f, struct err *e);
/* The fields of an act with what was typed and what is wrong with it; input NULL: fresh. Any form may hold them. */
void act_put_fields(struct html_out *o, struct req *r, const struct act *a, const struct case_facts *f,
                    const struct params *input, const struct act_outcome *out);

/* --- For the acts themselves (acts.c and its parts) */
struct act_call {
	struct req *r;
	const struct act *act;
	struct case_facts *f;
	const struct params *input;
	struct store_op *op;
	struct act_outcome *out;
	struct case_change change;
};
struct str act_value(const struct params *input, const char *name); /* trimmed; empty when it is not there */
/* The field is wrong: msgid. */
void act_wrong(struct act_call *a, const char *field, const char *msgid);
void act_wrong_text(struct act_call *a, const char *field, struct str text); /* in the reader's language already */
/* The values of a field that may be there many times, each once, without those that are none of its choices. */
bool act_chosen(struct act_call *a, const char *field, struct str **out, size_t *n, struct err *e) MUST_USE;
/* Right before it, the viewer's rights are asked for again: a revocation counts at once. */
bool act_write(struct act_call *a, store_job *job, void *ctx, struct err *e) MUST_USE;
/* The viewer's office whose opinion is waited for; 0: none. */
int64_t act_asked_office(const struct req *r, const struct case_facts *f);
/* A day of a field, however it was sent; false: none, or none that exists. */
bool act_day(const struct params *input, const char *name, day_number *out);
bool act_day_is_typed(const struct params *input, const char *name);
/* The form's questions that are shown in this case: ids and labels. */
bool act_questions(struct req *r, const struct case_facts *f, struct act_choices *out, struct err *e);

#endif
