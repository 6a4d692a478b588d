#include "brain/history.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fault.h"
#include "brain/net_build.h"
#include "os/file.h"

enum { TICK_MOST_MS = 5000, CSV_MAX_BYTES = 1 << 30, PATH_BYTES = 4096, FIELDS = 8 };
#define HEAD "quarter,link,seconds,cars_s,halting_s,stops,passed,delay_s,waiting_s,by_brain_s"

void history_init(struct history *h, const struct net *n, bool has_turns)
{
	*h = (struct history){.net = n, .row = (size_t)n->link_n + 1, .has_turns = has_turns};
}

void history_release(struct history *h)
{
	mem_free(h->quarters);
	mem_free(h->sums);
	mem_free(h->turned);
	*h = (struct history){0};
}

static bool grow(struct history *h)
{
	size_t room = h->room ? h->room * 2 : 16;
	void *quarters = mem_resize(h->quarters, room, sizeof *h->quarters);
	h->quarters = quarters ? quarters : h->quarters;
	void *sums = mem_resize(h->sums, room, h->row * sizeof *h->sums);
	h->sums = sums ? sums : h->sums;
	size_t moves = (size_t)h->net->move_n + 1;
	void *turned = h->has_turns ? mem_resize(h->turned, room, moves * sizeof *h->turned) : NULL;
	h->turned = turned ? turned : h->turned;
	if (quarters == NULL || sums == NULL || (h->has_turns && turned == NULL)) {
		return false;
	}
	h->room = room;
	return true;
}

/* Its place in the list; made when it is not there. SIZE_MAX: memory is out. */
static size_t place_of(struct history *h, int64_t quarter)
{
	size_t at = h->n;
	while (at > 0 && h->quarters[at - 1] > quarter) {
		at--;
	}
	if (at > 0 && h->quarters[at - 1] == quarter) {
		return at - 1;
	}
	if (h->n == h->room && !grow(h)) {
		return SIZE_MAX;
	}
	size_t moves = h->net->move_n;
	memmove(&h->quarters[at + 1], &h->quarters[at], (h->n - at) * sizeof *h->quarters);
	memmove(&h->sums[(at + 1) * h->row], &h->sums[at * h->row], (h->n - at) * h->row * sizeof *h->sums);
	memset(&h->sums[at * h->row], 0, h->row * sizeof *h->sums);
	if (h->has_turns) {
		memmove(&h->turned[(at + 1) * moves], &h->turned[at * moves], (h->n - at) * moves * sizeof *h->turned);
		memset(&h->turned[at * moves], 0, moves * sizeof *h->turned);
	}
	h->quarters[at] = quarter;
	h->n++;
	return at;
}

struct sums *history_at(struct history *h, int64_t quarter, size_t link)
{
	size_t at = place_of(h, quarter);
	return at == SIZE_MAX ? NULL : &h->sums[at * h->row + link];
}

