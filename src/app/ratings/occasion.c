#include "app/ratings/occasion.h"

#include "app/cases/moves.h"
#include "app/forms/draft.h"
#include "app/page.h"
#include "base/json.h"
#include "html/translate.h"

enum { PAYLOAD_ARENA_BYTES = 64 * 1024 };

/* --- What is an occasion --- */

static int64_t integer(const struct json *j, const char *key)
{
	const struct json *v = json_get(j, str_of(key));
	return v && v->kind == JSON_INT ? v->integer : 0;
}

/* `about`: whom it is about, as far as the event itself says; may be NULL. */
static enum rating_occasion occasion_of(const struct event *ev, int64_t *about)
{
	enum case_move move = str_is(ev->room, "cases") ? case_move_of(ev->kind) : CASE_MOVE_COUNT;
	struct arena a;
	struct json *open = NULL;
	struct err ignored;
	enum rating_occasion kind = RATING_NOT_ASKED;
	int64_t who = ev->actor;
	if (move == MOVE_LETTER_LEFT || move == MOVE_NOT_ACCEPTED) {
		kind = RATING_DECISION;
	} else if (move == MOVE_SUBMITTED || move == MOVE_HANDED_OVER) {
		arena_init(&a, PAYLOAD_ARENA_BYTES);
		if (json_parse(&a, ev->public_payload, &open, &ignored)) {
			bool is_there = move == MOVE_SUBMITTED ? integer(open, "channel") == CHANNEL_COUNTER
			                                       : str_is(json_string(open, STR("reason")), "collect");
			kind = is_there ? RATING_COUNTER : RATING_NOT_ASKED;
			who = move == MOVE_SUBMITTED ? integer(open, "intake_by") : who;
		}
		arena_release(&a);
	}
	if (about) {
		*about = who;
	}
	return kind;
}

enum rating_occasion rating_occasion_of(const struct event *ev)
{
	return occasion_of(ev, NULL);
}

int64_t rating_month(struct app *app, int64_t institution, int64_t utc_us)
{
	const struct institution *in = catalogue_institution(app, institution);
	day_number day = in ? zone_local(calendar_zone(in->calendar), utc_us).day : (day_number)(utc_us / US_PER_DAY);
	struct date d = date_of_day(day);
	return (int64_t)d.year * 100 + d.month;
}

struct occasions_load {
	int64_t party, casefile;
	struct event_list events;
	struct rating_of_case_out rated[OCCASIONS_MOST * 4];
	size_t rated_n;
};

static bool load_occasions(struct tx *tx, void *ctx, struct err *e)
{
	struct occasions_load *in = ctx;
	struct rating_of_case_rows rows;
	in->rated_n = 0;
	if (!event_list_of_case(tx, in->party, in->casefile, &in->events, e) ||
	    !rating_of_case_open(tx, &(struct rating_of_case_in){.party = in->party, .casefile = in->casefile}, &rows, e)) {
		return false;
	}
	while (in->rated_n < sizeof in->rated / sizeof in->rated[0] &&
	       rating_of_case_next(&rows, &in->rated[in->rated_n])) {
		in->rated_n++;
	}
	return rating_of_case_close(&rows, e);
}

bool occasions_of(struct req *r, int64_t party, int64_t casefile, struct occasion out[OCCASIONS_MOST], size_t *n,
                  struct err *e)
{
	struct occasions_load in = {.party = party, .casefile = casefile};
	int64_t decider = 0;
	*n = 0;
	if (!store_read(r->app->store, party, &r->arena, load_occasions, &in, e)) {
		return false;
	}
	for (size_t i = 0; i < in.events.n; i++) {
		const struct event *ev = &in.events.items[i];
		enum case_move move = str_is(ev->room, "cases") ? case_move_of(ev->kind) : CASE_MOVE_COUNT;
		int64_t about;
		enum rating_occasion kind = occasion_of(ev, &about);
		if (move == MOVE_DECIDED || move == MOVE_PROPOSED) {
			decider = ev->actor;
		}
		if (kind == RATING_NOT_ASKED) {
			continue;
		}
		if (*n == OCCASIONS_MOST) {
			memmove(&out[0], &out[1], (OCCASIONS_MOST - 1) * sizeof out[0]);
			(*n)--;
		}
		struct occasion *o = &out[(*n)++];
		*o = (struct occasion){
			.id = ev->id,
			.casefile = casefile,
			.institution = ev->institution,
			.handler = move == MOVE_LETTER_LEFT ? decider : about,
			.at_us = ev->effective_us,
			.service = ev->service,
			.kind = kind,
		};
		for (size_t k = 0; k < in.rated_n; k++) {
			if (in.rated[k].about == o->id) {
				o->rating = in.rated[k].id;
				o->state = in.rated[k].state;
			}
		}
	}
	return true;
}

bool occasion_is_open(struct req *r, const struct occasion *o)
{
	return o->rating == 0 && time_legal_us(&r->app->time) - o->at_us < RATING_DAYS * US_PER_DAY;
}

