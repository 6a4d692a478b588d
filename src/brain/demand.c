#include "brain/demand.h"

#include <stdlib.h>

#include "base/fault.h"
#include "base/rand.h"

enum { WAY_MOST = 300 /* links */ };

struct demand {
	const struct history *h;
	double *turned; /* [move_n], of all quarters */
	struct prng r;
};

static bool is_drive(const struct net *n, const struct net_move *m)
{
	return !m->is_crossing && n->lanes[m->to].link != NET_NONE && !n->lanes[m->to].is_walk;
}

/* The movements of a link's lanes lie one behind the other by lane: each is asked in turn. */
static double weight_of(const struct demand *d, size_t quarter, uint32_t move, int round)
{
	const struct net *n = d->h->net;
	if (!is_drive(n, &n->moves[move])) {
		return 0;
	}
	return round == 0 ? (double)d->h->turned[quarter * n->move_n + move] : round == 1 ? d->turned[move] : 1;
}

/* Where a car goes from here: by this quarter's turns, else by those of all, else by any. NET_NONE: it leaves. */
static uint32_t next_link(struct demand *d, size_t quarter, uint32_t link)
{
	const struct net *n = d->h->net;
	const struct net_link *l = &n->links[link];
	for (int round = 0; round < 3; round++) {
		double all = 0, at = 0;
		for (uint32_t k = l->lane; k < l->lane + l->lane_n; k++) {
			for (uint32_t m = n->lanes[k].move; m < n->lanes[k].move + n->lanes[k].move_n; m++) {
				all += weight_of(d, quarter, m, round);
			}
		}
		double pick = all * (double)prng_below(&d->r, 1 << 30) / (1 << 30);
		for (uint32_t k = l->lane; all > 0 && k < l->lane + l->lane_n; k++) {
			for (uint32_t m = n->lanes[k].move; m < n->lanes[k].move + n->lanes[k].move_n; m++) {
				double w = weight_of(d, quarter, m, round);
				at += w;
				if (w > 0 && pick < at) {
					return n->lanes[n->moves[m].to].link;
				}
			}
		}
	}
	return NET_NONE;
}

static bool is_rim(const struct net *n, uint32_t link)
{
	const struct net_link *l = &n->links[link];
	bool has_way_out = false;
	for (uint32_t k = l->lane; k < l->lane + l->lane_n; k++) {
		for (uint32_t i = 0; i < n->lanes[k].in_n; i++) {
			if (is_drive(n, &n->moves[n->into[n->lanes[k].in + i]])) {
				return false;
			}
		}
		for (uint32_t i = 0; i < n->lanes[k].move_n; i++) {
			has_way_out = has_way_out || is_drive(n, &n->moves[n->lanes[k].move + i]);
		}
	}
	return has_way_out;
}

struct start {
	double at_s;
	uint32_t link;
	size_t quarter;
};

static int by_time(const void *a, const void *b)
{
	const struct start *x = a, *y = b;
	return x->at_s != y->at_s ? (x->at_s > y->at_s) - (x->at_s < y->at_s) : (x->link > y->link) - (x->link < y->link);
}

/* Of one quarter and link: as many as left it, spread over it by chance. */
static size_t starts_of(struct demand *d, size_t quarter, uint32_t link, struct start *to)
{
	const struct sums *s = &d->h->sums[quarter * d->h->row + link];
	double n = s->seconds > 0 ? s->passed * QUARTER_S / s->seconds : 0;
	size_t whole = n < 1e6 ? (size_t)n : 0;
	whole += (double)prng_below(&d->r, 1 << 30) / (1 << 30) < n - (double)whole;
	for (size_t i = 0; i < whole; i++) {
		double part = (double)prng_below(&d->r, 1 << 30) / (1 << 30);
		to[i] = (struct start){((double)d->h->quarters[quarter] + part) * QUARTER_S, link, quarter};
	}
	return whole;
}

static void put_way(struct buf *to, struct demand *d, const struct start *s, size_t number)
{
	uint32_t link = s->link;
	buf_printf(to, "<vehicle id=\"%zu\" depart=\"%.1f\" departLane=\"best\" departSpeed=\"max\"><route edges=\"",
	           number, s->at_s);
	for (int i = 0; i < WAY_MOST && link != NET_NONE; i++) {
		buf_printf(to, "%s%.*s", i > 0 ? " " : "", STR_ARG(d->h->net->links[link].id));
		link = next_link(d, s->quarter, link);
	}
	buf_put_c(to, "\"/></vehicle>\n");
}

