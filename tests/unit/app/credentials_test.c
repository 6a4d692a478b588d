/* Documents of grants, made by the real render and keys processes: what stands in them, that they are made once, that
 * their seal is checked by other people's tools. */
#include "case_world.h"

#include <limits.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "app/cases/made_out.h"
#include "app/credentials/credentials.h"
#include "app/credentials/seal.h"
#include "os/file.h"
#include "os/keys_client.h"
#include "os/keys_files.h"
#include "os/keys_process.h"
#include "os/render_client.h"
#include "os/socket.h"
#include "os/supervisor.h"
#include "store/blobs.h"

/* --- The two processes
 * ------------------------------------------------------------------------------------------------------ */

struct helpers {
	struct world w;
	char dir[64];
	int listen[2];
	pid_t pids[2];
};

static void program(char path[PATH_MAX], const char *name)
{
	ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - 32);
	assert_true(n > 0);
	path[n] = '\0';
	for (int i = 0; i < 3; i++) {
		*strrchr(path, '/') = '\0';
	}
	snprintf(path + strlen(path), 32, "/%s", name);
}

static int run_render(int fd)
{
	char path[PATH_MAX];
	program(path, "cityhall-render");
	char *argv[] = {path, NULL};
	struct supervisor_child child[] = {{.name = "render", .argv = argv, .fds = {fd}, .fd_n = 1, .grace_us = 5000000}};
	struct supervisor_options o = {.children = child, .child_n = 1, .backoff_first_us = 1000, .backoff_last_us = 1000};
	return supervisor_run(&o);
}

static void path_in(const struct helpers *h, char out[200], const char *name)
{
	snprintf(out, 200, "%s/%s", h->dir, name);
}

static int set_up(void **state)
{
	struct helpers *h = calloc(1, sizeof *h);
	struct world *w = &h->w;
	char path[200];
	snprintf(h->dir, sizeof h->dir, "/tmp/credentials-test-XXXXXX");
	assert_non_null(mkdtemp(h->dir));
	path_in(h, path, "run");
	assert_int_equal(mkdir(path, 0700), 0);
	world_open(w);
	w->app.public_url = STR("https://city.example");
	world_ok(w, keys_create(str_of(h->dir), &w->e));
	path_in(h, path, RENDER_SOCKET);
	world_ok(w, socket_listen_unix(str_of(path), 0600, &h->listen[0], &w->e));
	path_in(h, path, KEYS_SOCKET);
	world_ok(w, socket_listen_unix(str_of(path), 0600, &h->listen[1], &w->e));
	for (int i = 0; i < 2; i++) {
		fflush(NULL);
		h->pids[i] = fork();
		assert_true(h->pids[i] >= 0);
		if (h->pids[i] == 0) {
			_exit(i == 0 ? run_render(h->listen[0]) : keys_process_run(str_of(h->dir), h->listen[1]));
		}
	}
	world_ok(w, render_client_new(str_of(h->dir), &w->app.render, &w->e));
	world_ok(w, keys_client_new(str_of(h->dir), &w->app.keys, &w->e));
	path_in(h, path, "blobs");
	world_ok(w, blobs_open(str_of(path), w->keys.data_key, &w->app.blobs, &w->e));
	*state = h;
	return 0;
}

static int tear_down(void **state)
{
	struct helpers *h = *state;
	char command[100];
	for (int i = 0; i < 2; i++) {
		int status;
		kill(h->pids[i], SIGTERM);
		waitpid(h->pids[i], &status, 0);
		socket_close(&h->listen[i]);
	}
	render_client_free(h->w.app.render);
	keys_client_free(h->w.app.keys);
	blobs_close(h->w.app.blobs);
	world_close(&h->w);
	snprintf(command, sizeof command, "rm -rf %s", h->dir);
	int ignored = system(command);
	(void)ignored;
	free(h);
	return 0;
}

/* --- A document
 * ------------------------------------------------------------------------------------------------------------- */

static struct answers answers_of(struct world *w, const char *json)
{
	struct answers as;
	world_ok(w, answers_parse(&w->arena, str_of(json), &as, &w->e));
	return as;
}

static struct credential_source source(struct world *w, const struct answers *as)
{
	return (struct credential_source){.service = w->service,
	                                  .institution = w->institution,
	                                  .answers = as,
	                                  .number = STR("WSS-2026-000001-35"),
	                                  .code = STR("7K3M9QXT00000000"),
	                                  .case_number = STR("PL-2026-000001-66"),
	                                  .holder = STR("海燕劳务有限公司"),
	                                  .official = STR("Jonas Adeyemi"),
	                                  .issued_on = case_today(w->institution->calendar, NOW_US),
	                                  .has_end = true,
	                                  .valid_until = case_today(w->institution->calendar, NOW_US) + 365,
	                                  .made_us = NOW_US};
}

