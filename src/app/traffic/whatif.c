#include "app/traffic/whatif.h"

#include "app/catalogue/catalogue.h"
#include "app/traffic/live.h"
#include "app/traffic/traffic.sql.h"
#include "store/tx.h"

#define SILENT_US (60 * US_PER_S)

struct step {
	int64_t institution, id, now_us, part;
	enum what_if_state state;
	struct str text;
	struct what_if_first_out first; /* out */
	struct what_if_get_out is;
};

static bool first_job(struct tx *tx, void *ctx, struct err *e)
{
	struct step *s = ctx;
	struct what_if_first_in waits = {.institution = s->institution, .state = WHAT_IF_WAITS},
							runs = {.institution = s->institution, .state = WHAT_IF_RUNS};
	if (!what_if_first(tx, &runs, &s->first, e)) {
		return false;
	}
	/* One at a time, as long as its simulator speaks. */
	if (s->first.found) {
		s->first.found = s->now_us - s->first.heard_at > SILENT_US;
		return true;
	}
	return what_if_first(tx, &waits, &s->first, e);
}

static bool look_job(struct tx *tx, void *ctx, struct err *e)
{
	struct step *s = ctx;
	return what_if_get(tx, &(struct what_if_get_in){.institution = s->institution, .id = s->id}, &s->is, e);
}

static bool say_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct step *s = ctx;
	return what_if_say(tx,
	                   &(struct what_if_say_in){.institution = s->institution,
	                                            .id = s->id,
	                                            .version = s->is.version,
	                                            .state = WHAT_IF_RUNS,
	                                            .part = s->part,
	                                            .heard_at = s->now_us},
	                   e);
}

static bool end_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct step *s = ctx;
	bool is_done = s->state == WHAT_IF_DONE;
	return what_if_end(tx,
	                   &(struct what_if_end_in){.institution = s->institution,
	                                            .id = s->id,
	                                            .version = s->is.version,
	                                            .state = s->state,
	                                            .result = is_done ? s->text : STR_EMPTY,
	                                            .note = is_done ? STR_EMPTY : s->text,
	                                            .has_ended_at = true,
	                                            .ended_at = s->now_us},
	                   e);
}

static bool write(struct app *app, struct step *s, store_job *job, struct err *e)
{
	struct store_op op = {.route = s->institution, .is_background = true};
	return store_write(app->store, &op, job, s, e);
}

static bool next(struct app *app, struct step *s, struct arena *a, struct buf *reply, struct err *e)
{
	if (!store_read(app->store, s->institution, a, first_job, s, e)) {
		return false;
	}
	if (!s->first.found) {
		return true;
	}
	s->id = s->first.id;
	s->is.version = s->first.version;
	s->part = 0;
	/* Another simulator may have been faster. */
	if (!write(app, s, say_job, e)) {
		return e->code == ERR_CONFLICT;
	}
	buf_printf(reply, "%lld %.*s %.*s %lld %lld", (long long)s->id, STR_ARG(s->first.a), STR_ARG(s->first.b),
	           (long long)s->first.minutes, (long long)s->first.seeds);
	return true;
}

bool what_if_told(struct app *app, struct str message, struct buf *reply, struct err *e)
{
	const struct institution *in = traffic_office(app);
	struct str words, text, word, id, part;
	struct step s = {.now_us = time_legal_us(&app->time)};
	struct arena a;
	str_cut(message, '\n', &words, &text);
	str_cut(words, ' ', &word, &id);
	str_cut(id, ' ', &id, &part);
	bool is_next = str_is(word, "next"), is_say = str_is(word, "say"), is_end = str_is(word, "end");
	if (in == NULL || (!is_next && !str_to_i64(id, &s.id)) ||
	    (!is_next && !is_say && !is_end && !str_is(word, "fail")) || text.n > WHAT_IF_ANSWER_MAX ||
	    !str_is_utf8(text) || (is_say && !str_to_i64(part, &s.part))) {
		return err_set(e, ERR_BAD_INPUT, "this is nothing that a simulator says");
	}
	s.institution = in->id;
	s.text = text;
	s.state = is_end ? WHAT_IF_DONE : WHAT_IF_FAILED;
	s.part = s.part < 0 ? 0 : s.part > 100 ? 100 : s.part;
	arena_init(&a, 1 << 20);
	bool ok = is_next ? next(app, &s, &a, reply, e) : store_read(app->store, s.institution, &a, look_job, &s, e);
	if (ok && !is_next) {
		/* What was stopped meanwhile stays so. */
		bool is_on = s.is.found && s.is.state == WHAT_IF_RUNS;
		ok = !is_on || write(app, &s, is_say ? say_job : end_job, e) || e->code == ERR_CONFLICT;
		if (ok && is_say) {
			buf_put_c(reply, is_on ? "on" : "stop");
		}
	}
	arena_release(&a);
	return ok;
}
