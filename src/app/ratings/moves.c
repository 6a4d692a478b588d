#include "app/ratings/moves.h"

#include "app/mail/mail.h"
#include "base/json.h"

enum { PAYLOAD_BYTES_MAX = 64 * 1024 };

static const struct {
	const char *kind;
	unsigned from;
	int to;
	enum mail_kind tells;
} moves[RATING_MOVE_COUNT] = {
#define X(move, kind, from, to, tells) {kind, from, to, tells},
	RATING_MOVES(X)
#undef X
};

enum rating_move rating_move_of(struct str kind)
{
	int i = 0;
	while (i < RATING_MOVE_COUNT && !str_is(kind, moves[i].kind)) {
		i++;
	}
	return (enum rating_move)i;
}

bool rating_move_fits(enum rating_move move, int64_t state)
{
	return state > 0 && state < RATING_STATE_END && (moves[move].from & RATING_IN((unsigned)state)) != 0;
}

static day_number today(struct tx *tx, const struct institution *in)
{
	return zone_local(calendar_zone(in->calendar), tx_now_us(tx)).day;
}

static int64_t end_us(const struct institution *in, day_number day)
{
	return zone_instant_us(calendar_zone(in->calendar), day + 1, 0);
}

int64_t rating_next_us(const struct rating_get_out *r, const struct institution *in)
{
	if (r->has_contact_by && !r->has_contacted_at && (r->late & RATING_LATE_CONTACT) == 0 &&
	    rating_move_fits(RATE_CONTACT_LATE, r->state)) {
		return end_us(in, r->contact_by);
	}
	if (r->has_remedy_by && (r->late & RATING_LATE_REMEDY) == 0 && rating_move_fits(RATE_REMEDY_LATE, r->state)) {
		return end_us(in, r->remedy_by);
	}
	return 0;
}

/* --- The event: the whole rating in the open, the words apart --- */

static void put_int(struct json_out *j, const char *key, int64_t v)
{
	json_key(j, str_of(key));
	json_put_int(j, v);
}

static bool append(struct tx *tx, const struct rating_get_out *r, const struct rating_change *c, struct err *e)
{
	struct buf open, closed;
	buf_init(&open, PAYLOAD_BYTES_MAX);
	buf_init(&closed, PAYLOAD_BYTES_MAX);
	struct json_out j = {.to = &open};
	json_begin_object(&j);
	put_int(&j, "occasion", r->occasion);
	put_int(&j, "month", r->month);
	put_int(&j, "level", r->level);
	put_int(&j, "words", r->has_words);
	put_int(&j, "handler", r->handler);
	put_int(&j, "state", r->state);
	put_int(&j, "contact", r->has_contact_by ? r->contact_by : 0);
	put_int(&j, "remedy", r->has_remedy_by ? r->remedy_by : 0);
	put_int(&j, "late", r->late);
	put_int(&j, "judges", ratings_judges(c->institution->jurisdiction));
	json_end_object(&j);
	j = (struct json_out){.to = &closed};
	json_begin_object(&j);
	if (c->name.n > 0) {
		json_key(&j, STR("name"));
		json_put_string(&j, c->name);
	}
	if (c->text.n > 0) {
		json_key(&j, STR("text"));
		json_put_string(&j, c->text);
	}
	json_end_object(&j);
	struct event ev = {
		.route = r->party,
		.room = STR(RATING_ROOM),
		.kind = str_of(moves[c->move].kind),
		.version = 1,
		.casefile = r->id,
		.institution = r->institution,
		.service = r->service,
		.actor = c->actor,
		.effective_us = tx_now_us(tx),
		.is_first = c->move == RATE_RATED,
		.public_payload = buf_str(&open),
		.personal_payload = c->actor != 0 ? buf_str(&closed) : STR_EMPTY,
	};
	bool ok = buf_ok(&open, e) && buf_ok(&closed, e) && event_append(tx, &ev, e);
	buf_release(&open);
	buf_release(&closed);
	return ok;
}

/* Event, message and timer: what every move ends with. */
static bool finish(struct tx *tx, const struct rating_get_out *r, const struct rating_change *c, struct err *e)
{
	int64_t next_us = rating_next_us(r, c->institution);
	struct mail_message m = {
		.party = r->party,
		.kind = moves[c->move].tells,
		.casefile = r->casefile,
		.institution = r->institution,
		.service = r->service,
		.words = c->text,
		.official = c->name,
	};
	tx_result(tx, 0, r->id);
	return append(tx, r, c, e) && mail_post(tx, &m, e) &&
	       (next_us > 0 ? timer_set(tx, r->party, STR(RATING_TIMER), r->id, next_us, e)
	                    : timer_clear(tx, r->party, STR(RATING_TIMER), r->id, e));
}

