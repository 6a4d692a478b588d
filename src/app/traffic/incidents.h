/* What the brain found to stand in the street, as the office that looks after the signals hears of it: a row each in
 * its list, with who looks after it and when it was over. One that the brain is not sure of stands on the map and is
 * not reported. An incident is reported once: what a frame says of a link on which one is open is that one, also when
 * brain or portal were started again meanwhile; it has ended when nothing was said of it for five minutes of the
 * street's clock in which frames came.
 *
 * The book is under the lock of live.c; what reads and writes the store is called without it. */
#ifndef CITYHALL_APP_TRAFFIC_INCIDENTS_H
#define CITYHALL_APP_TRAFFIC_INCIDENTS_H

#include "app/app.h"
#include "brain/frame.h"

enum { INCIDENTS_OPEN_MOST = 64 };
enum incident_state { INCIDENT_REPORTED = 1, INCIDENT_LOOKED_AFTER, INCIDENT_ENDED };

struct incident_book {
	bool is_read; /* which are open was read from the store */
	int64_t net, last_us;
	struct incident_open {
		int64_t id, link;
		int64_t quiet_us; /* since it was said last */
	} open[INCIDENTS_OPEN_MOST];
	size_t n;
	bool has_work;
};

struct incident_report {
	int64_t institution, net;
	struct incident_told {
		int64_t since_us;
		uint32_t link, place_dm;
		uint8_t kind, sure_percent;
		struct str street; /* its name, or the link's id */
	} told[INCIDENTS_OPEN_MOST];
	size_t told_n;
	int64_t over[INCIDENTS_OPEN_MOST]; /* ids */
	size_t over_n;
	/* Out: those that are open now. */
	struct incident_open open[INCIDENTS_OPEN_MOST];
	size_t open_n;
};

/* A frame came: whether there is anything to write. */
bool incident_book_note(struct incident_book *b, int64_t net, const struct street_frame *f);
/* What is to be written, with words copied to the arena. */
bool incident_book_take(struct incident_book *b, const struct outline *o, const struct street_frame *f, struct arena *a,
                        struct incident_report *out, struct err *e) MUST_USE;
void incident_book_set(struct incident_book *b, const struct incident_report *written);
bool incident_report_write(struct store *s, struct incident_report *in, struct err *e) MUST_USE;

/* Somebody looks after it. ERR_CONFLICT: somebody was faster. */
struct incident_look_after {
	int64_t institution, id, version, account;
	struct str name, street;
};
store_job incident_look_after_job;

/* incidents_page.c */
handler incidents_get, incidents_post;

#endif
