/* Text into what a search compares. Latin and other alphabets give words: small letters without accents, and a stem
 * that forgives inflection (permits, opening, registered). Han gives each character and each two neighbours, since
 * nobody types word breaks. Any thread. */
#ifndef CITYHALL_APP_CATALOGUE_WORDS_H
#define CITYHALL_APP_CATALOGUE_WORDS_H

#include "base/str.h"

enum { WORD_BYTES_MAX = 40 }; /* longer ones are cut */

enum word_kind { WORD_LETTERS, WORD_HAN_ONE, WORD_HAN_TWO };
struct word {
	enum word_kind kind;
	struct str text;  /* letters: folded; Han: one or two characters. Valid until the next word */
	struct str stem;  /* letters alone */
	struct str sound; /* two Han characters that the table knows: how they sound, in bytes of no text; else empty */
};
/* Which characters sound alike (Mandarin, without tones). Filled once, then read by anybody. */
enum { HAN_FIRST = 0x4e00, HAN_LAST = 0x9fff };
struct han_sounds {
	uint16_t of[HAN_LAST - HAN_FIRST + 1]; /* 0: not in the table */
};
void han_sounds_fill(struct han_sounds *out); /* sounds.c */

struct word_reader {
	struct str text;
	const struct han_sounds *sounds;
	size_t at;
	uint32_t before, now; /* Han characters side by side; 0: none */
	bool has_pair;        /* the pair of these two is due */
	bool is_query;        /* without the words that say only that somebody asks: "how do I", 怎么 */
	char bytes[2][WORD_BYTES_MAX + 4];
};
void words_begin(struct word_reader *w, const struct han_sounds *sounds, struct str text, bool is_query);
bool words_next(struct word_reader *w, struct word *out);

/* Two forms of one word by the endings that English derives with: register and registration, drive and driver. */
bool words_are_kin(struct str a, struct str b);
/* Letters added, left out, changed, or two neighbours swapped; more than `most` (at most 2) gives most + 1. Bytes. */
int words_distance(struct str a, struct str b, int most);

/* What a text is written with. An address of e-mail or of the web is no word, and neither is a single letter. */
struct scripts {
	size_t han;     /* characters */
	size_t letters; /* of alphabets */
	size_t words;   /* of letters, between spaces */
};
struct scripts words_scripts(struct str text);

#endif
