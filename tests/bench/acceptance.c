/* A town outgrows its file and then loses a machine, while people go on sending. It serves on SQLite and takes so many
 * submissions; `cityhall store copy` moves it to PostgreSQL with a synchronous standby while as many more are on their
 * way, and who was refused by the notice sends the same once more at the new place; there two servers go on; under
 * their load the primary is killed and the standby promoted. Then every receipt that was ever shown is found, once,
 * with the number and the code that stood on it.
 *
 *   tests/pg_pair.sh acceptance [SUBMISSIONS [SEED]]
 *
 * Says the figures, then "N passed, N failed". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/cases/look_up.h"
#include "siege.h"

/* Those that are sent while the town moves come evenly, and more slowly than it closes. */
enum { SPREAD_S = 20, LONG_S = 1200, NUMBER_CHARS = 17, CODE_CHARS = 2 * RECEIPT_CODE_BYTES };

/* Presses the last button and looks at the receipt, as a browser does. */
struct applicant {
	struct sent *sent;
	struct str submit, look;                             /* the two requests */
	char number[NUMBER_CHARS + 1], code[CODE_CHARS + 1]; /* of the receipt that was shown; empty: none was yet */
	bool is_shown, is_other;                             /* is_other: something else was shown, then or later */
};

struct town {
	struct siege siege;
	struct served second;
	struct sent *sent;
	struct load_task *submits, *left; /* `left`: of those who have no receipt before them */
	struct applicant *applicants;
	size_t n, first_n; /* of them, before the town moves */
	double began_s, copied_s, lost_s;
	uint64_t broken;
};

/* --- People --------------------------------------------------------------------------------------------------------
 */

/* The characters after `mark`, with it when it is part of what is meant. */
static bool find(char *out, struct str body, struct str mark, bool is_with_mark, size_t n)
{
	size_t at = str_find(body, mark);
	if (at == SIZE_MAX || at + mark.n + n > body.n) {
		return false;
	}
	memcpy(out, body.p + at + (is_with_mark ? 0 : mark.n), n);
	out[n] = '\0';
	return true;
}

static bool looks(struct load_task *t, const struct load_answer *a)
{
	struct applicant *p = t->ctx;
	char number[NUMBER_CHARS + 1], code[CODE_CHARS + 1];
	if (a->status == 503) {
		t->delay_us = 20000;
		return true;
	}
	if (a->status != 200 || !find(number, a->body, STR("PL-"), true, NUMBER_CHARS) ||
	    !find(code, a->body, STR("/r/"), false, CODE_CHARS)) {
		p->is_other = true;
		return false;
	}
	if (!p->is_shown) {
		memcpy(p->number, number, sizeof number);
		memcpy(p->code, code, sizeof code);
		p->is_shown = true;
	}
	p->is_other |= strcmp(number, p->number) != 0 || strcmp(code, p->code) != 0;
	return false;
}

/* Who is told that the town moves does not try again here. */
static bool submits(struct load_task *t, const struct load_answer *a)
{
	struct applicant *p = t->ctx;
	int told_moving = p->sent->told_moving;
	struct load_task sending = {.ctx = p->sent};
	if (t->request.p == p->look.p) {
		return looks(t, a);
	}
	bool is_again = siege_answered(&sending, a);
	if (atomic_load(&p->sent->is_acknowledged)) {
		t->request = p->look;
		return true;
	}
	t->delay_us = sending.delay_us;
	return is_again && p->sent->told_moving == told_moving;
}

static void gather(struct town *t)
{
	struct siege *s = &t->siege;
	t->sent = calloc(t->n, sizeof *t->sent);
	t->submits = calloc(t->n, sizeof *t->submits);
	t->left = calloc(t->n, sizeof *t->left);
	t->applicants = calloc(t->n, sizeof *t->applicants);
	if (t->sent == NULL || t->submits == NULL || t->left == NULL || t->applicants == NULL) {
		perror("acceptance");
		exit(1);
	}
	siege_prepare(s, 0, t->sent, t->submits, t->n);
	for (size_t i = 0; i < t->n; i++) {
		struct applicant *p = &t->applicants[i];
		char path[80];
		struct buf q;
		buf_init(&q, 8192);
		snprintf(path, sizeof path, "/cases/%s/receipt", id_text(t->sent[i].draft->id).c);
		seed_put_get(&q, t->sent[i].draft->firm, path);
		*p = (struct applicant){.sent = &t->sent[i], .submit = t->submits[i].request, .look = str_from(q.p, q.n)};
	}
}

static void part(struct town *t)
{
	siege_forget(t->submits, t->n);
	for (size_t i = 0; i < t->n; i++) {
		free((char *)(uintptr_t)t->applicants[i].look.p);
	}
	free(t->applicants);
	free(t->left);
	free(t->submits);
	free(t->sent);
}

/* Of the first `n` applicants those without a receipt, each where they are. */
static size_t who_is_left(struct town *t, size_t n)
{
	size_t found = 0;
	for (size_t i = 0; i < n; i++) {
		struct applicant *p = &t->applicants[i];
		if (!p->is_shown) {
			bool is_told = atomic_load(&p->sent->is_acknowledged);
			t->left[found++] = (struct load_task){.request = is_told ? p->look : p->submit, .ctx = p};
		}
	}
	return found;
}

