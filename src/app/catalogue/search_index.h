/* An index in memory over the texts of services (or of anything that has a number and fields), for one language. Filled
 * by one thread, then constant: any thread may search. A search of 636 services takes some ten microseconds to a few
 * hundred, and no allocation but from the caller's arena.
 *
 * A query's words are looked up as their stems; a word that no text has is taken for its nearest ones: those that it
 * begins, its kin (register, registration), those within one or two letters; in Chinese, two characters that sound
 * alike. What a find is worth: how rare the word is, which field it stands in, how much of the query was found, and how
 * much of the name the query says. */
#ifndef CITYHALL_APP_CATALOGUE_SEARCH_INDEX_H
#define CITYHALL_APP_CATALOGUE_SEARCH_INDEX_H

#include "base/arena.h"
#include "base/err.h"

enum search_field {
	FIELD_NAME,
	FIELD_KEYWORDS,
	FIELD_LIFE_EVENT,
	FIELD_SUMMARY,
	FIELD_OFFICE,
	FIELD_CONDITIONS, /* is it for you, what is issued */
	FIELD_QUESTIONS,
	FIELD_COUNT
};

struct search_index;

struct search_index *search_index_new(size_t document_n); /* NULL: memory is out */
/* Fields in any order, documents in ascending order. What memory does not hold is noted, and said by end. */
void search_index_add(struct search_index *x, size_t document, enum search_field field, struct str text);
bool search_index_end(struct search_index *x, struct err *e) MUST_USE;
void search_index_free(struct search_index *x);

struct search_hit {
	size_t document;
	float worth;
};
/* Best first, at most `most`. While somebody is typing, the last word is the beginning of one. */
size_t search_index_find(const struct search_index *x, struct arena *a, struct str query, bool is_typing,
                         struct search_hit *hits, size_t most);

#endif
