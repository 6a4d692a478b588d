#include "app/catalogue/search_index.h"

#include <math.h>
#include <stdlib.h>

#include "app/catalogue/words.h"
#include "base/fault.h"

enum { QUERY_WORDS_MAX = 32, QUERY_BYTES_MAX = 300, LIKE_MAX = 48, TEXT_BYTES_MAX = 64 * 1024 * 1024 };

/* What a word is worth by where it stands. */
static const float field_weights[FIELD_COUNT] = {
	[FIELD_NAME] = 9,   [FIELD_KEYWORDS] = 6,   [FIELD_LIFE_EVENT] = 3,   [FIELD_SUMMARY] = 3,
	[FIELD_OFFICE] = 1, [FIELD_CONDITIONS] = 1, [FIELD_QUESTIONS] = 0.5F,
};
/* Where a second and third mention in the same field are worth little. */
#define WEIGHT_HALF 4.0F /* a document's weight of a word that gives half of the most */
#define ONE_HAN 0.3F     /* one character, beside the pairs that it stands in */

struct posting {
	uint32_t document;
	float weight;
	bool is_in_name;
};
struct term {
	struct str text;
	struct posting *postings; /* by document */
	uint32_t n, room;
	uint8_t fields; /* of the newest posting: which fields it has counted */
	float rarity;
};
/* A word as it is written, or a stem. Its stem is a term. */
struct form {
	struct str text;
	uint32_t term;
	uint32_t letters; /* which letters and digits it has: a bit each, some shared */
};
struct search_index {
	struct arena arena; /* texts */
	struct han_sounds sounds;
	size_t document_n;
	float *name_rarity; /* a document: of all words of its name */
	struct term *terms;
	uint32_t term_n, term_room;
	struct form *forms; /* by text, once ended */
	uint32_t form_n, form_room;
	uint32_t *slots[2]; /* terms and forms by hash: index + 1 */
	uint32_t slot_n[2];
	bool is_full;
};

/* --- Filling --- */

static uint32_t hash_of(struct str s)
{
	uint32_t h = 2166136261U; /* FNV-1a */
	for (size_t i = 0; i < s.n; i++) {
		h = (h ^ (uint8_t)s.p[i]) * 16777619U;
	}
	return h;
}

static struct str text_at(const struct search_index *x, int which, uint32_t i)
{
	return which == 0 ? x->terms[i].text : x->forms[i].text;
}

static uint32_t *slot_of(const struct search_index *x, int which, struct str text)
{
	uint32_t mask = x->slot_n[which] - 1;
	uint32_t at = hash_of(text) & mask;
	while (x->slots[which][at] != 0 && !str_eq(text_at(x, which, x->slots[which][at] - 1), text)) {
		at = (at + 1) & mask;
	}
	return &x->slots[which][at];
}

/* Keeps the table at most half full. */
static bool has_slots(struct search_index *x, int which, uint32_t n)
{
	if ((n + 1) * 2 <= x->slot_n[which]) {
		return true;
	}
	uint32_t room = x->slot_n[which] == 0 ? 4096 : x->slot_n[which] * 2;
	uint32_t *more = mem_alloc(room, sizeof *more);
	if (more == NULL) {
		return false;
	}
	mem_free(x->slots[which]);
	x->slots[which] = more;
	x->slot_n[which] = room;
	for (uint32_t i = 0; i < n; i++) {
		*slot_of(x, which, text_at(x, which, i)) = i + 1;
	}
	return true;
}

static bool has_room(void **items, uint32_t n, uint32_t *room, size_t size)
{
	if (n < *room) {
		return true;
	}
	uint32_t more = *room < 4 ? 4 : *room * 2;
	void *p = mem_resize(*items, more, size);
	if (p == NULL) {
		return false;
	}
	*items = p;
	*room = more;
	return true;
}

/* The term of that text, made if there is none. */
static struct term *term_for(struct search_index *x, struct str text)
{
	void *items = x->terms;
	if (!has_slots(x, 0, x->term_n) || !has_room(&items, x->term_n, &x->term_room, sizeof *x->terms)) {
		x->is_full = true;
		return NULL;
	}
	x->terms = items;
	uint32_t *slot = slot_of(x, 0, text);
	if (*slot == 0) {
		x->terms[x->term_n] = (struct term){.text = arena_copy(&x->arena, text)};
		*slot = ++x->term_n;
	}
	return &x->terms[*slot - 1];
}

