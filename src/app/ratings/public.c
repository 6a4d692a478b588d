/* What is published: how many could rate, how many did, and what they said. A cell below 5 is not shown. */
#include "app/page.h"
#include "app/ratings/occasion.h"
#include "app/ratings/ratings.html.h"
#include "html/translate.h"

enum { CELL_LEAST = 5, MONTHS = 12, ROWS_MOST = 4096 };

struct sum {
	struct str service;
	int64_t occasion, asked, level[RATING_LEVELS], struck, loops, late, remedied;
};
struct load {
	int64_t institution, since;
	struct sum *sums;
	size_t n, room;
	struct sum all;
};

static struct sum *sum_of(struct load *in, const struct rating_count_of_out *row)
{
	for (size_t i = 0; i < in->n; i++) {
		if (in->sums[i].occasion == row->occasion && str_eq(in->sums[i].service, row->service)) {
			return &in->sums[i];
		}
	}
	if (in->n == in->room) {
		return &in->all; /* not shown apart */
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
	in->all = (struct sum){0};
	if (!rating_count_of_open(
			tx, &(struct rating_count_of_in){.institution = in->institution, .since = in->since, .most = ROWS_MOST},
			&rows, e)) {
		return false;
	}
	while (rating_count_of_next(&rows, &row)) {
		struct sum *s = sum_of(in, &row);
		add(s, &row);
		if (s != &in->all) {
			add(&in->all, &row);
		}
	}
	return rating_count_of_close(&rows, e);
}

static struct str cell(struct req *r, int64_t v)
{
	return v >= CELL_LEAST ? arena_printf(&r->arena, "%lld", (long long)v) : STR("< 5");
}

/* One hidden level among shown ones would follow from their sum: so a second is hidden with it. */
static void fill_levels(struct req *r, const struct sum *s, struct rating_figures *f)
{
	bool is_hidden[RATING_LEVELS];
	int hidden_n = 0, least = -1;
	for (int i = 0; i < RATING_LEVELS; i++) {
		is_hidden[i] = s->level[i] < CELL_LEAST;
		hidden_n += is_hidden[i];
		if (!is_hidden[i] && (least < 0 || s->level[i] < s->level[least])) {
			least = i;
		}
	}
	if (hidden_n == 1 && least >= 0) {
		is_hidden[least] = true;
	}
	for (int i = 0; i < RATING_LEVELS; i++) {
		f->level[i] = is_hidden[i] ? STR("…") : cell(r, s->level[i]);
	}
}

static void fill(struct req *r, const struct sum *s, struct rating_figures *f)
{
	int64_t rated = 0;
	for (int i = 0; i < RATING_LEVELS; i++) {
		rated += s->level[i];
	}
	*f = (struct rating_figures){
		.service = rating_service(r, s->service),
		.what = tr(r->lang, rating_what_word((enum rating_occasion)s->occasion)),
		.asked = cell(r, s->asked),
		.rated = cell(r, rated),
		.share = rated >= CELL_LEAST && s->asked > 0
	                 ? arena_printf(&r->arena, "%lld%%", (long long)(rated * 100 / s->asked))
	                 : STR("…"),
	};
	fill_levels(r, s, f);
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
	struct ratings_public_view v = {
		.office = text_in(&in->name, r->lang),
		.rows = rows,
		.n = load.n,
		.loops = cell(r, load.all.loops),
		.late = cell(r, load.all.late),
		.remedied = cell(r, load.all.remedied),
		.struck = cell(r, load.all.struck),
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
