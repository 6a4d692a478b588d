/* The public side: what each office and service promised and how long it took, and the same as open data. Whole months
 * alone, and no figure of fewer than five cases (published.h). */
#include "app/page.h"
#include "app/statistics/pages.h"
#include "app/statistics/published.h"
#include "app/statistics/statistics.html.h"
#include "app/traffic/history.h"
#include "base/json.h"

enum { USUAL_MONTHS = 12, DATA_MONTHS = 24 };

static struct str number(struct req *r, int64_t n)
{
	struct buf b;
	buf_init(&b, 40);
	format_number(&b, n);
	struct str s = arena_copy(&r->arena, buf_str(&b));
	buf_release(&b);
	return s;
}

static struct str few(struct req *r)
{
	return tr(r->lang, N_("fewer than 5"));
}

/* A count, hidden below five unless it is none at all. */
static struct str cell(struct req *r, int64_t n)
{
	return few_is_told(n) ? number(r, n) : few(r);
}

/* Few were not so, or none, which is good to know. */
static struct str nearly_all(struct req *r, int64_t of)
{
	const struct tr_arg args[] = {TR_O("share", figures_percent(r, of - FEW_LEAST, of))};
	return figures_say(r, N_("more than {share}"), args, 1);
}

static struct str kept_share(struct req *r, const struct figures *f)
{
	int64_t of = f->n[FIG_PROMISED], late = of - f->n[FIG_PROMISE_KEPT];
	if (published_is_late(f)) {
		return figures_percent(r, of - late, of);
	}
	return of < 2 * FEW_LEAST || late == 0 || late >= FEW_LEAST ? few(r) : nearly_all(r, of);
}

static struct str law_share(struct req *r, const struct figures *f)
{
	int64_t of = f->n[FIG_LIMITED], past = of - f->n[FIG_LAW_KEPT];
	return published_is_past(f)                      ? figures_percent(r, of - past, of)
	       : of < 2 * FEW_LEAST || past >= FEW_LEAST ? few(r)
	                                                 : nearly_all(r, of);
}

struct office_figures {
	const struct institution *in;
	struct picture year; /* the last twelve whole months, each by itself too */
	struct picture last; /* the last one */
	int64_t day_minutes;
};

static bool read_office(struct req *r, const struct institution *in, struct office_figures *f, struct err *e)
{
	int64_t last = figures_this_month(r, in) - 1;
	*f = (struct office_figures){
		.in = in,
		.year = {.institution = in->id,
	             .from = month_first_day(last - USUAL_MONTHS + 1),
	             .to = month_last_day(last),
	             .has_columns = true},
		.last = {.institution = in->id, .from = month_first_day(last), .to = month_last_day(last)},
		.day_minutes = figures_day_minutes(r, in),
	};
	return figures_read(r, &f->year, e) && figures_read(r, &f->last, e);
}

static const struct figures *of_service(const struct picture *p, struct str id)
{
	static const struct figures none;
	for (size_t i = 0; i < p->service_n; i++) {
		if (str_eq(p->services[i].service, id)) {
			return &p->services[i].f;
		}
	}
	return &none;
}

/* Nine of ten: fewer than ten cases have no such number. */
static struct str usual(struct req *r, const struct office_figures *o, const struct figures *f)
{
	return published_is_time(f) ? figures_duration(r, f->p90, o->day_minutes) : tr(r->lang, N_("too few cases to say"));
}

static struct str promised(struct req *r, const struct service *s)
{
	struct buf b;
	buf_init(&b, 200);
	const struct tr_arg args[] = {TR_I("n", s->clock.committed.n)};
	tr_put_plain(&b, trn(r->lang, "1 working day", "{n} working days", s->clock.committed.n), args, 1);
	struct str text = arena_copy(&r->arena, buf_str(&b));
	buf_release(&b);
	return s->clock.committed.n > 0 ? text : STR("\xe2\x80\x93");
}

static const struct institution *office_named(struct req *r, struct str id, struct err *e)
{
	const struct institution *in = catalogue_institution_named(r->app, id);
	if (in == NULL || in->supervises.n > 0) {
		err_set(e, ERR_NOT_FOUND, "no such office");
		return NULL;
	}
	return in;
}

