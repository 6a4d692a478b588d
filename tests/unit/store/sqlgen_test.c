/* Runs the generator on small files: what it writes, and what it says when it refuses. */
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

#include "fixture.h"
#include "store/event.sql.h"
#include "store/store.sql.h"
#include "tests/sample.sql.c" /* NOLINT: the generated calls of these tests */

struct place {
	char dir[256], tool[512];
};

/* build/<mode>/unit/store/sqlgen_test stands beside build/<mode>/tools/sqlgen. */
static int set_up_place(void **state)
{
	struct place *p = malloc(sizeof *p);
	const char *tmp = getenv("TMPDIR");
	snprintf(p->dir, sizeof p->dir, "%s/cityhall-sqlgen-XXXXXX", tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(p->dir));
	char self[400];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
	assert_true(n > 0);
	self[n] = '\0';
	for (int i = 0; i < 3; i++) {
		*strrchr(self, '/') = '\0';
	}
	snprintf(p->tool, sizeof p->tool, "%s/tools/sqlgen", self);
	*state = p;
	return 0;
}

static int tear_down_place(void **state)
{
	struct place *p = *state;
	remove_folder(p->dir);
	free(p);
	return 0;
}

/* The exit code; what was said on standard error in `said`. */
static int generate(const struct place *p, const char *text, char *said, size_t room)
{
	char in[300], out[300], log[300];
	snprintf(in, sizeof in, "%s/x.sql", p->dir);
	snprintf(out, sizeof out, "%s/out", p->dir);
	snprintf(log, sizeof log, "%s/log", p->dir);
	FILE *f = fopen(in, "w");
	fputs(text, f);
	fclose(f);
	char tool[512];
	snprintf(tool, sizeof tool, "%s", p->tool);
	char *const arguments[] = {tool, in, out, NULL};
	char *const none[] = {NULL};
	posix_spawn_file_actions_t actions;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	pid_t pid;
	assert_int_equal(posix_spawn(&pid, tool, &actions, NULL, arguments, none), 0);
	posix_spawn_file_actions_destroy(&actions);
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	f = fopen(log, "r");
	size_t n = fread(said, 1, room - 1, f);
	said[n] = '\0';
	fclose(f);
	return WEXITSTATUS(status);
}

#define ROOM "room x\n"
#define TABLE                         \
	"table t \"rows\"\n"              \
	"  party id internal \"route\"\n" \
	"  id id internal \"id\"\n"       \
	"  note text public \"note\"\n"   \
	"  name text identity \"name\"\n" \
	"  key party id\n"
#define TWO ROOM TABLE
#define OTHER                                   \
	"table u \"others\"\n"                      \
	"  party id internal \"route\"\n"           \
	"  n int internal \"number\"\n"             \
	"  note bytes public \"of another type\"\n" \
	"  key party n\n"

struct refusal {
	const char *text, *line, *words;
};

