#include "app/cases/steps.h"

#include "app/cases/move_steps.h"
#include "store/tx.h"

/* When a step goes on: the states, what stands beside them, and whether the case is accepted. */
enum { ACCEPTED_OR_NOT, NOT_ACCEPTED_YET, ACCEPTED_ALREADY };
static const struct {
	unsigned states, needs;
	int acceptance;
} steps[STEP_KINDS] = {
	[STEP_ACCEPTANCE] = {IN(CASE_RECEIVED) | IN_HAND | IN(CASE_ASKED), 0, NOT_ACCEPTED_YET},
	[STEP_CORRECTION] = {IN(CASE_CORRECTED), 0, ACCEPTED_OR_NOT},
	[STEP_OPINION] = {IN_HAND | IN(CASE_ASKED), HAS_OPINION, ACCEPTED_OR_NOT},
	[STEP_DECISION] = {IN(CASE_RECEIVED) | IN_HAND | IN(CASE_ASKED), 0, ACCEPTED_ALREADY},
	[STEP_SIGNATURE] = {IN(CASE_TO_SIGN), 0, ACCEPTED_OR_NOT},
	[STEP_REPLY] = {IN_PROCESS, HAS_ENQUIRY, ACCEPTED_OR_NOT},
	[STEP_HAND_OVER] = {IN(CASE_CLOSED), IS_TO_POST, ACCEPTED_OR_NOT},
};

static bool goes_on(enum case_step_kind kind, const struct casefile_get_out *c)
{
	int acceptance = c->acceptance == ACCEPTANCE_NONE ? NOT_ACCEPTED_YET : ACCEPTED_ALREADY;
	return (steps[kind].states & IN((unsigned)c->state)) != 0 &&
	       ((unsigned)c->flags & steps[kind].needs) == steps[kind].needs &&
	       (steps[kind].acceptance == ACCEPTED_OR_NOT || steps[kind].acceptance == acceptance);
}

struct clock_limit case_step_limit(struct str limits, enum case_step_kind kind)
{
	struct str word, number, unit;
	int64_t n;
	while (str_next(&limits, ' ', &word) && str_next(&limits, ' ', &number) && str_next(&limits, ' ', &unit)) {
		if (str_is(word, case_step_words[kind]) && str_to_i64(number, &n)) {
			return (struct clock_limit){clock_unit_named(unit), (int32_t)n};
		}
	}
	return (struct clock_limit){0};
}

bool case_steps_load(struct tx *tx, const struct casefile_get_out *c, struct case_clock *out, struct err *e)
{
	struct case_step_open_list_rows rows;
	struct case_step_open_list_out row;
	if (!case_step_open_list_open(
			tx, &(struct case_step_open_list_in){.party = c->party, .casefile = c->id, .most = STEP_KINDS}, &rows, e)) {
		return false;
	}
	while (out->step_n < STEP_KINDS && case_step_open_list_next(&rows, &row)) {
		out->steps[out->step_n++] = (struct case_step){.id = row.id,
		                                               .kind = (enum case_step_kind)row.kind,
		                                               .limit = {(enum clock_unit)row.unit, (int32_t)row.n},
		                                               .since = {row.since_day, row.since_at},
		                                               .is_said = row.is_past,
		                                               .due_day = row.due_day,
		                                               .due_us = row.due_at};
	}
	return case_step_open_list_close(&rows, e);
}

void case_step_read(const struct calendar *c, const struct case_clock *k, const struct case_step *s, int64_t now_us,
                    struct clock_face *out)
{
	struct legal_clock clock = {
		.rule = {.committed = s->limit},
		.submitted = s->since,
		.stops = k->clock.stops,
		.stop_n = k->clock.stop_n,
		.outages = k->clock.outages,
		.outage_n = k->clock.outage_n,
	};
	legal_clock_read(c, &clock, now_us, out);
}

const struct case_step *case_step_first(const struct case_clock *k, int64_t id)
{
	const struct case_step *first = NULL;
	for (size_t i = 0; i < k->step_n; i++) {
		const struct case_step *s = &k->steps[i];
		if (id != 0 && s->id == id) {
			return s;
		}
		first = first == NULL || s->due_us < first->due_us ? s : first;
	}
	return first;
}

const struct case_step *case_step_ran_out(const struct calendar *c, const struct case_clock *k, int64_t now_us,
                                          int64_t *due_us)
{
	const struct case_step *first = NULL;
	for (size_t i = 0; i < k->step_n; i++) {
		struct clock_face face;
		case_step_read(c, k, &k->steps[i], now_us, &face);
		int64_t us = face.due[CLOCK_COMMITTED].us;
		if (!k->steps[i].is_said && us <= now_us && (first == NULL || us < *due_us)) {
			first = &k->steps[i];
			*due_us = us;
		}
	}
	return first;
}

/* --- Before a move ------------------------------------------------------------------------------------------------ */

static bool is_a_turn(enum case_move move)
{
	return move == MOVE_STOP_ENDED || move == MOVE_CLOCK_ORANGE || move == MOVE_CLOCK_RED || move == MOVE_CLOCK_PAST ||
	       move == MOVE_STEP_PAST || move == MOVE_CLOCK_MOVED || move == MOVE_SILENCE_GRANTED ||
	       move == MOVE_SILENCE_REFUSED || move == MOVE_SILENCE_ESCALATED;
}

