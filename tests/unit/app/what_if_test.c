/* What if: asked on the page by an engineer, taken and answered over the control socket's command by a simulator, read
 * by everybody of the office. */
#include "city.h"

#include "app/catalogue/catalogue.h"
#include "app/mail/mail.h"
#include "app/mail/mail.sql.h"
#include "app/people/people.sql.h"
#include "app/traffic/live.h"
#include "app/traffic/traffic.h"
#include "app/traffic/traffic.sql.h"
#include "app/traffic/whatif.h"

#define PASSWORD "green-wave-to-the-harbour"

extern const struct store_schema catalogue_schema;
static const struct store_schema *const schemas[] = {&event_schema, &people_schema,  &catalogue_schema,
                                                     &mail_schema,  &traffic_schema, NULL};

struct office {
	struct city city;
	struct browser engineer, official;
	char reply[300], id[32];
};

static void enters(struct office *o, struct browser *b, const char *email, enum role_kind kind)
{
	struct city *c = &o->city;
	int64_t account = city_person(c, email, email, PASSWORD);
	city_ok(c, people_set_role(c->app.store, account, kind, traffic_office(&c->app)->id, true, 0, &c->e));
	b->city = c;
	sign_in(b, email, PASSWORD);
}

static int set_up(void **state)
{
	struct office *o = calloc(1, sizeof *o);
	struct city *c = &o->city;
	struct pack_report report;
	city_found(c, schemas);
	city_ok(c, catalogue_open(&c->app, &c->e));
	pack_report_init(&report);
	city_ok(c, catalogue_publish(&c->app, STR("packs/demo"), &report, &c->e));
	pack_report_release(&report);
	c->tables[0] = people_routes;
	c->tables[1] = traffic_routes;
	city_open(c);
	enters(o, &o->engineer, "sami@example.org", ROLE_TRAFFIC_ENGINEER);
	enters(o, &o->official, "rosa@example.org", ROLE_OFFICIAL);
	*state = o;
	return 0;
}

static int tear_down(void **state)
{
	struct office *o = *state;
	server_down(&o->city.server);
	o->city.server.http = NULL;
	catalogue_close(&o->city.app);
	city_close(&o->city);
	free(o);
	return 0;
}

/* What a simulator says, with the id of the question that it took put in for %s. */
static const char *says(struct office *o, const char *format)
{
	char message[5000];
	struct buf reply;
	buf_init(&reply, 4096);
	const char *at = strstr(format, "%s");
	snprintf(message, sizeof message, "%.*s%s%s", at ? (int)(at - format) : (int)strlen(format), format,
	         at ? o->id : "", at ? at + 2 : "");
	city_ok(&o->city, what_if_told(&o->city.app, str_of(message), &reply, &o->city.e));
	snprintf(o->reply, sizeof o->reply, "%.*s", STR_ARG(buf_str(&reply)));
	buf_release(&reply);
	return o->reply;
}

static void takes(struct office *o, const char *rest)
{
	const char *question = says(o, "next"), *space = strchr(question, ' ');
	assert_non_null(space);
	assert_string_equal(space + 1, rest);
	snprintf(o->id, sizeof o->id, "%.*s", (int)(space - question), question);
}

static void asks(struct office *o, const char *fields)
{
	visit(&o->engineer, PATH_TRAFFIC_WHAT_IF);
	assert_int_equal(o->engineer.a.status, 200);
	post(&o->engineer, PATH_TRAFFIC_WHAT_IF, fields);
}

static void sees(struct browser *b, const char *text)
{
	visit(b, PATH_TRAFFIC_WHAT_IF);
	assert_int_equal(b->a.status, 200);
	if (!body_has(&b->a, text)) {
		fail_msg("the page does not say \"%s\"", text);
	}
}

static void an_engineer_asks_and_the_office_reads_the_answer(void **state)
{
	struct office *o = *state;
	assert_string_equal(says(o, "next"), "");
	sees(&o->official, "Nothing was asked yet.");
	assert_false(body_has(&o->official.a, "Ask the simulator"));
	asks(o, "a=fixed&b=horizon&minutes=15&seeds=5");
	assert_int_equal(o->engineer.a.status, 303);
	sees(&o->official, "Waits for a simulator");
	assert_false(body_has(&o->official.a, "Stop it"));
	takes(o, "fixed horizon 15 5");
	assert_string_equal(says(o, "next"), ""); /* one at a time */
	assert_string_equal(says(o, "say %s 40"), "on");
	sees(&o->official, "40%");
	assert_string_equal(says(o, "end %s\ndelay|60.0|40.0|-25.0|-15.0\nstops|1.5|1.6|-0.1|0.3\nnonsense|x"), "");
	sees(&o->official, "B is better");
	assert_true(body_has(&o->official.a, "Answered") && body_has(&o->official.a, "No difference shown"));
	assert_true(body_has(&o->official.a, "asked by") && body_has(&o->official.a, "-25.0"));
	/* Said again, it changes nothing. */
	assert_string_equal(says(o, "fail %s\nlate"), "");
	sees(&o->official, "Answered");
}

