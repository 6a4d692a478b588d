/* Finds vehicles that stand where they should not, and lanes that let nobody pass, from what sense.h hears.
 *
 * Three signs. Rows of detectors over a street are a balance: who went in over one row and has not come out over the
 * next, though nobody stands before that one, is still between them (the smallest surplus over half a minute, so that
 * slow ones do not count; a cumulative sum whose level drifts with parked cars and miscounts, and how often it does
 * says how many must be missing before it means something). A detector on which somebody stands through green seconds
 * while nobody goes, and behind which there is room. A vehicle with GPS that goes on standing though each lane of its
 * street was seen empty before it since it stands; where no detector lies ahead, one that stands first, through several
 * greens, while nobody stands where it could go to: a street that is full explains who stands in it. Where each car is
 * seen (a simulation): one that stands for half a minute though it could go.
 *
 * A detector that is not believed says nothing here either. One owner. */
#ifndef CITYHALL_BRAIN_INCIDENT_H
#define CITYHALL_BRAIN_INCIDENT_H

#include "brain/sense.h"

enum { INCIDENTS_MAX = 64, INCIDENT_BEFORE_S = 64 };
enum incident_kind { INCIDENT_STANDING, INCIDENT_BLOCKED }; /* somebody stands; a lane lets nobody pass */
enum incident_sign { INCIDENT_BY_BALANCE, INCIDENT_BY_GREEN, INCIDENT_BY_GPS, INCIDENT_BY_SIGHT };

struct incident {
	int64_t id, since_ms, seen_ms; /* found; last seen */
	uint32_t link, lane;           /* NET_NONE: which lane is not known */
	float to_go_m;                 /* from the link's end, the middle of where it must be */
	float sure;                    /* 0 to 1 */
	enum incident_kind kind;
	enum incident_sign sign;
};

/* Between two rows of detectors over a street. */
struct incident_section {
	uint32_t up, up_n, down, down_n; /* detectors[up ...] */
	uint32_t link;
	float to_go_m, travel_s;
	uint32_t in[INCIDENT_BEFORE_S]; /* passed the upper row, by second */
	int32_t least[2];               /* surplus, smallest in this and the last half minute */
	int32_t base;
	uint32_t heard_s, free_n[2];
	float shifts, hours; /* how often the base changed, in how many hours */
	uint16_t over_s, level_s;
	uint64_t is_whole; /* of the last seconds: those in which all upper detectors were heard */
	bool has_base;
};

struct incidents {
	const struct net *net;
	struct arena arena;
	struct incident_section *sections;
	uint32_t section_n;
	uint32_t *detectors;
	uint16_t *stands_s;   /* by detector: occupied in green, and nobody goes */
	uint32_t *was_passed; /* by detector: then */
	uint64_t *beside;     /* by detector: lanes of its link that were seen free beside it since somebody stands there */
	struct incident_car {
		int64_t since_ms;
		uint32_t link;
		float to_go_m, could_s;
		uint64_t cleared;   /* lanes of the link on which nobody can stand before it any more */
		int64_t cleared_ms; /* the last of them; 0: not all are */
		uint8_t greens;
		bool was_green;
	} * cars; /* by slot of the street that is looked at */
	uint32_t car_n;
	struct incident all[INCIDENTS_MAX];
	uint32_t n;
	int64_t next_id;
};

/* s NULL: the street will be seen whole. */
bool incidents_init(struct incidents *i, const struct net *n, const struct sense *s, struct err *e) MUST_USE;
void incidents_release(struct incidents *i);
/* Once a second, after sense_end_tick(). */
bool incidents_look(struct incidents *i, const struct sense *s, struct err *e) MUST_USE;
/* The same where each car is seen; after city_look(). */
bool incidents_look_whole(struct incidents *i, const struct city *c, struct err *e) MUST_USE;
/* What the controller sees of a lane that lets nobody pass: as it is in red, so that it is tried again and again, and
 * nobody who waits or comes as soon as it has been green for longer than those before the place need. Before
 * city_decide(), so that the journal has it. */
void incidents_tell(const struct incidents *i, struct city *c);

/* The link that a link leads to and nothing else does, without a signal: one street, cut on the map. */
uint32_t incident_goes_on_as(const struct net *n, uint32_t link);
/* The next detector of a lane before this place; NET_NONE: there is none. */
uint32_t incident_next_before(const struct sense *s, uint32_t lane, float to_go_m);
/* Within: what is there already is seen again (incident.c); those who stand (incident_cars.c). */
void incident_note(struct incidents *i, const struct incident *what, int64_t now_ms);
bool incident_look_at_gps(struct incidents *i, const struct sense *s, struct err *e) MUST_USE;
bool incident_look_at_cars(struct incidents *i, const struct city *c, struct err *e) MUST_USE;

#endif