static const struct refusal refusals[] = {
	/* Files and tables */
	{"table t \"x\"\n  id id internal \"x\"\n  key id\n", ":1: ", "the room is missing"},
	{ROOM "tabel t\n", ":2: ", "begins with room, table or statement"},
	{ROOM "  x id internal \"x\"\n", ":2: ", "none has begun"},
	{ROOM "table t\n", ":2: ", "table NAME \"comment\""},
	{ROOM "table T \"x\"\n", ":2: ", "is no name of a table"},
	{ROOM "table t \"x\"\n  id number internal \"x\"\n", ":3: ", "is no type; use id, int"},
	{ROOM "table t \"x\"\n  id id inside \"x\"\n", ":3: ", "is no data class; use public"},
	{ROOM "table t \"x\"\n  id id internal\n", ":3: ", "a column is: name, type, data class"},
	{ROOM "table t \"x\"\n  case id internal \"x\"\n", ":3: ", "word of C"},
	{ROOM "table t \"x\"\n  id id internal \"x\"\n  id id internal \"x\"\n", ":4: ", "stands twice"},
	{ROOM "table t \"x\"\n  id id internal \"x\"\n", ":2: ", "has no key; add: key"},
	{ROOM "table t \"x\"\n  id id internal \"x\"\n  key di\n", ":4: ", "has no column di"},
	{ROOM "table t \"x\"\n  id id? internal \"x\"\n  key id\n", ":4: ", "may be null; take the ?"},
	{ROOM "table t \"x\"\n  id text internal \"x\"\n  key id\n", ":4: ", "which is no id"},
	{ROOM "table t \"x\"\n  id id internal \"x\"\n  s text secret \"x\"\n  key id\n  index by_s id s\n",
     ":6: ", "stored encrypted and cannot be in an index"},
	{ROOM "table t \"x\"\n  id id internal \"x\"\n  s text identity \"x\"\n  key id s\n",
     ":5: ", "stored encrypted and cannot be in an key"},
	{ROOM "table t \"x\"\n  id id internal \"x\"\n  s text public \"x\"\n  key id\n  unique by_s s\n",
     ":6: ", "does not begin with the route column id"},
	{TWO "  refers id party to t party id\n", ":8: ", "begins with the route column"},
	{TWO "  refers party note to t party note\n", ":8: ", "names the key or a unique index"},
	{TWO "  refers party id to elsewhere party id\n", ":8: ", "no table elsewhere in this file"},
	/* Statements */
	{TWO "statement a\n", ":8: ", "a statement begins with"},
	{TWO "statement a some\n", ":8: ", "a statement begins with"},
	{TWO "statement a exec\n  route party\n", ":8: ", "how many rows must be affected"},
	{TWO "statement a one\n  select note from t where party = :party\n", ":8: ", "names no route; add: route"},
	{TWO "statement a one\n  route party\n", ":8: ", "has no SQL"},
	{TWO "statement a one\n  route party\n  drop table t\n", ":10: ", "begins with select, insert, update or delete"},
	{TWO "statement a one\n  route party\n  delete from t where party = :party\n", ":8: ", "exec N or exec any"},
	{TWO "statement a exec 1\n  route party\n  select note from t where party = :party\n", ":8: ", "a select is one"},
	{TWO "statement a root exec any\n  route party\n  delete from t where party = :party\n",
     ":8: ", "a root statement is exec 1"},
	{TWO "statement a one\n  route party\n  select note from t where party = :party;\n", ":10: ", "; does not belong"},
	{TWO "statement a one\n  route party\n  select note from t where party = ?1\n", ":10: ", "? does not belong"},
	{TWO "statement a one\n  route party\n  select note from t -- x\n", ":10: ", "a comment begins with #"},
	{TWO "statement a one\n  route party\n  select note from v where party = :party\n",
     ":10: ", "no table v in this file"},
	{TWO "statement a one\n  route party\n  select * from t where party = :party\n", ":10: ", "write the columns"},
	{TWO "statement a one\n  route party\n  select note from t where party = :party and nte = 'x'\n",
     ":10: ", "is no column of table t"},
	{TWO "statement a one\n  route party\n  select note from t where party = :party and id > :after\n",
     ":10: ", "declare it: in after TYPE"},
	{TWO "statement a one\n  route party\n  select count(*) as n from t where party = :party\n",
     ":10: ", "out NAME TYPE"},
	{TWO "statement a one\n  route party\n  select count(*) from t where party = :party\n", ":10: ", "needs a name"},
	{TWO "statement a one\n  route party\n  select note, note from t where party = :party\n", ":10: ", "two columns"},
	{TWO "statement a one\n  route party\n  in x id\n  select note from t where party = :party\n", ":10: ", "not used"},
	{TWO "statement a one\n  route party\n  out x id\n  select note from t where party = :party\n",
     ":10: ", "not selected"},
	{TWO "statement a one\n  route party\n  in x numeral\n  select note from t where party = :party\n",
     ":10: ", "NAME TYPE"},
	{TWO "statement a one\n  route id\n  select note from t where id = :id\n", ":8: ", "not held to the route"},
	{TWO "statement a one\n  route x\n  select note from t where party = :party\n", ":8: ", "route x is no parameter"},
	{TWO "statement a one\n  route none\n  select note from t\n", ":8: ", "replicated tables only"},
	{TWO OTHER
     "statement a many\n  route party\n  select t.id, u.n from t join u on u.n = t.id where t.party = :party\n",
     ":13: ", "table u is not held to the route"},
	{TWO OTHER
     "statement a many\n  route party\n  select t.id from t join u on u.party = t.party where t.party = :party"
     " and t.note = :note\n",
     ":15: ", "could be text or bytes"},
	{TWO "statement a exec 1\n  route party\n  insert into t (party, id, name) values (:party, :id, :name)\n",
     ":8: ", "note of table t is not given"},
	{TWO "statement a exec 1\n  route party\n  insert into t (party, id, note, name) values (:party, :id, :note)\n",
     ":8: ", "fewer values"},
	{TWO "statement a exec 1\n  route id\n  insert into t (party, id, note, name) values (:party, :id, :note, :name)\n",
     ":8: ", "must be inserted as :id"},
	{TWO "statement a exec 1\n  route party\n  insert or ignore into t (party) values (:party)\n",
     ":8: ", "on conflict"},
	{TWO "statement a many\n  route party\n  in ids id[]\n  select id from t where party = :party and id not in :ids\n",
     ":11: ", "may only stand as"},
	{TWO "statement a many\n  route party\n  select id from t where party = :party and id in :id\n", ":10: ", "id[]"},
	{TWO
     "statement a many\n  route party\n  in notes text[]\n  select id from t where party = :party and note in :notes\n",
     ":10: ", "a list is of id"},
	{TWO "statement a exec any scatter\n  delete from t where id = :id\n", ":8: ", "a job writes in one place"},
	{TWO "statement a count scatter\n  select count(*) from t a join t b on b.id = a.id\n",
     ":8: ", "not tied to the others by their routes; add: b.party"},
	{TWO "statement a count scatter\n  select count(*) from t a join t b on b.id = a.party\n",
     ":8: ", "not tied to the others"},
	/* Encrypted columns */
	{TWO "statement a many\n  route party\n  select id from t where party = :party and name = :name\n",
     ":10: ", "search by a keyed hash column"},
	{TWO "statement a many\n  route party\n  select id from t where party = :party order by name\n",
     ":10: ", "cannot be compared"},
	{TWO "statement a one\n  route party\n  select name from t where party = :party\n",
     ":10: ", "id must be selected or compared"},
	{TWO "statement a exec any\n  route party\n  update t set name = :name where party = :party\n",
     ":10: ", "id must be given by a parameter"},
	{TWO "statement a exec 1\n  route party\n  update t set name = upper(:name) where party = :party and id = :id\n",
     ":10: ", "must be one parameter"},
	{TWO
     "statement a exec 1\n  route party\n  update t set name = :name, note = :name where party = :party and id = :id\n",
     ":10: ", "plain in another"},
	{TWO "statement a exec 1\n  route party\n  in new_id id\n  update t set id = :new_id where party = :party and id = "
         ":id\n",
     ":11: ", "key column id cannot be set"},
	{TWO
     "statement a exec 1\n  route party\n  insert into t (party, id, note, name) values (:party, 7, :note, :name)\n",
     ":10: ", "id must be given by a parameter"},
};

