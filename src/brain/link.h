/* The brain's way to the portal: a thread of its own calls the control socket of `serve` in a data folder, tells it the
 * newest frame, and keeps what it orders. The brain never waits for it: a portal that is away, slow or out of its mind
 * costs nothing but its frames, and is tried again with the next one. link_tell() and link_orders() from one thread. */
#ifndef CITYHALL_BRAIN_LINK_H
#define CITYHALL_BRAIN_LINK_H

#include "base/buf.h"
#include "base/err.h"

struct link;
/* `outline` is told again whenever the portal asks for it. */
bool link_start(struct str data_folder, struct str outline, struct link **out, struct err *e) MUST_USE;
void link_stop(struct link *l); /* NULL is ignored */
/* The newest frame takes the place of one that was not told yet. */
void link_tell(struct link *l, struct str frame);
/* What the portal ordered since the last call, into `to`; false: nothing. */
bool link_orders(struct link *l, struct buf *to);

#endif
