#include "app/catalogue/snapshot.h"

/* Both languages of a page may be asked in: what the page's own language does not find, the others may. */
enum { HITS_MAX = 100 };
#define WORTH_LEAST 0.25F /* of the best */

static struct str name_of_event(const struct pack *p, struct str id, size_t lang)
{
	for (size_t i = 0; p && i < p->life_event_n; i++) {
		if (str_eq(p->life_events[i].id, id)) {
			return p->life_events[i].name.in[lang];
		}
	}
	return STR_EMPTY;
}

static void add_pairs(struct search_index *x, size_t document, const struct pair_of_texts *pairs, size_t n, size_t lang)
{
	for (size_t i = 0; i < n; i++) {
		search_index_add(x, document, FIELD_CONDITIONS, pairs[i].term.in[lang]);
	}
}

static void add_service(struct search_index *x, size_t document, const struct pack *p, const struct service *s,
                        size_t lang)
{
	search_index_add(x, document, FIELD_NAME, s->name.in[lang]);
	search_index_add(x, document, FIELD_KEYWORDS, s->keywords.in[lang]);
	search_index_add(x, document, FIELD_SUMMARY, s->summary.in[lang]);
	for (size_t i = 0; i < s->life_event_n; i++) {
		search_index_add(x, document, FIELD_LIFE_EVENT, name_of_event(p, s->life_events[i], lang));
	}
	const struct institution *in = p ? pack_institution(p, s->institution) : NULL;
	if (in != NULL) {
		search_index_add(x, document, FIELD_OFFICE, in->name.in[lang]);
	}
	add_pairs(x, document, s->conditions, s->condition_n, lang);
	search_index_add(x, document, FIELD_CONDITIONS, s->output.in[lang]);
	for (size_t i = 0; i < s->page_n; i++) {
		for (size_t k = 0; !s->pages[i].is_at_review && k < s->pages[i].question_n; k++) {
			search_index_add(x, document, FIELD_QUESTIONS, s->pages[i].questions[k].label.in[lang]);
		}
	}
}

/* What its services say is found with them. */
static void add_bundle(struct search_index *x, size_t document, const struct pack *p, const struct bundle *b,
                       size_t lang)
{
	search_index_add(x, document, FIELD_NAME, b->name.in[lang]);
	search_index_add(x, document, FIELD_LIFE_EVENT, name_of_event(p, b->life_event, lang));
	search_index_add(x, document, FIELD_SUMMARY, b->summary.in[lang]);
}

bool search_index_services(const struct pack *p, const struct service *const *services, size_t n, size_t lang,
                           struct search_index **out, struct err *e)
{
	size_t bundle_n = p ? p->bundle_n : 0;
	struct search_index *x = search_index_new(n + bundle_n);
	for (size_t i = 0; x && i < n; i++) {
		add_service(x, i, p, services[i], lang);
	}
	for (size_t i = 0; x && i < bundle_n; i++) {
		add_bundle(x, n + i, p, &p->bundles[i], lang);
	}
	if (x == NULL || !search_index_end(x, e)) {
		search_index_free(x);
		return err_set(e, ERR_MEMORY, "no memory for the search index");
	}
	*out = x;
	return true;
}

/* The page's language first. */
static size_t find(const struct view *v, struct arena *a, struct str query, size_t lang, bool is_typing,
                   struct search_hit *hits, size_t most)
{
	size_t n = v->index[lang] ? search_index_find(v->index[lang], a, query, is_typing, hits, most) : 0;
	for (size_t i = 0; n == 0 && i < LANG_COUNT; i++) {
		n = v->index[i] && i != lang ? search_index_find(v->index[i], a, query, is_typing, hits, most) : 0;
	}
	return n;
}

/* NULL: a bundle that lacks a service today. */
static const struct service *found_at(const struct view *v, size_t document)
{
	if (document < v->service_n) {
		return v->services[document];
	}
	const struct bundle *b = &v->state->pack->bundles[document - v->service_n];
	for (size_t i = 0; i < v->bundle_n; i++) {
		if (str_eq(v->bundles[i]->id, b->id)) {
			return v->bundles[i];
		}
	}
	return NULL;
}

struct service_list services_found(struct app *app, struct arena *a, struct str lang, struct str query, bool is_typing,
                                   size_t most)
{
	struct service_list found = {0};
	const struct view *v = catalogue_view(app);
	most = most > HITS_MAX ? HITS_MAX : most;
	struct search_hit hits[HITS_MAX];
	const struct service **items = arena_new(a, const struct service *, most + 1);
	if (items == NULL) {
		return found;
	}
	size_t n = find(v, a, query, text_language(lang), is_typing, hits, most);
	for (size_t i = 0; i < n && hits[i].worth >= hits[0].worth * WORTH_LEAST; i++) {
		const struct service *s = found_at(v, hits[i].document);
		if (s != NULL) {
			items[found.n++] = s;
		}
	}
	found.items = items;
	return found;
}
