/* The forms room for rooms.c: its routes. Drafts for the rooms after it: draft.h. */
#ifndef CITYHALL_APP_FORMS_FORMS_H
#define CITYHALL_APP_FORMS_FORMS_H

#include "http/req.h"

extern const struct route forms_routes[];
struct check;
bool forms_check(struct check *c, struct err *e) MUST_USE;

#endif
