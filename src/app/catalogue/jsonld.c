#include "app/catalogue/jsonld.h"

#include <stdio.h>

#include "base/json.h"

struct writer {
	struct json_out j;
	const struct pack *pack;
	struct str base;
	struct buf scratch;
};

static const char *const tags[LANG_COUNT] = {"en", "zh-Hans", NULL};

static const struct {
	const char *prefix, *iri;
} prefixes[] = {
	{"cpsv", "http://purl.org/vocab/cpsv#"},
	{"cv", "http://data.europa.eu/m8g/"},
	{"dct", "http://purl.org/dc/terms/"},
	{"dcat", "http://www.w3.org/ns/dcat#"},
	{"eli", "http://data.europa.eu/eli/ontology#"},
	{"skos", "http://www.w3.org/2004/02/skos/core#"},
	{"schema", "https://schema.org/"},
	{"locn", "http://www.w3.org/ns/locn#"},
	{"xsd", "http://www.w3.org/2001/XMLSchema#"},
	{"time", "http://www.w3.org/2006/time#"},
};

static void put(struct writer *w, const char *key, struct str value)
{
	json_key(&w->j, str_of(key));
	json_put_string(&w->j, value);
}

/* In each language that there is. */
static void put_text(struct writer *w, const char *key, const struct text *t)
{
	if (text_is_empty(t)) {
		return;
	}
	json_key(&w->j, str_of(key));
	json_begin_array(&w->j);
	for (size_t i = 0; i < LANG_COUNT; i++) {
		if (tags[i] != NULL && t->in[i].n > 0) {
			json_begin_object(&w->j);
			put(w, "@value", t->in[i]);
			put(w, "@language", str_of(tags[i]));
			json_end_object(&w->j);
		}
	}
	json_end_array(&w->j);
}

static struct str uri(struct writer *w, const char *folder, struct str id, const char *more)
{
	buf_reset(&w->scratch);
	buf_printf(&w->scratch, "%.*s/%s/%.*s%s", STR_ARG(w->base), folder, STR_ARG(id), more);
	return buf_str(&w->scratch);
}

static void begin_node(struct writer *w, const char *type, const char *folder, struct str id)
{
	json_begin_object(&w->j);
	put(w, "@id", uri(w, folder, id, ""));
	put(w, "@type", str_of(type));
	put(w, "dct:identifier", id);
}

static void put_link(struct writer *w, const char *key, const char *folder, struct str id)
{
	json_key(&w->j, str_of(key));
	json_begin_object(&w->j);
	put(w, "@id", uri(w, folder, id, ""));
	json_end_object(&w->j);
}

static void begin_blank(struct writer *w, const char *type)
{
	json_begin_object(&w->j);
	put(w, "@type", str_of(type));
}

static void begin_list(struct writer *w, const char *key)
{
	json_key(&w->j, str_of(key));
	json_begin_array(&w->j);
}

static void put_typed(struct writer *w, const char *key, const char *type, struct str value)
{
	json_key(&w->j, str_of(key));
	json_begin_object(&w->j);
	put(w, "@type", str_of(type));
	put(w, "@value", value);
	json_end_object(&w->j);
}

/* A word of a vocabulary: ours, or one that the profile recommends. */
static void put_concept(struct writer *w, const char *key, struct str vocabulary, struct str word)
{
	json_key(&w->j, str_of(key));
	json_begin_object(&w->j);
	buf_reset(&w->scratch);
	buf_printf(&w->scratch, "%.*s/%.*s", STR_ARG(vocabulary), STR_ARG(word));
	put(w, "@id", buf_str(&w->scratch));
	put(w, "@type", STR("skos:Concept"));
	put(w, "skos:notation", word);
	json_end_object(&w->j);
}

static void put_own_concept(struct writer *w, const char *key, const char *vocabulary, const char *word)
{
	char iri[1000];
	snprintf(iri, sizeof iri, "%.*s/concepts/%s", STR_ARG(w->base), vocabulary);
	put_concept(w, key, str_of(iri), str_of(word));
}

static void put_types(struct writer *w, const char *one, const char *other)
{
	begin_list(w, "@type");
	json_put_string(&w->j, str_of(one));
	json_put_string(&w->j, str_of(other));
	json_end_array(&w->j);
}

