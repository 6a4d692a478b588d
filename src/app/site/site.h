/* The site room: home page, the few pages of plain words, language and light, and the program's own assets. */
#ifndef CITYHALL_APP_SITE_SITE_H
#define CITYHALL_APP_SITE_SITE_H

#include "http/req.h"

extern const struct route site_routes[];

/* demo.c */
bool demo_get(struct req *r, struct err *e);
bool demo_post(struct req *r, struct err *e);

#endif
