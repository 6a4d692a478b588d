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
		cmocka_unit_test(a_catalogue_in_one_language_and_whole_iris_makes_a_pack_too),
		cmocka_unit_test(what_is_no_catalogue_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
