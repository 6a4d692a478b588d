/* What this installation is: name, domain, languages, zone, and whether it is a demo. Read once at start; only time
 * travel of a demo changes it later, in every process that serves it. */
#ifndef CITYHALL_APP_INSTALLATION_INSTALLATION_H
#define CITYHALL_APP_INSTALLATION_INSTALLATION_H

#include "app/app.h"

struct installation {
	struct str name, domain, languages, zone;
	bool is_demo;
	int64_t made_us;
	int64_t offset_us;
};

/* Once, when the data folder is made; ERR_CONFLICT when it was made before. */
bool installation_make(struct store *s, const struct installation *what, struct err *e) MUST_USE;
/* ERR_NOT_FOUND: the folder was not finished by `cityhall init`. */
bool installation_read(struct store *s, struct arena *a, struct installation *out, struct err *e) MUST_USE;
/* Moves legal time forward, stored first; `was_off`: as if nobody had served in that time (outage.h). ERR_FORBIDDEN
 * when this is no demo, ERR_INVALID when by_us < 0. */
bool installation_travel(struct app *app, int64_t by_us, bool was_off, struct err *e) MUST_USE;
/* How far legal time has travelled: in the store, and to take this process there. */
bool installation_offset(struct tx *tx, int64_t *offset_us, struct err *e) MUST_USE;
bool installation_follow(struct app *app, int64_t offset_us, struct err *e) MUST_USE;

#endif
