/* Numbers of paper forms: "F-7K3M-000042-X" is the office (20 bits of its id), the serial of that office and a check
 * (base/typed_code.h), so that a mistyped number is found before anything is looked up. A plain value, any thread. */
#ifndef CITYHALL_APP_COUNTER_FORM_NUMBER_H
#define CITYHALL_APP_COUNTER_FORM_NUMBER_H

#include "base/buf.h"

#define FORM_NUMBER_SERIAL_MAX 999999
#define FORM_NUMBER_CHARS 15 /* without the NUL */

struct form_number {
	uint32_t office; /* form_number_office() */
	int64_t serial;  /* 1 to FORM_NUMBER_SERIAL_MAX */
};

uint32_t form_number_office(int64_t institution);
void form_number_format(const struct form_number *n, char out[FORM_NUMBER_CHARS + 1]);
/* As people type it and scanners read it: with or without hyphens and the F, either case. False, and *out untouched,
 * when it is no such number or its check is wrong. */
bool form_number_parse(struct str typed, struct form_number *out) MUST_USE;
/* It begins as one does, whatever its check says: to tell a mistyped number from something else. */
bool form_number_is_meant(struct str typed);

#endif
