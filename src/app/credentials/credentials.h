/* The credentials room: the document that a grant gives, numbered, sealed by its institution's key and set as PDF in
 * every language; the public page behind its QR code; what a person holds. Also the store of all papers that the city
 * makes.
 *
 * A document belongs to its casefile: it is made out, handed over, suspended, resumed, withdrawn and renewed by moves
 * of that casefile, whose jobs (cases/moves_permit.c) call what is here. The room of cases comes after this one: what
 * is made of a case comes in as plain values. */
#ifndef CITYHALL_APP_CREDENTIALS_CREDENTIALS_H
#define CITYHALL_APP_CREDENTIALS_CREDENTIALS_H

#include "app/app.h"
#include "app/catalogue/catalogue.h"
#include "app/catalogue/hand_over.h"
#include "app/credentials/credentials.sql.h"
#include "app/forms/answers.h"
#include "html/translate.h"
#include "os/render_client.h"

extern const struct route credentials_routes[];
struct check;
bool credentials_check(struct check *c, struct err *e) MUST_USE; /* check.c */

/* --- State
 * ------------------------------------------------------------------------------------------------------------
 */

enum credential_state { CREDENTIAL_VALID = 1, CREDENTIAL_SUSPENDED, CREDENTIAL_EXPIRED, CREDENTIAL_WITHDRAWN };
/* It ends by its date without anybody writing anything. */
enum credential_state credential_state_of(bool is_suspended, bool is_withdrawn, bool has_end, day_number valid_until,
                                          day_number today);
void credential_tag(struct html_out *o, enum credential_state s); /* sign and word */
const char *credential_state_word(enum credential_state s);       /* msgid: "Valid" */
const char *credential_state_sentence(enum credential_state s);   /* msgid, for the public page */
struct str credential_way_word(struct str lang, enum hand_over way);

/* --- The public page
 * --------------------------------------------------------------------------------------------------
 */

#define CREDENTIAL_CODE_CHARS 16 /* base/typed_code.h: 75 random bits */

/* "https://city.example/v/7K3M-9Q2T-..." */
struct str credential_url(const struct app *app, struct arena *a, struct str code);
/* Makes the page findable; done already: fine. */
bool credential_publish(struct app *app, const struct credential_get_out *c, struct err *e) MUST_USE;
/* This process has just changed it: its public page says so at once. Other processes' pages follow within seconds. */
void credential_changed(struct app *app, struct str code);

struct credential_cache;
bool credential_cache_new(struct credential_cache **out, struct err *e) MUST_USE;
void credential_cache_free(struct credential_cache *c);

/* --- Made
 * ---------------------------------------------------------------------------------------------------------------
 */

/* What a document is set from. */
struct credential_source {
	const struct service *service;
	const struct institution *institution;
	const struct answers *answers;
	struct str number, code, case_number, holder, official;
	day_number issued_on, valid_until;
	bool has_end;
	int64_t made_us;
};
/* In one language; texts and lists live in the arena. */
bool credential_compose(struct app *app, struct arena *a, const struct credential_source *s, struct str lang,
                        struct document *out, struct err *e) MUST_USE;

/* A paper set by render and lying as a blob of the party, not yet named by any row. */
struct made_paper {
	struct str lang;
	uint8_t source[SHA256_BYTES], digest[SHA256_BYTES];
	int64_t bytes;
};
enum { PAPER_LANGS_MAX = 8 };
void document_source(const struct document *d, uint8_t out[SHA256_BYTES]);
bool print_make(struct app *app, int64_t party, const struct document *d, struct made_paper *out,
                struct err *e) MUST_USE;

/* A document in all languages and its seal. */
struct made_credential {
	struct made_paper papers[PAPER_LANGS_MAX];
	size_t paper_n;
	struct str statement; /* in the arena */
	uint8_t signature[64];
};
/* Renders, stores and signs; called outside of any transaction. */
bool credential_make(struct app *app, struct arena *a, int64_t party, const struct credential_source *s,
                     struct made_credential *out, struct err *e) MUST_USE;

/* --- Inside jobs of the party's route
 * ---------------------------------------------------------------------------------
 */

bool credential_of(struct tx *tx, int64_t party, int64_t casefile, struct credential_get_out *out,
                   struct err *e) MUST_USE; /* out->found */
bool credential_papers_put(struct tx *tx, int64_t party, int64_t casefile, const struct made_credential *m,
                           struct err *e) MUST_USE;

/* --- Papers
 * -------------------------------------------------------------------------------------------------------------
 */

enum paper_kind { PAPER_CREDENTIAL = 1, PAPER_LETTER = 2, PAPER_LABEL = 3 };

/* The PDF that lies here, positioned at its start. `source` not NULL: only when it was set from just that. *fd is -1
 * when there is none. */
bool print_open(struct app *app, int64_t party, int64_t casefile, enum paper_kind kind, struct str lang,
                const uint8_t *source, int *fd, struct err *e) MUST_USE;
/* A paper that no move makes: named once its blob is durable. */
bool print_keep(struct app *app, int64_t party, int64_t casefile, enum paper_kind kind, const struct made_paper *m,
                struct err *e) MUST_USE;
/* For the sweep. */
bool print_blob_is_named(struct store *s, int64_t party, const uint8_t digest[SHA256_BYTES], bool *is_named,
                         struct err *e) MUST_USE;

/* Languages that papers are made in. */
const struct language *paper_language(size_t i); /* NULL: no further one */

#endif
