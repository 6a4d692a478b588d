/* What is published: how many could rate, how many did, and what they said, without what is few (base/few.h). */
#include "app/page.h"
#include "app/ratings/occasion.h"
#include "app/ratings/ratings.html.h"
#include "base/few.h"
#include "html/translate.h"

enum { MONTHS = 12, ROWS_MOST = 4096 };

struct sum {
	struct str service;
	int64_t occasion, asked, level[RATING_LEVELS], struck, loops, late, remedied;
};
struct load {
	int64_t institution, since;
	struct sum *sums;
	size_t n, room;
};

static struct sum *sum_of(struct load *in, const struct rating_count_of_out *row)
{
	for (size_t i = 0; i < in->n; i++) {
		if (in->sums[i].occasion == row->occasion && str_eq(in->sums[i].service, row->service)) {
			return &in->sums[i];
		}
	}
	if (in->n == in->room) {
		return NULL;
	}
	in->sums[in->n] = (struct sum){.service = row->service, .occasion = row->occasion};
	return &in->sums[in->n++];
}

static void add(struct sum *to, const struct rating_count_of_out *row)
{
	const int64_t level[RATING_LEVELS] = {row->very_bad, row->bad, row->fair, row->good, row->very_good};
	to->asked += row->asked;
	for (int i = 0; i < RATING_LEVELS; i++) {
		to->level[i] += level[i];
	}
	to->struck += row->struck;
	to->loops += row->loops;
	to->late += row->late;
	to->remedied += row->remedied;
}

static bool load_counts(struct tx *tx, void *ctx, struct err *e)
{
	struct load *in = ctx;
	struct rating_count_of_rows rows;
	struct rating_count_of_out row;
	in->n = 0;
	if (!rating_count_of_open(
			tx, &(struct rating_count_of_in){.institution = in->institution, .since = in->since, .most = ROWS_MOST},
			&rows, e)) {
		return false;
	}
	while (rating_count_of_next(&rows, &row)) {
		struct sum *s = sum_of(in, &row);
		if (s) {
			add(s, &row);
		}
	}
	return rating_count_of_close(&rows, e);
}

static struct str hidden(void)
{
	return STR("\xe2\x80\xa6");
}

static struct str cell(struct req *r, int64_t v)
{
	return few_is_told(v) ? arena_printf(&r->arena, "%lld", (long long)v) : STR("< 5");
}

static int64_t rated_of(const struct sum *s)
{
	int64_t rated = 0;
	for (int i = 0; i < RATING_LEVELS; i++) {
		rated += s->level[i];
	}
	return rated;
}

static void fill(struct req *r, const struct sum *s, struct rating_figures *f)
{
	int64_t rated = rated_of(s);
	bool is_hidden[RATING_LEVELS];
	bool is_told = few_hide(s->level, RATING_LEVELS, is_hidden) && few_is_told(rated);
	*f = (struct rating_figures){
		.service = rating_service(r, s->service),
		.what = tr(r->lang, rating_what_word((enum rating_occasion)s->occasion)),
		.asked = cell(r, s->asked),
		.rated = is_told              ? cell(r, rated)
	             : few_is_told(rated) ? hidden()
	                                  : STR("< 5"),
		.share =
			is_told && rated > 0 ? arena_printf(&r->arena, "%lld%%", (long long)(rated * 100 / s->asked)) : hidden(),
	};
	for (int i = 0; i < RATING_LEVELS; i++) {
		f->level[i] = is_hidden[i] ? hidden() : cell(r, s->level[i]);
	}
}

/* What became of bad ratings, over the services of which bad ratings are told: nothing of the others is in it. */
static void add_loops(const struct sum *s, struct sum *all)
{
	bool is_hidden[RATING_LEVELS];
	(void)few_hide(s->level, RATING_LEVELS, is_hidden);
	if (is_hidden[0] || is_hidden[1] || !few_is_told(s->struck)) {
		return;
	}
	all->loops += s->loops;
	all->late += s->late;
	all->remedied += s->remedied;
	all->struck += s->struck;
}

/* Of so many loops: hidden with the rest of them. */
static struct str part_of(struct req *r, int64_t part, int64_t of)
{
	return few_is_told(part) && few_is_told(of - part) ? cell(r, part) : hidden();
}

bool ratings_get(struct req *r, struct err *e)
{
	const struct institution *in = catalogue_institution_named(r->app, req_query(r, "office"));
	if (in == NULL) {
		return err_set(e, ERR_NOT_FOUND, "no such office");
	}
	struct date from = date_of_day(date_add_months(catalogue_today(r->app), -MONTHS));
	struct load load = {
		.institution = in->id, .since = (int64_t)from.year * 100 + from.month, .room = services_all(r->app).n * 4 + 8};
	load.sums = arena_new(&r->arena, struct sum, load.room);
	struct rating_figures *rows = arena_new(&r->arena, struct rating_figures, load.room);
	if (load.sums == NULL || rows == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for counts of ratings");
	}
	if (!store_read(r->app->store, in->id, &r->arena, load_counts, &load, e)) {
		return false;
	}
	struct sum all = {0};
	for (size_t i = 0; i < load.n; i++) {
		add_loops(&load.sums[i], &all);
	}
	struct ratings_public_view v = {
		.office = text_in(&in->name, r->lang),
		.rows = rows,
		.n = load.n,
		.loops = cell(r, all.loops),
		.late = part_of(r, all.late, all.loops),
		.remedied = part_of(r, all.remedied, all.loops),
		.struck = part_of(r, all.struck, all.loops),
	};
	for (size_t i = 0; i < load.n; i++) {
		fill(r, &load.sums[i], &rows[i]);
	}
	struct html_out o;
	page_begin(r, &o,
	           &(struct page){.title_msgid = N_("Ratings"),
	                          .current = NAV_SERVICES,
	                          .back_href = arena_printf(&r->arena, PATH_INSTITUTIONS "/%.*s", STR_ARG(in->pack_id))});
	ratings_public_page(&o, &v);
	page_end(r, &o);
	return true;
}
