/* What findings and inquiries are about, for the pages of both. Request threads. */
#ifndef CITYHALL_APP_SUPERVISION_ABOUT_H
#define CITYHALL_APP_SUPERVISION_ABOUT_H

#include "app/supervision/finding_views.h"
#include "app/supervision/office.h"

struct about {
	const struct institution *at;
	struct str rule, service, cases; /* as stored */
	int64_t official, figure;
	int64_t when_us; /* 0: not said */
	bool is_desk;    /* of the institution itself: cases lead to its queue */
};
bool about_fill(struct req *r, const struct about *in, struct about_view *out, struct err *e) MUST_USE;
/* "The applicant was asked to correct it 2 times." */
struct str about_said(struct req *r, struct str rule, int64_t figure);
struct str about_title(struct req *r, struct str rule);
struct str about_day(struct req *r, const struct institution *at, day_number day);
struct str about_service(struct req *r, struct str service);
/* The account's name; empty for nobody and when it is gone. */
bool about_name(struct req *r, int64_t account, struct str *name, struct err *e) MUST_USE;

/* The office of the viewer that watches over this institution; NULL: none does. */
const struct institution *supervisor_over(struct req *r, const struct institution *at);
/* The institution of a path piece (pack id) that the viewer supervises; NULL: ERR_NOT_FOUND. */
const struct institution *supervised_of_path(struct req *r, int piece, const struct institution **office,
                                             struct err *e);
struct str inquiry_path(struct req *r, const struct institution *at, int64_t id);
int inquiry_days(struct str typed); /* working days for an answer, as a form says */
/* What was typed, trimmed, with a sentence of what is wrong with it in *error. */
struct str about_words(struct req *r, const char *field, size_t most, struct str *error);

#endif