static void bounds_and_weights_are_tried(void **state)
{
	struct office *o = *state;
	asks(o, "a=horizon&b=own&minutes=15&seeds=5&least=8&most=&bus=30");
	assert_int_equal(o->engineer.a.status, 303);
	takes(o, "horizon horizon,least=8,bus=30 15 5");
	says(o, "end %s\ndelay|60.0|40.0|-25.0|-15.0\ncounted|29166480|0|0|0");
	sees(&o->official, "green for at least 8 s");
	assert_true(body_has(&o->official.a, "a late bus weighs 30"));
	assert_true(body_has(&o->official.a, "The demand is what was counted from"));
	asks(o, "a=horizon,ordered&b=horizon&minutes=15&seeds=5");
	takes(o, "horizon,ordered horizon 15 5");
	says(o, "fail %s\nnone");
	/* What makes no sense stands beside its field. */
	asks(o, "a=own&b=horizon&minutes=15&seeds=5");
	assert_true(body_has(&o->engineer.a, "Write at least one bound or weight."));
	asks(o, "a=own&b=horizon&minutes=15&seeds=5&least=50&most=40&school=1001");
	assert_true(body_has(&o->engineer.a, "The most green is below the least."));
	assert_true(body_has(&o->engineer.a, "Write a number from 0 to 1000.") &&
	            body_has(&o->engineer.a, "value=\"1001\""));
	assert_string_equal(says(o, "next"), "");
}

static void what_is_stopped_or_silent_or_fails_is_said(void **state)
{
	struct office *o = *state;
	char fields[100];
	asks(o, "a=horizon&b=actuated&minutes=5&seeds=2");
	takes(o, "horizon actuated 5 2");
	/* Its simulator is silent for more than a minute: another one takes it. */
	time_source_advance(&o->city.app.time, 61 * US_PER_S);
	takes(o, "horizon actuated 5 2");
	visit(&o->engineer, PATH_TRAFFIC_WHAT_IF);
	snprintf(fields, sizeof fields, "id=%s", o->id);
	post(&o->engineer, PATH_TRAFFIC_WHAT_IF_STOP, fields);
	assert_int_equal(o->engineer.a.status, 303);
	assert_string_equal(says(o, "say %s 50"), "stop");
	says(o, "end %s\ndelay|60.0|40.0|-25.0|-15.0");
	sees(&o->engineer, "Stopped");
	assert_false(body_has(&o->engineer.a, "B is better"));
	asks(o, "a=fixed&b=running&minutes=5&seeds=2");
	takes(o, "fixed running 5 2");
	says(o, "fail %s\nSUMO: no <routes>");
	sees(&o->official, "It could not be run");
	assert_true(body_has(&o->official.a, "SUMO: no &lt;routes&gt;"));
}

static void who_may_not_ask_and_what_makes_no_sense_is_refused(void **state)
{
	struct office *o = *state;
	struct buf reply;
	visit(&o->official, PATH_TRAFFIC_WHAT_IF);
	post(&o->official, PATH_TRAFFIC_WHAT_IF, "a=fixed&b=horizon&minutes=15&seeds=5");
	assert_int_equal(o->official.a.status, 403);
	asks(o, "a=fixed&b=fixed&minutes=4&seeds=many");
	assert_int_equal(o->engineer.a.status, 200);
	assert_true(body_has(&o->engineer.a, "Choose two that differ.") &&
	            body_has(&o->engineer.a, "Write a number from 5 to 60.") &&
	            body_has(&o->engineer.a, "Write a number from 2 to 20.") && body_has(&o->engineer.a, "value=\"many\""));
	asks(o, "a=fixed&b=crystal-ball&minutes=5&seeds=2");
	assert_true(body_has(&o->engineer.a, "Choose two that differ."));
	assert_string_equal(says(o, "next"), "");
	buf_init(&reply, 100);
	const char *const bad[] = {"", "next door", "say", "say x 4", "say 1", "end", "end x", "dance 1", "say 1 \xff"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		bool is_fine = strcmp(bad[i], "next door") == 0;
		assert_true(what_if_told(&o->city.app, str_of(bad[i]), &reply, &o->city.e) == is_fine);
	}
	/* Of a question that is not there. */
	city_ok(&o->city, what_if_told(&o->city.app, STR("say 7 50"), &reply, &o->city.e));
	assert_str(buf_str(&reply), "stop");
	buf_release(&reply);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_engineer_asks_and_the_office_reads_the_answer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(bounds_and_weights_are_tried, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_stopped_or_silent_or_fails_is_said, set_up, tear_down),
		cmocka_unit_test_setup_teardown(who_may_not_ask_and_what_makes_no_sense_is_refused, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
