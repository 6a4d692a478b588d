/* The statement that an institution seals about a document of its own, and how it is checked without asking anybody.
 *Plain text, a line a fact:
 *
 *	cityhall document 1
 *	institution: work-and-social-security
 *	document: labour-dispatch-permit
 *	number: WSS-2026-000001-35
 *	holder: Kestrel Staffing Ltd
 *	issued: 2026-11-02
 *	valid-until: 2029-11-01
 *	page: https://city.example/v/...
 *	pdf-en: <SHA-256 of the PDF>
 *	pdf-zh-Hans: <SHA-256 of the PDF>
 *
 * The seal is Ed25519 (RFC 8032) over these bytes, detached, 64 bytes. Pure, any thread. */
#ifndef CITYHALL_APP_CREDENTIALS_SEAL_H
#define CITYHALL_APP_CREDENTIALS_SEAL_H

#include "base/buf.h"
#include "base/date.h"
#include "base/digest.h"
#include "base/err.h"

struct seal_facts {
	struct str institution, document, number, holder, page;
	day_number issued_on, valid_until;
	bool has_end;
};
void seal_put_statement(struct buf *to, const struct seal_facts *f);
void seal_put_paper(struct buf *to, struct str lang, const uint8_t digest[SHA256_BYTES]);
/* Empty when there is no such line. */
struct str seal_line(struct str statement, const char *key);
/* Does one of the statement's papers have this digest? */
bool seal_names_paper(struct str statement, const uint8_t digest[SHA256_BYTES]);
/* Is it sealed with this key? */
bool seal_is_right(struct str statement, struct str signature, const uint8_t public_key[32]);
/* RFC 8410: "-----BEGIN PUBLIC KEY-----" ... */
void seal_put_pem(struct buf *to, const uint8_t public_key[32]);
bool seal_read_pem(struct str pem, uint8_t public_key[32], struct err *e) MUST_USE;

#endif
