/* What happens to a rating: one table of what leads where, one job and one event each. Within the room and for its
 * tests. */
#ifndef CITYHALL_APP_RATINGS_MOVES_H
#define CITYHALL_APP_RATINGS_MOVES_H

#include "app/catalogue/catalogue.h"
#include "app/mail/kinds.h"
#include "app/ratings/ratings.h"
#include "app/ratings/ratings.sql.h"

enum { RATING_CONTACT_DAYS = 1, RATING_REMEDY_DAYS = 15 }; /* working days of the institution */
#define RATING_TIMER "ratings.loop"

#define RATING_AS_IT_IS 0
#define RATING_IN(state) (1U << (state))
#define RATING_IN_LOOP (RATING_IN(RATING_OPEN) | RATING_IN(RATING_CONTACTED))
#define RATING_UNSETTLED (RATING_IN_LOOP | RATING_IN(RATING_APPEALED))

/* move, event kind, from, to, what the person is told by it */
/* clang-format off */
#define RATING_MOVES(X) \
	X(RATE_RATED, "rated", 0U, RATING_AS_IT_IS, MAIL_NONE) \
	X(RATE_CONTACTED, "contacted", RATING_IN(RATING_OPEN), RATING_CONTACTED, MAIL_RATING_WRITTEN) \
	X(RATE_WRITTEN, "written", RATING_IN(RATING_CONTACTED), RATING_AS_IT_IS, MAIL_RATING_WRITTEN) \
	X(RATE_ANSWERED, "answered", RATING_UNSETTLED, RATING_AS_IT_IS, MAIL_NONE) \
	X(RATE_REMEDIED, "remedied", RATING_IN_LOOP, RATING_REMEDIED, MAIL_RATING_REMEDIED) \
	X(RATE_APPEALED, "appealed", RATING_IN_LOOP, RATING_APPEALED, MAIL_NONE) \
	X(RATE_UPHELD, "appeal-upheld", RATING_IN(RATING_APPEALED), RATING_STRUCK, MAIL_RATING_STRUCK) \
	X(RATE_DISMISSED, "appeal-dismissed", RATING_IN(RATING_APPEALED), RATING_OPEN, MAIL_NONE) \
	X(RATE_CONTACT_LATE, "contact-late", RATING_UNSETTLED, RATING_AS_IT_IS, MAIL_NONE) \
	X(RATE_REMEDY_LATE, "remedy-late", RATING_IN_LOOP, RATING_AS_IT_IS, MAIL_NONE)
/* clang-format on */

enum rating_move {
#define X(move, ...) move,
	RATING_MOVES(X)
#undef X
		RATING_MOVE_COUNT
};
enum rating_move rating_move_of(struct str kind); /* RATING_MOVE_COUNT: none */
bool rating_move_fits(enum rating_move move, int64_t state);

/* The first: ERR_CONFLICT when this occasion was rated already. */
struct rating_give {
	struct rating_insert_in row; /* all but state and days */
	struct str name, words;      /* who rates; words may be empty */
	const struct institution *institution;
};
store_job rating_give_job;

/* Every later one. The caller has decided who may. */
struct rating_change {
	int64_t party, id, version;
	enum rating_move move;
	int64_t actor; /* account; 0: the program */
	struct str name, text;
	const struct institution *institution;
};
store_job rating_change_job;

/* Is the day by which something is due over, or which is the next instant at which one will be; 0: none. */
int64_t rating_next_us(const struct rating_get_out *r, const struct institution *in);

#endif
