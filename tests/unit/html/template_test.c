/* What tools/tmplgen makes of a template: escaping by place, white space, branches; and what it refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "html/out.h"
#include "tests/unit/html/template.html.c"

static struct buf page;
static char tmplgen[4096];

static struct html_out begin(const char *lang)
{
	buf_reset(&page);
	return (struct html_out){.to = &page, .lang = str_of(lang), .year = 2026};
}

static void wrote(const char *expected)
{
	assert_string_equal(buf_cstr(&page), expected);
}

#define HOSTILE STR("<script>alert('x')</script>\"&{who}")
#define HOSTILE_ESCAPED "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot;&amp;{who}"

static void text_and_quoted_attributes_are_escaped(void **state)
{
	(void)state;
	struct html_out o = begin("en");
	text_of(&o, HOSTILE);
	wrote("<p>" HOSTILE_ESCAPED "</p>");
	o = begin("en");
	attr_of(&o, HOSTILE);
	wrote("<p title=\"" HOSTILE_ESCAPED "\" data-x='" HOSTILE_ESCAPED "'>x</p>");
	o = begin("en");
	title_of(&o, STR("</title><script>"));
	wrote("<title>&lt;/title&gt;&lt;script&gt;</title>");
	o = begin("en");
	textarea_of(&o, STR("\n</textarea>"));
	wrote("<textarea name=\"t\">\n\n&lt;/textarea&gt;</textarea>");
}

static void an_address_must_be_ours_or_of_a_known_scheme(void **state)
{
	(void)state;
	static const char *const cases[][2] = {
		{"/a?b=c&d", "/a?b=c&amp;d"},
		{"#x", "#x"},
		{"?q=1", "?q=1"},
		{"https://example.org/", "https://example.org/"},
		{"HTTPS://example.org/", "HTTPS://example.org/"},
		{"mailto:a@example.org", "mailto:a@example.org"},
		{"tel:+861234", "tel:+861234"},
		{"javascript:alert(1)", "#"},
		{"JavaScript:alert(1)", "#"},
		{" javascript:alert(1)", "#"},
		{"java\tscript:alert(1)", "#"},
		{"data:text/html,x", "#"},
		{"//evil.example/", "#"},
		{"/\t/evil.example/", "/%09/evil.example/"},
		{"/\\evil.example/", "/%5Cevil.example/"},
		{"relative", "#"},
		{"", "#"},
		{"/\"onclick='x'<", "/%22onclick=&#39;x&#39;%3C"},
		{"/\xe4\xb8\xad", "/%E4%B8%AD"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct html_out o = begin("en");
		url_of(&o, str_of(cases[i][0]));
		char expected[256];
		snprintf(expected, sizeof expected, "<a href=\"%s\">x</a>", cases[i][1]);
		wrote(expected);
	}
}

static void parts_of_addresses_cannot_leave_their_part(void **state)
{
	(void)state;
	struct html_out o = begin("en");
	url_part_of(&o, STR("a/../b?c#d&e=\"<%"), -3);
#define PART "a%2F..%2Fb%3Fc%23d%26e%3D%22%3C%25"
	wrote("<a href=\"/case/" PART "/-3?q=" PART "#" PART "\">x</a>");
	o = begin("en");
	form_of(&o, STR("/x"));
	wrote("<form action=\"/x\"><button formaction=\"/go?%2Fx\">x</button></form>");
}

static void values_of_each_type_are_written(void **state)
{
	(void)state;
	struct html_out o = begin("en");
	cstr_of(&o, "<", -1, SIZE_MAX);
	wrote("<p>&lt; -1 18446744073709551615</p>");
	o = begin("en");
	raw_of(&o, (struct html){STR("<i>x</i>")});
	wrote("<p><i>x</i></p>");
}

static void sentences_take_values_once(void **state)
{
	(void)state;
	struct html_out o = begin("en");
	sentence_of(&o, STR("{date}<b>{a}"), 20776, STR("javascript:x"));
	wrote("<p><bdi>{date}&lt;b&gt;{a}</bdi> wrote <a class=\"x\" href=\"#\">a letter</a> on Thursday 19 November.</p>");
	o = begin("en");
	sentence_in_attr(&o, STR("\"{who}"));
	wrote("<p title=\"Sent by &quot;{who}.\">x</p>");
	o = begin("en");
	ours_of(&o, STR("<{part}>"));
	wrote("<p>Part: &lt;{part}&gt;.</p>");
}

static void plurals_follow_the_count(void **state)
{
	(void)state;
	struct html_out o = begin("en");
	plural_of(&o, 1);
	plural_of(&o, 1200);
	wrote("<p>One test day</p><p>1,200 test days</p>");
}

static void unseen_white_space_is_dropped(void **state)
{
	(void)state;
	struct html_out o = begin("en");
	space_of(&o, true);
	wrote("<ul><li>a b c</li><li>d</li></ul><p>one <b>two</b> <i>three</i> four</p><pre>  x\n  y</pre>");
	o = begin("en");
	space_of(&o, false);
	wrote("<ul><li>a b c</li></ul><p>one <b>two</b> <i>three</i> </p><pre>  x\n  y</pre>");
}

static void branches_and_loops_work_inside_tags(void **state)
{
	(void)state;
	struct html_out o = begin("en");
	switch_of(&o, 0);
	switch_of(&o, 1);
	switch_of(&o, 2);
	switch_of(&o, 9);
	wrote("<p class=\"a many\" hidden></p><p class=\"a one\"><b>0</b></p><p class=\"a two\"><b>0</b><b>1</b></p>"
	      "<p class=\"a many\"><b>0</b><b>1</b><b>2</b></p>");
	o = begin("en");
	brace_of(&o);
	opened(&o);
	closed(&o);
	wrote("<p>{x} }</p><main><div></div></main>");
}

/* --- What is refused -------------------------------------------------------------------------------------------------
 */