static int64_t floor_of(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* --- From a journal --------------------------------------------------------------------------------------------------
 */

struct follower {
	struct history *h;
	struct city city;
	bool has_city;
	uint8_t *wishes;
	float *taken, *halting; /* by movement, by lane; at the tick before */
	int64_t before_ms;      /* INT64_MIN: there is no tick before */
};

/* How many took each of the lane's movements since the tick before: they only grow, but that all are halved now and
 * then (street.h). A car that goes from a lane to a link is counted by each movement that leads there. */
static double turned(struct follower *f, uint32_t lane, float *moves)
{
	const struct net *n = f->h->net;
	const struct net_lane *l = &n->lanes[lane];
	double before = 0, now = 0, all = 0;
	for (uint32_t i = l->move; i < l->move + l->move_n; i++) {
		before += (double)f->taken[i];
		now += (double)f->city.seen.taken[i];
	}
	double times = now < before ? 2 : 1;
	for (uint32_t i = l->move; i < l->move + l->move_n; i++) {
		double more = times * (double)f->city.seen.taken[i] - (double)f->taken[i];
		bool is_first = true;
		for (uint32_t k = l->move; k < i; k++) {
			is_first = is_first && n->lanes[n->moves[k].to].link != n->lanes[n->moves[i].to].link;
		}
		more = is_first && more > 0 ? more : 0;
		all += more;
		if (moves != NULL) {
			moves[i] += (float)more;
		}
	}
	return all;
}

static void add_link(struct follower *f, size_t at, uint32_t link, double seconds)
{
	struct history *h = f->h;
	const struct net_link *l = &h->net->links[link];
	struct sums *own = &h->sums[at * h->row + link];
	float *moves = h->has_turns ? &h->turned[at * h->net->move_n] : NULL;
	own->seconds += seconds;
	for (uint32_t i = l->lane; i < l->lane + l->lane_n; i++) {
		const struct lane_seen *seen = &f->city.seen.lanes[i];
		double more = (double)seen->halting - (double)f->halting[i];
		own->cars_s += (double)seen->count * seconds;
		own->halting_s += (double)seen->halting * seconds;
		own->stops += more > 0 ? more : 0;
		own->passed += turned(f, i, moves);
	}
}

static bool add_tick(struct follower *f, struct err *e)
{
	struct history *h = f->h;
	const struct net *n = h->net;
	const struct city *c = &f->city;
	size_t at = place_of(h, floor_of(c->now_ms, QUARTER_S * INT64_C(1000)));
	if (at == SIZE_MAX) {
		return err_set(e, ERR_MEMORY, "no memory for the history");
	}
	double seconds = (double)(c->now_ms - f->before_ms) / 1000, led = 0;
	struct sums *whole = &h->sums[at * h->row + n->link_n];
	for (uint32_t i = 0; i < n->link_n; i++) {
		add_link(f, at, i, seconds);
	}
	whole->seconds += seconds;
	for (uint32_t i = 0; i < n->move_n; i++) {
		whole->waiting_s += (double)c->seen.waiting[i] * seconds;
	}
	for (uint32_t i = 0; i < n->signal_n; i++) {
		led += f->wishes[i] != STAGE_NONE && !c->signals[i].is_out;
	}
	whole->by_brain_s += n->signal_n > 0 ? led / n->signal_n * seconds : 0;
	return true;
}

static bool take_tick(struct follower *f, const struct journal_reader *j, int64_t from_s, int64_t to_s, struct err *e)
{
	struct city *c = &f->city;
	if (!f->has_city) {
		return err_set(e, ERR_CORRUPT, "the journal has no head");
	}
	if (!journal_take_tick(buf_str(&j->record), c, f->wishes, e)) {
		return false;
	}
	bool is_next = f->before_ms != INT64_MIN && c->now_ms > f->before_ms && c->now_ms - f->before_ms <= TICK_MOST_MS;
	bool ok = !is_next || c->now_ms < from_s * 1000 || c->now_ms >= to_s * 1000 || add_tick(f, e);
	memcpy(f->taken, c->seen.taken, f->h->net->move_n * sizeof *f->taken);
	for (uint32_t i = 0; i < f->h->net->lane_n; i++) {
		f->halting[i] = c->seen.lanes[i].halting;
	}
	f->before_ms = c->now_ms;
	return ok;
}

static bool take_head(struct follower *f, const struct journal_reader *j, struct err *e)
{
	struct journal_head head;
	if (!journal_take_head(j, &head, e)) {
		return false;
	}
	const struct controller *how = controller_find(head.controller);
	if (how == NULL) {
		return err_set(e, ERR_BAD_INPUT, "the journal is of a controller that is not known");
	}
	if (f->has_city) {
		city_release(&f->city);
	}
	f->before_ms = INT64_MIN;
	memset(f->wishes, STAGE_NONE, f->h->net->signal_n);
	f->has_city = city_init(&f->city, f->h->net, head.is_legal ? &SAFETY_LEGAL : &SAFETY_BENCH, how, head.begin_ms, e);
	return f->has_city;
}

/* Delay and the whole, of the sums that are complete; again as often as something was added. */
static void finish(struct history *h)
{
	const struct net *n = h->net;
	for (size_t q = 0; q < h->n; q++) {
		struct sums *whole = &h->sums[q * h->row + n->link_n];
		whole->cars_s = whole->halting_s = whole->stops = whole->passed = whole->delay_s = 0;
		for (uint32_t i = 0; i < n->link_n; i++) {
			struct sums *s = &h->sums[q * h->row + i];
			double free_s = (double)(n->links[i].length_m / n->links[i].speed_mps);
			double delay = s->passed > 0 ? s->cars_s - s->passed * free_s : 0;
			s->delay_s = delay > 0 ? delay : 0;
			whole->cars_s += s->cars_s;
			whole->halting_s += s->halting_s;
			whole->stops += s->stops;
			whole->passed += s->passed;
			whole->delay_s += s->delay_s;
		}
	}
}

bool history_read_journal(struct history *h, const char *path, int64_t from_s, int64_t to_s, struct err *e)
{
	struct follower f = {.h = h, .before_ms = INT64_MIN};
	struct journal_reader j = {.fd = -1};
	enum journal_kind kind = JOURNAL_HEAD;
	const struct net *n = h->net;
	f.wishes = mem_alloc((size_t)n->signal_n + 1, 1);
	f.taken = mem_alloc((size_t)n->move_n + 1, sizeof *f.taken);
	f.halting = mem_alloc((size_t)n->lane_n + 1, sizeof *f.halting);
	bool ok = (f.wishes != NULL && f.taken != NULL && f.halting != NULL) ||
	          err_set(e, ERR_MEMORY, "no memory for the history");
	ok = ok && journal_open(&j, path, e);
	while (ok && (ok = journal_next(&j, &kind, e)) && kind != JOURNAL_END) {
		ok = kind == JOURNAL_HEAD ? take_head(&f, &j, e) : take_tick(&f, &j, from_s, to_s, e);
	}
	journal_close(&j);
	if (f.has_city) {
		city_release(&f.city);
	}
	mem_free(f.wishes);
	mem_free(f.taken);
	mem_free(f.halting);
	finish(h);
	return ok;
}

/* --- As text ---------------------------------------------------------------------------------------------------------
 */

void history_put_csv(struct buf *to, const struct history *h)
{
	if (to->n == 0) {
		buf_put(to, STR(HEAD "\n"));
	}
	for (size_t q = 0; q < h->n; q++) {
		for (size_t i = 0; i < h->row; i++) {
			const struct sums *s = &h->sums[q * h->row + i];
			struct str id = i < h->net->link_n ? h->net->links[i].id : STR_EMPTY;
			if (s->seconds > 0) {
				buf_printf(to, "%lld,%.*s,%.0f,%.1f,%.1f,%.1f,%.1f,%.1f,%.1f,%.1f\n", (long long)h->quarters[q],
				           STR_ARG(id), s->seconds, s->cars_s, s->halting_s, s->stops, s->passed, s->delay_s,
				           s->waiting_s, s->by_brain_s);
			}
		}
	}
}

/* Rows come in the order of the links: looked for from `near` on. */
static uint32_t link_of(const struct net *n, struct str id, uint32_t near)
{
	for (uint32_t i = 0; i < n->link_n; i++) {
		uint32_t at = (near + i) % n->link_n;
		if (str_eq(n->links[at].id, id)) {
			return at;
		}
	}
	return NET_NONE;
}

static bool take_line(struct history *h, struct str line, int64_t from_s, int64_t to_s, uint32_t *link)
{
	struct str quarter_text, id, field;
	int64_t quarter;
	double v[FIELDS];
	if (!str_next(&line, ',', &quarter_text) || !str_to_i64(quarter_text, &quarter) || !str_next(&line, ',', &id) ||
	    quarter < INT64_MIN / QUARTER_S || quarter > INT64_MAX / QUARTER_S) {
		return false;
	}
	for (int i = 0; i < FIELDS; i++) {
		v[i] = str_next(&line, ',', &field) ? net_number(field, -1) : -1;
		if (v[i] < 0) {
			return false;
		}
	}
	*link = id.n > 0 ? link_of(h->net, id, *link) : h->net->link_n;
	if (*link == NET_NONE || quarter * QUARTER_S < from_s || quarter * QUARTER_S >= to_s) {
		return true;
	}
	struct sums *s = history_at(h, quarter, *link);
	if (s != NULL) {
		*s = (struct sums){v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7]};
	}
	return s != NULL;
}

