/* A filter of the queue: read from an address and written into one, so that a filter can be kept, sent and marked.
 * Plain values in the request's arena. */
#ifndef CITYHALL_APP_DESK_FILTER_H
#define CITYHALL_APP_DESK_FILTER_H

#include "app/cases/queue.h"
#include "base/calendar.h"
#include "http/req.h"

/* tab, its word in the address, what it is called */
#define DESK_TABS(X)                                            \
	X(TAB_ALL, "", N_("All open"))                              \
	X(TAB_ME, "me", N_("Wait for me"))                          \
	X(TAB_NOBODY, "nobody", N_("With nobody yet"))              \
	X(TAB_APPLICANT, "applicant", N_("Wait for the applicant")) \
	X(TAB_OTHERS, "others", N_("Wait for others"))

enum desk_tab {
#define X(tab, word, title) tab,
	DESK_TABS(X)
#undef X
		TAB_COUNT
};
const char *tab_word(enum desk_tab tab);
const char *tab_title(enum desk_tab tab); /* msgid */

/* due, word, title: promised days up to which */
#define DESK_DUES(X)                               \
	X(DUE_ANY, "", N_("Any day"))                  \
	X(DUE_LATE, "late", N_("Late"))                \
	X(DUE_TODAY, "today", N_("Late or due today")) \
	X(DUE_THREE, "3", N_("Within 3 working days")) \
	X(DUE_TEN, "10", N_("Within 10 working days"))

enum desk_due {
#define X(due, word, title) due,
	DESK_DUES(X)
#undef X
		DUE_COUNT
};
struct str due_word(enum desk_due due);
const char *due_title(enum desk_due due);

/* The states of open cases, for a choice; 0 after the last. */
int64_t filter_state(size_t i);
struct str state_word(int64_t state);

struct filter {
	enum desk_tab tab;
	struct str service; /* pack id; empty: all */
	int64_t state;      /* enum case_state; 0: all */
	bool has_handler;   /* only whose handler is this: */
	bool is_mine;       /* the reader, and those for whom the reader stands in */
	int64_t handler;    /* 0: nobody */
	enum desk_due due;
	bool is_new; /* changed since the reader looked, or never looked at */
};
/* What is not understood is left out. */
void filter_read(const struct req *r, struct filter *out);
/* "tab=me&service=x", without "?"; empty for everything. */
struct str filter_query(struct req *r, const struct filter *f);

/* Who asks: handlers[0] is the reader's account, then those for whom the reader stands in. */
struct filter_reader {
	int64_t institution;
	int64_t handlers[QUEUE_HANDLERS_MAX];
	size_t handler_n;
	bool is_head; /* signs what others decided */
	const struct calendar *calendar;
	day_number today;
};
/* The index to go along, and whether a case on it is wanted. is_new is the caller's to see to. */
struct queue_way filter_way(const struct filter *f, const struct filter_reader *reader);
bool filter_wants(const struct filter *f, const struct filter_reader *reader, const struct queue_key *key);

#endif
