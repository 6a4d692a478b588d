/* A pack: what a deployment configures, as one folder. pack.yaml, jurisdictions.yaml, institutions.yaml,
 * calendars/<id>.yaml, services/<id>/service.yaml; the format is described in docs/service-author.md. Files are taken
 * into memory first, so that what is checked is what is published, and so that the store's copy is read by the same
 * code. A pack is immutable after reading; any thread. */
#ifndef CITYHALL_APP_CATALOGUE_PACK_H
#define CITYHALL_APP_CATALOGUE_PACK_H

#include "app/catalogue/service_read.h"

struct pack_file {
	struct str path; /* within the pack: "calendars/port-linden.yaml" */
	struct str bytes;
	int32_t version; /* counted by the store; 1 for a folder */
	struct str zone; /* a stored calendar's: what its zone said when it was published; empty: as this machine says */
};
struct pack_files { /* sorted by path, no path twice */
	struct arena arena;
	struct pack_file *items;
	size_t n, room;
};
enum { PACK_FILES_MAX = 20000, PACK_FILE_BYTES_MAX = 512 * 1024, PACK_BYTES_MAX = 256 * 1024 * 1024 };
void pack_files_init(struct pack_files *f);
/* Adds a copy, or takes it in the place of the file of this name. */
bool pack_files_put(struct pack_files *f, struct str path, struct str bytes, int32_t version, struct err *e) MUST_USE;
void pack_files_drop(struct pack_files *f, struct str path);
const struct pack_file *pack_files_find(const struct pack_files *f, struct str path); /* NULL: there is none */
/* Has a pack a file of this name? "calendars/x.yaml", "services/x/service.yaml", "pack.yaml" and its like. */
bool pack_path_is_good(struct str path);
/* Mistakes: files too large or with names that no part of a pack has. False: the folder cannot be read. */
bool pack_files_read(struct str dir, struct pack_files *out, struct pack_report *report, struct err *e) MUST_USE;
void pack_files_release(struct pack_files *f);
/* "services/labour-dispatch-permit/service.yaml" gives the name of the folder; empty for other files. */
struct str pack_service_folder(struct str path);

struct pack_calendar {
	struct str id;
	struct calendar *calendar;
};
struct pack {
	struct arena arena;
	struct str id, home, front_office;
	struct text title;
	bool has_lang[LANG_COUNT];
	struct life_event *life_events;
	struct str *life_event_ids;
	size_t life_event_n;
	struct jurisdiction *jurisdictions;
	size_t jurisdiction_n;
	struct institution *institutions;
	struct str *institution_ids; /* pack ids, the same order */
	size_t institution_n;
	struct pack_calendar *calendars;
	size_t calendar_n;
	struct zone **zones; /* each once */
	size_t zone_n, zone_room;
	struct fact *facts;
	size_t fact_n;
	struct document_kind *documents;
	struct str *document_ids; /* the same order */
	size_t document_n;
	struct bundle *bundles;
	size_t bundle_n;
	struct str *service_ids; /* names of the folders, before they are read */
	size_t service_id_n;
	const struct service **services; /* by id */
	size_t service_n;
};
/* Reads all files; mistakes go to the report, and what could be read is there nevertheless. False: memory is out. */
bool pack_read(const struct pack_files *files, struct pack_report *report, struct pack **out, struct err *e) MUST_USE;
void pack_free(struct pack *p);

const struct jurisdiction *pack_jurisdiction(const struct pack *p, struct str id);
const struct institution *pack_institution(const struct pack *p, struct str id);
/* What a service may name. */
struct service_context pack_context(const struct pack *p);
const struct service *pack_service(const struct pack *p, struct str id);
bool pack_service_at(const struct pack *p, struct str id, size_t *index);
/* A reader for one more file of this pack. */
struct reader pack_reader(const struct pack *p, struct arena *arena, struct pack_report *report, struct str file);

/* vocabulary_read.c: facts.yaml and bundles.yaml, which a pack may lack; bundles and evidence after the services. */
void read_vocabulary(struct reader *r, const struct yaml *root, struct pack *p);
void read_bundles(struct reader *r, const struct yaml *root, struct pack *p);
void check_origins(struct reader *r, const struct pack *p);
/* calendar_read.c: one calendar file; NULL after a mistake. `zone` is asked for by name through pack_zone. */
struct calendar *calendar_read(struct reader *r, struct pack *p, const struct pack_file *file, struct str id);
/* Loads a zone once; NULL after a mistake at that line. */
const struct zone *pack_zone(struct reader *r, struct pack *p, int line, struct str name);
/* The same as it was when a calendar was published (zone_read). */
const struct zone *pack_zone_as(struct reader *r, struct pack *p, int line, struct str name, struct str text);
/* The calendar that stands in the file of this path; NULL: none does. */
const struct calendar *pack_calendar_at(const struct pack *p, struct str path);

#endif
