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
	struct str currency; /* of the city, for questions that name none */
};

enum { SERVICE_BYTES_MAX = 512 * 1024 };

/* Always fills *out as far as it can; NULL only when memory is out or the file is no YAML. `folder` is the name that
 * the service's folder has, or empty. */
struct service *service_read(struct reader *r, struct str yaml, struct str folder,
                             const struct service_context *context);

/* form_read.c: pages and questions, and what conditions need. */
void read_pages(struct reader *r, const struct yaml *root, const struct service_context *context, struct service *s);

#endif
