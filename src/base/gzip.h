/* Gzip files (RFC 1952), whole and in memory: one or several members one after the other, nothing behind them. Any
 * thread. */
#ifndef CITYHALL_BASE_GZIP_H
#define CITYHALL_BASE_GZIP_H

#include "base/buf.h"
#include "base/err.h"

bool gzip_is(struct str bytes); /* begins like one */
/* Appends what is packed. ERR_TOO_LARGE: over the buf's cap; ERR_BAD_INPUT: damaged. */
bool gzip_unpack(struct str bytes, struct buf *to, struct err *e) MUST_USE;

#endif
