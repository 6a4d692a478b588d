/* CPSV-AP as JSON-LD: what is written is read into a pack without mistakes, which writes the same again. */
#include "../unit.h"

#include "app/catalogue/jsonld.h"
#include "base/json.h"

static struct pack *read_pack(const char *dir, const char *mistakes)
{
	struct err e;
	struct pack_report report;
	struct pack_files files;
	struct pack *p;
	pack_report_init(&report);
	assert_true(pack_files_read(str_of(dir), &files, &report, &e));
	assert_true(pack_read(&files, &report, &p, &e));
	assert_string_equal(buf_cstr(&report.text), mistakes);
	pack_files_release(&files);
	pack_report_release(&report);
	return p;
}

static void put(struct buf *to, const struct pack *p)
{
	buf_init(to, 16 << 20);
	jsonld_put(to, p, p->services, p->service_n, STR("https://city.example"));
	assert_false(to->failed);
}

static void the_catalogue_comes_back_as_it_went(void **state)
{
	(void)state;
	char dir[] = "/tmp/jsonld-XXXXXX", command[100];
	struct err e = {0};
	struct buf first, second;
	size_t n;
	struct pack *p = read_pack("packs/demo", "");
	put(&first, p);
	assert_non_null(mkdtemp(dir));
	if (!jsonld_read(buf_str(&first), str_of(dir), &n, &e)) {
		fail_msg("%s", e.text);
	}
	assert_int_equal(n, p->service_n);
	struct pack *again = read_pack(dir, "");
	put(&second, again);
	assert_string_equal(buf_cstr(&second), buf_cstr(&first));
	pack_free(p);
	pack_free(again);
	buf_release(&first);
	buf_release(&second);
	snprintf(command, sizeof command, "rm -rf %s", dir);
	assert_int_equal(system(command), 0);
}

/* --- What CPSV-AP 3.2.0 asks for: its SHACL shapes of the classes that we write, as a table ---
 *
 * https://semiceu.github.io/CPSV-AP/releases/3.2.0/ (CC BY 4.0). max 0: as many as there are. */

enum value_kind { ANY, IN_LANGUAGE, TYPED, NODE };
struct shape {
	const char *class, *property;
	int min, max;
	enum value_kind kind;
	const char *of; /* datatype, or class of the node */
};
static const struct shape shapes[] = {
	{"cpsv:PublicService", "dct:identifier", 1, 1, ANY, NULL},
	{"cpsv:PublicService", "dct:title", 1, 0, IN_LANGUAGE, NULL},
	{"cpsv:PublicService", "dct:description", 1, 0, IN_LANGUAGE, NULL},
	{"cpsv:PublicService", "cv:hasCompetentAuthority", 1, 0, NODE, "cv:PublicOrganisation"},
	{"cpsv:PublicService", "dcat:keyword", 0, 0, IN_LANGUAGE, NULL},
	{"cpsv:PublicService", "cv:processingTime", 0, 1, TYPED, "xsd:duration"},
	{"cpsv:PublicService", "dct:audience", 0, 0, NODE, "skos:Concept"},
	{"cpsv:PublicService", "cv:isGroupedBy", 0, 0, NODE, "cv:Event"},
	{"cpsv:PublicService", "cv:holdsRequirement", 0, 0, NODE, "cv:Requirement"},
	{"cpsv:PublicService", "cpsv:hasInput", 0, 0, NODE, "cv:Evidence"},
	{"cpsv:PublicService", "cv:hasLegalResource", 0, 0, NODE, "eli:LegalResource"},
	{"cpsv:PublicService", "cpsv:produces", 0, 0, NODE, "cv:Output"},
	{"cpsv:PublicService", "cv:hasChannel", 0, 0, NODE, "cv:Channel"},
	{"cpsv:PublicService", "cv:hasCost", 0, 0, NODE, "cv:Cost"},
	{"cv:PublicOrganisation", "skos:prefLabel", 1, 0, IN_LANGUAGE, NULL},
	{"cv:PublicOrganisation", "dct:spatial", 1, 0, NODE, "http://data.europa.eu/88u/dataset/atu-type"},
	{"cv:PublicOrganisation", "dct:identifier", 1, 1, ANY, NULL}, /* of an agent */
	{"cv:PublicOrganisation", "locn:address", 0, 0, NODE, "locn:Address"},
	{"cv:PublicOrganisation", "cv:contactPoint", 0, 0, NODE, "cv:ContactPoint"},
	{"cv:ContactPoint", "cv:openingHours", 0, 0, NODE, "time:TemporalEntity"},
	{"locn:Address", "locn:fullAddress", 0, 0, IN_LANGUAGE, NULL},
	{"cv:Event", "dct:identifier", 1, 1, ANY, NULL},
	{"cv:Event", "dct:title", 1, 0, IN_LANGUAGE, NULL},
	{"cv:Evidence", "dct:identifier", 1, 1, ANY, NULL},
	{"cv:Evidence", "dct:title", 1, 0, IN_LANGUAGE, NULL},
	{"cv:Evidence", "dct:description", 0, 0, IN_LANGUAGE, NULL},
	{"cv:Evidence", "dct:type", 0, 1, NODE, "skos:Concept"},
	{"cv:Requirement", "dct:identifier", 1, 1, ANY, NULL},
	{"cv:Requirement", "dct:title", 1, 0, IN_LANGUAGE, NULL},
	{"cv:Output", "dct:identifier", 1, 1, ANY, NULL},
	{"cv:Output", "dct:title", 1, 0, IN_LANGUAGE, NULL},
	{"cv:Channel", "dct:identifier", 1, 1, ANY, NULL},
	{"cv:Channel", "dct:type", 0, 1, NODE, "skos:Concept"},
	{"cv:Cost", "dct:identifier", 1, 1, ANY, NULL},
	{"cv:Cost", "cv:hasValue", 0, 1, TYPED, "xsd:double"},
	{"cv:Cost", "cv:currency", 0, 1, NODE, "skos:Concept"},
};
enum { SHAPE_N = sizeof shapes / sizeof *shapes };