static bool has_quarters(const struct history *h, int64_t begin, int64_t n)
{
	int64_t found = 0;
	for (size_t i = 0; i < h->n; i++) {
		found += h->quarters[i] >= begin && h->quarters[i] < begin + n;
	}
	return found == n;
}

int64_t demand_like_now(const struct history *h, int64_t quarters)
{
	/* The newest may have just begun: it is one of those to come. */
	static const int days_ago[] = {7, 14, 21, 28, 1, 2, 3, 4, 5, 6};
	if (h->n == 0) {
		return INT64_MIN;
	}
	int64_t newest = h->quarters[h->n - 1];
	for (size_t i = 0; i < sizeof days_ago / sizeof *days_ago; i++) {
		int64_t begin = newest - (int64_t)days_ago[i] * QUARTERS_A_DAY;
		if (has_quarters(h, begin, quarters)) {
			return begin;
		}
	}
	/* The newest that are over. */
	return h->n > (size_t)quarters ? h->quarters[h->n - 1 - (size_t)quarters] : h->quarters[0];
}

int64_t demand_keep(struct history *h, int64_t begin, int64_t quarters)
{
	size_t k = 0;
	int64_t at = begin % QUARTERS_A_DAY;
	for (size_t i = 0; i < h->n; i++) {
		if (h->quarters[i] < begin || h->quarters[i] >= begin + quarters) {
			continue;
		}
		h->quarters[k] = h->quarters[i] - begin + at;
		if (k < i) {
			memcpy(&h->sums[k * h->row], &h->sums[i * h->row], h->row * sizeof *h->sums);
			if (h->turned != NULL) {
				memcpy(&h->turned[k * h->net->move_n], &h->turned[i * h->net->move_n],
				       h->net->move_n * sizeof *h->turned);
			}
		}
		k++;
	}
	h->n = k;
	return at;
}

bool demand_put_routes(struct buf *to, const struct history *h, uint64_t seed, uint32_t *cars, struct err *e)
{
	const struct net *n = h->net;
	struct demand d = {.h = h};
	size_t start_n = 0, room = 0;
	double turns = 0;
	struct start *starts = NULL;
	bool ok = true;
	must(h->has_turns);
	prng_seed(&d.r, seed);
	d.turned = mem_alloc((size_t)n->move_n + 1, sizeof *d.turned);
	for (size_t i = 0; d.turned != NULL && i < h->n * n->move_n; i++) {
		d.turned[i % n->move_n] += (double)h->turned[i];
		turns += (double)h->turned[i];
	}
	for (size_t q = 0; d.turned != NULL && ok && q < h->n; q++) {
		for (uint32_t link = 0; ok && link < n->link_n; link++) {
			const struct sums *s = &h->sums[q * h->row + link];
			size_t most = s->seconds > 0 && is_rim(n, link) ? (size_t)(s->passed * QUARTER_S / s->seconds) + 1 : 0;
			if (start_n + most > room) {
				room = (start_n + most) * 2;
				struct start *more = mem_resize(starts, room, sizeof *starts);
				ok = more != NULL;
				starts = ok ? more : starts;
			}
			start_n += ok && most > 0 ? starts_of(&d, q, link, &starts[start_n]) : 0;
		}
	}
	if (d.turned == NULL || !ok) {
		ok = err_set(e, ERR_MEMORY, "no memory for a demand");
	} else if (start_n == 0 || turns <= 0) {
		ok = err_set(e, ERR_NOT_FOUND,
		             turns > 0 ? "nobody was seen to come in at the rim of the net"
		                       : "nobody was seen to turn: a demand is made of a journal, not of rows");
	}
	if (ok) {
		qsort(starts, start_n, sizeof *starts, by_time);
		buf_put_c(to, "<routes>\n");
		for (size_t i = 0; i < start_n; i++) {
			put_way(to, &d, &starts[i], i);
		}
		buf_put_c(to, "</routes>\n");
		ok = buf_ok(to, e);
	}
	*cars = (uint32_t)start_n;
	mem_free(starts);
	mem_free(d.turned);
	return ok;
}