static uint32_t letters_of(struct str s)
{
	uint32_t set = 0;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		set |= c >= 'a' && c <= 'z' ? 1U << (c - 'a') : 1U << (26 + (uint8_t)c % 6);
	}
	return set;
}

static void add_form(struct search_index *x, struct str text, uint32_t term)
{
	void *items = x->forms;
	if (!has_slots(x, 1, x->form_n) || !has_room(&items, x->form_n, &x->form_room, sizeof *x->forms)) {
		x->is_full = true;
		return;
	}
	x->forms = items;
	uint32_t *slot = slot_of(x, 1, text);
	if (*slot == 0) {
		x->forms[x->form_n] =
			(struct form){.text = arena_copy(&x->arena, text), .term = term, .letters = letters_of(text)};
		*slot = ++x->form_n;
	}
}

static void count(struct search_index *x, struct str text, size_t document, enum search_field field)
{
	struct term *t = term_for(x, text);
	if (t == NULL) {
		return;
	}
	void *items = t->postings;
	bool is_new = t->n == 0 || t->postings[t->n - 1].document != document;
	if (is_new && !has_room(&items, t->n, &t->room, sizeof *t->postings)) {
		x->is_full = true;
		return;
	}
	t->postings = items;
	if (is_new) {
		t->postings[t->n++] = (struct posting){.document = (uint32_t)document};
		t->fields = 0;
	}
	struct posting *p = &t->postings[t->n - 1];
	bool is_again = (t->fields & 1U << field) != 0;
	t->fields |= (uint8_t)(1U << field);
	p->weight += is_again ? field_weights[field] * 0.1F : field_weights[field];
	p->is_in_name = p->is_in_name || field == FIELD_NAME;
}

struct search_index *search_index_new(size_t document_n)
{
	struct search_index *x = mem_alloc(1, sizeof *x);
	if (x == NULL) {
		return NULL;
	}
	arena_init(&x->arena, TEXT_BYTES_MAX);
	han_sounds_fill(&x->sounds);
	x->document_n = document_n;
	x->name_rarity = mem_alloc(document_n + 1, sizeof *x->name_rarity);
	x->is_full = x->name_rarity == NULL || document_n > UINT32_MAX;
	return x;
}

void search_index_add(struct search_index *x, size_t document, enum search_field field, struct str text)
{
	struct word_reader words;
	struct word w;
	words_begin(&words, &x->sounds, text, false);
	while (!x->is_full && words_next(&words, &w)) {
		if (w.kind == WORD_LETTERS) {
			count(x, w.stem, document, field);
			if (!x->is_full) {
				uint32_t term = *slot_of(x, 0, w.stem) - 1;
				add_form(x, w.text, term);
				add_form(x, w.stem, term);
			}
			continue;
		}
		count(x, w.text, document, field);
		if (w.sound.n > 0) {
			count(x, w.sound, document, field);
		}
	}
}

static int by_form(const void *a, const void *b)
{
	const struct form *x = a, *y = b;
	return str_cmp(x->text, y->text);
}

/* Sounds and single characters stand beside the pairs: a name is what its words and pairs are. */
static bool makes_a_name(struct str text)
{
	size_t at = 0;
	return text.p[0] != '\1' && (str_rune(text, &at) < 0x2e80 || at < text.n);
}

bool search_index_end(struct search_index *x, struct err *e)
{
	x->is_full = x->is_full || x->arena.is_full;
	if (x->is_full) {
		return err_set(e, ERR_MEMORY, "no memory for the search index");
	}
	for (uint32_t i = 0; i < x->term_n; i++) {
		struct term *t = &x->terms[i];
		t->rarity = logf(1.0F + (float)x->document_n / (float)t->n);
		for (uint32_t k = 0; makes_a_name(t->text) && k < t->n; k++) {
			x->name_rarity[t->postings[k].document] += t->postings[k].is_in_name ? t->rarity : 0;
		}
	}
	if (x->form_n > 1) {
		qsort(x->forms, x->form_n, sizeof *x->forms, by_form);
	}
	mem_free(x->slots[1]); /* they name the old order */
	x->slots[1] = NULL;
	x->slot_n[1] = 0;
	return true;
}

void search_index_free(struct search_index *x)
{
	if (x == NULL) {
		return;
	}
	for (uint32_t i = 0; i < x->term_n; i++) {
		mem_free(x->terms[i].postings);
	}
	mem_free(x->terms);
	mem_free(x->forms);
	mem_free(x->slots[0]);
	mem_free(x->slots[1]);
	mem_free(x->name_rarity);
	arena_release(&x->arena);
	mem_free(x);
}

