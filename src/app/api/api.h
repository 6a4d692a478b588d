/* The API: /api/v1 for programs, with tokens and nothing else; its document for those who write programs; tokens,
 * clients and web hooks for those who answer for them. Its hooks stand before those of the pages: what lies below the
 * prefix is admitted by token and answered in JSON, whatever goes wrong. */
#ifndef CITYHALL_APP_API_API_H
#define CITYHALL_APP_API_API_H

#include "app/app.h"

extern const struct route api_routes[];

/* http_hooks of the whole program. */
bool api_admit(struct req *r, struct err *e);
bool api_allow(struct req *r, struct err *e);
void api_error_page(struct req *r, const struct err *why);
#define API_FOR_PROGRAMS "/api/v1"

#endif
