/* The catalogue: the published state of the store, held in memory as an immutable snapshot that is swapped when
 * something is published. A request takes a snapshot and releases it; definitions of older versions are loaded by
 * digest and kept. */
#ifndef CITYHALL_APP_CATALOGUE_CATALOGUE_H
#define CITYHALL_APP_CATALOGUE_CATALOGUE_H

#include "app/app.h"
#include "app/catalogue/definition.h"

/* Everything returned stays valid until the program ends: snapshots of a published state are kept while anything may
 * point at them (definitions are small and change rarely). */
const struct service *catalogue_service(struct app *app, struct str id); /* NULL when not in force */
size_t catalogue_services(struct app *app, const struct service *const **out);
/* Bundles of services that are in force, each made into one form (definition.h: members); by id, NULL: no such. */
size_t catalogue_bundles(struct app *app, const struct service *const **out);
const struct service *catalogue_bundle(struct app *app, struct str id);
struct str catalogue_bundle_event(struct app *app, struct str id); /* its life event */
/* Before a draft names a bundle's digest: its body lies in the store then. Nothing to do for a service. */
bool catalogue_keep(struct app *app, const struct service *s, struct err *e) MUST_USE;
/* The definition that a case names. Loads it from the store when it is not in memory. */
bool catalogue_definition(struct app *app, const uint8_t digest[SHA256_BYTES], const struct service **out,
                          struct err *e) MUST_USE;
/* The same within a read or job, which must not begin another one; a service's, never a bundle's. */
bool catalogue_definition_in(struct tx *tx, struct app *app, const uint8_t digest[SHA256_BYTES],
                             const struct service **out, struct err *e) MUST_USE;
const struct institution *catalogue_institution(struct app *app, int64_t id); /* NULL when unknown */
const struct institution *catalogue_institution_named(struct app *app, struct str pack_id);
const struct jurisdiction *catalogue_jurisdiction(struct app *app, struct str pack_id);
const struct jurisdiction *catalogue_home(struct app *app); /* the city this installation serves */
size_t catalogue_institutions(struct app *app, const struct institution **out);
/* Where one can come in person; NULL while nothing is published. */
const struct institution *catalogue_front_office(struct app *app);
/* A version that a clock was counted on. Loads it from the store when it is not in memory. */
bool catalogue_calendar(struct app *app, struct str id, int32_t version, const struct calendar **out,
                        struct err *e) MUST_USE;
bool catalogue_calendar_in(struct tx *tx, struct app *app, struct str id, int32_t version, const struct calendar **out,
                           struct err *e) MUST_USE;                               /* within a read or job */
size_t catalogue_jurisdictions(struct app *app, const struct jurisdiction **out); /* parents before their children */
size_t catalogue_life_events(struct app *app, const struct life_event **out);
const struct life_event *catalogue_life_event(struct app *app, struct str id);
const struct document_kind *catalogue_document(struct app *app, struct str id);

/* lists.c: services in force, by id. Lists that are not the whole catalogue live in the arena. */
struct service_list {
	const struct service *const *items;
	size_t n;
};
struct service_list services_all(struct app *app);
/* For persons, or for organisations; those for both stand in either list. */
struct service_list services_for(struct app *app, enum audience audience);
struct service_list services_of_office(struct app *app, struct arena *a, struct str institution);
struct service_list services_of_event(struct app *app, struct str life_event);
/* At most `most` that come after the service of that id (empty: from the beginning); *next: where the list goes on, or
 * empty. */
struct service_list services_page(struct service_list all, struct str after, size_t most, struct str *next);
/* search.c: what the query may mean, bundles too, best first, at most `most` (100); while somebody types, the last word
 * is the beginning of one. */
struct service_list services_found(struct app *app, struct arena *a, struct str lang, struct str query, bool is_typing,
                                   size_t most);

/* All services in force as CPSV-AP 3.2 in JSON-LD; `base` begins every URI. */
void catalogue_put_jsonld(struct app *app, struct buf *to, struct str base);

/* Legal today where the city is; by UTC while nothing is published (or app->catalogue is NULL). */
day_number catalogue_today(struct app *app);

/* Reads and checks a pack. Every mistake: file, line, problem, remedy; all of them, not only the first. */
struct pack_report {
	struct buf text; /* one mistake a line; made and released by the caller */
	size_t mistakes;
};
void pack_report_init(struct pack_report *report);
void pack_report_release(struct pack_report *report);
bool pack_check(struct str dir, struct pack_report *out, struct err *e) MUST_USE; /* false: could not be read at all */
/* Checks the pack and copies what is new into the store under its digest; then swaps the snapshot. Nothing changes when
 * a mistake is found (true, with report->mistakes). ERR_CONFLICT: somebody else published meanwhile. */
bool catalogue_publish(struct app *app, struct str pack_dir, struct pack_report *out, struct err *e) MUST_USE;
/* The version of what is published: in the store, and to bring this process up to it. */
bool catalogue_version(struct tx *tx, int64_t *version, struct err *e) MUST_USE;
bool catalogue_follow(struct app *app, int64_t version, struct err *e) MUST_USE;
/* Loads the published state at start. */
bool catalogue_open(struct app *app, struct err *e) MUST_USE;
void catalogue_close(struct app *app);

#endif