static void show(struct req *r, struct performance_view *v, const struct nav_item *trail, size_t trail_n)
{
	struct html_out o;
	page_begin(r, &o,
	           &(struct page){
				   .title = v->title, .current = NAV_FIGURES, .width = PAGE_NOTE, .trail = trail, .trail_n = trail_n});
	performance_page(&o, r, v);
	page_end(r, &o);
}

bool performance_get(struct req *r, struct err *e)
{
	const struct institution *all;
	size_t n = catalogue_institutions(r->app, &all);
	struct performance_view v = {.title = tr(r->lang, N_("How long things take"))};
	v.rows = arena_new(&r->arena, struct performance_row, n + 1);
	if (v.rows == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a list of offices");
	}
	for (size_t i = 0; i < n; i++) {
		struct office_figures f;
		if (services_of_office(r->app, &r->arena, all[i].pack_id).n == 0) {
			continue;
		}
		if (!read_office(r, &all[i], &f, e)) {
			return false;
		}
		struct published told = published_of(&f.last);
		v.rows[v.n++] = (struct performance_row){
			.name = text_in(&all[i].name, r->lang),
			.href = arena_printf(&r->arena, PATH_PERFORMANCE "/%.*s", STR_ARG(all[i].pack_id)),
			.usual = usual(r, &f, &f.year.all),
			.last = told.decided == 0 && !told.is_whole ? few(r) : number(r, told.decided),
			.kept = told.promised > 0 ? figures_percent(r, told.kept, told.promised)
		            : told.is_whole   ? STR("\xe2\x80\x93")
		                              : few(r),
		};
	}
	v.lead =
		tr(r->lang, N_("What the offices of this city promise, how long it usually takes, and how the last month was. "
	                   "Figures of fewer than five cases are not shown; the figures of an office leave them out."));
	v.streets_href = traffic_office(r->app) ? STR(PATH_TRAFFIC_TODAY) : STR_EMPTY;
	v.last_month = figures_month_name(r, month_of_day(catalogue_today(r->app)) - 1);
	show(r, &v, NULL, 0);
	return true;
}

static void fill_chart(struct req *r, const struct office_figures *f, struct performance_view *v, bool *ok)
{
	size_t n = f->year.column_n;
	struct str *labels = arena_new(&r->arena, struct str, n), *names = arena_new(&r->arena, struct str, n);
	struct str *texts = arena_new(&r->arena, struct str, n);
	int64_t *values = arena_new(&r->arena, int64_t, n);
	*ok = labels && names && texts && values && n > 0;
	if (!*ok || !published_is_time(&f->year.all)) {
		return;
	}
	for (size_t i = 0; i < n; i++) {
		const struct figures *m = &f->year.columns[i].f;
		bool is_told = published_is_time(m);
		labels[i] = figures_short_month(r, month_of_day(f->year.columns[i].from));
		names[i] = figures_month_name(r, month_of_day(f->year.columns[i].from));
		values[i] = is_told ? m->p90 : -1;
		texts[i] = is_told ? figures_days(r, m->p90, f->day_minutes) : STR("\xe2\x80\x93");
	}
	const struct tr_arg args[] = {TR_O("time", usual(r, f, &f->year.all))};
	v->has_chart = true;
	v->chart = (struct chart){
		.kind = CHART_LINES,
		.title = tr(r->lang, N_("Nine of ten decisions, by month")),
		.sentence = figures_say(
			r, N_("By month: within what time nine of ten decisions were made. Over the year: {time}."), args, 1),
		.head = tr(r->lang, N_("Month")),
		.unit = tr(r->lang, N_("Working days")),
		.labels = labels,
		.names = names,
		.n = n,
		.scale = f->day_minutes,
		.series = {{.name = tr(r->lang, N_("Nine of ten within")), .look = "c1", .values = values, .texts = texts}},
		.series_n = 1,
	};
}

