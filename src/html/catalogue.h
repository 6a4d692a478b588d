/* The shape of the compiled translations: written by tools/pogen, read by translate.c alone. */
#ifndef CITYHALL_HTML_CATALOGUE_H
#define CITYHALL_HTML_CATALOGUE_H

#include "base/str.h"

struct catalogue_entry {
	const char *msgid; /* NULL: an empty slot */
	uint32_t hash;
	uint32_t first; /* index of its first form; plural forms follow */
};

struct catalogue {
	const char *tag;
	const struct catalogue_entry *slots; /* open addressing, linear */
	uint32_t mask;                       /* slots - 1, a power of two less one; at least one slot is empty */
	const struct str *forms;
	uint32_t plural_n;
	uint32_t (*plural)(uint64_t n); /* below plural_n */
};

extern const struct catalogue catalogues[];
extern const size_t catalogue_n;

/* FNV-1a, 32 bits. */
static inline uint32_t catalogue_hash(const char *msgid)
{
	uint32_t h = 2166136261u;
	for (; *msgid != '\0'; msgid++) {
		h = (h ^ (uint8_t)*msgid) * 16777619u;
	}
	return h;
}

#endif
