/* The counts as rows that `store check` compares with those that the events give. */
#include <stdio.h>

#include "app/check.h"
#include "app/statistics/figures.h"
#include "app/statistics/statistics.h"
#include "store/tx.h"

/* Numbers of a key in its order, as bytes that sort alike. */
static struct str key_of(struct tx *tx, int64_t entered, struct str name, int64_t last)
{
	return model_text(tx, "%010lld %.*s %020lld", (long long)entered, STR_ARG(name), (long long)last);
}

/* The pieces of such a key again. */
static void key_pieces(struct str key, int64_t *entered, struct str *name, int64_t *last)
{
	*entered = *last = 0;
	*name = STR_EMPTY;
	if (key.n < 32) {
		return;
	}
	(void)str_to_i64(str_sub(key, 0, 10), entered);
	(void)str_to_i64(str_sub(key, key.n - 20, 20), last);
	*name = str_sub(key, 11, key.n - 32);
}

static bool cases_page(struct tx *tx, const struct model_row *after, struct model_row *rows, size_t most, size_t *n,
                       struct err *e)
{
	struct counted_all_rows q;
	struct counted_all_out r;
	*n = 0;
	if (!counted_all_open(
			tx, &(struct counted_all_in){.institution = after->route, .casefile = after->id, .most = (int64_t)most}, &q,
			e)) {
		return false;
	}
	while (*n < most && counted_all_next(&q, &r)) {
		rows[(*n)++] = (struct model_row){
			.route = r.institution,
			.id = r.casefile,
			.subject = r.casefile,
			.text = model_text(tx, "%.*s %lld %d %d %lld %lld %d %d %d %lld %lld %lld %.*s %lld %lld %lld",
		                       STR_ARG(r.service), (long long)r.handler, r.start_day, r.end_day, (long long)r.fate,
		                       (long long)r.outcome, r.decided_day, r.due_day, r.legal_day, (long long)r.late,
		                       (long long)r.ran, (long long)r.stood, STR_ARG(r.stop), (long long)r.stood_before,
		                       (long long)r.corrections, (long long)r.times_ended),
		};
	}
	return counted_all_close(&q, e);
}

/* The tables of counts differ in two columns alone. */
#define BY_SERVICE(table, last_column)                                                                          \
	static bool table##_page(struct tx *tx, const struct model_row *after, struct model_row *rows, size_t most, \
	                         size_t *n, struct err *e)                                                          \
	{                                                                                                           \
		struct table##_all_rows q;                                                                              \
		struct table##_all_out r;                                                                               \
		struct table##_all_in in = {.institution = after->route, .month = after->id, .most = (int64_t)most};    \
		int64_t entered;                                                                                        \
		key_pieces(after->key, &entered, &in.service, &in.last_column);                                         \
		in.entered = (int32_t)entered;                                                                          \
		*n = 0;                                                                                                 \
		if (!table##_all_open(tx, &in, &q, e)) {                                                                \
			return false;                                                                                       \
		}                                                                                                       \
		while (*n < most && table##_all_next(&q, &r)) {                                                         \
			rows[(*n)++] = (struct model_row){.route = r.institution,                                           \
			                                  .id = r.month,                                                    \
			                                  .key = key_of(tx, r.entered, r.service, r.last_column),           \
			                                  .text = model_text(tx, "%lld", (long long)r.n)};                  \
		}                                                                                                       \
		return table##_all_close(&q, e);                                                                        \
	}
#define BY_OFFICIAL(table, last_column)                                                                         \
	static bool table##_page(struct tx *tx, const struct model_row *after, struct model_row *rows, size_t most, \
	                         size_t *n, struct err *e)                                                          \
	{                                                                                                           \
		struct table##_all_rows q;                                                                              \
		struct table##_all_out r;                                                                               \
		struct table##_all_in in = {.institution = after->route, .month = after->id, .most = (int64_t)most};    \
		int64_t entered;                                                                                        \
		struct str official;                                                                                    \
		key_pieces(after->key, &entered, &official, &in.last_column);                                           \
		in.entered = (int32_t)entered;                                                                          \
		(void)str_to_i64(official, &in.official);                                                               \
		*n = 0;                                                                                                 \
		if (!table##_all_open(tx, &in, &q, e)) {                                                                \
			return false;                                                                                       \
		}                                                                                                       \
		while (*n < most && table##_all_next(&q, &r)) {                                                         \
			rows[(*n)++] = (struct model_row){                                                                  \
				.route = r.institution,                                                                         \
				.id = r.month,                                                                                  \
				.key = key_of(tx, r.entered, model_text(tx, "%020lld", (long long)r.official), r.last_column),  \
				.text = model_text(tx, "%lld", (long long)r.n)};                                                \
		}                                                                                                       \
		return table##_all_close(&q, e);                                                                        \
	}
BY_SERVICE(service_figure, kind)
BY_SERVICE(service_spread, bucket)
BY_OFFICIAL(official_figure, kind)
BY_OFFICIAL(official_spread, bucket)

