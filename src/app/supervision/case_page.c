/* A case as who watches over its office sees it: clock, alerts, story. The look is recorded before anything is read,
 * and the applicant can see it; answers and papers are not shown. */
#include "app/access/access.h"
#include "app/cases/facts.h"
#include "app/page.h"
#include "app/supervision/alerts.h"
#include "app/supervision/office.h"
#include "app/supervision/pages.h"
#include "app/supervision/supervision.html.h"
#include "app/supervision/supervision.sql.h"
#include "base/legal_clock.h"

struct case_job {
	int64_t institution, casefile, party;
	struct alert_of_case_out alerts[ALERTS_OF_CASE];
	size_t n;
	struct alert_word_of_case_out words[ALERTS_OF_CASE];
	size_t word_n;
};

static bool case_job(struct tx *tx, void *ctx, struct err *e)
{
	struct case_job *j = ctx;
	struct board_case_get_out c;
	struct alert_of_case_rows rows;
	j->n = 0;
	if (!board_case_get(tx, &(struct board_case_get_in){.institution = j->institution, .casefile = j->casefile}, &c,
	                    e) ||
	    !alert_of_case_open(
			tx,
			&(struct alert_of_case_in){.institution = j->institution, .casefile = j->casefile, .most = ALERTS_OF_CASE},
			&rows, e)) {
		return false;
	}
	while (j->n < ALERTS_OF_CASE && alert_of_case_next(&rows, &j->alerts[j->n])) {
		j->n++;
	}
	j->party = c.found ? c.party : j->n > 0 ? j->alerts[0].party : 0;
	struct alert_word_of_case_rows words;
	j->word_n = 0;
	if (!alert_of_case_close(&rows, e) ||
	    !alert_word_of_case_open(tx,
	                             &(struct alert_word_of_case_in){
									 .institution = j->institution, .casefile = j->casefile, .most = ALERTS_OF_CASE},
	                             &words, e)) {
		return false;
	}
	while (j->word_n < ALERTS_OF_CASE && alert_word_of_case_next(&words, &j->words[j->word_n])) {
		j->word_n++;
	}
	return alert_word_of_case_close(&words, e);
}

static struct alert_row alert_view(struct req *r, const struct case_facts *f, const struct alert_of_case_out *a)
{
	static const char *const words[] = {"", N_("Orange"), N_("Red"), N_("Past")};
	int level = a->level > 0 && a->level < 4 ? (int)a->level : CLOCK_ORANGE;
	return (struct alert_row){
		.sign = level == CLOCK_ORANGE ? TAG_ORANGE : TAG_RED,
		.title = tr(r->lang, words[level]),
		.raised = CASE_SAY(r, N_("Raised {when}"), TR_O("when", case_moment(r, f, a->raised_at))),
		.acted = a->has_acted_at
	                 ? CASE_SAY(r, N_("The office acted {when}"), TR_O("when", case_moment(r, f, a->acted_at)))
	                 : tr(r->lang, N_("Nobody of the office has acted since")),
	};
}

bool board_case_get_page(struct req *r, struct err *e)
{
	struct supervision at;
	const struct institution *in = catalogue_institution_named(r->app, r->path_args[0]);
	struct case_job *j = arena_new(&r->arena, struct case_job, 1);
	struct case_facts *f = arena_new(&r->arena, struct case_facts, 1);
	struct watched_case_view *v = arena_new(&r->arena, struct watched_case_view, 1);
	if (j == NULL || f == NULL || v == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a case");
	}
	if (in == NULL || !id_parse(r->path_args[1], &j->casefile)) {
		return err_set(e, ERR_NOT_FOUND, "no such case");
	}
	j->institution = in->id;
	if (!supervision_over(r, in->jurisdiction, &at, e) ||
	    !store_read(r->app->store, in->id, &r->arena, case_job, j, e)) {
		return false;
	}
	if (j->party == 0) {
		return err_set(e, ERR_NOT_FOUND, "the board knows no such case");
	}
	if (!access_look(r, j->party, j->casefile, at.office->id, ACCESS_SUPERVISION, e) ||
	    !case_facts(r, j->party, j->casefile, f, e)) {
		return false;
	}
	struct case_tag tag = case_tag_now(f->c.state, f->c.outcome, case_waits(f->c.state, f->c.flags), true);
	*v = (struct watched_case_view){
		.number = f->c.number,
		.service = text_in(&f->service->name, r->lang),
		.institution = text_in(&in->name, r->lang),
		.handler = f->handler,
		.ask_href = arena_printf(&r->arena, PATH_BOARD "/ask/%.*s/%s", STR_ARG(in->pack_id), id_text(j->casefile).c),
		.tag = {.sign = tag.sign, .text = tr(r->lang, tag.msgid)},
		.clock = case_clock_view(r, f),
		.alerts = arena_new(&r->arena, struct alert_row, ALERTS_OF_CASE),
	};
	v->clock_sentence = v->clock.sentence;
	v->story = case_story(r, f, true, &v->story_n);
	for (size_t i = 0; v->alerts && i < j->n; i++) {
		struct alert_row *row = &v->alerts[v->alert_n++];
		*row = alert_view(r, f, &j->alerts[i]);
		for (size_t k = 0; k < j->word_n; k++) {
			if (j->words[k].id == j->alerts[i].id) {
				row->said_by = j->words[k].name;
				row->word = j->words[k].word;
			}
		}
	}
	const struct nav_item trail[] = {
		{.href = STR(PATH_BOARD), .text = tr(r->lang, N_("Board"))},
		{.href = arena_printf(&r->arena, PATH_BOARD "/at/%.*s", STR_ARG(in->pack_id)), .text = v->institution}};
	struct html_out o;
	page_begin(r, &o,
	           &(struct page){.title = v->number, .current = NAV_BOARD, .is_desk = true, .trail = trail, .trail_n = 2});
	watched_case_page(&o, v);
	page_end(r, &o);
	return true;
}
