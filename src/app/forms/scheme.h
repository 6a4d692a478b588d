/* Identifier schemes: how a number of a register is written and which of its characters are a check on the others.
 * Which schemes a service uses is pack data; the arithmetic is here. Any thread. */
#ifndef CITYHALL_APP_FORMS_SCHEME_H
#define CITYHALL_APP_FORMS_SCHEME_H

#include "base/date.h"

#define SCHEME_VALUE_MAX 40 /* characters of the canonical form */

enum scheme_result {
	SCHEME_OK,
	SCHEME_WRONG_LENGTH,
	SCHEME_WRONG_CHARACTERS,
	SCHEME_WRONG_CHECK, /* one character is mistyped, or two are swapped */
	SCHEME_UNKNOWN,     /* the program has no scheme of this name */
};

struct scheme {
	const char *name;
	int length;          /* characters of the canonical form; 0: between 1 and SCHEME_VALUE_MAX */
	const char *say;     /* msgid: what would be right */
	const char *example; /* a valid one that belongs to nobody */
	bool is_as_written;  /* signs between the characters belong to it */
};
/* Ended by name NULL.
 *
 * cn-uscc: unified social credit code, GB 32100-2015: 18 characters, the last is a check, modulo 31.
 *
 * cn-resident: resident identity number, GB 11643-1999: 17 digits and a check by ISO 7064 MOD 11-2; holds a birthday.
 *
 * cn-vin: vehicle identification number, ISO 3779, always with the check digit of GB 16735 in place 9.
 *
 * vin: the same from anywhere, with the check digit only where the maker's region has one: North America and China.
 *
 * iban: bank account, ISO 13616: 15 to 34 characters, check by ISO 7064 MOD 97-10.
 *
 * lei: legal entity identifier, ISO 17442: 20 characters, check by ISO 7064 MOD 97-10.
 *
 * plain: letters, digits and "-./" without a check. */
extern const struct scheme schemes[];
const struct scheme *scheme_find(struct str name);

/* Checks `typed`, which is trimmed, in half-width characters; spaces and hyphens between are skipped where the scheme
 * has none. Writes the canonical form and its length. */
enum scheme_result scheme_check(struct str scheme, struct str typed, char out[SCHEME_VALUE_MAX + 1], size_t *out_n);

#endif