static void wait_for_end(struct town *t, struct loading *l)
{
	double until = host_now_s() + LONG_S;
	while (!atomic_load(&l->has_ended) && host_now_s() < until) {
		siege_wait_us(2000);
	}
	siege_say(&t->siege, atomic_load(&l->has_ended), "not everybody is answered", 0);
	siege_load_end(l);
	t->broken += l->result.broken;
}

static size_t count_moving(const struct town *t)
{
	size_t told = 0;
	for (size_t i = 0; i < t->n; i++) {
		told += t->sent[i].told_moving > 0;
	}
	return told;
}

/* --- What happens --------------------------------------------------------------------------------------------------
 */

static void on_one_file(struct town *t)
{
	struct loading l;
	t->began_s = host_now_s();
	siege_load_begin(&l, t->siege.server.port, t->left, who_is_left(t, t->first_n), submits);
	wait_for_end(t, &l);
	printf("on one file: %zu submissions acknowledged in %.1f s\n", siege_acknowledged(t->sent, t->n),
	       host_now_s() - t->began_s);
	fflush(stdout);
}

static void move(struct town *t, const char *url)
{
	struct siege *s = &t->siege;
	const char *const words[] = {s->program, "store", "copy", s->data, url, "--notice=1", NULL};
	struct loading l;
	size_t n = who_is_left(t, t->n);
	for (size_t i = 0; i < n; i++) {
		t->left[i].delay_us = (int64_t)(i * SPREAD_S * 1000000 / n);
	}
	double began_s = host_now_s();
	siege_load_begin(&l, s->server.port, t->left, n, submits);
	bool is_copied = host_run_words(words, NULL) == 0;
	t->copied_s = host_now_s();
	siege_load_end(&l);
	siege_say(s, is_copied, "store copy", 0);
	if (!is_copied) {
		exit(siege_end(s));
	}
	siege_say(s, l.result.broken == 0, "connections to the server that moves away broke", (int64_t)l.result.broken);
	siege_say(s, count_moving(t) > 0, "nobody was refused while the town moved", 0);
	siege_say(s, host_stop(&s->server), "the server that was moved away from ends well", 0);
	printf("moved in %.1f s: %zu more acknowledged before it closed, %zu refused by the notice\n",
	       t->copied_s - began_s, siege_acknowledged(t->sent, t->n) - t->first_n, count_moving(t));
	fflush(stdout);
}

/* Both servers, each with a data folder of its own. */
static void serve_there(struct town *t, const char *url)
{
	static const char *const settings[] = {"--seal-every-s=1", NULL};
	struct siege *s = &t->siege;
	char data[400];
	setenv("CITYHALL_STORE", url, 1); /* for us and for each program that we start */
	s->url = getenv("CITYHALL_STORE");
	siege_serve(s);
	siege_make_second(s, data);
	host_serve(s->program, data, settings, &t->second);
}

static void lose_primary(struct town *t)
{
	struct siege *s = &t->siege;
	struct loading first, second;
	size_t n = who_is_left(t, t->n), had = siege_acknowledged(t->sent, t->n);
	size_t after = had + 1 + prng_below(&s->rand, (t->n - had) * 3 / 4 + 1);
	int64_t later_us = (int64_t)prng_below(&s->rand, 20000);
	siege_load_begin(&first, s->server.port, t->left, n / 2, submits);
	siege_load_begin(&second, t->second.port, t->left + n / 2, n - n / 2, submits);
	while (siege_acknowledged(t->sent, t->n) < after && !atomic_load(&first.has_ended)) {
		siege_wait_us(500);
	}
	siege_wait_us(later_us);
	siege_pair(s, "--kill-primary");
	t->lost_s = host_now_s();
	size_t before = siege_acknowledged(t->sent, t->n) - had;
	siege_pair(s, "--promote");
	siege_pair(s, "--new-standby");
	wait_for_end(t, &first);
	wait_for_end(t, &second);
	siege_say(s, first.result.by_class[3] > 0 && second.result.by_class[3] > 0, "one of two servers took nothing", 0);
	printf("two servers: %zu acknowledged, then the primary was killed and its standby promoted; %zu more\n", before,
	       siege_acknowledged(t->sent, t->n) - had - before);
	fflush(stdout);
}

/* --- What is found -------------------------------------------------------------------------------------------------
 */

/* Each receipt once more, half of them by each server. */
static void look_again(struct town *t)
{
	const int ports[] = {t->siege.server.port, t->second.port};
	int64_t other = 0, hidden = 0;
	for (size_t i = 0; i < t->n; i++) {
		t->left[i] = (struct load_task){.request = t->applicants[i].look, .ctx = &t->applicants[i]};
	}
	for (size_t half = 0; half < 2; half++) {
		struct load_result r;
		size_t from = half * t->n / 2, to = (half + 1) * t->n / 2;
		load_run(&(struct load_spec){.port = ports[half],
		                             .connections = SIEGE_LINKS,
		                             .tasks = t->left + from,
		                             .task_n = to - from,
		                             .answered = looks},
		         &r);
	}
	for (size_t i = 0; i < t->n; i++) {
		other += t->applicants[i].is_other;
		hidden += !t->applicants[i].is_shown;
	}
	siege_say(&t->siege, hidden == 0, "receipts were never shown", hidden);
	siege_say(&t->siege, other == 0, "receipts are not what was shown first", other);
}

