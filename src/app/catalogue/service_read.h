/* service.yaml into struct service, with every mistake in it. What the service names elsewhere in the pack
 * (institution, life events) is asked of `context`. One thread. */
#ifndef CITYHALL_APP_CATALOGUE_SERVICE_READ_H
#define CITYHALL_APP_CATALOGUE_SERVICE_READ_H

#include "app/catalogue/reader.h"

/* What exists beside the service; NULL lists are not checked (a stored definition was checked when it was published).
 */
struct service_context {
	const struct str *institutions;
	size_t institution_n;
	const struct str *life_events;
	size_t life_event_n;
	const struct fact *facts;
	size_t fact_n;
	const struct str *documents;
	size_t document_n;
	const struct str *services;
	size_t service_n;
	struct str currency; /* of the city, for questions that name none */
};

enum { SERVICE_BYTES_MAX = 512 * 1024 };

/* Always fills *out as far as it can; NULL only when memory is out or the file is no YAML. `folder` is the name that
 * the service's folder has, or empty. */
struct service *service_read(struct reader *r, struct str yaml, struct str folder,
                             const struct service_context *context);

bool is_among(struct str s, const struct str *list, size_t n); /* true for a NULL list */
/* form_read.c: one of the types of questions by name, or -1 after a mistake; the name of one. */
int read_question_type(struct reader *r, const struct yaml *map);
const char *question_type_name(enum question_type type);
/* form_read.c: pages and questions, and what conditions need. */
void read_pages(struct reader *r, const struct yaml *root, const struct service_context *context, struct service *s);
/* A list of id, term and text: grounds of a decision. */
void read_reasons(struct reader *r, const struct yaml *root, const char *key, bool is_needed,
                  struct pair_of_texts **out, struct str **ids, size_t *n);
/* moves_read.c: after pages and evidence. */
void read_moves(struct reader *r, const struct yaml *root, const struct service_context *context, struct service *s);

/* document_read.c: after the pages, whose answers its lines name. */
void read_document_template(struct reader *r, const struct yaml *root, struct service *s);
/* hand_over.c: the pages that ask how the document is to come, behind the service's own. */
void read_hand_over_pages(struct reader *r, struct service *s);

#endif
