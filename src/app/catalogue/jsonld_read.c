#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/catalogue/jsonld.h"
#include "base/json.h"
#include "os/file.h"

enum { TREE_BYTES_MAX = 256 * 1024 * 1024, FILE_BYTES_MAX = 1024 * 1024 };

struct maker {
	struct arena arena;
	const struct json *graph;
	struct str dir;
	struct buf out; /* the file at hand */
};

/* --- Reading --- */

/* "dct:title", "http://purl.org/dc/terms/title" and "title" are the same. */
static struct str last_part(struct str name)
{
	size_t at = name.n;
	while (at > 0 && name.p[at - 1] != ':' && name.p[at - 1] != '/' && name.p[at - 1] != '#') {
		at--;
	}
	return str_sub(name, at, name.n);
}

static const struct json *property(const struct json *node, const char *name)
{
	for (const struct json *c = node && node->kind == JSON_OBJECT ? node->first : NULL; c; c = c->next) {
		if (str_is(last_part(c->key), name)) {
			return c->kind == JSON_ARRAY && c->first && c->first->next == NULL && c->first->kind == JSON_STRING
			           ? c->first
			           : c;
		}
	}
	return NULL;
}

static const struct json *first_of(const struct json *v)
{
	return v && v->kind == JSON_ARRAY ? v->first : v;
}

static struct str plain(const struct json *node, const char *name)
{
	const struct json *v = first_of(property(node, name));
	if (v && v->kind == JSON_OBJECT) {
		v = json_get(v, STR("@value"));
	}
	return v && v->kind == JSON_STRING ? v->string : STR_EMPTY;
}

/* A word of a vocabulary: as it is noted, or the end of its IRI; older files have the bare word. */
static struct str concept(const struct json *node, const char *name)
{
	const struct json *v = first_of(property(node, name));
	struct str word = plain(node, name);
	word = word.n > 0 ? word : plain(v, "notation");
	return word.n > 0 ? word : last_part(json_string(v, STR("@id")));
}

/* The id at the end of what a link names. */
static struct str linked(const struct json *link)
{
	link = first_of(link);
	return last_part(link && link->kind == JSON_STRING ? link->string : json_string(link, STR("@id")));
}

static struct str in_language(const struct json *v, const char *language)
{
	for (const struct json *c = v && v->kind == JSON_ARRAY ? v->first : v; c; c = c == v ? NULL : c->next) {
		struct str tag = json_string(c, STR("@language"));
		if (c->kind == JSON_STRING || tag.n == 0 ? str_is(str_of(language), "en") : str_starts(tag, str_of(language))) {
			return c->kind == JSON_STRING ? c->string : json_string(c, STR("@value"));
		}
	}
	return STR_EMPTY;
}

static bool is_of_type(const struct json *node, const char *type)
{
	const struct json *v = json_get(node, STR("@type"));
	for (const struct json *c = v && v->kind == JSON_ARRAY ? v->first : v; c; c = c == v ? NULL : c->next) {
		if (c->kind == JSON_STRING && str_is(last_part(c->string), type)) {
			return true;
		}
	}
	return false;
}

/* What a pack takes for an id: small letters, digits, single hyphens. */
static struct str id_of(struct maker *m, const struct json *node, const char *otherwise)
{
	struct str raw = plain(node, "identifier");
	raw = raw.n > 0 ? raw : last_part(json_string(node, STR("@id")));
	char id[65];
	size_t n = 0;
	for (size_t i = 0; i < raw.n && n < 60; i++) {
		char c = (char)tolower((unsigned char)raw.p[i]);
		if ((c >= 'a' && c <= 'z') || (n > 0 && c >= '0' && c <= '9')) {
			id[n++] = c;
		} else if (n > 0 && id[n - 1] != '-') {
			id[n++] = '-';
		}
	}
	while (n > 0 && id[n - 1] == '-') {
		n--;
	}
	return n > 0 ? arena_copy(&m->arena, str_from(id, n)) : str_of(otherwise);
}

/* --- Writing --- */

static void put_string(struct maker *m, struct str s)
{
	struct json_out j = {.to = &m->out};
	json_put_string(&j, s); /* a quoted scalar of YAML too */
}

static void put_line(struct maker *m, const char *before, struct str value)
{
	buf_put_c(&m->out, before);
	put_string(m, value);
	buf_put_byte(&m->out, '\n');
}

