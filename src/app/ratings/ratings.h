/* The ratings room: after each decision and each visit at a counter the applicant may say how it was, five levels, with
 * a word if wanted, once an occasion. A bad rating (1 or 2) opens a loop with a clock: somebody of the office contacts
 * the person within one working day and has put it right within fifteen; all that is said goes into the person's
 * mailbox. The office may appeal against a mistaken rating; somebody outside of it judges.
 *
 * An occasion is an event of a case: its letter left, it was not accepted, it was taken in at a counter, its document
 * was collected. The rating belongs to the applicant's party and names that event, so that there is one at most.
 * Officials see level, words, service and month; who it was only when the person agreed.
 *
 * Events, of room RATING_ROOM, routed to the party; `casefile` is the rating's id, `institution` and `service` those of
 * the occasion. The public payload of each is the whole rating as it is then, so that no reader needs the one before:
 *
 *	occasion   1 a decision, 2 a visit at a counter (enum rating_occasion)
 *	month      in which the occasion was, where the institution is: 202611
 *	level      1 (very bad) to 5 (very good)
 *	words      1: words stand with it, else 0
 *	handler    account of the official whom it is about; 0: the program
 *	state      enum rating_state
 *	contact    day by which the person is contacted, of a bad one; 0: none
 *	remedy     day by which it is put right; moves by the working days that an appeal took
 *	late       bits of enum rating_late: which of the two days passed first
 *	judges     route of those who judge appeals (ratings_judges)
 *
 * The personal part holds name and text of who spoke.
 *
 *	kind               state after it
 *	rated              SETTLED, or OPEN of a bad one
 *	contacted          CONTACTED: the office wrote first
 *	written            as it was: the office wrote again
 *	answered           as it was: the person wrote
 *	remedied           REMEDIED
 *	appealed           APPEALED
 *	appeal-upheld      STRUCK: the rating does not count any more; whoever counted it takes it off
 *	appeal-dismissed   OPEN or CONTACTED, as before
 *	contact-late, remedy-late   as it was, once each; by the program
 *
 * The denominators are events of the cases room: rating_occasion_of(). */
#ifndef CITYHALL_APP_RATINGS_RATINGS_H
#define CITYHALL_APP_RATINGS_RATINGS_H

#include "app/app.h"
#include "app/check.h"
#include "store/timer.h"

#define RATING_ROOM "ratings"
enum rating_occasion { RATING_NOT_ASKED, RATING_DECISION, RATING_COUNTER };
enum rating_state {
	RATING_SETTLED = 1, /* good, or neither: nobody has to do anything */
	RATING_OPEN,        /* bad, and nobody has contacted the person */
	RATING_CONTACTED,
	RATING_REMEDIED,
	RATING_APPEALED, /* the office says that it is mistaken; the day of the remedy waits */
	RATING_STRUCK,   /* it is: it does not count */
	RATING_STATE_END
};
enum rating_late { RATING_LATE_CONTACT = 1, RATING_LATE_REMEDY = 2 };
enum { RATING_BAD_MOST = 2, RATING_LEVELS = 5 };

/* What an event of the cases room asks to be rated: one of the denominator, in the institution and month of the event.
 */
enum rating_occasion rating_occasion_of(const struct event *ev);
/* 202611, where the institution is. */
int64_t rating_month(struct app *app, int64_t institution, int64_t utc_us);
/* The route of the list of appeals in a jurisdiction. */
int64_t ratings_judges(struct str jurisdiction);

/* For rooms.c. */
struct room_asks;
bool ratings_asks(struct req *r, int64_t party, int64_t casefile, struct room_asks *add, struct err *e) MUST_USE;
extern const struct route ratings_routes[];
extern const struct event_subscriber ratings_subscribers[];
extern const struct timer_kind ratings_timers[];
extern const struct read_model ratings_read_models[];

#endif
