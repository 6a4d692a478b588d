/* Triggers: signs in the events of cases that somebody should look at. One table; each row has a word, a title, its
 * rule in words as people read it, and a function that knows nothing but what it is given. What fits becomes a finding
 * with the cases that it is about (watch.c); a person judges it. Plain values, any thread. */
#ifndef CITYHALL_APP_SUPERVISION_TRIGGERS_H
#define CITYHALL_APP_SUPERVISION_TRIGGERS_H

#include "base/date.h"
#include "base/str.h"

/* Working time of decided cases in classes of half an octave, from a quarter of an hour on: a spread is then a
 * difference of classes, whatever the service takes. */
enum { PACE_CLASSES = 32 };
struct pace {
	int32_t n[PACE_CLASSES];
};
int pace_class(int64_t minutes);
int32_t pace_total(const struct pace *p);
/* The class in which the case lies that so many hundredths of all come before. */
int pace_at(const struct pace *p, int hundredths);
/* So many half octaves lie between the fastest tenth and the slowest. */
int pace_spread(const struct pace *p);
/* "1 0 0 12": without the zeros at its end. */
bool pace_read(struct str s, struct pace *out);
struct buf;
void pace_write(struct buf *to, const struct pace *p);

/* What is at hand when an event comes. */
struct trigger_look {
	struct str kind; /* of the event */
	bool has_reason; /* one of the service's list is said */
	/* The case as the event leaves it, but for what says otherwise. */
	int level, level_before; /* enum clock_level: 0 green, 1 orange, 2 red, 3 past */
	int32_t left;            /* working days to the next limit, today counted */
	bool stands, stood;      /* now; before the event */
	int64_t corrections;     /* asked of the applicant so far, this one included */
	int32_t days_here;       /* working days since it came to the office */
	/* Of a decision. */
	size_t older;          /* cases of the same service and hand that came before and can be decided */
	bool may_say_why;      /* the service lists reasons for deciding a later case first */
	bool is_counted;       /* the two paces hold it */
	struct pace own, unit; /* of this official; of the colleagues, without the official's own */
};

enum trigger_id {
	TRIGGER_STEP_LATE,
	TRIGGER_NO_REASON,
	TRIGGER_CORRECTED_AGAIN,
	TRIGGER_FORWARDED_LATE,
	TRIGGER_STOPPED_LATE,
	TRIGGER_REOPENED,
	TRIGGER_OVERTAKING,
	TRIGGER_SPREAD,
	TRIGGER_COUNT
};
struct trigger {
	const char *word;  /* in the store */
	const char *title; /* msgid */
	const char *rule;  /* msgid: when it fires, for whoever judges and whoever is judged */
	const char *found; /* msgid: what was found, with {n} */
	/* *figure: the {n} of `found`. */
	bool (*fires)(const struct trigger_look *l, int64_t *figure);
	bool is_of_official; /* one a quarter for an official and a service; else one a case */
};
extern const struct trigger TRIGGERS[TRIGGER_COUNT];
const struct trigger *trigger_named(struct str word); /* NULL: there is none */

enum {
	TRIGGER_FORWARD_DAYS = 3, /* working days after which forwarding is late */
	TRIGGER_STOP_LEFT = 1,    /* working days left, today counted, at which a stop is just before the limit */
	TRIGGER_OLDER_LEAST = 3,  /* where the service lists no reasons */
	TRIGGER_PACE_LEAST = 10,  /* decided cases of either side without which no spread is compared */
	TRIGGER_SPREAD_MORE = 4,  /* half octaves: four times */
};

#endif