bool move_say_steps(struct tx *tx, const struct move_step *m, struct err *e)
{
	struct case_change change = *m->change;
	int64_t due_us;
	if (is_a_turn(m->move) || m->c.steps == 0 || !m->c.has_turns_at || m->c.turns_at > tx_now_us(tx)) {
		return true;
	}
	change.actor = 0;
	change.actor_name = STR_EMPTY;
	struct move_step said = {.move = MOVE_STEP_PAST, .change = &change, .c = m->c};
	said.c.party = change.party;
	said.c.id = change.casefile;
	if (!case_clock_load(tx, &said.c, &said.clock, e)) {
		return false;
	}
	const struct case_step *s;
	while ((s = case_step_ran_out(change.calendar, &said.clock, tx_now_us(tx), &due_us)) != NULL) {
		said.step = s->id;
		said.effective_us = due_us;
		case_clock_face(change.calendar, &said.clock.clock, due_us, &said.face);
		if (!case_step_say(
				tx, &(struct case_step_say_in){.party = change.party, .casefile = change.casefile, .id = s->id}, e) ||
		    !move_append(tx, &said, e) ||
		    !casefile_say_two(tx, &(struct casefile_say_two_in){.party = change.party, .id = change.casefile}, e)) {
			return false;
		}
		said.clock.steps[s - said.clock.steps].is_said = true;
	}
	return true;
}

/* --- With every move ---------------------------------------------------------------------------------------------- */

static bool end(struct tx *tx, const struct move_step *m, const struct case_step *s, int64_t now_us, struct err *e)
{
	return case_step_end(tx,
	                     &(struct case_step_end_in){.party = m->change->party,
	                                                .casefile = m->change->casefile,
	                                                .id = s->id,
	                                                .has_until_at = true,
	                                                .until_at = now_us},
	                     e);
}

static bool keep(struct tx *tx, const struct move_step *m, const struct case_step *s, bool is_new, struct err *e)
{
	int64_t party = m->change->party, casefile = m->change->casefile;
	return is_new ? case_step_insert(tx,
	                                 &(struct case_step_insert_in){.party = party,
	                                                               .casefile = casefile,
	                                                               .id = s->id,
	                                                               .kind = s->kind,
	                                                               .n = s->limit.n,
	                                                               .unit = s->limit.unit,
	                                                               .since_at = s->since.us,
	                                                               .since_day = s->since.day,
	                                                               .due_at = s->due_us,
	                                                               .due_day = s->due_day},
	                                 e)
	              : case_step_move(tx,
	                               &(struct case_step_move_in){.party = party,
	                                                           .casefile = casefile,
	                                                           .id = s->id,
	                                                           .n = s->limit.n,
	                                                           .unit = s->limit.unit,
	                                                           .due_at = s->due_us,
	                                                           .due_day = s->due_day},
	                               e);
}

static bool same_limit(struct clock_limit a, struct clock_limit b)
{
	return a.unit == b.unit && a.n == b.n;
}

/* What is due now by the limit that the service has, and kept where it is not what was said. */
static bool say(struct tx *tx, const struct move_step *m, struct case_step *s, bool is_new, int64_t now_us,
                struct err *e)
{
	struct clock_face face;
	struct clock_limit limit = case_step_limit(m->c.step_limits, s->kind);
	bool is_other = is_new || !same_limit(s->limit, limit);
	s->limit = limit;
	case_step_read(m->change->calendar, &m->clock, s, now_us, &face);
	const struct clock_due *due = &face.due[CLOCK_COMMITTED];
	is_other = is_other || due->us != s->due_us || due->day != s->due_day;
	s->due_us = due->us;
	s->due_day = due->day;
	return !is_other || keep(tx, m, s, is_new, e);
}

/* Those that are over, or have no limit any more; a bit of *open for each that goes on. */
static bool end_steps(struct tx *tx, struct move_step *m, int64_t now_us, unsigned *open, struct err *e)
{
	struct case_clock *k = &m->clock;
	size_t n = 0;
	*open = 0;
	for (size_t i = 0; i < k->step_n; i++) {
		struct case_step s = k->steps[i];
		if (goes_on(s.kind, &m->c) && case_step_limit(m->c.step_limits, s.kind).n > 0) {
			*open |= 1U << s.kind;
			k->steps[n++] = s;
		} else if (!end(tx, m, &s, now_us, e)) {
			return false;
		}
	}
	k->step_n = n;
	return true;
}

bool move_read_steps(struct tx *tx, struct move_step *m, int64_t now_us, struct err *e)
{
	struct case_clock *k = &m->clock;
	unsigned open;
	if (m->c.step_limits.n == 0 && k->step_n == 0) {
		return true;
	}
	if (!end_steps(tx, m, now_us, &open, e)) {
		return false;
	}
	for (size_t i = 0; i < k->step_n; i++) {
		if (!say(tx, m, &k->steps[i], false, now_us, e)) {
			return false;
		}
	}
	for (int kind = 0; kind < STEP_KINDS; kind++) {
		struct clock_limit limit = case_step_limit(m->c.step_limits, (enum case_step_kind)kind);
		if (limit.n == 0 || (open & 1U << kind) != 0 || !goes_on((enum case_step_kind)kind, &m->c)) {
			continue;
		}
		struct case_step *s = &k->steps[k->step_n++];
		*s = (struct case_step){.id = id_in_time(now_us),
		                        .kind = (enum case_step_kind)kind,
		                        .limit = limit,
		                        .since = clock_moment_at(m->change->calendar, now_us)};
		if (!say(tx, m, s, true, now_us, e)) {
			return false;
		}
	}
	m->c.steps = (int64_t)k->step_n;
	return true;
}
