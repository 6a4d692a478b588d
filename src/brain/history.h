/* What it was like on each link, by quarters of an hour: sums over the seconds in which it was seen. Made of a journal,
 * or of rows that were written down (the open data of the portal are such rows); what before and after are compared of
 * (compare.h), and a demand is made of (demand.h). Sums of links, no car. One owner.
 *
 * Delay is an estimate: what cars were on a link longer than they would be at its speed (Little's law: the sum of cars
 * over seconds, less the cars that left it times the free time). A link from which nobody is seen to leave (the rim of
 * the net) has none. */
#ifndef CITYHALL_BRAIN_HISTORY_H
#define CITYHALL_BRAIN_HISTORY_H

#include "base/difference.h"
#include "brain/journal.h"

struct sums {
	double seconds;    /* in which it was seen */
	double cars_s;     /* cars, each second */
	double halting_s;  /* of these that stood */
	double stops;      /* how often one came to stand */
	double passed;     /* cars that left it */
	double delay_s;    /* estimate */
	double waiting_s;  /* people waiting at crossings, each second; of the whole alone */
	double by_brain_s; /* signals led by the brain, a share of all; of the whole alone */
};

struct history {
	const struct net *net;
	size_t row;        /* links and one: the last is the whole */
	int64_t *quarters; /* ascending; number since the clock's zero */
	struct sums *sums; /* [n][row] */
	float *turned;     /* [n][net->move_n]: who took which movement; NULL: not wanted */
	size_t n, room;
	bool has_turns;
};

void history_init(struct history *h, const struct net *n, bool has_turns);
void history_release(struct history *h);
/* Adds what a journal says of the seconds from..to of its clock (to not included). */
bool history_read_journal(struct history *h, const char *path, int64_t from_s, int64_t to_s, struct err *e) MUST_USE;

/* Rows as text: "quarter,link,seconds,...", a head (where *to is empty) and a line for each quarter and link; the whole
 * has no link. */
void history_put_csv(struct buf *to, const struct history *h);
bool history_read_csv(struct history *h, struct str text, int64_t from_s, int64_t to_s, struct err *e) MUST_USE;
/* Either, by its first bytes. "FILE" or "FILE@FROM-TO", seconds. */
bool history_read(struct history *h, struct str what, struct err *e) MUST_USE;

/* Of a quarter and a link (net->link_n: the whole), made when it is not there; NULL: memory is out. */
struct sums *history_at(struct history *h, int64_t quarter, size_t link);

#endif