/* Both languages are needed; what is there in one stands for the other. */
static void put_both(struct maker *m, const char *indent, const char *key, const struct json *v, const char *otherwise)
{
	struct str en = in_language(v, "en"), zh = in_language(v, "zh");
	en = en.n > 0 ? en : zh.n > 0 ? zh : str_of(otherwise);
	zh = zh.n > 0 ? zh : en;
	buf_printf(&m->out, "%s%s:\n%s  en: ", indent, key, indent);
	put_string(m, en);
	buf_printf(&m->out, "\n%s  zh-Hans: ", indent);
	put_string(m, zh);
	buf_put_byte(&m->out, '\n');
}

static bool save(struct maker *m, const char *path, struct err *e)
{
	char whole[1200];
	snprintf(whole, sizeof whole, "%.*s/%s", STR_ARG(m->dir), path);
	bool ok = buf_ok(&m->out, e) && file_replace(&file_layer_real, whole, buf_str(&m->out), 0644, e);
	buf_reset(&m->out);
	return ok;
}

static bool make_folder(struct maker *m, const char *path, struct err *e)
{
	char whole[1200];
	snprintf(whole, sizeof whole, "%.*s/%s", STR_ARG(m->dir), path);
	return file_mkdir(&file_layer_real, whole, 0755, e);
}

static const struct json *next_of(const struct json *from, const char *type, const char *or_type)
{
	while (from && !is_of_type(from, type) && (or_type == NULL || !is_of_type(from, or_type))) {
		from = from->next;
	}
	return from;
}
#define for_each(node, m, type, or_type)                                                \
	for (const struct json *node = next_of((m)->graph->first, (type), (or_type)); node; \
	     node = next_of((node)->next, (type), (or_type)))

static struct str or_else(struct str s, const char *otherwise)
{
	return s.n > 0 ? s : str_of(otherwise);
}

static void put_areas(struct maker *m, struct str *home)
{
	*home = STR("town");
	buf_put_c(&m->out, "jurisdictions:\n");
	const struct json *any = next_of(m->graph->first, "Location", NULL);
	if (any == NULL) {
		buf_put_c(&m->out,
		          "  - id: country\n    level: nation\n    zone: Europe/Brussels\n    currency: EUR\n    name:\n"
		          "      en: Country\n      zh-Hans: Country\n  - id: town\n    level: city\n    parent: country\n"
		          "    code: TN\n    name:\n      en: Town\n      zh-Hans: Town\n");
		return;
	}
	bool has_home = false;
	for_each(area, m, "Location", NULL)
	{
		struct str id = id_of(m, area, "town"), level = or_else(plain(area, "type"), "city");
		struct str parent = linked(property(area, "isPartOf")), code = plain(area, "notation");
		buf_printf(&m->out, "  - id: %.*s\n    level: %.*s\n", STR_ARG(id), STR_ARG(level));
		if (parent.n > 0) {
			buf_printf(&m->out, "    parent: %.*s\n", STR_ARG(parent));
		}
		if (code.n > 0 || str_is(level, "city")) {
			put_line(m, "    code: ", or_else(code, "TN"));
		}
		put_line(m, "    zone: ", or_else(plain(area, "scheduleTimezone"), "Europe/Brussels"));
		put_line(m, "    currency: ", or_else(plain(area, "currenciesAccepted"), "EUR"));
		put_both(m, "    ", "name", property(area, "prefLabel"), "Town");
		if (!has_home && str_is(level, "city")) {
			*home = id;
			has_home = true;
		}
	}
}

static void put_offices(struct maker *m, struct str home, struct str *first)
{
	*first = STR_EMPTY;
	buf_put_c(&m->out, "institutions:\n");
	for_each(office, m, "PublicOrganisation", NULL)
	{
		struct str id = id_of(m, office, "office");
		const struct json *contact = first_of(property(office, "contactPoint"));
		struct str email = plain(contact, "email"), area = linked(property(office, "spatial"));
		*first = first->n > 0 ? *first : id;
		buf_printf(&m->out, "  - id: %.*s\n    jurisdiction: %.*s\n    calendar: office\n", STR_ARG(id),
		           STR_ARG(area.n > 0 ? area : home));
		const struct json *name = property(office, "prefLabel");
		put_both(m, "    ", "name", name ? name : property(office, "title"), "Office");
		const struct json *at = first_of(property(office, "address")), *hours = property(contact, "openingHours");
		const struct json *words = property(first_of(hours), "description");
		put_both(m, "    ", "address", property(at ? at : office, "fullAddress"), "Town hall");
		put_both(m, "    ", "hours", words ? words : hours, "Monday-Friday, 9:00-17:00");
		put_line(m, "    phone: ", or_else(plain(contact, "telephone"), "+999205550100"));
		if (email.n > 0) {
			put_line(m, "    email: ", email);
		}
	}
}

