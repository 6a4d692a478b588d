#include <stdlib.h>

#include "app/catalogue/pages.h"

enum { WORDS_MAX = 12, QUERY_BYTES_MAX = 200 };

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* Without case for ASCII; every other byte as it is. */
static bool contains(struct str s, struct str word)
{
	for (size_t i = 0; i + word.n <= s.n; i++) {
		size_t k = 0;
		while (k < word.n && lower(s.p[i + k]) == lower(word.p[k])) {
			k++;
		}
		if (k == word.n) {
			return true;
		}
	}
	return false;
}

static bool is_han(struct str word)
{
	size_t at = 0;
	uint32_t c = word.n > 0 ? str_rune(word, &at) : 0;
	return c >= 0x2e80 && c <= 0x9fff;
}

/* People write neither word breaks nor the official name: 派遣许可 finds 劳务派遣经营许可. */
static bool has_half_of_pairs(struct str s, struct str word)
{
	size_t at = 0, pairs = 0, found = 0;
	while (at < word.n) {
		size_t from = at;
		str_rune(word, &at);
		if (at >= word.n) {
			break;
		}
		size_t second = at;
		str_rune(word, &second);
		pairs++;
		found += contains(s, str_sub(word, from, second - from));
	}
	return pairs == 0 ? contains(s, word) : found > 0 && found * 2 >= pairs;
}

static bool occurs(struct str s, struct str word)
{
	return is_han(word) ? has_half_of_pairs(s, word) : contains(s, word);
}

static int text_score(const struct text *t, struct str word, int weight)
{
	for (size_t i = 0; i < LANG_COUNT; i++) {
		if (t->in[i].n > 0 && occurs(t->in[i], word)) {
			return weight;
		}
	}
	return 0;
}

/* 0: not all words occur. */
static int score(const struct service *s, const struct str *words, size_t n)
{
	int sum = 0;
	for (size_t i = 0; i < n; i++) {
		int best = text_score(&s->name, words[i], 4);
		best = best > 0 ? best : text_score(&s->keywords, words[i], 2);
		best = best > 0 ? best : text_score(&s->summary, words[i], 1);
		if (best == 0) {
			return 0;
		}
		sum += best;
	}
	return sum;
}

struct hit {
	const struct service *service;
	int score;
	size_t place;
};

static int by_score(const void *a, const void *b)
{
	const struct hit *x = a, *y = b;
	if (x->score != y->score) {
		return x->score > y->score ? -1 : 1;
	}
	return x->place < y->place ? -1 : x->place > y->place;
}

struct service_list services_search(struct req *r, struct str query)
{
	struct service_list all = services_all(r), found = {0};
	struct str words[WORDS_MAX], rest = str_sub(query, 0, QUERY_BYTES_MAX), word;
	size_t word_n = 0;
	while (word_n < WORDS_MAX && str_next(&rest, ' ', &word)) {
		word = str_trim(word);
		if (word.n > 0) {
			words[word_n++] = word;
		}
	}
	struct hit *hits = arena_new(&r->arena, struct hit, all.n + 1);
	const struct service **items = arena_new(&r->arena, const struct service *, all.n + 1);
	if (hits == NULL || items == NULL || word_n == 0) {
		return found;
	}
	size_t n = 0;
	for (size_t i = 0; i < all.n; i++) {
		int points = score(all.items[i], words, word_n);
		if (points > 0) {
			hits[n++] = (struct hit){all.items[i], points, i};
		}
	}
	if (n > 1) {
		qsort(hits, n, sizeof *hits, by_score);
	}
	for (size_t i = 0; i < n; i++) {
		items[i] = hits[i].service;
	}
	found.items = items;
	found.n = n;
	return found;
}