static const struct document_item *pair_with(const struct document *d, const char *value)
{
	for (size_t i = 0; i < d->block_n; i++) {
		for (size_t k = 0; k < d->blocks[i].item_n; k++) {
			if (str_find(d->blocks[i].items[k].value, str_of(value)) != SIZE_MAX) {
				return &d->blocks[i].items[k];
			}
		}
	}
	return NULL;
}

static void lines_are_filled_from_answers_and_left_out_without(void **state)
{
	struct helpers *h = *state;
	struct world *w = &h->w;
	struct document d;
	struct answers as = answers_of(w, "{\"representative-name\":\"Lin Xiaohe\",\"capital\":\"250000000\"}");
	struct credential_source s = source(w, &as);
	world_ok(w, credential_compose(&w->app, &w->arena, &s, STR("en"), &d, &w->e));
	assert_true(str_is(pair_with(&d, "Lin Xiaohe")->term, "Legal representative"));
	/* By the fact that a question asks for, written out as money. */
	assert_true(str_is(pair_with(&d, "2,500,000")->term, "Registered capital, paid in"));
	assert_non_null(pair_with(&d, "海燕劳务有限公司"));
	for (size_t i = 0; i < d.block_n; i++) {
		for (size_t k = 0; k < d.blocks[i].item_n; k++) {
			assert_false(str_is(d.blocks[i].items[k].term, "Place of work")); /* nobody answered that */
			assert_int_equal(str_find_byte(d.blocks[i].items[k].value, '{'), SIZE_MAX);
		}
	}
	world_ok(w, credential_compose(&w->app, &w->arena, &s, STR("zh-Hans"), &d, &w->e));
	assert_true(str_is(pair_with(&d, "Lin Xiaohe")->term, "法定代表人"));
	/* Without end, the line of its end is left out. */
	s.has_end = false;
	world_ok(w, credential_compose(&w->app, &w->arena, &s, STR("en"), &d, &w->e));
	for (size_t i = 0; i < d.block_n; i++) {
		for (size_t k = 0; k < d.blocks[i].item_n; k++) {
			assert_false(str_is(d.blocks[i].items[k].term, "Valid until"));
		}
	}
}

static void write_file(const char *path, struct str bytes)
{
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes.p, 1, bytes.n, f), bytes.n);
	fclose(f);
}

