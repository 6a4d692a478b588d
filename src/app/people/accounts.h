/* Parties, accounts, mandates and roles, below the web: what `init`, the sub-command `account`, the demo's seed and the
 * administrator's page stand on. Each call is durable when it returns true; any thread. A change of rights raises the
 * account's epoch and appends an event. `by`: the account that does it; 0: the operator. */
#ifndef CITYHALL_APP_PEOPLE_ACCOUNTS_H
#define CITYHALL_APP_PEOPLE_ACCOUNTS_H

#include "app/people/password.h"
#include "app/people/viewer.h"
#include "store/column_keys.h"
#include "store/store.h"

#define NAME_CHARS_MAX 200

struct person_spec {
	struct str name, email;
	struct str password; /* hashed on the caller's thread; empty: nobody can sign in until one is set */
	struct str lang;     /* empty: as the browser asks */
	const char *hash;    /* instead of a password: made before; or NULL */
	int64_t party;       /* 0: a fresh one */
	bool has_record;     /* the party is there already, without an account: its name stays (`name` is not read) */
};
/* ERR_CONFLICT: the address belongs to an account already. */
bool people_add_person(struct store *s, const struct column_keys *k, const struct person_spec *spec, int64_t *party,
                       struct err *e) MUST_USE;
/* A client of the API: an account that nobody signs in to, without an address. */
bool people_add_program(struct store *s, struct str name, int64_t *account, struct err *e) MUST_USE;
/* identifier empty: none. */
bool people_add_organisation(struct store *s, struct str name, struct str scheme, struct str identifier, int64_t *party,
                             struct err *e) MUST_USE;
/* From now on the account acts for the organisation. Once more changes nothing. */
bool people_give_mandate(struct store *s, int64_t account, int64_t organisation, int64_t by, struct err *e) MUST_USE;
/* The organisations that an account acts for; in the arena. */
bool people_mandates(struct store *s, struct arena *a, int64_t account, struct viewer_party **out, size_t *n,
                     struct err *e) MUST_USE;
/* Granting what is there, or revoking what is not, changes nothing. */
bool people_set_role(struct store *s, int64_t account, enum role_kind kind, int64_t institution, bool is_granted,
                     int64_t by, struct err *e) MUST_USE;
/* Ends all sessions but the one with this token (32 bytes; empty: all) and raises the epoch. old_us: since when the
 * password that was shown for it is the password; ERR_CONFLICT when it is no longer. 0: whatever it is (the operator).
 */
bool people_set_password(struct store *s, int64_t account, const char *hash, int64_t old_us, struct str keep_token,
                         int64_t by, struct err *e) MUST_USE;
/* Ends all sessions; nobody signs in until it is enabled again. */
bool people_set_disabled(struct store *s, int64_t account, bool is_disabled, int64_t by, struct err *e) MUST_USE;
bool people_end_sessions(struct store *s, int64_t account, struct str keep_token, struct err *e) MUST_USE;

/* ERR_NOT_FOUND when no account has this address. */
bool people_find(struct store *s, const struct column_keys *k, struct str email, int64_t *account,
                 struct err *e) MUST_USE;

struct account_line {
	int64_t account;
	struct str name, email;
	bool is_disabled;
	int64_t made_us;
	struct viewer_role *roles;
	size_t role_n;
};
struct account_list {
	struct account_line *items;
	size_t n;
};
/* 100 at a time in order of id, after this id (0: from the start). Text lives in the arena. */
bool people_list(struct store *s, struct arena *a, int64_t after, struct account_list *out, struct err *e) MUST_USE;
/* The people of an institution, as the relay has brought them. */
bool people_staff(struct store *s, struct arena *a, int64_t institution, struct account_list *out,
                  struct err *e) MUST_USE;

/* True while the viewer's rights are still those that were read at the start of the request: asked right before a write
 * by an official. ERR_FORBIDDEN when they were changed since. */
bool people_still_allowed(struct store *s, const struct viewer *v, struct err *e) MUST_USE;

/* A name as it may be kept: trimmed, spaces one at a time, 1 to 200 characters, no control characters. */
bool people_read_name(struct arena *a, struct str typed, struct str *out);

#endif