/* Runs tmplgen over a template of this body; the message it gave, or "" when it was content. */
static const char *refusal(const char *body)
{
	static char said[512];
	char in[4096];
	snprintf(in, sizeof in, "%s/tmplXXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	int fd = mkstemp(in);
	assert_true(fd >= 0);
	dprintf(fd, "{%%template t(struct str s, int n)%%}%s{%%end%%}\n", body);
	close(fd);
	int pipe_fd[2];
	assert_int_equal(pipe(pipe_fd), 0);
	pid_t pid = fork();
	if (pid == 0) {
		dup2(pipe_fd[1], 2);
		execl(tmplgen, tmplgen, in, in, (char *)NULL);
		_exit(127);
	}
	close(pipe_fd[1]);
	size_t n = 0;
	ssize_t got;
	while ((got = read(pipe_fd[0], said + n, sizeof said - 1 - n)) > 0) {
		n += (size_t)got;
	}
	said[n] = '\0';
	close(pipe_fd[0]);
	int status;
	waitpid(pid, &status, 0);
	char made[4200];
	snprintf(made, sizeof made, "%s.h", in);
	bool is_made = unlink(made) == 0;
	snprintf(made, sizeof made, "%s.c", in);
	is_made &= unlink(made) == 0;
	unlink(in);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) != 127);
	/* A refusal says why and writes nothing. */
	assert_int_equal(WEXITSTATUS(status) == 0, is_made);
	assert_int_equal(WEXITSTATUS(status) == 0, n == 0);
	return said;
}

static void unsafe_places_are_refused(void **state)
{
	(void)state;
	static const char *const bodies[][2] = {
		{"<p class={s}>x</p>", "in quotes"},
		{"<p {s}>x</p>", "no expression in a tag"},
		{"<{s}>", "bare '<'"},
		{"<p{s}>x</p>", "no expression in a tag"},
		{"<p a{s}=\"x\">x</p>", "no expression in a tag"},
		{"<script>{s}</script>", "no expression in <script>"},
		{"<style>{if n}{/if}</style>", "no directive in <style>"},
		{"<p style=\"color:{s}\">x</p>", "attribute 'style'"},
		{"<p ONCLICK=\"{s}\">x</p>", "attribute 'onclick'"},
		{"<iframe srcdoc=\"{s}\"></iframe>", "attribute 'srcdoc'"},
		{"<p on{if n}click=\"x\"{/if}>x</p>", "a name cannot go on"},
		{"<p{if n} on{/if}click=\"{s}\">x</p>", "a name cannot go on"},
		{"<a href=\"java{s}\">x</a>", "no settled beginning"},
		{"<a href=\"{if n}/x{/if}{s}\">x</a>", "different places"},
		{"<a href=\"{if n}/x{else}javascript:{s}{/if}\">x</a>", "no settled beginning"},
		{"<a href=\"{_ \"x\"}\">x</a>", "no sentence in an address"},
		{"<p title=\"{call f(s)}\">x</p>", "only in text"},
		{"<p title=\"{_ \"{a}x{/a}\" a=<b>}\">x</p>", "no markup here"},
	};
	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
		const char *said = refusal(bodies[i][0]);
		if (strstr(said, bodies[i][1]) == NULL) {
			fail_msg("%s gave: %s", bodies[i][0], said);
		}
	}
}