bool history_read_csv(struct history *h, struct str text, int64_t from_s, int64_t to_s, struct err *e)
{
	struct str line;
	uint32_t link = 0;
	if (!str_next(&text, '\n', &line) || !str_is(line, HEAD)) {
		return err_set(e, ERR_BAD_INPUT, "these are no rows of a history: the first line is to be %s", HEAD);
	}
	for (unsigned number = 2; str_next(&text, '\n', &line); number++) {
		if (line.n > 0 && !take_line(h, line, from_s, to_s, &link)) {
			return err_set(e, ERR_BAD_INPUT, "line %u is no row of a history", number);
		}
		if (link == NET_NONE) {
			return err_set(e, ERR_BAD_INPUT, "line %u is of a link that this net does not have", number);
		}
	}
	return true;
}

/* "FROM-TO" */
static bool take_span(struct str span, int64_t *from_s, int64_t *to_s)
{
	struct str from, to;
	return str_cut(span, '-', &from, &to) && str_to_i64(from, from_s) && str_to_i64(to, to_s) && *from_s < *to_s &&
	       *from_s >= 0 && *to_s < INT64_MAX / 1000;
}

bool history_read(struct history *h, struct str what, struct err *e)
{
	char path[PATH_BYTES], first[sizeof HEAD - 1] = "";
	struct str file, span;
	int64_t from_s = 0, to_s = INT64_MAX / 1000;
	int fd = -1;
	size_t got = 0;
	if (str_cut(what, '@', &file, &span) && !take_span(span, &from_s, &to_s)) {
		return err_set(e, ERR_USAGE, "a stretch is FILE@FROM-TO, in seconds of its clock");
	}
	snprintf(path, sizeof path, "%.*s", STR_ARG(file));
	if (!file_open(&file_layer_real, path, O_RDONLY, 0, &fd, e)) {
		return false;
	}
	bool ok = file_read_full(fd, first, sizeof first, &got, e);
	file_close(&file_layer_real, fd);
	if (!ok || !str_is(str_from(first, got), HEAD)) {
		return ok && history_read_journal(h, path, from_s, to_s, e);
	}
	struct buf text;
	buf_init(&text, CSV_MAX_BYTES);
	ok = file_read_whole(path, &text, e) && history_read_csv(h, buf_str(&text), from_s, to_s, e);
	buf_release(&text);
	return ok;
}