static void each_mistake_is_said_with_its_line_and_a_remedy(void **state)
{
	struct place *p = *state;
	int wrong = 0;
	for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
		char said[2000];
		int code = generate(p, refusals[i].text, said, sizeof said);
		char out[300];
		snprintf(out, sizeof out, "%s/out.c", p->dir);
		if (code != 1 || strstr(said, refusals[i].line) == NULL || strstr(said, refusals[i].words) == NULL) {
			print_error("case %zu:\n%s\nsaid: %s\nwant: %s%s\n", i, refusals[i].text, said, refusals[i].line,
			            refusals[i].words);
			wrong++;
		}
		assert_int_equal(access(out, F_OK), -1);
	}
	assert_int_equal(wrong, 0);
}

static void all_mistakes_of_a_file_are_said_at_once(void **state)
{
	struct place *p = *state;
	char said[2000];
	assert_int_equal(
		generate(p, ROOM "table t \"x\"\n  id idd internal \"x\"\n  n int inside \"x\"\n", said, sizeof said), 1);
	assert_non_null(strstr(said, ":3: "));
	assert_non_null(strstr(said, ":4: "));
}

static void a_good_file_is_written_as_header_and_source(void **state)
{
	struct place *p = *state;
	char said[2000], path[300];
	assert_int_equal(generate(p,
	                          TWO "statement a maybe \"finds it\"\n  route party\n  select note\n  from t\n"
	                              "  where party = :party and id = :id\n",
	                          said, sizeof said),
	                 0);
	assert_string_equal(said, "");
	snprintf(path, sizeof path, "%s/out.h", p->dir);
	assert_true(file_has(path, "/* finds it */"));
	assert_true(file_has(path, "struct a_in {\n\tint64_t party;\n\tint64_t id;\n};"));
	assert_true(file_has(path, "struct a_out {\n\tbool found;\n\tstruct str note;\n};"));
	snprintf(path, sizeof path, "%s/out.c", p->dir);
	assert_true(file_has(path, "\"select note from t where party = ?1 and id = ?2\""));
	assert_true(file_has(path, "\"select note from t where party = $1::bigint and id = $2::bigint\""));
	assert_true(file_has(path, "name blob not null"));
	assert_true(file_has(path, "name bytea not null"));
}