bool performance_office_get(struct req *r, struct err *e)
{
	struct office_figures f;
	bool ok = false;
	const struct institution *in = office_named(r, r->path_args[0], e);
	if (in == NULL || !read_office(r, in, &f, e)) {
		return false;
	}
	struct service_list services = services_of_office(r->app, &r->arena, in->pack_id);
	struct performance_view v = {.title = text_in(&in->name, r->lang), .office = in->pack_id};
	v.rows = arena_new(&r->arena, struct performance_row, services.n + 1);
	fill_chart(r, &f, &v, &ok);
	if (v.rows == NULL || !ok) {
		return err_set(e, ERR_MEMORY, "no memory for figures");
	}
	for (size_t i = 0; i < services.n; i++) {
		const struct service *s = services.items[i];
		const struct figures *year = of_service(&f.year, s->id), *last = of_service(&f.last, s->id);
		v.rows[v.n++] = (struct performance_row){
			.name = text_in(&s->name, r->lang),
			.href = arena_printf(&r->arena, PATH_PERFORMANCE "/%.*s/%.*s", STR_ARG(in->pack_id), STR_ARG(s->id)),
			.promised = promised(r, s),
			.usual = usual(r, &f, year),
			.last = cell(r, last->n[FIG_DECIDED]),
			.kept = kept_share(r, last),
		};
	}
	v.last_month = figures_month_name(r, month_of_day(f.last.to));
	v.csv_href = arena_printf(&r->arena, "/data/performance/%.*s", STR_ARG(in->pack_id));
	v.lead =
		tr(r->lang, N_("What is promised, how long it usually takes, and how the last month was. Figures of fewer than "
	                   "five cases are not shown."));
	const struct nav_item trail[] = {{.href = STR(PATH_PERFORMANCE), .text = tr(r->lang, N_("How long things take"))}};
	show(r, &v, trail, 1);
	return true;
}

bool performance_service_get(struct req *r, struct err *e)
{
	struct office_figures f;
	const struct institution *in = office_named(r, r->path_args[0], e);
	if (in == NULL) {
		return false;
	}
	const struct service *s = catalogue_service(r->app, r->path_args[1]);
	if (s == NULL || !str_eq(s->institution, in->pack_id)) {
		return err_set(e, ERR_NOT_FOUND, "no such service of this office");
	}
	if (!read_office(r, in, &f, e)) {
		return false;
	}
	const struct figures *year = of_service(&f.year, s->id), *last = of_service(&f.last, s->id);
	struct performance_view v = {
		.title = text_in(&s->name, r->lang),
		.office = in->pack_id,
		.last_month = figures_month_name(r, month_of_day(f.last.to)),
		.tiles = {{.term = tr(r->lang, N_("Promised")), .value = promised(r, s), .note = STR_EMPTY},
	              {.term = tr(r->lang, N_("Usual: nine of ten within")),
	               .value = usual(r, &f, year),
	               .note = tr(r->lang, N_("over the last twelve months"))}},
		.last = cell(r, last->n[FIG_DECIDED]),
		.kept = kept_share(r, last),
		.law = law_share(r, last),
		.service_href = arena_printf(&r->arena, PATH_SERVICES "/%.*s", STR_ARG(s->id)),
		.csv_href = arena_printf(&r->arena, "/data/performance/%.*s", STR_ARG(in->pack_id)),
	};
	v.rating = STR_EMPTY;
	if (last->n[FIG_RATINGS] >= FEW_LEAST) {
		int64_t tenths = (last->n[FIG_RATING_SUM] * 20 + last->n[FIG_RATINGS]) / (last->n[FIG_RATINGS] * 2);
		v.rating = arena_printf(&r->arena, "%lld.%lld", (long long)(tenths / 10), (long long)(tenths % 10));
	}
	const struct nav_item trail[] = {{.href = STR(PATH_PERFORMANCE), .text = tr(r->lang, N_("How long things take"))},
	                                 {.href = arena_printf(&r->arena, PATH_PERFORMANCE "/%.*s", STR_ARG(in->pack_id)),
	                                  .text = text_in(&in->name, r->lang)}};
	show(r, &v, trail, 2);
	return true;
}

