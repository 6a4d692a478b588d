/* Pages of this room, and what their templates show. Request threads. */
#ifndef CITYHALL_APP_CREDENTIALS_PAGES_H
#define CITYHALL_APP_CREDENTIALS_PAGES_H

#include "app/credentials/credentials.h"
#include "http/req.h"

handler validity_get;           /* /v/:code */
handler validity_statement_get; /* /v/:code/statement */
handler validity_seal_get;      /* /v/:code/seal */
handler keys_get;               /* /.well-known/cityhall-keys */
handler key_get;                /* /.well-known/cityhall-keys/<institution>.pem */
handler documents_get;          /* /documents: what the viewer and whom it acts for hold */

/* Where a code is looked up, and as what. */
int64_t credential_bucket(const struct app *app, struct str code, uint8_t hash[SHA256_BYTES]);

struct validity_view {
	bool is_found;
	enum credential_state state;
	struct str title, number, holder, office, institution, base;
	day_number issued_on, valid_until;
	bool has_end;
};
struct key_row {
	struct str name, href, pem;
};
struct keys_view {
	const struct key_row *rows;
	size_t n;
};
struct document_row {
	struct str href, title, number, holder, office;
	enum credential_state state;
	day_number issued_on, valid_until;
	bool has_end, is_soon; /* soon: in the days before its end in which the holder is told */
};
struct documents_view {
	const struct document_row *rows;
	size_t n;
};

#endif