/* By what stands on it, as whoever holds it would: it leads to the one case that it was given for. */
static void find_receipts(struct town *t)
{
	static struct seed eye;
	struct arena a;
	struct err e;
	int64_t lost = 0;
	arena_init(&a, 1 << 20);
	seed_open(&eye, t->siege.data);
	for (size_t i = 0; i < t->n; i++) {
		const struct applicant *p = &t->applicants[i];
		const struct seed_draft *d = p->sent->draft;
		struct case_ref coded, numbered;
		uint8_t code[RECEIPT_CODE_BYTES];
		bool is_found = str_to_bytes(str_of(p->code), code, sizeof code) &&
		                case_by_receipt(&eye.o.app, &a, code, &coded, &e) &&
		                case_by_number(&eye.o.app, &a, str_of(p->number), &numbered, &e) && coded.found &&
		                coded.casefile == d->id && coded.party == d->firm->party && numbered.found &&
		                numbered.casefile == d->id && numbered.party == d->firm->party;
		lost += !is_found;
		arena_reset(&a);
	}
	seed_free(&eye);
	arena_release(&a);
	printf(", %lld receipts found by what stands on them\n", (long long)((int64_t)t->n - lost));
	fflush(stdout);
	siege_say(&t->siege, lost == 0, "receipts do not lead to their cases", lost);
}

static void look_after(struct town *t)
{
	struct siege *s = &t->siege;
	siege_find_acknowledged(s, t->sent, t->n);
	fflush(stdout);
	siege_hold(s);
	siege_send_again(s, t->sent, t->submits, t->n);
	look_again(t);
	siege_wait_sealed(s);
	siege_say(s, host_run(s->program, s->data, "audit", "verify") == 0, "audit verify", 0);
	siege_say(s, host_run(s->program, s->data, "store", "check") == 0, "store check", 0);
	siege_say(s, host_stop(&t->second), "the second server ends well", 0);
	siege_say(s, host_stop(&s->server), "the first server ends well", 0);
	find_receipts(t);
}

/* --- Figures -------------------------------------------------------------------------------------------------------
 */

static int by_time(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* The longest time without an acknowledgement that ended in these seconds. */
static double standstill(const double *at, size_t n, double from, double to)
{
	double longest = 0;
	for (size_t i = 1; i < n; i++) {
		double gap = at[i] - at[i - 1];
		longest = at[i] > from && at[i] <= to && gap > longest ? gap : longest;
	}
	return longest;
}

struct told {
	int unknown, moving, busy;
};

static struct told count_told(const struct town *t)
{
	struct told told = {0};
	for (size_t i = 0; i < t->n; i++) {
		told.unknown += t->sent[i].told_unknown;
		told.moving += t->sent[i].told_moving;
		told.busy += t->sent[i].told_busy;
	}
	return told;
}

/* `told`: before everything was sent once more. */
static void print_figures(const struct town *t, const struct told *told)
{
	double *at = calloc(t->n, sizeof *at);
	if (at == NULL) {
		perror("acceptance");
		exit(1);
	}
	for (size_t i = 0; i < t->n; i++) {
		at[i] = t->sent[i].acknowledged_s;
	}
	qsort(at, t->n, sizeof *at, by_time);
	printf(
		"  refused by the notice %d, \"not known yet\" %d, busy %d, connections broken %llu: all repeated with their "
		"operation\n",
		told->moving, told->unknown, told->busy, (unsigned long long)t->broken);
	printf("  nothing acknowledged: %.1f s while the town moved, %.1f s when the primary was lost\n",
	       standstill(at, t->n, t->copied_s, t->lost_s), standstill(at, t->n, t->lost_s, 1e300));
	free(at);
}

int main(int argc, char **argv)
{
	static struct town t;
	int n;
	char url[400];
	const char *given = getenv("CITYHALL_TEST_PG");
	if (given == NULL || getenv("PG_PAIR_DIR") == NULL) {
		fprintf(stderr, "usage: tests/pg_pair.sh acceptance [SUBMISSIONS [SEED]]\n");
		return 2;
	}
	snprintf(url, sizeof url, "%s", given);
	unsetenv("CITYHALL_TEST_PG"); /* it is no setting */
	siege_begin(&t.siege, "acceptance", argc, argv, 2, &n);
	t.first_n = (size_t)n;
	t.n = 2 * t.first_n;
	gather(&t);
	on_one_file(&t);
	move(&t, url);
	serve_there(&t, url);
	lose_primary(&t);
	struct told told = count_told(&t);
	look_after(&t);
	print_figures(&t, &told);
	part(&t);
	return siege_end(&t.siege);
}
