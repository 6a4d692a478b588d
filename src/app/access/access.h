/* Access records: an official's read of personal data goes through access_look() first, which takes a purpose and
 * writes who looked, durably, before anything is shown. People see the list on their case and account pages. Request
 * threads. */
#ifndef CITYHALL_APP_ACCESS_ACCESS_H
#define CITYHALL_APP_ACCESS_ACCESS_H

#include "app/app.h"

/* word in the store, sentence for the person */
#define ACCESS_PURPOSES(X)                                                           \
	X(ACCESS_DECIDE, "decide", N_("To work on this case"))                           \
	X(ACCESS_PAPER, "paper", N_("To look at a paper that you sent"))                 \
	X(ACCESS_OPINION, "opinion", N_("To give an opinion on it"))                     \
	X(ACCESS_AFTERWARDS, "afterwards", N_("To look at a decided case"))              \
	X(ACCESS_SEARCH, "search", N_("To find a case"))                                 \
	X(ACCESS_ENQUIRY, "enquiry", N_("To answer your question"))                      \
	X(ACCESS_LETTER, "letter", N_("To send you a letter"))                           \
	X(ACCESS_PERSON, "person", N_("To find your record at the counter"))             \
	X(ACCESS_SUPERVISION, "supervision", N_("To watch over the office that has it")) \
	X(ACCESS_INTAKE, "intake", N_("To take in your application"))                    \
	X(ACCESS_RATING, "rating", N_("To answer your rating"))                          \
	X(ACCESS_INQUIRY, "inquiry", N_("To answer for what the office did before it forwarded the case"))

enum access_purpose {
#define X(purpose, word, sentence) purpose,
	ACCESS_PURPOSES(X)
#undef X
		ACCESS_PURPOSE_COUNT
};
struct str access_word(enum access_purpose purpose); /* as it stands in the records */
const char *access_sentence(struct str word);        /* msgid; "" when unknown */

/* Writes that this request's viewer looks, for an institution, at a party's data. Before reading them. */
bool access_look(struct req *r, int64_t party, int64_t casefile, int64_t institution, enum access_purpose purpose,
                 struct err *e) MUST_USE;

/* The same for a list that shows several: all, or the call fails. */
struct access_subject {
	int64_t party, casefile;
};
bool access_look_many(struct req *r, const struct access_subject *of, size_t n, int64_t institution,
                      enum access_purpose purpose, struct err *e) MUST_USE;

struct access_entry {
	int64_t casefile, institution, account;
	struct str name, purpose;
	int64_t first_us, last_us;
	int64_t times; /* same person, case and purpose counted together */
};
struct access_entries {
	struct access_entry *items;
	size_t n;
};
/* Inside a read job routed to the party: the newest `most` looks, counted together, newest first. casefile 0: all
 * cases. */
bool access_entries_of(struct tx *tx, int64_t party, int64_t casefile, int most, struct access_entries *out,
                       struct err *e) MUST_USE;

#endif
