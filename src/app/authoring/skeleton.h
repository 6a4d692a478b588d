/* What a new service begins with: a whole service.yaml, right for the check, in which an author writes on. Any thread.
 */
#ifndef CITYHALL_APP_AUTHORING_SKELETON_H
#define CITYHALL_APP_AUTHORING_SKELETON_H

#include "base/arena.h"
#include "base/date.h"

/* `institution`: a pack id. Empty when memory is out. */
struct str service_skeleton(struct arena *a, struct str id, struct str institution, day_number from, bool has_chinese);

#endif
