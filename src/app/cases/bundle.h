/* Bundles: one form, one press, several cases. Each service of the bundle becomes a case of its own, with the answers
 * that the form gave it. One that needs what another one grants waits as a draft with its number already promised, and
 * begins in the very transaction in which the last of those is closed; when one of them is refused it goes back to its
 * owner, who may change it and send it alone. */
#ifndef CITYHALL_APP_CASES_BUNDLE_H
#define CITYHALL_APP_CASES_BUNDLE_H

#include "app/cases/moves.h"
#include "app/catalogue/catalogue.h"
#include "app/forms/draft.h"
#include "app/forms/intake.h"

/* What a casefile is born with. */
struct case_birth {
	int64_t party, id, bundle, submitted_by;
	struct str service, definition; /* definition: its digest */
	int64_t institution;
	struct clock_rule clock;
	struct str step_limits;
	struct str number, code; /* code: RECEIPT_CODE_BYTES */
	struct str answers, applicant;
	int64_t channel;             /* enum channel; 0: the website */
	const struct intake *intake; /* an official took it in; NULL: nobody did */
};
/* submit.c: what the service says; ERR_INTERNAL when the catalogue does not know its institution. */
bool case_birth_of(struct app *app, const struct service *s, struct case_birth *b, struct err *e) MUST_USE;
/* submit.c: a new number and receipt code; and all that follows, counted from now. */
bool case_birth_number(struct app *app, struct arena *a, struct case_birth *b, struct err *e) MUST_USE;
bool case_birth_fill(struct app *app, struct arena *a, const struct case_birth *b, int64_t now_us,
                     struct casefile_insert_in *row, struct case_submit *submit, struct err *e) MUST_USE;

/* Questions for papers that we issued ourselves are answered by the number of the case that gave them. */
bool case_note_held(struct arena *a, const struct service *s, struct answers *as, const struct file_list *files,
                    day_number today) MUST_USE;

enum part_state {
	PART_BEGUN = 1, /* it is a case */
	PART_WAITS,     /* for the grant of others */
	PART_STOPPED    /* one of them was refused: it is an open draft */
};

/* Sends a bundle's draft, which is whole and declared. intake: an official took it in; NULL: nobody did. */
struct bundle_sent {
	const struct draft *draft;
	const struct file_list *files;
	const struct service *whole;
	const struct answers *all;
	struct str applicant;
	const struct intake *intake;
};
bool bundle_submit(struct req *r, const struct bundle_sent *what, struct err *e) MUST_USE;
/* For who took it in: what was sent as several cases, in their order. ERR_NOT_FOUND: the party has no such bundle. */
struct bundle_taken_part {
	struct str service, number, code; /* code: to type with the number */
	bool is_begun;                    /* else it waits for the grant of others, and has no days yet */
	day_number promised, legal;
};
struct bundle_taken {
	struct str name;
	int64_t channel; /* by which it came */
	struct bundle_taken_part *parts;
	size_t n;
};
bool bundle_taken_read(struct req *r, int64_t party, int64_t id, struct bundle_taken *out, struct err *e) MUST_USE;
/* In the job that closes one of its cases: begins those whose turn has come. */
bool bundle_go_on(struct tx *tx, struct app *app, int64_t party, int64_t bundle, struct err *e) MUST_USE;

handler bundle_steps_get; /* /cases/:id/steps */
/* What was sent as several cases has its steps instead of a page of its own; ERR_NOT_FOUND when it is no such thing. */
bool bundle_redirect(struct req *r, int64_t id, struct err *e) MUST_USE;
/* For "My cases": the bundles of a party, newest first, in a job of its route. */
struct bundle_line {
	int64_t id;
	struct str name;
	uint8_t definition[SHA256_BYTES];
	int64_t begun, closed, all; /* parts */
};
enum { BUNDLES_MOST = 20 };
bool bundles_of(struct tx *tx, int64_t party, struct bundle_line **out, size_t *n, struct err *e) MUST_USE;

#endif
