/* Who asks: decided once at the start of a request from the session, under the account's epoch (a revocation raises
 * it). Lives in the request's arena. A person acts for the own party and for those that a mandate names; an official
 * has roles at institutions. */
#ifndef CITYHALL_APP_PEOPLE_VIEWER_H
#define CITYHALL_APP_PEOPLE_VIEWER_H

#include "base/err.h"
#include "base/str.h"

/* An author defines services: those of the institution, or at the front office all of them and what they share. A head
 * moves cases from one official to another and signs second; who also works on cases is an official besides. A
 * supervisor, at an institution that supervises a jurisdiction, sees what is late in all institutions of it and below.
 * A traffic engineer, at the institution that looks after the signals, says how far the city's brain may lead them. */
enum role_kind {
	ROLE_OFFICIAL = 1,
	ROLE_ADMINISTRATOR = 2,
	ROLE_AUTHOR = 3,
	ROLE_HEAD = 4,
	ROLE_SUPERVISOR = 5,
	ROLE_TRAFFIC_ENGINEER = 6,
	ROLE_END
};
/* The word of a role in commands, forms and events; 0 for another word. */
const char *role_name(enum role_kind kind);
enum role_kind role_of(struct str name);

enum party_kind { PARTY_PERSON = 1, PARTY_ORGANISATION = 2, PARTY_PROGRAM = 3 };

struct viewer_role {
	enum role_kind kind;
	int64_t institution;
};
struct viewer_party {
	int64_t party;
	struct str name;
	bool is_organisation;
	bool is_joined;        /* another record of the same person: seen, and nothing new is begun for it */
	struct str identifier; /* registration number of an organisation, empty for persons */
};
struct token; /* of the api room */

struct viewer {
	int64_t account;       /* the account's own party; 0: a visitor */
	int64_t ended_account; /* of a visitor whose session on this browser ran out; else 0. Proves no more than that */
	struct str name;
	struct str email;
	int64_t epoch;
	struct viewer_party *parties; /* [0] is the own one; then those by mandate */
	size_t party_n;
	struct viewer_role *roles;
	size_t role_n;
	bool is_program;           /* a client of the API: nobody signs in to it, and it applies for others alone */
	const struct token *token; /* by which a program comes; NULL: a browser */
	struct str client;         /* the program by which an account comes, as its owner calls it; or empty */
	struct str lang;           /* preferred, empty: as the browser asks */
};

bool viewer_is_signed_in(const struct viewer *v);
/* NULL when the viewer may not act for this party. */
const struct viewer_party *viewer_acts_for(const struct viewer *v, int64_t party);
bool viewer_has_role(const struct viewer *v, enum role_kind kind, int64_t institution); /* institution 0: any */
/* The institution whose cases the viewer works on: of the first role as an official; 0 when none. An administrator
 * gives roles and sees no case. */
int64_t viewer_institution(const struct viewer *v);

/* For who reads a name later: the account's name by its party (officials on letters and case pages; applicants in the
 * queue). */
struct req;
struct tx;
bool people_name(struct tx *tx, int64_t party, struct str *name, struct err *e) MUST_USE;
/* Its number in a public register; empty: none is known. */
bool people_number(struct tx *tx, int64_t party, struct str *number, struct err *e) MUST_USE;
/* The same with the language that the account prefers; both empty when unknown. */
bool people_name_and_language(struct tx *tx, int64_t party, struct str *name, struct str *lang, struct err *e) MUST_USE;

/* Of an account that works somewhere as an official or a head: where, and how it is written to. office_n 0: nowhere,
 * or it is disabled. */
enum { OFFICES_MOST = 16 };
struct people_official {
	struct str email, lang;
	int64_t offices[OFFICES_MOST];
	size_t office_n;
};
bool people_official(struct tx *tx, int64_t account, struct people_official *out, struct err *e) MUST_USE;

#endif
