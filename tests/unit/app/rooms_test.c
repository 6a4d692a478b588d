/* Every statement of every room, prepared by the engine itself: on PostgreSQL under tests/pg.sh. */
#include <dirent.h>
#include <unistd.h>

#include "../pg.h"

#include "app/rooms.h"
#include "base/time_source.h"
#include "store/store.h"
#include "store/tx.h"

extern const struct store_schema event_schema;

static void every_statement_of_every_room_can_be_prepared(void **state)
{
	(void)state;
	const struct store_schema *schemas[64] = {&event_schema};
	size_t n = 1;
	for (const struct room *room = rooms; room->name; room++) {
		if (room->schema) {
			schemas[n++] = room->schema;
		}
	}
	char dir[256], url[512];
	const char *tmp = getenv("TMPDIR");
	snprintf(dir, sizeof dir, "%s/rooms-test-XXXXXX", tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(dir));
	pg_schema(url, sizeof url);
	struct time_source time;
	time_source_init(&time);
	struct store_options o = {.dir = str_of(dir), .url = str_of(url), .schemas = schemas, .time = &time};
	struct store *s;
	struct err e;
	/* Twice: the tables are made, then found as they were declared. */
	for (int round = 0; round < 2; round++) {
		if (!store_open(&o, &s, &e) || !store_prepare_all(s, &e) || !store_check(s, &e)) {
			fail_msg("%s", e.text);
		}
		store_close(s);
	}
	DIR *d = opendir(dir);
	for (struct dirent *entry; d && (entry = readdir(d)) != NULL;) {
		char path[600];
		snprintf(path, sizeof path, "%s/%s", dir, entry->d_name);
		unlink(path);
	}
	closedir(d);
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(every_statement_of_every_room_can_be_prepared)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