/* --- Open data -----------------------------------------------------------------------------------------------------
 */

static void put(struct json_out *j, const char *key, struct str value)
{
	json_key(j, str_of(key));
	json_put_string(j, value);
}

/* A sentence in each language that people read; {name}: of an office or a place, or NULL. */
static void put_text(struct req *r, struct json_out *j, const char *key, const char *msgid, const struct text *name)
{
	json_key(j, str_of(key));
	json_begin_array(j);
	for (size_t i = 0; i < LANG_MADE_UP; i++) {
		struct str lang = str_of(languages[i].tag);
		struct tr_arg of = TR_O("name", name ? text_in(name, lang) : r->app->city_name);
		struct buf b;
		buf_init(&b, 4096);
		tr_put_plain(&b, tr(lang, msgid), &of, 1);
		json_begin_object(j);
		put(j, "@language", lang);
		put(j, "@value", buf_str(&b));
		json_end_object(j);
		buf_release(&b);
	}
	json_end_array(j);
}

static void put_id(struct json_out *j, const char *key, struct str id)
{
	json_key(j, str_of(key));
	json_begin_object(j);
	put(j, "@id", id);
	json_end_object(j);
}

struct dataset {
	struct str page, csv; /* paths */
	const char *title, *description, *frequency;
	const struct institution *in;
};

static void put_dataset(struct req *r, struct json_out *j, const struct dataset *d)
{
	struct str base = r->app->public_url;
	struct str page = arena_printf(&r->arena, "%.*s%.*s", STR_ARG(base), STR_ARG(d->page));
	struct str csv = arena_printf(&r->arena, "%.*s%.*s", STR_ARG(base), STR_ARG(d->csv));
	json_begin_object(j);
	put(j, "@id", arena_printf(&r->arena, "%.*s#data", STR_ARG(page)));
	put(j, "@type", STR("dcat:Dataset"));
	put_text(r, j, "dct:title", d->title, &d->in->name);
	put_text(r, j, "dct:description", d->description, NULL);
	put_id(j, "dcat:landingPage", page);
	put_id(j, "dct:accrualPeriodicity",
	       arena_printf(&r->arena, "http://publications.europa.eu/resource/authority/frequency/%s", d->frequency));
	put_id(j, "dct:publisher",
	       arena_printf(&r->arena, "%.*s" PATH_INSTITUTIONS "/%.*s", STR_ARG(base), STR_ARG(d->in->pack_id)));
	json_key(j, STR("dcat:distribution"));
	json_begin_object(j);
	put(j, "@id", csv);
	put(j, "@type", STR("dcat:Distribution"));
	put_id(j, "dcat:accessURL", csv);
	put_id(j, "dcat:downloadURL", csv);
	put_id(j, "dcat:mediaType", STR("https://www.iana.org/assignments/media-types/text/csv"));
	put_id(j, "dct:license", STR("https://creativecommons.org/publicdomain/zero/1.0/"));
	json_end_object(j);
	json_end_object(j);
}

static void put_services(struct req *r, struct json_out *j, const struct institution *in)
{
	struct dataset d = {
		.page = arena_printf(&r->arena, PATH_PERFORMANCE "/%.*s", STR_ARG(in->pack_id)),
		.csv = arena_printf(&r->arena, "/data/performance/%.*s", STR_ARG(in->pack_id)),
		.title = N_("Services of {name} by month"),
		.description =
			N_("By service and month: cases begun and decided, promises and legal limits kept, working time within "
	           "which half and nine of ten decisions were made. Cells of fewer than five cases are left empty."),
		.frequency = "MONTHLY",
		.in = in};
	put_dataset(r, j, &d);
}

static void put_streets(struct req *r, struct json_out *j, const struct institution *in)
{
	struct dataset d = {
		.page = STR(PATH_TRAFFIC_TODAY),
		.csv = STR(PATH_TRAFFIC_CSV),
		.title = N_("How the city moves, as {name} counts it"),
		.description = N_("By quarter of an hour, the whole city: hours of vehicles on the streets, standing and lost, "
	                      "kilometres driven, people waiting at crossings, signals led by the brain."),
		.frequency = "CONT",
		.in = in};
	put_dataset(r, j, &d);
}

