/* Records of people and organisations that officials make, who have no account: found again by a number, by name and
 * birthday, by phone and by address; joined when two of them are of one person, and taken apart again. A party is never
 * keyed anew. Invitations: a code with which the person makes an account for the record, so that what was taken in at
 * the counter stands in "My cases". Below the web; each call is durable when it returns true; any thread.
 *
 * Who looks at a record of somebody writes an access record first: the caller's part (access.h is above). */
#ifndef CITYHALL_APP_PEOPLE_RECORDS_H
#define CITYHALL_APP_PEOPLE_RECORDS_H

#include "base/typed_code.h"
#include "store/column_keys.h"
#include "store/event.h"

struct record {
	int64_t party; /* 0: not made yet */
	bool is_organisation;
	struct str name;
	struct str birth;              /* YYYY-MM-DD; empty: not known */
	struct str scheme, identifier; /* canonical (forms/scheme.h); empty: none */
	struct str phone;              /* E.164; empty: none */
	struct str email;              /* empty: none */
	bool has_account;
	bool is_written_down; /* an official did: else it is an account's own */
};

/* What two records of one person share. */
#define TWIN_KINDS(X)                                      \
	X(TWIN_NUMBER, "number", N_("the same number"))        \
	X(TWIN_NAME, "name", N_("the same name and birthday")) \
	X(TWIN_PHONE, "phone", N_("the same phone number"))    \
	X(TWIN_EMAIL, "email", N_("the same e-mail address"))

enum twin_kind {
#define X(kind, word, say) kind,
	TWIN_KINDS(X)
#undef X
		TWIN_KIND_COUNT
};
const char *twin_words(enum twin_kind kind); /* msgid */

/* The read model's subscribers, one a kind, for people.c. */
#define TWIN_SUBSCRIBERS(X)     \
	X(twin_number, TWIN_NUMBER) \
	X(twin_name, TWIN_NAME)     \
	X(twin_phone, TWIN_PHONE)   \
	X(twin_email, TWIN_EMAIL)
#define X(name_, kind_)                             \
	int64_t name_##_target(const struct event *ev); \
	bool name_##_apply(struct tx *tx, const struct event *ev, void *ctx, struct err *e);
TWIN_SUBSCRIBERS(X)
#undef X

#define TWINS_MOST 20
struct twin {
	int64_t party;
	unsigned shared; /* bit per twin_kind */
};
/* Records that share something with this one (its own party left out), those that share more first. As the relay has
 * brought them: a record is found a moment after it was made. */
bool people_twins(struct store *s, const struct column_keys *k, struct arena *a, const struct record *of,
                  struct twin **out, size_t *n, struct err *e) MUST_USE;
/* ERR_NOT_FOUND: no such party. */
bool people_record(struct store *s, struct arena *a, int64_t party, struct record *out, struct err *e) MUST_USE;

struct record_making {
	struct record record; /* name, numbers as they may be kept */
	int64_t by, institution;
};
/* With the operation: pressed twice, one record. */
bool people_make_record(struct store *s, struct store_op *op, const struct column_keys *k,
                        const struct record_making *m, struct err *e) MUST_USE;

/* "Same as": `party` sees what `other` has, too. ERR_INVALID: the other record has an account of its own, or they are
 * the same. */
bool people_join(struct store *s, int64_t party, int64_t other, int64_t by, int64_t institution,
                 struct err *e) MUST_USE;
bool people_take_apart(struct store *s, int64_t party, int64_t other, int64_t by, int64_t institution,
                       struct err *e) MUST_USE;
struct joined {
	int64_t other, made_us;
	struct str name;
};
#define JOINED_MOST 50
bool people_joined(struct tx *tx, int64_t party, struct joined **out, size_t *n, struct err *e) MUST_USE;

/* --- Invitations --- */

#define INVITATION_CHARS 16
#define INVITATION_US (60 * INT64_C(86400) * 1000000)
/* A fresh code for the record; those made before still open it. */
bool people_invite(struct store *s, const struct column_keys *k, int64_t party, int64_t by,
                   char code[INVITATION_CHARS + 1], struct err *e) MUST_USE;
/* Whose record a code opens; ERR_NOT_FOUND: none, or it was used or is too old. */
bool people_invited(struct store *s, const struct column_keys *k, struct str typed, int64_t *party,
                    struct err *e) MUST_USE;
/* It was used. ERR_CONFLICT: somebody was faster. */
bool people_invitation_use(struct store *s, const struct column_keys *k, struct str typed, int64_t account,
                           struct err *e) MUST_USE;

#endif
