/* Who rates: the question, once an occasion, and what became of it. */
#include "app/page.h"
#include "app/people/viewer.h"
#include "app/ratings/occasion.h"
#include "app/ratings/ratings.html.h"
#include "app/rooms.h"
#include "html/translate.h"

static struct str path_of(struct req *r, int64_t casefile, int64_t occasion)
{
	return arena_printf(&r->arena, "/rate/%s/%s", id_text(casefile).c, id_text(occasion).c);
}

bool ratings_asks(struct req *r, int64_t party, int64_t casefile, struct room_asks *add, struct err *e)
{
	struct occasion list[OCCASIONS_MOST];
	size_t n, most = sizeof add->items / sizeof add->items[0];
	if (!occasions_of(r, party, casefile, list, &n, e)) {
		return false;
	}
	for (size_t i = 0; i < n && add->n < most; i++) {
		const struct occasion *o = &list[i];
		bool is_counter = o->kind == RATING_COUNTER;
		if (occasion_is_open(r, o)) {
			add->items[add->n++] = (struct room_ask){
				.text = is_counter ? tr(r->lang, N_("You were at our counter. How was it?"))
			                       : tr(r->lang, N_("We have decided. How was it for you, whatever the outcome?")),
				.href = path_of(r, casefile, o->id),
				.link = is_counter ? tr(r->lang, N_("Rate the visit")) : tr(r->lang, N_("Rate how it went")),
			};
		} else if (o->state > RATING_SETTLED) {
			add->items[add->n++] = (struct room_ask){
				.text = tr(r->lang, rating_state_word(o->state, false)),
				.href = path_of(r, casefile, o->id),
				.link = tr(r->lang, N_("Your rating")),
			};
		}
	}
	return true;
}

/* --- The page --- */

struct asked {
	int64_t party, casefile;
	struct occasion o;
	struct rating_read rating; /* row.found: it is rated */
	const struct institution *institution;
};

static bool find_asked(struct req *r, struct asked *a, struct err *e)
{
	int64_t occasion;
	*a = (struct asked){0};
	if (!req_arg_id(r, 0, &a->casefile, e) || !req_arg_id(r, 1, &occasion, e)) {
		return false;
	}
	for (size_t i = 0; i < r->viewer->party_n && a->o.id == 0; i++) {
		struct occasion list[OCCASIONS_MOST];
		size_t n;
		a->party = r->viewer->parties[i].party;
		if (!occasions_of(r, a->party, a->casefile, list, &n, e)) {
			return false;
		}
		for (size_t k = 0; k < n; k++) {
			if (list[k].id == occasion) {
				a->o = list[k];
			}
		}
	}
	a->institution = a->o.id != 0 ? catalogue_institution(r->app, a->o.institution) : NULL;
	if (a->institution == NULL) {
		return err_set(e, ERR_NOT_FOUND, "nothing to rate");
	}
	if (a->o.rating != 0 && !rating_read(r, a->party, a->o.rating, true, &a->rating, e)) {
		return false;
	}
	return a->rating.row.found || occasion_is_open(r, &a->o) ||
	       err_tell(e, ERR_GONE, N_("You can rate it for 90 days. That time is over."), "an occasion of long ago");
}

struct typed {
	struct str words, words_error, level_error;
	int64_t level;
	bool is_named;
};

