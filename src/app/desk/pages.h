/* Handlers of this room. Request threads. */
#ifndef CITYHALL_APP_DESK_PAGES_H
#define CITYHALL_APP_DESK_PAGES_H

#include "http/req.h"

handler desk_queue_get;          /* /queue */
handler desk_filter_post;        /* /queue/filter: keeps one under a name */
handler desk_filter_remove_post; /* /queue/filter/remove */
handler desk_next_post;          /* /queue/next: the next case that waits for the reader or for nobody */
handler desk_bulk_get;           /* /queue/bulk?do=decide&case=..: one act on many cases */
handler desk_bulk_post;
handler desk_find_post;    /* /queue/find: by number, identity number or the beginning of a name */
handler desk_case_get;     /* /queue/:id */
handler desk_note_post;    /* /queue/:id/note */
handler desk_absences_get; /* /desk/absences */
handler desk_absences_post;
handler desk_absence_end_post; /* /desk/absences/end */
handler desk_keys_get;         /* /desk/keys: what can be done with one key */

#endif