static void small_tables_and_flags_have_their_own_tables(void **state)
{
	(void)state;
	for (size_t i = 0; i < sample_schema.tables_n; i++) {
		const struct store_table *t = &sample_schema.tables[i];
		bool is_small = strcmp(t->name, "child") == 0;
		assert_int_equal(strstr(t->sqlite, "without rowid") != NULL, is_small);
		assert_non_null(strstr(t->sqlite, "strict"));
		assert_true(t->comment[0] != '\0' && t->columns_n > 0);
	}
	assert_non_null(strstr(sample_schema.tables[0].sqlite, "check (is_open in (0, 1))"));
	assert_non_null(strstr(sample_schema.tables[0].layout, "due date?\n"));
	assert_int_equal(sample_schema.tables[1].columns[2].data_class, STORE_IDENTITY);
}

static void every_statement_of_the_store_prepares(void **state)
{
	(void)state;
	static const struct store_schema *const all[] = {&sample_schema, &event_schema, NULL};
	struct fixture f;
	fixture_folder(&f);
	f.options.schemas = all;
	fixture_open(&f);
	assert_ok(&f, store_prepare_all(f.store, &f.e));
	fixture_close(&f);
	arena_release(&f.arena);
	remove_folder(f.dir);
}

int main(void)
{
#define WITH_PLACE(test) cmocka_unit_test_setup_teardown(test, set_up_place, tear_down_place)
	const struct CMUnitTest tests[] = {
		WITH_PLACE(each_mistake_is_said_with_its_line_and_a_remedy),
		WITH_PLACE(all_mistakes_of_a_file_are_said_at_once),
		WITH_PLACE(a_good_file_is_written_as_header_and_source),
		cmocka_unit_test(small_tables_and_flags_have_their_own_tables),
		cmocka_unit_test(every_statement_of_the_store_prepares),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