static void put_pack(struct maker *m, struct str home, struct str office)
{
	buf_printf(&m->out,
	           "format: 1\nid: imported\ntitle:\n  en: Imported\n  zh-Hans: Imported\nlanguages: [en, zh-Hans]\n"
	           "home: %.*s\nfront_office: %.*s\nlife_events:\n",
	           STR_ARG(home), STR_ARG(office));
	for_each(event, m, "LifeEvent", "BusinessEvent")
	{
		buf_printf(&m->out, "  - id: %.*s\n", STR_ARG(id_of(m, event, "event")));
		put_both(m, "    ", "name", property(event, "title"), "Event");
	}
}

static void put_pairs(struct maker *m, const char *key, const struct json *list)
{
	const struct json *c = first_of(list);
	buf_printf(&m->out, "%s:%s\n", key, c ? "" : " []");
	for (; c; c = list->kind == JSON_ARRAY ? c->next : NULL) {
		buf_put_c(&m->out, "  -\n");
		put_both(m, "    ", "term", property(c, "title"), "To be written");
		if (property(c, "description") != NULL) {
			put_both(m, "    ", "text", property(c, "description"), "To be written");
		}
	}
}

static void put_evidence(struct maker *m, const struct json *list, bool is_question)
{
	for (const struct json *c = first_of(list); c; c = list->kind == JSON_ARRAY ? c->next : NULL) {
		struct str id = id_of(m, c, "paper"), source = or_else(concept(c, "type"), "upload");
		bool is_known = str_is(source, "registry") || str_is(source, "declaration");
		if (!is_question) {
			buf_printf(&m->out, "  - id: %.*s\n    source: %.*s\n", STR_ARG(id),
			           STR_ARG(is_known ? source : STR("upload")));
			put_both(m, "    ", "name", property(c, "title"), "Paper");
			put_both(m, "    ", "hint", property(c, "description"), "To be written");
		} else if (!is_known) {
			buf_printf(&m->out,
			           "      - id: file-%.*s\n        type: files\n        evidence: %.*s\n        files: 5\n",
			           STR_ARG(id), STR_ARG(id));
			put_both(m, "        ", "label", property(c, "title"), "Paper");
			put_both(m, "        ", "purpose", NULL, "To be written");
			buf_put_c(&m->out, "        data: personal\n");
		}
	}
}

/* "P15D" is 15; anything else `otherwise`. */
static long days_of(struct str duration, long otherwise)
{
	int64_t days;
	bool is_days = duration.n > 2 && duration.p[0] == 'P' && duration.p[duration.n - 1] == 'D' &&
	               str_to_i64(str_sub(duration, 1, duration.n - 2), &days);
	return is_days && days >= 1 && days <= 1000 ? (long)days : otherwise;
}

static void put_limits(struct maker *m, const struct json *s)
{
	long promised = days_of(plain(s, "processingTime"), 20);
	long law = days_of(plain(s, "maximumProcessingTime"), promised);
	buf_printf(&m->out, "limits:\n  unit: working-days\n  statutory: %ld\n  promised: %ld\n",
	           law > promised ? law : promised, promised);
	const struct json *cost = first_of(property(s, "hasCost"));
	struct str value = plain(cost, "hasValue"), currency = concept(cost, "currency");
	value = value.n > 0 ? value : plain(cost, "value"); /* CPSV-AP 3.0 */
	if (value.n == 0 || currency_digits(currency) < 0 || strtod(arena_cstr(&m->arena, value), NULL) <= 0) {
		buf_put_c(&m->out, "fee: none\n");
	} else {
		buf_printf(&m->out, "fee:\n  amount: %.*s\n  currency: %.*s\n", STR_ARG(value), STR_ARG(currency));
	}
}

