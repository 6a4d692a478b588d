#include <fcntl.h>
#include <sodium.h>
#include <sys/socket.h>

#include "base/fault.h"
#include "os/file.h"
#include "os/keys_client.h"
#include "os/keys_process.h"
#include "os/socket.h"
#include "os/thread.h"
#include "unit/os/os_test.h"

/* A data folder of its own for each test that changes files. */
static struct str fresh_dir(const char *name)
{
	struct str dir = test_path(name);
	assert_int_equal(mkdir(dir.p, 0700), 0);
	return dir;
}

static void overwrite(struct str path, long at, char with)
{
	int fd = open(path.p, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, &with, 1, at), 1);
	close(fd);
}

/* --- Files ----------------------------------------------------------------------------------------------------------
 */

static void made_keys_open_and_differ_from_each_other(void **state)
{
	(void)state;
	struct str dir = fresh_dir("made");
	struct data_keys k;
	struct stat st;
	assert_ok(keys_create(dir, e));
	assert_ok(keys_check(dir, e));
	assert_ok(keys_open_local(dir, &k, e));
	assert_memory_not_equal(k.columns, k.column_hash, 32);
	assert_memory_not_equal(k.columns, k.blobs, 32);
	assert_memory_not_equal(k.csrf, k.sessions, 32);
	assert_int_equal(stat(test_path("made/keys").p, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	static const char *const names[] = {"made/keys/master", "made/keys/wrapped", "made/keys/seal.pub"};
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(stat(test_path(names[i]).p, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
	}
	assert_refused(keys_create(dir, e), ERR_CONFLICT);
	struct data_keys again;
	assert_ok(keys_open_local(dir, &again, e));
	assert_memory_equal(&k, &again, sizeof k);
}

static void files_that_others_may_read_are_refused(void **state)
{
	(void)state;
	struct str dir = fresh_dir("mode");
	struct key_material m;
	assert_ok(keys_create(dir, e));
	assert_int_equal(chmod(test_path("mode/keys/master").p, 0640), 0);
	assert_refused(keys_read_master(dir, &m, e), ERR_CONFIG);
	assert_int_equal(chmod(test_path("mode/keys/master").p, 0600), 0);
	assert_int_equal(chmod(test_path("mode/keys").p, 0755), 0);
	assert_refused(keys_read_master(dir, &m, e), ERR_CONFIG);
	assert_int_equal(chmod(test_path("mode/keys").p, 0700), 0);
	assert_ok(keys_read_master(dir, &m, e));
}

static void a_link_in_the_place_of_a_key_is_refused(void **state)
{
	(void)state;
	struct str dir = fresh_dir("link");
	struct key_material m;
	assert_ok(keys_create(dir, e));
	assert_int_equal(rename(test_path("link/keys/master").p, test_path("link/elsewhere").p), 0);
	assert_int_equal(symlink(test_path("link/elsewhere").p, test_path("link/keys/master").p), 0);
	assert_refused(keys_read_master(dir, &m, e), ERR_IO);
}

static void any_changed_byte_is_noticed(void **state)
{
	(void)state;
	struct str dir = fresh_dir("changed");
	struct data_keys k;
	struct stat st;
	assert_ok(keys_create(dir, e));
	static const char *const names[] = {"changed/keys/master", "changed/keys/wrapped"};
	for (size_t i = 0; i < 2; i++) {
		struct str path = test_path(names[i]);
		struct buf bytes;
		buf_init(&bytes, 100000);
		assert_ok(file_read_whole(path.p, &bytes, e));
		assert_int_equal(stat(path.p, &st), 0);
		for (long at = 0; at < (long)st.st_size; at++) {
			overwrite(path, at, (char)(bytes.p[at] ^ 1));
			assert_refused(keys_open_local(dir, &k, e), ERR_CORRUPT);
			overwrite(path, at, bytes.p[at]);
		}
		buf_release(&bytes);
	}
	assert_ok(keys_open_local(dir, &k, e));
}

static void missing_keys_say_what_to_do(void **state)
{
	(void)state;
	struct key_material m;
	struct err why = {0};
	assert_false(keys_read_master(fresh_dir("none"), &m, &why));
	assert_int_equal(why.code, ERR_NOT_FOUND);
	assert_non_null(strstr(why.text, "backup"));
}

static void a_backup_under_a_passphrase_brings_the_same_keys_back(void **state)
{
	(void)state;
	struct str from = fresh_dir("from");
	struct str to = fresh_dir("to");
	struct str file = test_path("backup.keys");
	struct data_keys a, b;
	uint8_t seal_a[32], seal_b[32];
	assert_ok(keys_create(from, e));
	assert_refused(keys_export(from, STR("too short"), file, e), ERR_CONFIG);
	assert_ok(keys_export(from, STR("seven stones make the arch"), file, e));
	assert_refused(keys_export(from, STR("seven stones make the arch"), file, e), ERR_CONFLICT);
	struct stat st;
	assert_int_equal(stat(file.p, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_refused(keys_import(to, STR("six stones make the arch"), file, e), ERR_FORBIDDEN);
	assert_int_equal(access(test_path("to/keys").p, F_OK), -1);
	assert_refused(keys_import(from, STR("seven stones make the arch"), file, e), ERR_CONFLICT);
	assert_ok(keys_import(to, STR("seven stones make the arch"), file, e));
	assert_ok(keys_open_local(from, &a, e));
	assert_ok(keys_open_local(to, &b, e));
	assert_memory_equal(&a, &b, sizeof a);
	assert_ok(keys_read_public(from, seal_a, e));
	assert_ok(keys_read_public(to, seal_b, e));
	assert_memory_equal(seal_a, seal_b, 32);
	char byte;
	int fd = open(file.p, O_RDONLY | O_CLOEXEC);
	assert_int_equal(pread(fd, &byte, 1, st.st_size - 20), 1);
	close(fd);
	overwrite(file, st.st_size - 20, (char)(byte ^ 1));
	assert_refused(keys_import(test_path("other"), STR("seven stones make the arch"), file, e), ERR_FORBIDDEN);
	overwrite(file, 0, 9);
	assert_refused(keys_import(test_path("other"), STR("seven stones make the arch"), file, e), ERR_CORRUPT);
}

#ifdef CITYHALL_FAULT
/* Each allocation, write and fsync fails in turn: there are whole keys or none, and never a crash. */
static void a_fault_leaves_whole_keys_or_none(void **state)
{
	(void)state;
	static const enum fault_kind kinds[] = {FAULT_ALLOC, FAULT_WRITE, FAULT_FSYNC};
	for (size_t k = 0; k < 3; k++) {
		uint64_t seen = 0;
		for (uint64_t n = 1; n == 1 || seen >= n - 1; n++) {
			char name[40];
			struct err e = {0};
			struct data_keys keys;
			snprintf(name, sizeof name, "fault-%zu-%llu", k, (unsigned long long)n);
			struct str dir = fresh_dir(name);
			fault_arm(kinds[k], n);
			bool ok = keys_create(dir, &e);
			seen = fault_seen(kinds[k]);
			fault_arm(kinds[k], 0);
			bool is_there = keys_check(dir, &e);
			assert_true(is_there || !ok);
			assert_true(is_there || keys_create(dir, &e));
			fault_arm(kinds[k], n);
			ok = keys_open_local(dir, &keys, &e);
			fault_arm(kinds[k], 0);
			assert_true(ok || e.code == ERR_MEMORY || e.code == ERR_IO || e.code == ERR_DISK_FULL);
			assert_true(keys_check(dir, &e));
		}
		print_message("%llu of kind %zu\n", (unsigned long long)seen, k);
		assert_true(seen >= 3);
	}
}
#endif

/* --- The process ----------------------------------------------------------------------------------------------------
 */

struct served {
	char dir[512];
	int listen_fd;
	pid_t pid;
	struct keys_client *client;
};

static int run_keys(void *arg)
{
	struct served *s = arg;
	return keys_process_run(str_of(s->dir), s->listen_fd);
}

static void begin(struct served *s, const char *name)
{
	char path[600];
	struct str dir = fresh_dir(name);
	snprintf(s->dir, sizeof s->dir, "%s", dir.p);
	assert_ok(keys_create(dir, e));
	snprintf(path, sizeof path, "%s/run", s->dir);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof path, "%s/" KEYS_SOCKET, s->dir);
	assert_ok(socket_listen_unix(str_of(path), 0600, &s->listen_fd, e));
	assert_ok(keys_client_new(str_of(s->dir), &s->client, e));
	s->pid = test_fork(run_keys, s);
}

static void end(struct served *s)
{
	kill(s->pid, SIGTERM);
	int status = test_wait(s->pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	keys_client_free(s->client);
	socket_close(&s->listen_fd);
}

static void it_signs_unwraps_and_says_what_locks_it_in(void **state)
{
	(void)state;
	struct served s;
	uint8_t said[32], read[32], signature[64];
	struct data_keys local, asked;
	struct keys_status status;
	begin(&s, "process");
	assert_ok(keys_public(s.client, said, e));
	assert_ok(keys_read_public(str_of(s.dir), read, e));
	assert_memory_equal(said, read, 32);
	assert_ok(keys_sign_seal(s.client, STR("batch 1"), signature, e));
	assert_int_equal(crypto_sign_verify_detached(signature, (const unsigned char *)"batch 1", 7, said), 0);
	assert_int_equal(crypto_sign_verify_detached(signature, (const unsigned char *)"batch 2", 7, said), -1);
	assert_ok(keys_open_local(str_of(s.dir), &local, e));
	assert_ok(keys_load(s.client, &asked, e));
	assert_memory_equal(&local, &asked, sizeof local);
	assert_ok(keys_ask_status(s.client, &status, e));
	assert_int_equal(status.served, 2 + DATA_KEY_COUNT);
	assert_non_null(strstr(status.sandbox, "no-new-privileges"));
	end(&s);
}

static void each_institution_seals_with_a_key_of_its_own(void **state)
{
	(void)state;
	struct served s;
	uint8_t works[32], land[32], again[32], seal[32], signature[64];
	begin(&s, "institutions");
	assert_ok(keys_public(s.client, seal, e));
	assert_ok(keys_institution_public(s.client, STR("work"), works, e));
	assert_ok(keys_institution_public(s.client, STR("land"), land, e));
	assert_ok(keys_institution_public(s.client, STR("work"), again, e));
	assert_memory_equal(works, again, 32);
	assert_memory_not_equal(works, land, 32);
	assert_memory_not_equal(works, seal, 32);
	struct str statement = STR(KEYS_STATEMENT "work\nnumber: 7\n");
	assert_ok(keys_sign_document(s.client, STR("work"), statement, signature, e));
	assert_int_equal(crypto_sign_verify_detached(signature, (const unsigned char *)statement.p, statement.n, works), 0);
	assert_int_equal(crypto_sign_verify_detached(signature, (const unsigned char *)statement.p, statement.n, land), -1);
	/* What is no statement of that institution is never signed: not a seal's message, not another's statement. */
	static const char *const bad[] = {"batch 1",
	                                  "",
	                                  KEYS_STATEMENT,
	                                  KEYS_STATEMENT "land\nnumber: 7\n",
	                                  KEYS_STATEMENT "work",
	                                  KEYS_STATEMENT "works\n",
	                                  " " KEYS_STATEMENT "work\n"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_refused(keys_sign_document(s.client, STR("work"), str_of(bad[i]), signature, e), ERR_BAD_INPUT);
	}
	static const char *const names[] = {"Work", "work\n", "a b", "../work"};
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		assert_refused(keys_institution_public(s.client, str_of(names[i]), again, e), ERR_BAD_INPUT);
	}
	end(&s);
}

static void what_it_must_not_do_is_refused(void **state)
{
	(void)state;
	struct served s;
	struct message m;
	uint8_t out[64];
	static char long_text[KEYS_SIGN_MAX + 1];
	begin(&s, "refuse");
	char path[600];
	snprintf(path, sizeof path, "%s/" KEYS_SOCKET, s.dir);
	assert_refused(keys_unwrap(s.client, STR("nonsense"), out, e), ERR_CORRUPT);
	assert_refused(keys_sign_seal(s.client, str_from(long_text, sizeof long_text), out, e), ERR_TOO_LARGE);
	message_init(&m, 10000);
	static const char *const bad[] = {"", "\x09", "\x01more", "\x03\xff\xff\xff\xff", "\x04", "\x05", "\x06\x01"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_ok(message_call(str_of(path), str_of(bad[i]), NULL, 0, &m, deadline_in(5000000), e));
		assert_true(m.bytes.n > 0 && m.bytes.p[0] == 0);
	}
	message_release(&m);
	assert_ok(keys_public(s.client, out, e));
	end(&s);
}

static void without_usable_keys_it_ends_for_good(void **state)
{
	(void)state;
	struct served s;
	uint8_t out[32];
	begin(&s, "unusable");
	assert_ok(keys_public(s.client, out, e)); /* before, SIGTERM would end it in the plain way */
	end(&s);
	char path[600];
	snprintf(path, sizeof path, "%s/keys/master", s.dir);
	assert_int_equal(chmod(path, 0644), 0);
	s.listen_fd = -1;
	int status = test_wait(test_fork(run_keys, &s));
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 2);
}

static void a_call_while_it_is_away_waits_for_the_next_one(void **state)
{
	(void)state;
	struct served s;
	uint8_t out[32];
	begin(&s, "away");
	assert_ok(keys_public(s.client, out, e));
	kill(s.pid, SIGKILL);
	test_wait(s.pid);
	keys_client_set_timeout(s.client, 20000);
	assert_refused(keys_public(s.client, out, e), ERR_BUSY);
	keys_client_set_timeout(s.client, 5000000);
	s.pid = test_fork(run_keys, &s);
	assert_ok(keys_public(s.client, out, e));
	end(&s);
}

/* Takes n requests and dies on each after reading it. */
struct mortal {
	int listen_fd;
	int deaths;
};

static void *die_on_requests(void *arg)
{
	struct mortal *m = arg;
	for (int i = 0; i < m->deaths; i++) {
		int fd = -1;
		struct message got;
		struct err e;
		message_init(&got, 10000);
		bool ok = socket_accept(m->listen_fd, deadline_in(5000000), &fd, &e) &&
		          message_recv(fd, &got, deadline_in(5000000), &e);
		(void)ok;
		socket_close(&fd);
		message_release(&got);
	}
	return NULL;
}

static void death_in_the_middle_is_tried_once_more_then_told(void **state)
{
	(void)state;
	struct mortal m = {-1, 2};
	struct keys_client *c;
	struct thread t;
	uint8_t out[32];
	struct str dir = fresh_dir("mortal");
	assert_int_equal(mkdir(test_path("mortal/run").p, 0700), 0);
	assert_ok(socket_listen_unix(test_path("mortal/" KEYS_SOCKET), 0600, &m.listen_fd, e));
	assert_ok(keys_client_new(dir, &c, e));
	assert_ok(thread_start(&t, "mortal", 0, die_on_requests, &m, e));
	assert_refused(keys_public(c, out, e), ERR_BUSY);
	thread_join(&t);
	keys_client_free(c);
	socket_close(&m.listen_fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(made_keys_open_and_differ_from_each_other),
		cmocka_unit_test(files_that_others_may_read_are_refused),
		cmocka_unit_test(a_link_in_the_place_of_a_key_is_refused),
		cmocka_unit_test(any_changed_byte_is_noticed),
		cmocka_unit_test(missing_keys_say_what_to_do),
		cmocka_unit_test(a_backup_under_a_passphrase_brings_the_same_keys_back),
#ifdef CITYHALL_FAULT
		cmocka_unit_test(a_fault_leaves_whole_keys_or_none),
#endif
		cmocka_unit_test(it_signs_unwraps_and_says_what_locks_it_in),
		cmocka_unit_test(each_institution_seals_with_a_key_of_its_own),
		cmocka_unit_test(what_it_must_not_do_is_refused),
		cmocka_unit_test(without_usable_keys_it_ends_for_good),
		cmocka_unit_test(a_call_while_it_is_away_waits_for_the_next_one),
		cmocka_unit_test(death_in_the_middle_is_tried_once_more_then_told),
	};
	return cmocka_run_group_tests(tests, test_dir_make, test_dir_remove);
}
