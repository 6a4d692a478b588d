/* A bundle as one service: the pages of its services one after the other, in which nothing is asked twice. What an
 * earlier service asks (the same fact, or the same paper) is not asked again, and a paper that an earlier one issues is
 * not asked for at all. The result is a definition like any other: drafts name its digest, and its body, stored under
 * it, names the definitions that it was made of. Within the room. */
#ifndef CITYHALL_APP_CATALOGUE_BUNDLE_H
#define CITYHALL_APP_CATALOGUE_BUNDLE_H

#include "app/catalogue/definition.h"
#include "base/arena.h"
#include "base/buf.h"

/* The services that a bundle is made of, in its order; members lists those that are offered. NULL: memory is out. */
struct service *bundle_make(struct arena *a, const struct bundle *b, const struct bundle_member *members, size_t n);
/* The body under whose digest it is stored: JSON, which the reader of packs reads. */
void bundle_put_body(struct buf *to, const struct bundle *b, const struct bundle_member *members, size_t n);
/* Is it the body of a bundle? */
bool bundle_is_body(struct str body);

#endif