/* --- Searching --- */

struct like { /* a term that a word of the query may mean */
	uint32_t term;
	float likeness; /* 1: the word itself */
};
struct likes {
	struct like items[LIKE_MAX];
	size_t n;
};
struct search {
	const struct search_index *index;
	float *worth, *found, *in_name; /* a document: of all words so far */
	float *best, *best_in_name;     /* a document: of this word */
	uint32_t *touched;              /* documents with a find of this word */
	size_t touched_n;
	float asked; /* rarity of all words that stand anywhere */
};

static const struct term *term_of(const struct search_index *x, struct str text)
{
	uint32_t at = x->slot_n[0] > 0 ? *slot_of(x, 0, text) : 0;
	return at > 0 ? &x->terms[at - 1] : NULL;
}

static void like(struct likes *l, uint32_t term, float likeness)
{
	for (size_t i = 0; i < l->n; i++) {
		if (l->items[i].term == term) {
			l->items[i].likeness = likeness > l->items[i].likeness ? likeness : l->items[i].likeness;
			return;
		}
	}
	if (l->n < LIKE_MAX) {
		l->items[l->n++] = (struct like){term, likeness};
	}
}

static uint32_t first_form(const struct search_index *x, struct str from)
{
	uint32_t low = 0, high = x->form_n;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (str_cmp(x->forms[middle].text, from) < 0) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low;
}

/* Words that this one begins. A short beginning says little, but for somebody who is still typing. */
static void add_begun(const struct search_index *x, struct str word, bool is_typing, struct likes *l)
{
	if (word.n < 3 && !is_typing) {
		return;
	}
	for (uint32_t i = first_form(x, word); i < x->form_n && str_starts(x->forms[i].text, word); i++) {
		float part = (float)word.n / (float)x->forms[i].text.n;
		like(l, x->forms[i].term, is_typing ? 0.7F + 0.3F * part : 0.4F + 0.5F * part);
	}
}

static void add_kin(const struct search_index *x, struct str word, struct likes *l)
{
	struct str head = str_sub(word, 0, 4);
	for (uint32_t i = head.n == 4 ? first_form(x, head) : x->form_n; i < x->form_n; i++) {
		if (!str_starts(x->forms[i].text, head)) {
			break;
		}
		if (words_are_kin(x->forms[i].text, word)) {
			like(l, x->forms[i].term, 0.7F);
		}
	}
}

static int letters_apart(uint32_t a, uint32_t b)
{
	int more = __builtin_popcount(a & ~b), fewer = __builtin_popcount(b & ~a);
	return more > fewer ? more : fewer;
}

/* Each mistake adds a letter, takes one, or both: most words are told apart by their letters alone. */
static void add_mistyped(const struct search_index *x, const struct word *w, struct likes *l)
{
	int most = w->text.n < 4 ? 0 : w->text.n < 8 ? 1 : 2;
	uint32_t letters = letters_of(w->text);
	for (uint32_t i = 0; most > 0 && i < x->form_n; i++) {
		const struct form *f = &x->forms[i];
		if (letters_apart(f->letters, letters) > most + 1) {
			continue;
		}
		int apart = words_distance(f->text, w->text, most);
		int stems_apart = apart > 1 ? words_distance(f->text, w->stem, most) : apart;
		apart = stems_apart < apart ? stems_apart : apart;
		if (apart <= most) {
			bool begins_alike = f->text.p[0] == w->text.p[0];
			like(l, f->term, (apart <= 1 ? 0.75F : 0.45F) * (begins_alike ? 1.0F : 0.8F));
		}
	}
}

static void find_like(const struct search_index *x, const struct word *w, bool is_typing, struct likes *l)
{
	l->n = 0;
	const struct term *t = term_of(x, w->kind == WORD_LETTERS ? w->stem : w->text);
	if (t != NULL) {
		like(l, (uint32_t)(t - x->terms), 1);
	}
	if (w->kind == WORD_LETTERS) {
		add_begun(x, w->text, is_typing, l);
		add_kin(x, w->text, l);
		if (l->n == 0) {
			add_mistyped(x, w, l);
		}
	} else if (t == NULL && w->sound.n > 0) {
		t = term_of(x, w->sound);
		if (t != NULL) {
			like(l, (uint32_t)(t - x->terms), 0.7F);
		}
	}
}

