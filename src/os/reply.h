/* What our processes answer each other: a flag, then the answer's fields (base/codec.h), or an error's code and text.
 * Plain functions, any thread. */
#ifndef CITYHALL_OS_REPLY_H
#define CITYHALL_OS_REPLY_H

#include "base/codec.h"

#define REPLY_OVERHEAD_BYTES 1024

/* Replaces what stands in *to. */
void reply_put_err(struct buf *to, const struct err *e);
/* Reads the flag. False: the error of the other process is in *e. Its sentence for the person travels as text and is
 * kept when it is one of `says` (ended by NULL; may be NULL), whose storage is static. */
bool reply_begin(struct codec *c, const char *const *says, struct err *e) MUST_USE;

#endif
