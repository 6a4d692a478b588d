/* The catalogue for other catalogues: CPSV-AP 3.2 as JSON-LD. Written from a pack's services in force, and read into
 * the skeleton of a pack. What CPSV-AP has no word for (forms, conditions, calendars) is not carried. Any thread. */
#ifndef CITYHALL_APP_CATALOGUE_JSONLD_H
#define CITYHALL_APP_CATALOGUE_JSONLD_H

#include "app/catalogue/pack.h"

/* `base` begins every URI: "https://city.example". */
void jsonld_put(struct buf *to, const struct pack *p, const struct service *const *services, size_t n, struct str base);

/* Writes pack.yaml, jurisdictions.yaml, institutions.yaml, a calendar and a folder a service into `dir`, which must not
 * have them yet. Properties count by their last part ("dct:title" and the whole IRI are the same); what is missing gets
 * a plain stand-in, so that `cityhall check` has nothing to say and an author goes on from there. */
bool jsonld_read(struct str json, struct str dir, size_t *services, struct err *e) MUST_USE;

#endif