/* The output of a command that has to end well. */
static void run(char *out, size_t n, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static void run(char *out, size_t n, const char *fmt, ...)
{
	char command[1000];
	va_list args;
	va_start(args, fmt);
	vsnprintf(command, sizeof command, fmt, args);
	va_end(args);
	FILE *p = popen(command, "r");
	assert_non_null(p);
	size_t got = fread(out, 1, n - 1, p);
	out[got] = '\0';
	int status = pclose(p);
	if (status != 0) {
		fail_msg("%s: %d\n%s", command, status, out);
	}
}

static void copy_blob(struct world *w, int64_t party, const struct made_paper *p, const char *path)
{
	struct blob_ref ref = {.party = party, .bytes = p->bytes};
	struct buf b;
	int fd;
	char from[64];
	memcpy(ref.digest, p->digest, sizeof ref.digest);
	world_ok(w, blobs_get(w->app.blobs, &ref, &fd, &w->e));
	buf_init(&b, 64 << 20);
	snprintf(from, sizeof from, "/proc/self/fd/%d", fd);
	world_ok(w, file_read_whole(from, &b, &w->e));
	close(fd);
	write_file(path, buf_str(&b));
	buf_release(&b);
}

static void pdf_and_seal_stand_before_other_people_s_tools(void **state)
{
	struct helpers *h = *state;
	struct world *w = &h->w;
	static char text[64 * 1024];
	char pdf[2][200], statement[200], seal[200], pem[200];
	uint8_t key[32];
	struct answers as = answers_of(w, "{\"representative-name\":\"林晓禾\",\"workplace-address\":\"缆绳街12号\"}");
	struct credential_source s = source(w, &as);
	struct made_credential *made = arena_new(&w->arena, struct made_credential, 1);
	world_ok(w, credential_make(&w->app, &w->arena, 77, &s, made, &w->e));
	assert_int_equal(made->paper_n, 2);
	for (size_t i = 0; i < 2; i++) {
		char name[32];
		snprintf(name, sizeof name, "%zu.pdf", i);
		path_in(h, pdf[i], name);
		copy_blob(w, 77, &made->papers[i], pdf[i]);
		run(text, sizeof text, "qpdf --check %s 2>&1", pdf[i]);
	}
	run(text, sizeof text, "pdftotext -layout %s -", pdf[0]);
	assert_non_null(strstr(text, "Labour dispatch permit"));
	assert_non_null(strstr(text, "WSS-2026-000001-35"));
	assert_non_null(strstr(text, "林晓禾"));
	assert_non_null(strstr(text, "海燕劳务有限公司"));
	run(text, sizeof text, "pdftotext -layout %s -", pdf[1]);
	assert_non_null(strstr(text, "劳务派遣经营许可证"));
	assert_non_null(strstr(text, "法定代表人"));
	assert_non_null(strstr(text, "缆绳街12号"));
	assert_non_null(strstr(text, "WSS-2026-000001-35"));
	/* The QR code leads to its page. */
	char png[200];
	path_in(h, png, "page");
	run(text, sizeof text, "pdftoppm -r 200 -png -singlefile %s %s && zbarimg --raw -q --nodbus %s.png", pdf[0], png,
	    png);
	assert_non_null(strstr(text, "https://city.example/v/7K3M-9QXT-0000-0000"));
	/* The seal, by OpenSSL and by ourselves without anybody running. */
	struct buf b;
	world_ok(w, keys_institution_public(w->app.keys, w->institution->pack_id, key, &w->e));
	buf_init(&b, 1024);
	seal_put_pem(&b, key);
	path_in(h, pem, "key.pem");
	write_file(pem, buf_str(&b));
	buf_release(&b);
	path_in(h, statement, "statement");
	path_in(h, seal, "seal");
	write_file(statement, made->statement);
	write_file(seal, str_from(made->signature, sizeof made->signature));
	run(text, sizeof text, "openssl pkeyutl -verify -pubin -inkey %s -rawin -in %s -sigfile %s", pem, statement, seal);
	assert_non_null(strstr(text, "Verified Successfully"));
	char cityhall[PATH_MAX];
	program(cityhall, "cityhall");
	run(text, sizeof text, "%s verify %s %s %s --key %s", cityhall, pdf[1], statement, seal, pem);
	assert_non_null(strstr(text, "The seal is right and the PDF is unchanged."));
	run(text, sizeof text, "! %s verify %s %s %s --key %s 2>&1", cityhall, pem, statement, seal, pem);
	assert_non_null(strstr(text, "the PDF is not the one that the statement names"));
	run(text, sizeof text, "! %s verify %s %s %s --key %s 2>&1", cityhall, pdf[1], seal, seal, pem);
	assert_non_null(strstr(text, "the seal is not that of this office"));
	run(text, sizeof text, "sha256sum %s | cut -c1-64", pdf[1]);
	text[64] = '\0';
	assert_int_not_equal(str_find(made->statement, str_of(text)), SIZE_MAX);
	assert_true(str_is(seal_line(made->statement, "holder"), "海燕劳务有限公司"));
	assert_true(str_is(seal_line(made->statement, "number"), "WSS-2026-000001-35"));
	assert_true(seal_is_right(made->statement, str_from(made->signature, 64), key));
	made->signature[5] ^= 1;
	assert_false(seal_is_right(made->statement, str_from(made->signature, 64), key));
	/* The same source gives the same papers, byte for byte. */
	struct made_credential *again = arena_new(&w->arena, struct made_credential, 1);
	world_ok(w, credential_make(&w->app, &w->arena, 77, &s, again, &w->e));
	assert_memory_equal(made->papers[1].digest, again->papers[1].digest, SHA256_BYTES);
}

/* --- Made once
 * -------------------------------------------------------------------------------------------------------------- */

static int64_t count(struct world *w, const char *what, const struct case_at *at)
{
	char sql[200];
	snprintf(sql, sizeof sql, "select count(*) from %s where party = %lld", what, (long long)at->party);
	return sql_number(w, sql);
}

static void make_out(struct world *w, const struct case_at *at)
{
	struct errand errand = {.route = at->party, .kind = STR(CASE_MAKE_ERRAND), .subject = at->id};
	struct err why = {0};
	enum errand_end end = made_out_run(&errand, &w->app, &why);
	if (end != ERRAND_DONE) {
		fail_msg("%s:%d: %s", why.file, why.line, why.text);
	}
}

/* The worlds' applicants have no name; a document has a holder. */
static bool name_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct case_at *at = ctx;
	return party_insert(
		tx,
		&(struct party_insert_in){.party = at->party, .kind = 2, .name = STR("海燕劳务有限公司"), .made_at = NOW_US},
		e);
}