/* Of what is nothing but a part of its service: "dog-registration/requirement-2". */
static void put_part(struct writer *w, const struct service *s, const char *word, size_t place)
{
	buf_reset(&w->scratch);
	buf_printf(&w->scratch, "%.*s/%s-%zu", STR_ARG(s->id), word, place + 1);
	put(w, "dct:identifier", buf_str(&w->scratch));
}

static void put_area(struct writer *w, const struct jurisdiction *a)
{
	static const char *const levels[] = {"", "nation", "province", "city", "district"};
	json_begin_object(&w->j);
	put(w, "@id", uri(w, "areas", a->pack_id, ""));
	put_types(w, "dct:Location", "http://data.europa.eu/88u/dataset/atu-type");
	put(w, "dct:identifier", a->pack_id);
	put_text(w, "skos:prefLabel", &a->name);
	put(w, "dct:type", str_of(levels[a->level]));
	if (a->code.n > 0) {
		put(w, "skos:notation", a->code);
	}
	if (a->parent.n > 0) {
		put_link(w, "dct:isPartOf", "areas", a->parent);
	}
	put(w, "schema:scheduleTimezone", a->zone_name);
	put(w, "schema:currenciesAccepted", a->currency);
	json_end_object(&w->j);
}

static void put_office(struct writer *w, const struct institution *in)
{
	begin_node(w, "cv:PublicOrganisation", "institutions", in->pack_id);
	put_text(w, "skos:prefLabel", &in->name);
	put_link(w, "dct:spatial", "areas", in->jurisdiction);
	json_key(&w->j, STR("locn:address"));
	begin_blank(w, "locn:Address");
	put_text(w, "locn:fullAddress", &in->address);
	json_end_object(&w->j);
	json_key(&w->j, STR("cv:contactPoint"));
	begin_blank(w, "cv:ContactPoint");
	put(w, "cv:telephone", in->phone);
	if (in->email.n > 0) {
		put(w, "cv:email", in->email);
	}
	json_key(&w->j, STR("cv:openingHours"));
	begin_blank(w, "time:TemporalEntity");
	put_text(w, "dct:description", &in->hours);
	json_end_object(&w->j);
	json_end_object(&w->j);
	json_end_object(&w->j);
}

static void put_event(struct writer *w, const struct life_event *e, bool is_business)
{
	json_begin_object(&w->j);
	put(w, "@id", uri(w, "life-events", e->id, ""));
	put_types(w, "cv:Event", is_business ? "cv:BusinessEvent" : "cv:LifeEvent");
	put(w, "dct:identifier", e->id);
	put_text(w, "dct:title", &e->name);
	json_end_object(&w->j);
}

static void put_evidence(struct writer *w, const struct service *s)
{
	static const char *const sources[] = {"registry", "upload", "declaration"};
	begin_list(w, "cpsv:hasInput");
	for (size_t i = 0; i < s->evidence_n; i++) {
		const struct evidence *ev = &s->evidence[i];
		begin_blank(w, "cv:Evidence");
		put(w, "dct:identifier", ev->id);
		put_text(w, "dct:title", &ev->name);
		put_text(w, "dct:description", &ev->hint);
		put_own_concept(w, "dct:type", "evidence-source", sources[ev->source]);
		json_end_object(&w->j);
	}
	json_end_array(&w->j);
}

static void put_pairs(struct writer *w, const struct service *s, const char *key, const char *type, const char *word,
                      const struct pair_of_texts *pairs, size_t n)
{
	begin_list(w, key);
	for (size_t i = 0; i < n; i++) {
		begin_blank(w, type);
		put_part(w, s, word, i);
		put_text(w, "dct:title", &pairs[i].term);
		put_text(w, "dct:description", &pairs[i].text);
		json_end_object(&w->j);
	}
	json_end_array(&w->j);
}

static void put_days(struct writer *w, const char *key, int days)
{
	char text[24];
	snprintf(text, sizeof text, "P%dD", days); /* xsd:duration; working days */
	put_typed(w, key, "xsd:duration", str_of(text));
}