static bool make_service(struct maker *m, const struct json *s, struct str office, struct err *e)
{
	struct str id = id_of(m, s, "service"), authority = linked(property(s, "hasCompetentAuthority"));
	struct str audience = concept(s, "audience");
	bool is_known = str_is(audience, "persons") || str_is(audience, "organisations");
	buf_printf(&m->out, "format: 1\nid: %.*s\nversion: 1\nin_force: 2026-01-01\ninstitution: %.*s\naudience: %.*s\n",
	           STR_ARG(id), STR_ARG(authority.n > 0 ? authority : office), STR_ARG(is_known ? audience : STR("both")));
	buf_put_c(&m->out, "life_events: [");
	const struct json *events = property(s, "isGroupedBy");
	const char *comma = "";
	for (const struct json *c = first_of(events); c; c = events->kind == JSON_ARRAY ? c->next : NULL) {
		buf_printf(&m->out, "%s%.*s", comma, STR_ARG(linked(c)));
		comma = ", ";
	}
	buf_put_c(&m->out, "]\n");
	put_both(m, "", "name", property(s, "title"), "Service");
	put_both(m, "", "summary", property(s, "description"), "To be written");
	if (property(s, "keyword") != NULL) {
		put_both(m, "", "keywords", property(s, "keyword"), "");
	}
	put_pairs(m, "eligibility", property(s, "holdsRequirement"));
	const struct json *inputs = property(s, "hasInput");
	buf_put_c(&m->out, first_of(inputs) ? "evidence:\n" : "evidence: []\n");
	put_evidence(m, inputs, false);
	put_limits(m, s);
	buf_put_c(&m->out, "minutes: 10\nsteps: []\n");
	put_pairs(m, "law", property(s, "hasLegalResource"));
	put_both(m, "", "source", NULL, "To be written");
	put_both(m, "", "output", property(first_of(property(s, "produces")), "title"), "To be written");
	put_both(m, "", "objection", NULL, "To be written");
	put_both(m, "", "declaration", NULL, "To be written");
	buf_put_c(&m->out, "refusal_reasons: []\nretention_years: 10\npages:\n  - id: first\n");
	put_both(m, "    ", "title", NULL, "To be written");
	buf_put_c(&m->out, "    questions:\n      - id: words\n        type: long-text\n");
	put_both(m, "        ", "label", NULL, "To be written");
	put_both(m, "        ", "purpose", NULL, "To be written");
	buf_put_c(&m->out, "        data: personal\n");
	put_evidence(m, inputs, true);
	char path[200];
	snprintf(path, sizeof path, "services/%.*s", STR_ARG(id));
	if (!make_folder(m, path, e)) {
		return false;
	}
	snprintf(path, sizeof path, "services/%.*s/service.yaml", STR_ARG(id));
	return save(m, path, e);
}

static bool make_pack(struct maker *m, size_t *services, struct err *e)
{
	struct str home, office;
	put_areas(m, &home);
	if (!save(m, "jurisdictions.yaml", e)) {
		return false;
	}
	put_offices(m, home, &office);
	if (office.n == 0) {
		return err_set(e, ERR_BAD_INPUT, "the file names no cv:PublicOrganisation");
	}
	if (!save(m, "institutions.yaml", e)) {
		return false;
	}
	put_pack(m, home, office);
	if (!save(m, "pack.yaml", e) || !make_folder(m, "calendars", e) || !make_folder(m, "services", e)) {
		return false;
	}
	buf_put_c(&m->out, "format: 1\nid: office\nzone: Europe/Brussels\nweekend: [saturday, sunday]\nhours: 9:00-17:00\n"
	                   "years: 2026-2029\nholidays: []\n");
	if (!save(m, "calendars/office.yaml", e)) {
		return false;
	}
	for_each(service, m, "PublicService", NULL)
	{
		if (!make_service(m, service, office, e)) {
			return false;
		}
		++*services;
	}
	return true;
}

bool jsonld_read(struct str json, struct str dir, size_t *services, struct err *e)
{
	struct maker m = {.dir = dir};
	struct json *root = NULL;
	*services = 0;
	arena_init(&m.arena, TREE_BYTES_MAX);
	buf_init(&m.out, FILE_BYTES_MAX);
	bool ok = json_parse(&m.arena, json, &root, e);
	if (ok) {
		m.graph = root->kind == JSON_ARRAY ? root : json_get(root, STR("@graph"));
		ok = m.graph != NULL && m.graph->kind == JSON_ARRAY;
		ok = ok ? make_pack(&m, services, e) : err_set(e, ERR_BAD_INPUT, "there is no \"@graph\" with a list in it");
	}
	buf_release(&m.out);
	arena_release(&m.arena);
	return ok;
}
