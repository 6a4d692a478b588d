/* The counts as rows that `store check` compares with those that the events give. */
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
			.text = model_text(tx, "%.*s %lld %d %lld %lld %lld %d %d %d %lld %lld %lld %.*s %lld %lld %lld",
		                       STR_ARG(r.service), (long long)r.handler, r.start_day, (long long)r.month,
		                       (long long)r.fate, (long long)r.outcome, r.decided_day, r.due_day, r.legal_day,
		                       (long long)r.late, (long long)r.ran, (long long)r.stood, STR_ARG(r.stop),
		                       (long long)r.stood_before, (long long)r.corrections, (long long)r.times_ended),
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

const struct read_model statistics_read_models[] = {
	{.table = "counted_case", .page = cases_page},
	{.table = "service_figure", .page = service_figure_page},
	{.table = "service_spread", .page = service_spread_page},
	{.table = "official_figure", .page = official_figure_page},
	{.table = "official_spread", .page = official_spread_page},
	{.table = "service_stop", .page = stops_page},
	{0},
};