static bool is_a(const struct json *node, const char *class)
{
	const struct json *v = json_get(node, STR("@type"));
	for (const struct json *c = v && v->kind == JSON_ARRAY ? v->first : v; c; c = c == v ? NULL : c->next) {
		if (c->kind == JSON_STRING && str_is(c->string, class)) {
			return true;
		}
	}
	return false;
}

static const struct json *node_named(const struct json *graph, struct str id)
{
	for (const struct json *c = graph->first; c; c = c->next) {
		if (str_eq(json_string(c, STR("@id")), id)) {
			return c;
		}
	}
	return NULL;
}

static bool fits(const struct json *graph, const struct shape *s, const struct json *v)
{
	switch (s->kind) {
	case IN_LANGUAGE:
		return json_string(v, STR("@language")).n > 0 && json_string(v, STR("@value")).n > 0;
	case TYPED:
		return is_a(v, s->of) && json_string(v, STR("@value")).n > 0;
	case NODE:
		v = json_get(v, STR("@type")) ? v : node_named(graph, json_string(v, STR("@id")));
		return v != NULL && is_a(v, s->of);
	case ANY:
		break;
	}
	return v->kind == JSON_STRING && v->string.n > 0;
}

/* Each thing of the class, wherever it stands. */
static void expect_shape(const struct json *graph, const struct json *at, const struct shape *s, int *met)
{
	if (at->kind == JSON_OBJECT && is_a(at, s->class)) {
		const struct json *all = json_get(at, str_of(s->property));
		int n = 0;
		for (const struct json *v = all && all->kind == JSON_ARRAY ? all->first : all; v;
		     v = v == all ? NULL : v->next) {
			if (!fits(graph, s, v)) {
				fail_msg("%s of a %s is not as the profile says", s->property, s->class);
			}
			n++;
		}
		if (n < s->min || (s->max > 0 && n > s->max)) {
			fail_msg("a %s has %d times %s", s->class, n, s->property);
		}
		*met += n > 0;
	}
	for (const struct json *c = at->kind == JSON_OBJECT || at->kind == JSON_ARRAY ? at->first : NULL; c; c = c->next) {
		expect_shape(graph, c, s, met);
	}
}