static void take_term(struct search *s, const struct like *k)
{
	const struct term *t = &s->index->terms[k->term];
	for (uint32_t i = 0; i < t->n; i++) {
		const struct posting *p = &t->postings[i];
		float value = k->likeness * p->weight / (p->weight + WEIGHT_HALF);
		if (s->best[p->document] == 0) {
			s->touched[s->touched_n++] = p->document;
		}
		if (value > s->best[p->document]) {
			s->best[p->document] = value;
		}
		if (p->is_in_name && k->likeness > s->best_in_name[p->document]) {
			s->best_in_name[p->document] = k->likeness;
		}
	}
}

/* The rarest term that is most like the word says how much it tells. */
static float rarity_of(const struct search_index *x, const struct likes *l)
{
	float best = 0, rarity = 0;
	for (size_t i = 0; i < l->n; i++) {
		const struct term *t = &x->terms[l->items[i].term];
		if (l->items[i].likeness > best || (l->items[i].likeness == best && t->rarity > rarity)) {
			best = l->items[i].likeness;
			rarity = t->rarity;
		}
	}
	return rarity;
}

static void take_word(struct search *s, const struct word *w, bool is_typing, float share)
{
	struct likes l;
	find_like(s->index, w, is_typing, &l);
	if (l.n == 0) {
		return;
	}
	float rarity = rarity_of(s->index, &l) * share;
	bool is_pair_or_word = w->kind != WORD_HAN_ONE;
	s->asked += rarity;
	s->touched_n = 0;
	for (size_t i = 0; i < l.n; i++) {
		take_term(s, &l.items[i]);
	}
	for (size_t i = 0; i < s->touched_n; i++) {
		uint32_t d = s->touched[i];
		s->worth[d] += rarity * s->best[d];
		s->found[d] += rarity * (s->best[d] > 0 ? 1.0F : 0.0F);
		s->in_name[d] += is_pair_or_word ? rarity * s->best_in_name[d] : 0;
		s->best[d] = 0;
		s->best_in_name[d] = 0;
	}
}

static bool begin(struct search *s, const struct search_index *x, struct arena *a)
{
	float *sums = arena_new(a, float, x->document_n * 5 + 1);
	*s = (struct search){.index = x, .touched = arena_new(a, uint32_t, x->document_n + 1)};
	if (sums == NULL || s->touched == NULL) {
		return false;
	}
	s->worth = sums;
	s->found = sums + x->document_n;
	s->in_name = sums + x->document_n * 2;
	s->best = sums + x->document_n * 3;
	s->best_in_name = sums + x->document_n * 4;
	return true;
}

/* More of the query found is better than one rare word of it; a name that the query says wholly is better than one that
 * says more. */
static float worth_of(const struct search *s, size_t document)
{
	if (s->worth[document] <= 0) {
		return 0;
	}
	float found = s->found[document] / s->asked;
	float name = s->index->name_rarity[document];
	float said = name > 0 ? s->in_name[document] / name : 0;
	return s->worth[document] * (0.3F + 0.7F * found) * (1.0F + 0.4F * (said > 1 ? 1 : said));
}

static bool is_last_word(const struct word_reader *words, struct str query)
{
	return words->at >= query.n;
}

/* One character alone says all that there is to say; beside pairs it only helps where a pair is mistyped. */
static float share_of(const struct word *w, size_t runes)
{
	return w->kind == WORD_HAN_ONE && runes > 1 ? ONE_HAN : 1;
}

size_t search_index_find(const struct search_index *x, struct arena *a, struct str query, bool is_typing,
                         struct search_hit *hits, size_t most)
{
	struct search s;
	query = str_sub(query, 0, QUERY_BYTES_MAX);
	if (most == 0 || !begin(&s, x, a)) {
		return 0;
	}
	size_t runes = str_runes(query), word_n = 0;
	struct word_reader words;
	struct word w;
	words_begin(&words, &x->sounds, query, true);
	while (word_n < QUERY_WORDS_MAX && words_next(&words, &w)) {
		take_word(&s, &w, is_typing && is_last_word(&words, query), share_of(&w, runes));
		word_n++;
	}
	size_t n = 0;
	for (size_t i = 0; i < x->document_n; i++) {
		struct search_hit h = {i, worth_of(&s, i)};
		if (h.worth <= 0 || (n == most && hits[n - 1].worth >= h.worth)) {
			continue;
		}
		size_t at = n < most ? n++ : n - 1;
		for (; at > 0 && hits[at - 1].worth < h.worth; at--) {
			hits[at] = hits[at - 1];
		}
		hits[at] = h;
	}
	return n;
}