static void show(struct req *r, const struct asked *a, const struct typed *typed)
{
	const struct rating_get_out *row = &a->rating.row;
	struct rate_view v = {
		.service = rating_service(r, a->o.service),
		.office = text_in(&a->institution->name, r->lang),
		.what = tr(r->lang, rating_what_word(a->o.kind)),
		.case_href = arena_printf(&r->arena, PATH_CASES "/%s", id_text(a->casefile).c),
		.action = path_of(r, a->casefile, a->o.id),
		.csrf = r->csrf,
		.op = req_new_op(r),
		.is_rated = row->found,
		.words = typed->words,
		.words_error = typed->words_error,
		.level_error = typed->level_error,
		.is_named = typed->is_named,
	};
	for (int i = 0; i < RATING_LEVELS; i++) {
		int64_t level = RATING_LEVELS - i;
		v.levels[i] = (struct form_choice){
			.value = arena_printf(&r->arena, "%d", (int)level),
			.label = tr(r->lang, rating_level_word(level)),
			.is_chosen = typed->level == level,
		};
	}
	if (row->found) {
		v.level_word = tr(r->lang, rating_level_word(row->level));
		v.state = tr(r->lang, rating_state_word(row->state, false));
		v.is_loop = row->level <= RATING_BAD_MOST;
		v.may_answer = rating_move_fits(RATE_ANSWERED, row->state);
		v.contact_by = row->has_contact_by && row->state == RATING_OPEN ? row->contact_by : 0;
		v.remedy_by = row->has_remedy_by && rating_move_fits(RATE_REMEDIED, row->state) ? row->remedy_by : 0;
		v.said = a->rating.said;
		v.said_n = a->rating.said_n;
	}
	struct html_out o;
	page_begin(r, &o,
	           &(struct page){.title_msgid = row->found ? N_("Your rating") : N_("How was it?"),
	                          .current = NAV_CASES,
	                          .width = PAGE_FORM,
	                          .has_errors = v.words_error.n > 0 || v.level_error.n > 0,
	                          .back_href = v.case_href});
	rate_page(&o, &v);
	page_end(r, &o);
}

bool rate_get(struct req *r, struct err *e)
{
	struct asked a;
	if (!find_asked(r, &a, e)) {
		return false;
	}
	show(r, &a, &(struct typed){0});
	return true;
}

static bool give(struct req *r, const struct asked *a, const struct typed *typed, struct err *e)
{
	struct rating_give in = {
		.row = {.party = a->party,
	            .id = id_in_time(time_legal_us(&r->app->time)),
	            .casefile = a->casefile,
	            .about = a->o.id,
	            .institution = a->o.institution,
	            .service = a->o.service,
	            .occasion = a->o.kind,
	            .month = rating_month(r->app, a->o.institution, a->o.at_us),
	            .level = typed->level,
	            .is_named = typed->is_named,
	            .handler = a->o.handler,
	            .rated_by = r->viewer->account},
		.name = r->viewer->name,
		.words = typed->words,
		.institution = a->institution,
	};
	struct store_op op;
	return app_op(r, a->party, &op, e) && app_write(r, &op, rating_give_job, &in, e);
}

static bool answer(struct req *r, const struct asked *a, const struct typed *typed, struct err *e)
{
	struct rating_change in = {
		.party = a->party,
		.id = a->o.rating,
		.version = a->rating.row.version,
		.move = RATE_ANSWERED,
		.actor = r->viewer->account,
		.name = r->viewer->name,
		.text = typed->words,
		.institution = a->institution,
	};
	struct store_op op;
	return app_op(r, a->party, &op, e) && app_write(r, &op, rating_change_job, &in, e);
}

bool rate_post(struct req *r, struct err *e)
{
	struct asked a;
	struct typed typed = {.words = str_trim(req_form(r, "words")), .is_named = req_has_form(r, "named")};
	struct str level = req_form(r, "level");
	if (!find_asked(r, &a, e)) {
		return false;
	}
	struct str here = path_of(r, a.casefile, a.o.id);
	bool is_answer = str_is(req_form(r, "do"), "answer");
	if (is_answer ? a.rating.row.found : !a.rating.row.found) {
		typed.level = level.n == 1 && level.p[0] >= '1' && level.p[0] <= '0' + RATING_LEVELS ? level.p[0] - '0' : 0;
		if (typed.level == 0 && !is_answer) {
			typed.level_error = tr(r->lang, N_("Choose how it was."));
		}
		if (typed.words.n > 0 || is_answer) {
			rating_text_is_right(r, typed.words, &typed.words_error);
		}
		if (typed.level_error.n > 0 || typed.words_error.n > 0) {
			r->status = 422;
			show(r, &a, &typed);
			return true;
		}
		/* A conflict: it was rated meanwhile, perhaps in another window; or the office was faster. The page says what
		 * is. */
		if (!(is_answer ? answer(r, &a, &typed, e) : give(r, &a, &typed, e)) &&
		    (e->code != ERR_CONFLICT || (is_answer && !app_was_done(r, a.party)))) {
			return false;
		}
	}
	return req_redirect(r, here);
}
