/* Acts on cases, for programs: what a body of each holds, from the table of acts. Within the room. */
#ifndef CITYHALL_APP_API_MOVES_H
#define CITYHALL_APP_API_MOVES_H

#include "app/api/schema.h"
#include "app/cases/acts.h"

/* "Move_decide"; in the arena. Papers are no part of it: they come as files. */
bool move_schema(struct req *r, const struct act *a, struct api_schema *out);
bool move_has_papers(const struct act *a);

#endif
