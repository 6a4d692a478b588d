/* The schemas of all rooms as text: for PostgreSQL (with Citus or without) and for people. */
#ifndef CITYHALL_CMD_STORE_TEXT_H
#define CITYHALL_CMD_STORE_TEXT_H

#include "base/buf.h"

/* DDL for an empty PostgreSQL database. `is_distributed`: and where each table is placed, as calls of Citus. */
void store_text_schema(struct buf *to, bool is_distributed);
/* docs/store.md. */
void store_text_doc(struct buf *to);

#endif
