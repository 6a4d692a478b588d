/* Serials of case numbers, leased from the store in blocks of 1,000 per jurisdiction and year; gaps are allowed,
 * repetitions are not. Any thread. */
#ifndef CITYHALL_APP_CASES_SERIALS_H
#define CITYHALL_APP_CASES_SERIALS_H

#include "app/app.h"

/* jurisdiction: an id made from its code (route of the lease's row). year: in the jurisdiction's zone. */
bool case_serial_next(struct app *app, int64_t jurisdiction, int32_t year, uint64_t *out, struct err *e) MUST_USE;

#endif
