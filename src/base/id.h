/* Ids: 63-bit, never 0, made by the program. A party id is 63 random bits; a child id is ordered in time (41 bits of
 * milliseconds since 2020, 22 random or counted) and unique within its party. In addresses and JSON an id is 13
 * characters of Crockford's base 32, lower case, always the same length; nothing else is accepted. Any thread. */
#ifndef CITYHALL_BASE_ID_H
#define CITYHALL_BASE_ID_H

#include "base/buf.h"
#include "base/str.h"

#define ID_CHARS 13
#define OPID_BYTES 16

int64_t id_random(void);
int64_t id_in_time(int64_t legal_now_us); /* two calls in one millisecond of one process differ and keep their order */
/* The same, and greater than `before`: for what must follow another process's id, whose clock may be ahead. */
int64_t id_after(int64_t before, int64_t legal_now_us);
/* SplitMix64's mixing: ids that follow each other are spread as well. */
uint64_t id_hash(int64_t id);
void id_format(int64_t id, char out[ID_CHARS + 1]);
/* The same by value, for one expression: id_text(id).c */
struct id_text {
	char c[ID_CHARS + 1];
};
struct id_text id_text(int64_t id);
bool id_parse(struct str s, int64_t *out);
void buf_put_id(struct buf *b, int64_t id);

/* ISO 7064 MOD 97-10 over digits and letters (A = 10 ... Z = 35, other characters skipped): two check digits 02 to 98.
 */
int check_mod97(struct str s);
bool check_mod97_is_valid(struct str s_with_check);

#endif