static void put_cost(struct writer *w, const struct service *s)
{
	int digits = currency_digits(s->fee_currency);
	int64_t unit = digits == 0 ? 1 : digits == 3 ? 1000 : 100;
	json_key(&w->j, STR("cv:hasCost"));
	begin_blank(w, "cv:Cost");
	put_part(w, s, "cost", 0);
	buf_reset(&w->scratch);
	buf_put_i64(&w->scratch, s->fee_minor / unit);
	if (digits > 0) {
		buf_put_byte(&w->scratch, '.');
		buf_put_padded(&w->scratch, (uint64_t)(s->fee_minor % unit), digits);
	}
	put_typed(w, "cv:hasValue", "xsd:double", buf_str(&w->scratch));
	put_concept(w, "cv:currency", STR("http://publications.europa.eu/resource/authority/currency"), s->fee_currency);
	json_end_object(&w->j);
}

static void put_service(struct writer *w, const struct service *s)
{
	static const char *const audiences[] = {"", "persons", "organisations", "both"};
	begin_node(w, "cpsv:PublicService", "services", s->id);
	put_text(w, "dct:title", &s->name);
	put_text(w, "dct:description", &s->summary);
	put_text(w, "dcat:keyword", &s->keywords);
	put_own_concept(w, "dct:audience", "audience", audiences[s->audience]);
	put_link(w, "cv:hasCompetentAuthority", "institutions", s->institution);
	begin_list(w, "cv:isGroupedBy");
	for (size_t i = 0; i < s->life_event_n; i++) {
		json_begin_object(&w->j);
		put(w, "@id", uri(w, "life-events", s->life_events[i], ""));
		json_end_object(&w->j);
	}
	json_end_array(&w->j);
	put_pairs(w, s, "cv:holdsRequirement", "cv:Requirement", "requirement", s->conditions, s->condition_n);
	put_evidence(w, s);
	put_pairs(w, s, "cv:hasLegalResource", "eli:LegalResource", "law", s->law, s->law_n);
	json_key(&w->j, STR("cpsv:produces"));
	begin_blank(w, "cv:Output");
	put_part(w, s, "output", 0);
	put_text(w, "dct:title", &s->output);
	json_end_object(&w->j);
	json_key(&w->j, STR("cv:hasChannel"));
	begin_blank(w, "cv:Channel");
	put_part(w, s, "channel", 0);
	put_own_concept(w, "dct:type", "channel", "web");
	put(w, "schema:url", uri(w, "apply", s->id, ""));
	json_end_object(&w->j);
	put_cost(w, s);
	put_days(w, "cv:processingTime", s->clock.committed.n);
	put_days(w, "schema:maximumProcessingTime", s->clock.statutory.n);
	json_end_object(&w->j);
}

/* An event is a firm's when every service in it is for firms alone. */
static bool is_business(const struct life_event *e, const struct service *const *services, size_t n)
{
	bool has_any = false;
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < services[i]->life_event_n; k++) {
			if (str_eq(services[i]->life_events[k], e->id)) {
				has_any = true;
				if (services[i]->audience != FOR_ORGANISATIONS) {
					return false;
				}
			}
		}
	}
	return has_any;
}

void jsonld_put(struct buf *to, const struct pack *p, const struct service *const *services, size_t n, struct str base)
{
	struct writer w = {.j = {.to = to}, .pack = p, .base = base};
	buf_init(&w.scratch, 4096);
	json_begin_object(&w.j);
	json_key(&w.j, STR("@context"));
	json_begin_object(&w.j);
	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
		put(&w, prefixes[i].prefix, str_of(prefixes[i].iri));
	}
	json_end_object(&w.j);
	begin_list(&w, "@graph");
	for (size_t i = 0; i < p->jurisdiction_n; i++) {
		put_area(&w, &p->jurisdictions[i]);
	}
	for (size_t i = 0; i < p->institution_n; i++) {
		put_office(&w, &p->institutions[i]);
	}
	for (size_t i = 0; i < p->life_event_n; i++) {
		put_event(&w, &p->life_events[i], is_business(&p->life_events[i], services, n));
	}
	for (size_t i = 0; i < n; i++) {
		put_service(&w, services[i]);
	}
	json_end_array(&w.j);
	json_end_object(&w.j);
	buf_release(&w.scratch);
}