static void what_the_profile_asks_for_is_there(void **state)
{
	(void)state;
	static const char *const packs[] = {"packs/demo", "tests/data/packs/family", "tests/data/packs/stall"};
	static const char *const names[][2] = {
		{"cpsv", "http://purl.org/vocab/cpsv#"},        {"cv", "http://data.europa.eu/m8g/"},
		{"dct", "http://purl.org/dc/terms/"},           {"dcat", "http://www.w3.org/ns/dcat#"},
		{"eli", "http://data.europa.eu/eli/ontology#"}, {"skos", "http://www.w3.org/2004/02/skos/core#"},
		{"locn", "http://www.w3.org/ns/locn#"},         {"time", "http://www.w3.org/2006/time#"},
		{"xsd", "http://www.w3.org/2001/XMLSchema#"}};
	int met[SHAPE_N] = {0};
	for (size_t i = 0; i < sizeof packs / sizeof *packs; i++) {
		struct err e = {0};
		struct arena a;
		struct buf b;
		struct json *root;
		struct pack *p = read_pack(packs[i], "");
		arena_init(&a, 64 << 20);
		put(&b, p);
		assert_true(json_parse(&a, buf_str(&b), &root, &e));
		const struct json *context = json_get(root, STR("@context"));
		for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
			assert_str(json_string(context, str_of(names[k][0])), names[k][1]);
		}
		const struct json *graph = json_get(root, STR("@graph"));
		assert_non_null(graph);
		for (size_t k = 0; k < SHAPE_N; k++) {
			expect_shape(graph, graph, &shapes[k], &met[k]);
		}
		pack_free(p);
		buf_release(&b);
		arena_release(&a);
	}
	for (size_t k = 0; k < SHAPE_N; k++) {
		if (met[k] == 0) {
			fail_msg("no %s has %s: the test sees nothing of it", shapes[k].class, shapes[k].property);
		}
	}
}

static void a_catalogue_in_one_language_and_whole_iris_makes_a_pack_too(void **state)
{
	(void)state;
	static const char json[] =
		"[{\"@id\":\"http://x/o/1\",\"@type\":\"http://data.europa.eu/m8g/PublicOrganisation\",\"http://purl.org/dc/"
		"terms/"
		"identifier\":\"Bureau "
		"1\",\"http://www.w3.org/2004/02/skos/core#prefLabel\":[{\"@value\":\"Bureau\",\"@language\":"
		"\"en\"}]},{\"@id\":\"http://x/s/9\",\"@type\":[\"http://purl.org/vocab/cpsv#PublicService\"],\"http://"
		"purl.org/dc/"
		"terms/title\":\"Dog: \\\"tax\\\" # 1\",\"http://purl.org/dc/terms/identifier\":\"9 dogs\"}]";
	char dir[] = "/tmp/jsonld-XXXXXX", command[100];
	struct err e = {0};
	size_t n;
	assert_non_null(mkdtemp(dir));
	if (!jsonld_read(str_of(json), str_of(dir), &n, &e)) {
		fail_msg("%s", e.text);
	}
	struct pack *p = read_pack(dir, "");
	assert_int_equal(p->service_n, 1);
	assert_str(p->services[0]->id, "dogs");
	assert_str(p->services[0]->name.in[0], "Dog: \"tax\" # 1");
	assert_str(p->services[0]->institution, "bureau-1");
	pack_free(p);
	snprintf(command, sizeof command, "rm -rf %s", dir);
	assert_int_equal(system(command), 0);
}

static void what_is_no_catalogue_is_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {"", "{}", "{\"@graph\":{}}", "{\"@graph\":[]}", "[1,2]", "nothing"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct err e = {0};
		size_t n;
		char dir[] = "/tmp/jsonld-XXXXXX", command[100];
		assert_non_null(mkdtemp(dir));
		assert_false(jsonld_read(str_of(bad[i]), str_of(dir), &n, &e));
		snprintf(command, sizeof command, "rm -rf %s", dir);
		assert_int_equal(system(command), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_catalogue_comes_back_as_it_went),
		cmocka_unit_test(what_the_profile_asks_for_is_there),
		cmocka_unit_test(a_catalogue_in_one_language_and_whole_iris_makes_a_pack_too),
		cmocka_unit_test(what_is_no_catalogue_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
