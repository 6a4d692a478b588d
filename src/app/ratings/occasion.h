/* A rating as pages read it, with the case of its occasion and all that was said. Within the room. */
#ifndef CITYHALL_APP_RATINGS_OCCASION_H
#define CITYHALL_APP_RATINGS_OCCASION_H

#include "app/ratings/moves.h"
#include "app/ratings/views.h"

/* How long after an occasion it may be rated. */
enum { RATING_DAYS = 90, OCCASIONS_MOST = 8 };

struct occasion {
	int64_t id, casefile, institution, handler, at_us; /* id: of its event */
	int64_t rating;                                    /* 0: not rated */
	struct str service;
	enum rating_occasion kind;
	int64_t state; /* enum rating_state of its rating */
};
/* The newest OCCASIONS_MOST of a case of this party, oldest first; none when the party has no such case. */
bool occasions_of(struct req *r, int64_t party, int64_t casefile, struct occasion out[OCCASIONS_MOST], size_t *n,
                  struct err *e) MUST_USE;
bool occasion_is_open(struct req *r, const struct occasion *o);

struct rating_read {
	struct rating_get_out row;
	const struct institution *institution;
	struct str words; /* that the person wrote with it */
	struct rating_said *said;
	size_t said_n;
};
/* row.found false: there is none. Names stand with what officials said; with the person's alone when `shows_name`. */
bool rating_read(struct req *r, int64_t party, int64_t id, bool shows_name, struct rating_read *out,
                 struct err *e) MUST_USE;

const char *rating_level_word(int64_t level);                /* msgid */
const char *rating_what_word(enum rating_occasion occasion); /* msgid: "Decision" */
const char *rating_state_word(int64_t state, bool is_desk);  /* msgid */
struct str rating_month_text(struct req *r, int64_t month);  /* "2026-11" */
struct str rating_service(struct req *r, struct str id);
/* 1 to RATING_CHARS characters; else *error says what would be right. */
bool rating_text_is_right(struct req *r, struct str text, struct str *error);

handler rate_get, rate_post;               /* /rate/:case/:occasion */
handler desk_ratings_get;                  /* /desk/ratings */
handler desk_rating_get, desk_rating_post; /* /desk/ratings/:id */
handler appeals_get;                       /* /desk/appeals */
handler appeal_get, appeal_post;           /* /desk/appeals/:institution/:id */
handler ratings_get;                       /* /ratings?office= */
bool ratings_may_judge(struct req *r, const struct institution *in);
bool ratings_is_judge(struct req *r);

#endif
