/* What is published, as the files of a pack, and publishing other files in their place: for the pack's folder
 * (folder.c) and for the authoring room. Any thread. */
#ifndef CITYHALL_APP_CATALOGUE_PUBLISHED_H
#define CITYHALL_APP_CATALOGUE_PUBLISHED_H

#include "app/catalogue/pack.h"
#include "app/catalogue/snapshot.h"

/* The newest of every file: of a service the definition with the latest first day, which may be to come. *version
 * counts publications (0: none yet); who publishes on this ground names it. The caller releases *out. */
bool published_files(struct app *app, struct pack_files *out, int64_t *version, struct err *e) MUST_USE;

/* What publishing these files changes: planned on a read, made in a job of the caller's, routed to CATALOGUE_ROUTE,
 * whose first statement is the publication's own. `files` and `pack` were checked together, and outlive it; a folder's
 * files are remembered as such. ERR_CONFLICT: it is not `version` that is published any more. Afterwards:
 * catalogue_reload. */
struct publication;
bool publication_plan(struct app *app, const struct pack_files *files, const struct pack *pack, int64_t version,
                      const struct pack_files *folder, struct publication **out, struct err *e) MUST_USE;
/* The version that it gives a file; 0: it does not change it. */
int32_t publication_version_of(const struct publication *p, struct str path);
bool publication_is_empty(const struct publication *p);
bool publication_make(struct tx *tx, const struct publication *p, struct err *e) MUST_USE;
void publication_free(struct publication *p);

/* Versions of a service that were ever offered, the newest first, at most 100. */
struct definition_line {
	uint8_t digest[SHA256_BYTES];
	int64_t version;
	day_number in_force;
	int64_t published_us;
};
bool definitions_of(struct app *app, struct arena *a, struct str service, struct definition_line **out, size_t *n,
                    struct err *e) MUST_USE;
/* service.yaml as it was published under this digest. ERR_NOT_FOUND. */
bool definition_body(struct app *app, struct arena *a, const uint8_t digest[SHA256_BYTES], struct str *service,
                     struct str *body, struct err *e) MUST_USE;
/* Keeps a definition that is not offered (a repaired one that running cases go over to). In a job of CATALOGUE_ROUTE.
 */
bool definition_keep(struct tx *tx, const struct service *s, struct str body, struct err *e) MUST_USE;

/* Definitions offered today or later, by service and day. In the arena; services live as long as the catalogue. */
size_t catalogue_offers(struct app *app, struct arena *a, struct offer **out);

#endif