bool open_data_get(struct req *r, struct err *e)
{
	(void)e;
	const struct institution *all;
	size_t n = catalogue_institutions(r->app, &all);
	const struct jurisdiction *home = catalogue_home(r->app);
	struct json_out j = {.to = &r->out};
	json_begin_object(&j);
	json_key(&j, STR("@context"));
	json_begin_object(&j);
	put(&j, "dcat", STR("http://www.w3.org/ns/dcat#"));
	put(&j, "dct", STR("http://purl.org/dc/terms/"));
	put(&j, "foaf", STR("http://xmlns.com/foaf/0.1/"));
	json_end_object(&j);
	put(&j, "@id", arena_printf(&r->arena, "%.*s/data/catalogue.jsonld", STR_ARG(r->app->public_url)));
	put(&j, "@type", STR("dcat:Catalog"));
	put_text(r, &j, "dct:title", N_("Open data of {name}"), home ? &home->name : NULL);
	put_text(r, &j, "dct:description", N_("How long services take, and how the city moves."), NULL);
	put_id(&j, "foaf:homepage", r->app->public_url);
	json_key(&j, STR("dcat:dataset"));
	json_begin_array(&j);
	for (size_t i = 0; i < n; i++) {
		if (services_of_office(r->app, &r->arena, all[i].pack_id).n > 0) {
			put_services(r, &j, &all[i]);
		}
		if (all[i].has_signals) {
			put_streets(r, &j, &all[i]);
		}
	}
	json_end_array(&j);
	json_end_object(&j);
	buf_put_byte(&r->out, '\n');
	r->content_type = STR("application/ld+json; charset=utf-8");
	r->is_cacheable = true;
	return true;
}

/* Empty where it is hidden. */
static void put_cell(struct buf *b, int64_t n, bool is_told)
{
	buf_put_byte(b, ',');
	if (is_told) {
		buf_put_i64(b, n);
	}
}

static void put_lines(struct req *r, const struct picture *p, int64_t day_minutes)
{
	for (size_t i = 0; i < p->service_n; i++) {
		const struct figures *f = &p->services[i].f;
		int64_t decided = f->n[FIG_DECIDED], late = f->n[FIG_PROMISED] - f->n[FIG_PROMISE_KEPT],
				past = f->n[FIG_LIMITED] - f->n[FIG_LAW_KEPT];
		buf_printf(&r->out, "%.*s,%.*s", STR_ARG(month_text(&r->arena, month_of_day(p->from))),
		           STR_ARG(p->services[i].service));
		put_cell(&r->out, f->n[FIG_CASES], few_is_told(f->n[FIG_CASES]));
		put_cell(&r->out, decided, few_is_told(decided));
		put_cell(&r->out, late, published_is_late(f));
		put_cell(&r->out, past, published_is_past(f));
		put_cell(&r->out, f->median, published_is_time(f));
		put_cell(&r->out, f->p90, published_is_time(f));
		buf_printf(&r->out, ",%lld\r\n", (long long)day_minutes);
	}
}

bool open_data_csv_get(struct req *r, struct err *e)
{
	const struct institution *in = office_named(r, r->path_args[0], e);
	if (in == NULL) {
		return false;
	}
	int64_t last = figures_this_month(r, in) - 1, day_minutes = figures_day_minutes(r, in);
	buf_put(&r->out, STR("month,service,begun,decided,later-than-promised,later-than-law,half-within-working-minutes,"
	                     "nine-of-ten-within-working-minutes,working-minutes-of-a-day\r\n"));
	for (int64_t month = last - DATA_MONTHS + 1; month <= last; month++) {
		struct picture p = {.institution = in->id, .from = month_first_day(month), .to = month_last_day(month)};
		if (!figures_read(r, &p, e)) {
			return false;
		}
		put_lines(r, &p, day_minutes);
	}
	r->content_type = STR("text/csv; charset=utf-8; header=present");
	r->is_cacheable = true;
	return true;
}
