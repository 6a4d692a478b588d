/* The citizen's effort, to the end of the chain of papers. */
#include "../unit.h"

#include "app/catalogue/effort.h"

/* A permit needs a certificate, which needs a title (two visits, 5 days elsewhere) and a photo; and a plan. */
static struct evidence permit_papers[] = {
	{.id = STR_INIT("certificate"),
     .source = EVIDENCE_UPLOAD,
     .document = STR_INIT("certificate"),
     .from = STR_INIT("b-certificate")},
	{.id = STR_INIT("plan"), .source = EVIDENCE_UPLOAD, .effort_days = 1, .effort_minor = 500},
	{.id = STR_INIT("register"), .source = EVIDENCE_REGISTRY, .effort_visits = 9},
	{.id = STR_INIT("lease"), .source = EVIDENCE_UPLOAD, .is_optional = true, .effort_visits = 9},
	{.id = STR_INIT("consent"), .source = EVIDENCE_UPLOAD, .show_if = {.question = STR_INIT("q")}, .effort_visits = 9},
};
static struct evidence certificate_papers[] = {
	{.id = STR_INIT("title"),
     .source = EVIDENCE_UPLOAD,
     .document = STR_INIT("title"),
     .effort_visits = 2,
     .effort_days = 5},
	{.id = STR_INIT("photo"), .source = EVIDENCE_UPLOAD, .document = STR_INIT("photo")},
};
static const struct service permit = {.id = STR_INIT("a-permit"),
                                      .visits = 1,
                                      .clock.committed.n = 10,
                                      .fee_currency = STR_INIT("EUR"),
                                      .evidence = permit_papers,
                                      .evidence_n = 5};
static const struct service certificate = {.id = STR_INIT("b-certificate"),
                                           .visits = 0,
                                           .clock.committed.n = 8,
                                           .usual_days = 4,
                                           .fee_minor = 1200,
                                           .fee_currency = STR_INIT("EUR"),
                                           .evidence = certificate_papers,
                                           .evidence_n = 2};
static const struct service *const both[] = {&permit, &certificate};
static const struct service_list services = {both, 2};

static void the_service_itself_asks_for_what_is_needed_from_everybody(void **state)
{
	(void)state;
	struct effort f;
	effort_of(services, &permit, NULL, 0, &f);
	assert_int_equal(f.here.visits, 1);
	assert_int_equal(f.here.documents, 2);
}

static void the_whole_counts_to_the_end_of_the_chain(void **state)
{
	(void)state;
	struct effort f;
	effort_of(services, &permit, NULL, 0, &f);
	assert_int_equal(f.whole.visits, 1 + 0 + 2);
	assert_int_equal(f.whole.documents, 2 + 2);
	assert_int_equal(f.days, 4 + 5); /* the plan is made meanwhile */
	assert_int_equal(f.minor, 500 + 1200);
}

static void what_is_here_already_is_not_counted_nor_what_it_would_take(void **state)
{
	(void)state;
	static const struct str held[] = {STR_INIT("title"), STR_INIT("certificate")};
	struct effort f;
	effort_of(services, &permit, held, 2, &f);
	assert_int_equal(f.here.documents, 1);
	assert_int_equal(f.whole.documents, 1);
	assert_int_equal(f.whole.visits, 1);
	assert_int_equal(f.days, 1);
	effort_of(services, &permit, held, 1, &f);
	assert_int_equal(f.here.documents, 2);
	assert_int_equal(f.whole.documents, 3);
	assert_int_equal(f.days, 4);
	assert_true(effort_is_held(&permit_papers[0], held, 2));
	assert_false(effort_is_held(&permit_papers[1], held, 2));
}

static void a_paper_asked_for_twice_is_fetched_once(void **state)
{
	(void)state;
	static struct evidence papers[] = {
		{.source = EVIDENCE_UPLOAD, .document = STR_INIT("photo")},
		{.source = EVIDENCE_UPLOAD, .document = STR_INIT("certificate"), .from = STR_INIT("b-certificate")}};
	static const struct service s = {
		.id = STR_INIT("c"), .fee_currency = STR_INIT("EUR"), .evidence = papers, .evidence_n = 2};
	struct effort f;
	effort_of(services, &s, NULL, 0, &f);
	assert_int_equal(f.here.documents, 2);
	assert_int_equal(f.whole.documents, 3);
}

/* A pack is refused for it; two publications together may still make one. */
static void a_circle_ends(void **state)
{
	(void)state;
	static struct evidence from_b[] = {{.source = EVIDENCE_UPLOAD, .document = STR_INIT("x"), .from = STR_INIT("b")}};
	static struct evidence from_a[] = {{.source = EVIDENCE_UPLOAD, .document = STR_INIT("y"), .from = STR_INIT("a")}};
	static const struct service a = {
		.id = STR_INIT("a"), .fee_currency = STR_INIT("EUR"), .evidence = from_b, .evidence_n = 1};
	static const struct service b = {
		.id = STR_INIT("b"), .fee_currency = STR_INIT("EUR"), .evidence = from_a, .evidence_n = 1};
	static const struct service *const items[] = {&a, &b};
	struct effort f;
	effort_of((struct service_list){items, 2}, &a, NULL, 0, &f);
	assert_int_equal(f.whole.documents, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_service_itself_asks_for_what_is_needed_from_everybody),
		cmocka_unit_test(the_whole_counts_to_the_end_of_the_chain),
		cmocka_unit_test(what_is_here_already_is_not_counted_nor_what_it_would_take),
		cmocka_unit_test(a_paper_asked_for_twice_is_fetched_once),
		cmocka_unit_test(a_circle_ends),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