/* --- A rating with what was said --- */

struct rating_load {
	int64_t party, id;
	struct rating_get_out row;
	struct event_list events;
};

static bool load_rating(struct tx *tx, void *ctx, struct err *e)
{
	struct rating_load *in = ctx;
	return rating_get(tx, &(struct rating_get_in){.party = in->party, .id = in->id}, &in->row, e) &&
	       (!in->row.found || event_list_of_case(tx, in->party, in->id, &in->events, e));
}

static const char *const happened[RATING_MOVE_COUNT] = {
	[RATE_RATED] = N_("Rated"),
	[RATE_CONTACTED] = N_("The office wrote"),
	[RATE_WRITTEN] = N_("The office wrote"),
	[RATE_ANSWERED] = N_("The person answered"),
	[RATE_REMEDIED] = N_("The office said what it did"),
	[RATE_APPEALED] = N_("The office says that the rating rests on a mistake"),
	[RATE_UPHELD] = N_("Judged: it rests on a mistake and does not count"),
	[RATE_DISMISSED] = N_("Judged: it counts"),
	[RATE_CONTACT_LATE] = N_("The day for contacting the person has passed"),
	[RATE_REMEDY_LATE] = N_("The day for putting it right has passed"),
};

bool rating_read(struct req *r, int64_t party, int64_t id, bool shows_name, struct rating_read *out, struct err *e)
{
	struct rating_load in = {.party = party, .id = id};
	*out = (struct rating_read){0};
	if (!store_read(r->app->store, party, &r->arena, load_rating, &in, e)) {
		return false;
	}
	out->row = in.row;
	if (!in.row.found) {
		return true;
	}
	out->institution = catalogue_institution(r->app, in.row.institution);
	out->said = arena_new(&r->arena, struct rating_said, in.events.n + 1);
	if (out->said == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a rating");
	}
	for (size_t i = 0; i < in.events.n; i++) {
		const struct event *ev = &in.events.items[i];
		enum rating_move move = str_is(ev->room, RATING_ROOM) ? rating_move_of(ev->kind) : RATING_MOVE_COUNT;
		struct json *closed = NULL;
		struct err erased;
		if (move == RATING_MOVE_COUNT) {
			continue;
		}
		if (ev->personal_payload.n > 0 && !json_parse(&r->arena, ev->personal_payload, &closed, &erased)) {
			closed = NULL;
		}
		bool is_persons = move == RATE_RATED || move == RATE_ANSWERED;
		out->said[out->said_n++] = (struct rating_said){
			.who = is_persons && !shows_name ? STR_EMPTY : json_string(closed, STR("name")),
			.when = page_moment(r, ev->effective_us),
			.what = tr(r->lang, happened[move]),
			.text = json_string(closed, STR("text")),
		};
	}
	out->words = out->said_n > 0 ? out->said[0].text : STR_EMPTY;
	return true;
}

/* --- Words --- */

const char *rating_level_word(int64_t level)
{
	static const char *const words[] = {"", N_("Very bad"), N_("Bad"), N_("All right"), N_("Good"), N_("Very good")};
	return words[level >= 1 && level <= RATING_LEVELS ? level : 0];
}

const char *rating_what_word(enum rating_occasion occasion)
{
	return occasion == RATING_COUNTER ? N_("Visit at the counter") : N_("Decision");
}

const char *rating_state_word(int64_t state, bool is_desk)
{
	static const char *const words[RATING_STATE_END][2] = {
		[RATING_SETTLED] = {N_("Thank you. We have your rating."), N_("Nothing to do")},
		[RATING_OPEN] = {N_("Somebody of the office contacts you."), N_("To contact")},
		[RATING_CONTACTED] = {N_("The office has written to you and puts it right."), N_("To put right")},
		[RATING_REMEDIED] = {N_("The office has said what it did."), N_("Put right")},
		[RATING_APPEALED] = {N_("The office says that your rating rests on a mistake. Somebody outside of it judges."),
	                         N_("Being judged")},
		[RATING_STRUCK] = {N_("Somebody outside of the office judged that it rests on a mistake. It does not count."),
	                       N_("Does not count")},
	};
	return words[state > 0 && state < RATING_STATE_END ? state : RATING_SETTLED][is_desk];
}

struct str rating_month_text(struct req *r, int64_t month)
{
	return arena_printf(&r->arena, "%04d-%02d", (int)(month / 100), (int)(month % 100));
}

struct str rating_service(struct req *r, struct str id)
{
	const struct service *s = catalogue_service(r->app, id);
	return s ? text_in(&s->name, r->lang) : id;
}

bool rating_text_is_right(struct req *r, struct str text, struct str *error)
{
	if (text.n == 0) {
		*error = tr(r->lang, N_("Write something."));
	} else if (str_runes(text) > RATING_CHARS) {
		*error = tr(r->lang, N_("Write at most 2,000 characters."));
	}
	return error->n == 0;
}