static bool stops_page(struct tx *tx, const struct model_row *after, struct model_row *rows, size_t most, size_t *n,
                       struct err *e)
{
	struct service_stop_all_rows q;
	struct service_stop_all_out r;
	struct service_stop_all_in in = {.institution = after->route, .month = after->id, .most = (int64_t)most};
	struct str rest = after->key, entered = STR_EMPTY;
	int64_t day = 0;
	if (str_cut(after->key, ' ', &entered, &rest) && str_to_i64(entered, &day)) {
		in.entered = (int32_t)day;
		str_cut(rest, ' ', &in.service, &in.reason);
	}
	*n = 0;
	if (!service_stop_all_open(tx, &in, &q, e)) {
		return false;
	}
	while (*n < most && service_stop_all_next(&q, &r)) {
		rows[(*n)++] = (struct model_row){
			.route = r.institution,
			.id = r.month,
			.key = model_text(tx, "%010d %.*s %.*s", r.entered, STR_ARG(r.service), STR_ARG(r.reason)),
			.text = model_text(tx, "%lld %lld", (long long)r.n, (long long)r.minutes)};
	}
	return service_stop_all_close(&q, e);
}

/* Of days: "entered service official" and "entered service official bucket"; a service's id has no space. */
static void day_pieces(struct str key, int64_t *entered, struct str *service, int64_t *official, int64_t *bucket)
{
	struct str part, rest = key;
	*entered = *official = *bucket = 0;
	*service = STR_EMPTY;
	if (str_cut(rest, ' ', &part, &rest)) {
		(void)str_to_i64(part, entered);
		(void)str_cut(rest, ' ', service, &rest);
		(void)str_to_i64(str_cut(rest, ' ', &part, &rest) ? part : rest, official);
		(void)str_to_i64(rest, bucket);
	}
}

static bool day_figure_page(struct tx *tx, const struct model_row *after, struct model_row *rows, size_t most,
                            size_t *n, struct err *e)
{
	struct day_figure_all_rows q;
	struct day_figure_all_out r;
	struct day_figure_all_in in = {.institution = after->route, .day = (int32_t)after->id, .most = (int64_t)most};
	int64_t entered, none;
	day_pieces(after->key, &entered, &in.service, &in.official, &none);
	in.entered = (int32_t)entered;
	*n = 0;
	if (!day_figure_all_open(tx, &in, &q, e)) {
		return false;
	}
	while (*n < most && day_figure_all_next(&q, &r)) {
		const int64_t counts[FIGURE_COUNT] = {
#define X(name, number, key, column) [name] = r.column,
			DAY_FIGURES(X)
#undef X
		};
		char text[FIGURE_COUNT * 22];
		size_t at = 0;
		for (int i = 0; i < FIGURE_COUNT; i++) {
			at += (size_t)snprintf(text + at, sizeof text - at, "%lld ", (long long)counts[i]);
		}
		rows[(*n)++] = (struct model_row){
			.route = r.institution,
			.id = r.day,
			.key = model_text(tx, "%010d %.*s %020lld", r.entered, STR_ARG(r.service), (long long)r.official),
			.text = model_text(tx, "%s", text)};
	}
	return day_figure_all_close(&q, e);
}

static bool day_spread_page(struct tx *tx, const struct model_row *after, struct model_row *rows, size_t most,
                            size_t *n, struct err *e)
{
	struct day_spread_all_rows q;
	struct day_spread_all_out r;
	struct day_spread_all_in in = {.institution = after->route, .day = (int32_t)after->id, .most = (int64_t)most};
	int64_t entered;
	day_pieces(after->key, &entered, &in.service, &in.official, &in.bucket);
	in.entered = (int32_t)entered;
	*n = 0;
	if (!day_spread_all_open(tx, &in, &q, e)) {
		return false;
	}
	while (*n < most && day_spread_all_next(&q, &r)) {
		rows[(*n)++] =
			(struct model_row){.route = r.institution,
		                       .id = r.day,
		                       .key = model_text(tx, "%010d %.*s %020lld %010lld", r.entered, STR_ARG(r.service),
		                                         (long long)r.official, (long long)r.bucket),
		                       .text = model_text(tx, "%lld", (long long)r.n)};
	}
	return day_spread_all_close(&q, e);
}

static bool day_stop_page(struct tx *tx, const struct model_row *after, struct model_row *rows, size_t most, size_t *n,
                          struct err *e)
{
	struct day_stop_all_rows q;
	struct day_stop_all_out r;
	struct day_stop_all_in in = {.institution = after->route, .day = (int32_t)after->id, .most = (int64_t)most};
	struct str rest = after->key, entered = STR_EMPTY;
	int64_t day = 0;
	if (str_cut(after->key, ' ', &entered, &rest) && str_to_i64(entered, &day)) {
		in.entered = (int32_t)day;
		str_cut(rest, ' ', &in.service, &in.reason);
	}
	*n = 0;
	if (!day_stop_all_open(tx, &in, &q, e)) {
		return false;
	}
	while (*n < most && day_stop_all_next(&q, &r)) {
		rows[(*n)++] = (struct model_row){
			.route = r.institution,
			.id = r.day,
			.key = model_text(tx, "%010d %.*s %.*s", r.entered, STR_ARG(r.service), STR_ARG(r.reason)),
			.text = model_text(tx, "%lld %lld", (long long)r.n, (long long)r.minutes)};
	}
	return day_stop_all_close(&q, e);
}

const struct read_model statistics_read_models[] = {
	{.table = "counted_case", .page = cases_page},
	{.table = "service_figure", .page = service_figure_page},
	{.table = "service_spread", .page = service_spread_page},
	{.table = "official_figure", .page = official_figure_page},
	{.table = "official_spread", .page = official_spread_page},
	{.table = "service_stop", .page = stops_page},
	{.table = "day_figure", .page = day_figure_page},
	{.table = "day_spread", .page = day_spread_page},
	{.table = "day_stop", .page = day_stop_page},
	{0},
};