static void broken_structure_is_refused(void **state)
{
	(void)state;
	static const char *const bodies[][2] = {
		{"<p>x", "<p> is not closed"},
		{"<p>x</b></p>", "</b> does not close <p>"},
		{"</p>", "closes nothing"},
		{"<p>{if n}<b>{/if}</b></p>", "not closed inside its branch"},
		{"<b>{if n}</b>{/if}", "does not end where it began"},
		{"<b>{if n}</b><b>{/if}</b>", "does not end where it began"},
		{"<p title=\"{if n}\"{/if}>x</p>", "does not end where it began"},
		{"<p{if n}>{else} hidden>{/if}x</p>", "not closed inside its branch"},
		{"{for int i = 0; i < n; i++}<p>{/for}", "not closed inside its branch"},
		{"{for int i = 0; i < n; i++}<p>{break}</p>{/for}", "would leave an element open"},
		{"{if n}", "{if} is not closed"},
		{"{/for}", "closes nothing"},
		{"{else}", "without {if}"},
		{"{break}", "outside of {for}"},
		{"<p><div></div></p>", "a <p> cannot hold <div>"},
		{"<div/>", "not closed by its '/'"},
		{"a < b", "bare '<'"},
		{"<p title=\"x>y</p>", "is a quote missing"},
		{"{s", "'}' is missing"},
		{"}", "bare '}'"},
		{"{}", "an expression is missing"},
		{"{_ \"Hi {who}.\"}", "has no value"},
		{"{_ \"Hi.\" who=s}", "does not name {who}"},
		{"{_ \"{a}Hi.\" a=<b>}", "needs {/a}"},
		{"{_ \"{a}Hi.\" a=<b><i>}", "name=value expected"},
		{"{_n \"a\" \"b\"}", "needs n=COUNT"},
		{"{date n sideways}", "long"},
		{"{money n}", "',' is missing"},
	};
	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
		const char *said = refusal(bodies[i][0]);
		if (strstr(said, bodies[i][1]) == NULL) {
			fail_msg("%s gave: %s", bodies[i][0], said);
		}
	}
	assert_string_equal(refusal("<p>fine</p>"), "");
}

static void mistakes_name_their_line(void **state)
{
	(void)state;
	assert_non_null(strstr(refusal("\n\n<p>{s}"), ":3: <p> is not closed"));
}

int main(int argc, char **argv)
{
	(void)argc;
	/* build/x/unit/html/template_test -> build/x/tools/tmplgen */
	const char *end = argv[0];
	for (const char *p = argv[0]; (p = strstr(p, "unit/html/")) != NULL; p++) {
		end = p;
	}
	snprintf(tmplgen, sizeof tmplgen, "%.*stools/tmplgen", (int)(end - argv[0]), argv[0]);
	buf_init(&page, 1 << 16);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_and_quoted_attributes_are_escaped),
		cmocka_unit_test(an_address_must_be_ours_or_of_a_known_scheme),
		cmocka_unit_test(parts_of_addresses_cannot_leave_their_part),
		cmocka_unit_test(values_of_each_type_are_written),
		cmocka_unit_test(sentences_take_values_once),
		cmocka_unit_test(plurals_follow_the_count),
		cmocka_unit_test(unseen_white_space_is_dropped),
		cmocka_unit_test(branches_and_loops_work_inside_tags),
		cmocka_unit_test(unsafe_places_are_refused),
		cmocka_unit_test(broken_structure_is_refused),
		cmocka_unit_test(mistakes_name_their_line),
	};
	int failed = cmocka_run_group_tests_name("templates", tests, NULL, NULL);
	buf_release(&page);
	return failed;
}
