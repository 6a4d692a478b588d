/* A change of the pack: files that differ from what is published, who wrote them, and what becomes of it. Being written
 * -> publication asked for -> published, by another person than who asked; or returned, or thrown away.
 *
 * A repair is a change of one version of one service for the cases that run under it (repair.h). Any thread. */
#ifndef CITYHALL_APP_AUTHORING_CHANGE_H
#define CITYHALL_APP_AUTHORING_CHANGE_H

#include "app/authoring/authoring.sql.h"
#include "app/catalogue/published.h"

enum change_state { CHANGE_OPEN = 1, CHANGE_ASKED, CHANGE_PUBLISHED, CHANGE_DISCARDED };
enum change_kind_of { CHANGE_PUBLICATION = 1, CHANGE_REPAIR };
enum file_what { FILE_TEXT = 1, FILE_OUT, FILE_AS_PUBLISHED };

/* A line of the check's report. */
struct author_mistake {
	struct str path, say;
	int line;
};

/* All about a change: what is published, what would be, and what the check says of it. Holds memory of its own. */
struct change_view {
	struct arena arena;
	struct change_get_out row;
	struct change_file_list_out *files; /* that differ from what is published */
	size_t file_n;
	struct pack_files published, merged;
	int64_t published_version;
	struct pack *pack; /* of merged */
	struct pack_report report;
	struct author_mistake *mistakes;
	size_t mistake_n;
};
/* ERR_NOT_FOUND. Release it also after a false. */
bool change_open(struct app *app, int64_t id, struct change_view *v, struct err *e) MUST_USE;
/* What is published now, as if nothing were changed. */
bool change_open_published(struct app *app, struct change_view *v, struct err *e) MUST_USE;
void change_release(struct change_view *v);
const struct change_file_list_out *change_file(const struct change_view *v, struct str path); /* NULL: as published */
/* Somebody published another version of this file since it was saved here. */
bool change_is_stale(const struct change_view *v, const struct change_file_list_out *f);
/* A service as it is offered newest, or NULL. */
const struct service *published_service(struct app *app, struct str id);
/* The mistakes of a report, in its order. */
struct author_mistake *report_mistakes(struct arena *a, const struct pack_report *report, size_t *n);

/* --- Jobs, routed to CATALOGUE_ROUTE. Each ctx is constant input
 * ------------------------------------------------------- */

struct change_who {
	int64_t change, version; /* root row version that the person saw; not asked for while writing */
	int64_t account;
	struct str name;
};
struct change_begin {
	struct change_who who;           /* version unused */
	struct str title, service, body; /* service, body, from, institution: of a repair */
	struct str path;
	uint8_t from[SHA256_BYTES];
	int64_t institution;
	enum change_kind_of kind;
};
store_job change_begin_job;

/* Files saved together. `seen`: the version that the person saw; ERR_CONFLICT when there is a newer one. -1: whatever
 * there is. */
struct change_save_file {
	struct str path, body, base_digest;
	enum file_what what;
	int64_t seen;
};
struct change_save {
	struct change_who who;
	const struct change_save_file *files;
	size_t n;
};
store_job change_save_job;

struct change_ask {
	struct change_save save; /* texts with day and version put in */
	struct str reason;
	day_number from_day;
};
store_job change_ask_job;

struct change_answer {
	struct change_who who;
	struct str reason;
	const struct publication *publication; /* NULL: nothing of the catalogue changes */
	const struct service *repaired;        /* NULL: no repair */
	struct str repaired_body;
};
store_job change_return_job; /* also by who asked: taken back */
store_job change_publish_job;
store_job change_discard_job; /* ctx: struct change_answer */

#endif
