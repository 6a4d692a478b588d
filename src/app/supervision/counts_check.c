/* The room's tables as `store check` compares them with a recount from the events. */
#include "app/supervision/counts.h"
#include "app/supervision/supervision.sql.h"
#include "app/supervision/watch.h"

static long long ll(int64_t v)
{
	return (long long)v;
}

static bool case_page(struct tx *tx, const struct model_row *after, struct model_row *rows, size_t most, size_t *n,
                      struct err *e)
{
	struct board_case_all_rows all;
	struct board_case_all_out o;
	*n = 0;
	if (!board_case_all_open(
			tx, &(struct board_case_all_in){.most = (int64_t)most, .institution = after->route, .casefile = after->id},
			&all, e)) {
		return false;
	}
	while (*n < most && board_case_all_next(&all, &o)) {
		rows[(*n)++] = (struct model_row){
			.route = o.institution,
			.id = o.casefile,
			.key = STR_EMPTY,
			.subject = o.casefile,
			.text = model_text(tx, "%lld %.*s %.*s %lld level %lld stands %d counted %d due %d alerts %lld event %lld",
		                       ll(o.party), STR_ARG(o.number), STR_ARG(o.service), ll(o.handler), ll(o.level), o.stands,
		                       o.is_counted, o.due_day, ll(o.alerts), ll(o.event))};
	}
	return board_case_all_close(&all, e);
}

static bool count_page(struct tx *tx, const struct model_row *after, struct model_row *rows, size_t most, size_t *n,
                       struct err *e)
{
	struct board_count_all_rows all;
	struct board_count_all_out o;
	*n = 0;
	struct board_count_all_in in = {
		.most = (int64_t)most, .institution = after->route, .service = after->key, .handler = after->id};
	if (!board_count_all_open(tx, &in, &all, e)) {
		return false;
	}
	while (*n < most && board_count_all_next(&all, &o)) {
		rows[(*n)++] = (struct model_row){.route = o.institution,
		                                  .id = o.handler,
		                                  .key = o.service,
		                                  .subject = o.handler,
		                                  .text = model_text(tx, "%lld %lld %lld %lld %lld", ll(o.running),
		                                                     ll(o.standing), ll(o.orange), ll(o.red), ll(o.past))};
	}
	return board_count_all_close(&all, e);
}

static bool total_page(struct tx *tx, const struct model_row *after, struct model_row *rows, size_t most, size_t *n,
                       struct err *e)
{
	struct board_total_all_rows all;
	struct board_total_all_out o;
	*n = 0;
	if (!board_total_all_open(tx, &(struct board_total_all_in){.most = (int64_t)most, .institution = after->route},
	                          &all, e)) {
		return false;
	}
	while (*n < most && board_total_all_next(&all, &o)) {
		rows[(*n)++] =
			(struct model_row){.route = o.institution,
		                       .key = STR_EMPTY,
		                       .subject = o.institution,
		                       .text = model_text(tx, "%lld %lld %lld %lld %lld event %lld", ll(o.running),
		                                          ll(o.standing), ll(o.orange), ll(o.red), ll(o.past), ll(o.event))};
	}
	return board_total_all_close(&all, e);
}

static bool due_page(struct tx *tx, const struct model_row *after, struct model_row *rows, size_t most, size_t *n,
                     struct err *e)
{
	struct board_due_all_rows all;
	struct board_due_all_out o;
	*n = 0;
	struct board_due_all_in in = {.most = (int64_t)most, .institution = after->route, .due_day = (int32_t)after->id};
	if (!board_due_all_open(tx, &in, &all, e)) {
		return false;
	}
	while (*n < most && board_due_all_next(&all, &o)) {
		rows[(*n)++] = (struct model_row){.route = o.institution,
		                                  .id = o.due_day,
		                                  .key = STR_EMPTY,
		                                  .subject = o.institution,
		                                  .text = model_text(tx, "%lld", ll(o.n))};
	}
	return board_due_all_close(&all, e);
}

static bool day_page(struct tx *tx, const struct model_row *after, struct model_row *rows, size_t most, size_t *n,
                     struct err *e)
{
	struct board_day_all_rows all;
	struct board_day_all_out o;
	*n = 0;
	struct board_day_all_in in = {.most = (int64_t)most, .institution = after->route, .day = (int32_t)after->id};
	if (!board_day_all_open(tx, &in, &all, e)) {
		return false;
	}
	while (*n < most && board_day_all_next(&all, &o)) {
		rows[(*n)++] =
			(struct model_row){.route = o.institution,
		                       .id = o.day,
		                       .key = STR_EMPTY,
		                       .subject = o.institution,
		                       .text = model_text(tx, "%lld %lld %lld ended %lld raised %lld acted %lld", ll(o.running),
		                                          ll(o.orange), ll(o.red), ll(o.ended), ll(o.raised), ll(o.acted))};
	}
	return board_day_all_close(&all, e);
}

static bool alert_page(struct tx *tx, const struct model_row *after, struct model_row *rows, size_t most, size_t *n,
                       struct err *e)
{
	struct alert_all_rows all;
	struct alert_all_out o;
	*n = 0;
	struct alert_all_in in = {
		.most = (int64_t)most, .institution = after->route, .casefile = after->id, .id = after->kind};
	if (!alert_all_open(tx, &in, &all, e)) {
		return false;
	}
	while (*n < most && alert_all_next(&all, &o)) {
		rows[(*n)++] = (struct model_row){
			.route = o.institution,
			.id = o.casefile,
			.kind = o.id,
			.key = STR_EMPTY,
			.subject = o.casefile,
			.text = model_text(
				tx, "%lld %.*s %.*s level %lld legal %d due %d %lld left %lld %lld at %lld day %d acted %lld",
				ll(o.party), STR_ARG(o.service), STR_ARG(o.number), ll(o.level), o.is_legal, o.due_day, ll(o.due_at),
				ll(o.left_days), ll(o.handler), ll(o.raised_at), o.day, o.has_acted_at ? ll(o.acted_at) : 0)};
	}
	return alert_all_close(&all, e);
}

const struct read_model board_read_models[] = {
	{"board_case", case_page}, {"board_count", count_page}, {"board_total", total_page},   {"board_due", due_page},
	{"board_day", day_page},   {"alert", alert_page},       {"case_watch", watch_page_of}, {NULL, NULL},
};
