/* The forms room for rooms.c: its routes and timers. Drafts for the rooms after it: draft.h. */
#ifndef CITYHALL_APP_FORMS_FORMS_H
#define CITYHALL_APP_FORMS_FORMS_H

#include "http/req.h"
#include "store/timer.h"

extern const struct route forms_routes[];
extern const struct timer_kind forms_timers[];
struct check;
bool forms_check(struct check *c, struct err *e) MUST_USE;

#endif