static void name(struct world *w, struct case_at *at)
{
	struct store_op op = {.route = at->party};
	world_ok(w, store_write(w->app.store, &op, name_job, at, &w->e));
}

static struct case_at granted(struct world *w)
{
	struct case_at at = case_in(w, CASE_DECIDED);
	name(w, &at);
	must_move(w, MOVE_LETTER_LEFT, &at);
	return at;
}

static void a_death_between_render_and_made_out_makes_it_once(void **state)
{
	struct helpers *h = *state;
	struct world *w = &h->w;
	struct case_at at = granted(w);
	fflush(NULL);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		/* All of it but the move: set, stored, sealed; then it is killed. */
		struct answers as = {0};
		struct credential_source s = source(w, &as);
		struct made_credential *made = arena_new(&w->arena, struct made_credential, 1);
		if (credential_make(&w->app, &w->arena, at.party, &s, made, &w->e)) {
			kill(getpid(), SIGKILL);
		}
		_exit(1);
	}
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(count(w, "credential", &at), 0);
	make_out(w, &at);
	assert_int_equal(count(w, "credential", &at), 1);
	assert_int_equal(count(w, "print", &at), 2);
	assert_int_equal(events_of(w, &at, MOVE_MADE_OUT), 1);
	/* And run again, as an errand is whose end was not written down. */
	make_out(w, &at);
	make_out(w, &at);
	assert_int_equal(count(w, "credential", &at), 1);
	assert_int_equal(events_of(w, &at, MOVE_MADE_OUT), 1);
	assert_int_equal(sql_number(w, "select count(*) from credential_lookup"), 1);
}

static void what_was_not_granted_gets_no_document(void **state)
{
	struct helpers *h = *state;
	struct world *w = &h->w;
	struct case_at at = case_in(w, CASE_IN_WORK);
	name(w, &at);
	make_out(w, &at);
	assert_int_equal(count(w, "credential", &at), 0);
	struct mover m = rightful(MOVE_DECIDED);
	m.outcome = OUTCOME_REFUSED;
	world_ok(w, make_move(w, MOVE_DECIDED, &at, &m, &w->e));
	at.version++;
	make_out(w, &at); /* its letter has not left */
	must_move(w, MOVE_LETTER_LEFT, &at);
	make_out(w, &at);
	assert_int_equal(count(w, "credential", &at), 0);
	/* Withdrawn, it is not made again by itself. */
	struct case_at other = granted(w);
	make_out(w, &other);
	other.version++;
	must_move(w, MOVE_REVOKED, &other);
	make_out(w, &other);
	assert_int_equal(count(w, "credential", &other), 1);
	assert_int_equal(events_of(w, &other, MOVE_MADE_OUT), 1);
}

/* --- State
 * ------------------------------------------------------------------------------------------------------------------ */

static void it_ends_by_its_date_without_a_write(void **state)
{
	(void)state;
	assert_int_equal(credential_state_of(false, false, true, 100, 100), CREDENTIAL_VALID); /* the last day counts */
	assert_int_equal(credential_state_of(false, false, true, 100, 101), CREDENTIAL_EXPIRED);
	assert_int_equal(credential_state_of(false, false, false, 0, 1000000), CREDENTIAL_VALID);
	assert_int_equal(credential_state_of(true, false, true, 100, 100), CREDENTIAL_SUSPENDED);
	assert_int_equal(credential_state_of(true, false, true, 100, 101), CREDENTIAL_EXPIRED);
	assert_int_equal(credential_state_of(true, true, true, 100, 101), CREDENTIAL_WITHDRAWN);
	assert_int_equal(credential_state_of(false, true, false, 0, 1), CREDENTIAL_WITHDRAWN);
}

static void a_public_key_is_read_back(void **state)
{
	(void)state;
	uint8_t key[32], back[32];
	struct buf b;
	struct err e;
	for (int i = 0; i < 32; i++) {
		key[i] = (uint8_t)(i * 7);
	}
	buf_init(&b, 1024);
	seal_put_pem(&b, key);
	assert_true(seal_read_pem(buf_str(&b), back, &e));
	assert_memory_equal(key, back, 32);
	assert_false(seal_read_pem(STR("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"), back, &e));
	assert_false(seal_read_pem(STR(""), back, &e));
	buf_release(&b);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_ends_by_its_date_without_a_write), cmocka_unit_test(a_public_key_is_read_back),
		T(lines_are_filled_from_answers_and_left_out_without), T(pdf_and_seal_stand_before_other_people_s_tools),
		T(a_death_between_render_and_made_out_makes_it_once),  T(what_was_not_granted_gets_no_document),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