bool rating_give_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct rating_give *in = ctx;
	struct rating_insert_in row = in->row;
	struct rating_get_out r;
	struct rating_change c = {
		.move = RATE_RATED, .actor = row.rated_by, .name = in->name, .text = in->words, .institution = in->institution};
	bool is_bad = row.level <= RATING_BAD_MOST;
	day_number day = today(tx, in->institution);
	row.rated_at = tx_now_us(tx);
	row.has_words = in->words.n > 0;
	row.state = is_bad ? RATING_OPEN : RATING_SETTLED;
	row.has_contact_by = row.has_remedy_by = is_bad;
	if (is_bad) {
		row.contact_by = calendar_add(in->institution->calendar, day, RATING_CONTACT_DAYS);
		row.remedy_by = calendar_add(in->institution->calendar, day, RATING_REMEDY_DAYS);
	}
	return rating_insert(tx, &row, e) &&
	       rating_get(tx, &(struct rating_get_in){.party = row.party, .id = row.id}, &r, e) && finish(tx, &r, &c, e);
}

/* What a move changes beside the state. */
static void change(struct tx *tx, struct rating_get_out *r, const struct rating_change *c)
{
	const struct calendar *calendar = c->institution->calendar;
	day_number now = today(tx, c->institution);
	switch (c->move) {
	case RATE_CONTACTED:
	case RATE_REMEDIED: /* who was told what was done has been contacted */
		if (!r->has_contacted_at) {
			r->has_contacted_at = true;
			r->contacted_at = tx_now_us(tx);
		}
		break;
	case RATE_APPEALED:
		r->appealed_by = c->actor;
		r->has_appealed_day = true;
		r->appealed_day = now;
		break;
	case RATE_DISMISSED: /* the time for the remedy stood meanwhile, in whole working days */
		r->state = r->has_contacted_at ? RATING_CONTACTED : RATING_OPEN;
		r->remedy_by = calendar_add(calendar, r->remedy_by, calendar_between(calendar, r->appealed_day, now));
		break;
	case RATE_CONTACT_LATE:
		r->late |= RATING_LATE_CONTACT;
		break;
	case RATE_REMEDY_LATE:
		r->late |= RATING_LATE_REMEDY;
		break;
	default:
		break;
	}
}

bool rating_change_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct rating_change *c = ctx;
	struct rating_get_out r;
	if (!rating_move(tx, &(struct rating_move_in){.party = c->party, .id = c->id, .version = c->version}, e) ||
	    !rating_get(tx, &(struct rating_get_in){.party = c->party, .id = c->id}, &r, e)) {
		return false;
	}
	if (!rating_move_fits(c->move, r.state) || (c->move == RATE_APPEALED && r.appealed_by != 0)) {
		return err_set(e, ERR_CONFLICT, "%s from state %lld", moves[c->move].kind, (long long)r.state);
	}
	if (moves[c->move].to != RATING_AS_IT_IS) {
		r.state = moves[c->move].to;
	}
	change(tx, &r, c);
	return rating_set(tx,
	                  &(struct rating_set_in){.party = r.party,
	                                          .id = r.id,
	                                          .state = r.state,
	                                          .has_remedy_by = r.has_remedy_by,
	                                          .remedy_by = r.remedy_by,
	                                          .late = r.late,
	                                          .has_contacted_at = r.has_contacted_at,
	                                          .contacted_at = r.contacted_at,
	                                          .appealed_by = r.appealed_by,
	                                          .has_appealed_day = r.has_appealed_day,
	                                          .appealed_day = r.appealed_day},
	                  e) &&
	       finish(tx, &r, c, e);
}

/* --- The day is over: said once each --- */

static bool day_over(struct tx *tx, const struct timer *t, void *ctx, struct err *e)
{
	struct app *app = ctx;
	struct rating_get_out r;
	if (!rating_get(tx, &(struct rating_get_in){.party = t->route, .id = t->subject}, &r, e)) {
		return false;
	}
	const struct institution *in = r.found ? catalogue_institution(app, r.institution) : NULL;
	if (in == NULL) {
		return !r.found || err_set(e, ERR_INTERNAL, "a rating of an institution that the catalogue does not know");
	}
	int64_t next_us = rating_next_us(&r, in);
	if (next_us == 0) {
		return true;
	}
	if (next_us > tx_now_us(tx)) {
		return timer_set(tx, t->route, t->kind, t->subject, next_us, e);
	}
	bool is_contact = !r.has_contacted_at && (r.late & RATING_LATE_CONTACT) == 0;
	struct rating_change c = {
		.party = r.party,
		.id = r.id,
		.version = r.version,
		.move = is_contact ? RATE_CONTACT_LATE : RATE_REMEDY_LATE,
		.institution = in,
	};
	return rating_change_job(tx, &c, e);
}

const struct timer_kind ratings_timers[] = {
	{.name = RATING_TIMER, .fire = day_over},
	{.name = NULL},
};
