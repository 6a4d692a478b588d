/* What the pages of a draft share. */
#include "app/forms/pages.h"

#include "app/access/access.h"
#include "app/catalogue/catalogue.h"
#include "app/forms/draft_jobs.h"
#include "app/forms/page_state.h"
#include "app/forms/versions.h"
#include "app/page.h"
#include "app/people/viewer.h"

struct load {
	int64_t party, id;
	struct open_draft *out;
};

static bool job_load(struct tx *tx, void *ctx, struct err *e)
{
	struct load *l = ctx;
	struct open_draft *o = l->out;
	if (!draft_get(tx, l->party, l->id, &o->d, e) || !files_of(tx, l->party, l->id, &o->files, e) ||
	    !held_of(tx, l->party, &o->files, e) ||
	    (channel_is_intake(o->d.channel) && !intake_of(tx, l->party, l->id, &o->intake, &o->has_intake, e))) {
		return false;
	}
	if (o->has_intake) {
		intake_fill_seen(tx_arena(tx), &o->intake, &o->files);
	}
	return true;
}

static bool find_draft(struct req *r, int64_t id, struct open_draft *o, struct err *e)
{
	struct draft_door *doors = NULL;
	size_t n = 0;
	if (!draft_doors(r, id, &doors, &n, e)) {
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		struct load l = {.party = doors[i].p.party, .id = id, .out = o};
		struct err why = {0};
		/* By the right of an official: seen by whom it concerns, and until it is sent. */
		if (doors[i].institution != 0 && r->method != METHOD_POST &&
		    !access_look(r, l.party, id, doors[i].institution, ACCESS_INTAKE, e)) {
			return false;
		}
		if (store_read(r->app->store, l.party, &r->arena, job_load, &l, &why)) {
			o->applicant = doors[i].p.name;
			o->intake_at = doors[i].institution;
			return true;
		}
		if (why.code != ERR_NOT_FOUND) {
			*e = why;
			return false;
		}
	}
	return err_tell(e, ERR_NOT_FOUND, N_("You have no such application."), "no such draft of the viewer's parties");
}

static struct str json_of(struct arena *a, const struct answers *as, struct err *e)
{
	struct buf b;
	buf_init(&b, DRAFT_BYTES_MAX);
	answers_put_json(&b, as);
	struct str s = buf_ok(&b, e) ? arena_copy(a, buf_str(&b)) : STR_EMPTY;
	buf_release(&b);
	return s;
}

/* Papers go to the question that is asked for them now. */
static size_t renamed_files(struct arena *a, const struct open_draft *o, const struct service *to,
                            struct file_renaming **out)
{
	size_t n = 0;
	*out = arena_new(a, struct file_renaming, o->files.n + 1);
	for (size_t i = 0; *out != NULL && i < o->files.n; i++) {
		const struct question *old = service_question(o->service, o->files.items[i].question, NULL);
		const struct question *q = old ? question_migrated(o->service, to, old) : NULL;
		if (q != NULL && !str_eq(q->id, old->id)) {
			(*out)[n++] = (struct file_renaming){.from = old->id, .to = q->id};
		}
	}
	return n;
}

/* What the draft's service is today. A bundle of which one service alone is left is that service; NULL: nothing of it
 * is offered any more. */
static const struct service *offered_today(struct req *r, const struct open_draft *o)
{
	const struct service *left = NULL;
	const struct service *now = catalogue_service(r->app, o->d.service);
	now = now ? now : catalogue_bundle(r->app, o->d.service);
	for (size_t i = 0; now == NULL && i < o->service->member_n; i++) {
		const struct service *s = catalogue_service(r->app, o->service->members[i].service->id);
		if (s != NULL && left != NULL) {
			return NULL; /* several, which nobody offers together */
		}
		left = s ? s : left;
	}
	return now ? now : left;
}

/* A draft goes on under the version of its service that is in force: what it was begun with may ask what the law asks
 * no more. Losing the race against another page of the same person is no matter: it did the same. */
static bool follow_version(struct req *r, struct open_draft *o, bool *is_moved, struct err *e)
{
	const struct service *now = offered_today(r, o);
	struct draft_migration m = {.party = o->d.party, .id = o->d.id, .version = o->d.version};
	struct answers carried;
	struct answers lost;
	struct file_renaming *files = NULL;
	struct err why = {0};
	*is_moved = false;
	o->is_withdrawn = now == NULL;
	if (o->d.state != DRAFT_OPEN || now == NULL || memcmp(now->digest, o->d.definition, SHA256_BYTES) == 0) {
		return true;
	}
	if (!catalogue_keep(r->app, now, e) || !answers_migrate(&r->arena, o->service, now, &o->all, &carried, &lost, e)) {
		return false;
	}
	m.service = now->id;
	memcpy(m.definition, now->digest, SHA256_BYTES);
	memcpy(m.former, o->d.definition, SHA256_BYTES);
	m.answers = json_of(&r->arena, &carried, e);
	m.lost = json_of(&r->arena, &lost, e);
	m.file_n = renamed_files(&r->arena, o, now, &files);
	m.files = files;
	struct store_op op = {.route = o->d.party};
	if (m.answers.n == 0 || m.lost.n == 0) {
		return false;
	}
	*is_moved = true;
	if (app_write(r, &op, draft_job_migrate, &m, &why) || why.code == ERR_CONFLICT) {
		return true;
	}
	*e = why;
	return false;
}

static bool read_draft(struct req *r, int64_t id, struct open_draft *o, struct err *e)
{
	*o = (struct open_draft){.applicant = STR_EMPTY};
	return find_draft(r, id, o, e) && catalogue_definition(r->app, o->d.definition, &o->service, e) &&
	       answers_parse(&r->arena, o->d.answers_json, &o->all, e) &&
	       answers_add_usual(&r->arena, o->service, &o->all, e);
}

/* What of it is shown, and what needs another look. */
static bool look_at(struct req *r, struct open_draft *o, struct err *e)
{
	if (!answers_shown(&r->arena, o->service, &o->all, &o->shown, e)) {
		return false;
	}
	o->today = form_today(r->app, o->service);
	o->open_n = answers_check(&r->arena, o->service, &o->all, &o->files, o->today, &o->open);
	return o->open != NULL || err_set(e, ERR_MEMORY, "no room for a draft");
}

bool draft_open(struct req *r, int64_t id, struct open_draft *o, struct err *e)
{
	bool is_moved = false;
	return read_draft(r, id, o, e) && follow_version(r, o, &is_moved, e) && (!is_moved || read_draft(r, id, o, e)) &&
	       look_at(r, o, e);
}

static bool job_load_named(struct tx *tx, void *ctx, struct err *e)
{
	struct load *l = ctx;
	return job_load(tx, ctx, e) && people_name(tx, l->party, &l->out->applicant, e);
}

bool draft_open_for(struct req *r, int64_t party, int64_t id, struct open_draft *o, struct err *e)
{
	struct load l = {.party = party, .id = id, .out = o};
	*o = (struct open_draft){.applicant = STR_EMPTY};
	return store_read(r->app->store, party, &r->arena, job_load_named, &l, e) &&
	       catalogue_definition(r->app, o->d.definition, &o->service, e) &&
	       answers_parse(&r->arena, o->d.answers_json, &o->all, e) &&
	       answers_add_usual(&r->arena, o->service, &o->all, e) && look_at(r, o, e);
}

bool draft_open_arg(struct req *r, struct open_draft *o, bool *is_answered, struct err *e)
{
	int64_t id = 0;
	*is_answered = false;
	if (!req_arg_id(r, 0, &id, e) || !draft_open(r, id, o, e)) {
		return false;
	}
	if (o->d.state != DRAFT_OPEN) {
		*is_answered = true;
		return req_redirect(
			r, arena_printf(&r->arena, o->intake_at != 0 ? PATH_COUNTER "/receipt/%s" : "/cases/%s", id_text(id).c));
	}
	return true;
}

bool draft_show(struct req *r, const struct open_draft *o, struct err *e)
{
	struct str place = str_sub(r->path, draft_path(r, o->d.id, "").n, SIZE_MAX);
	return o->intake_at == 0 || intake_go(r, r->viewer->account, o->d.id, place.n > 0 ? place : STR("/"), e);
}

struct str intake_path(struct req *r, int64_t id)
{
	return arena_printf(&r->arena, PATH_COUNTER "/intake/%s", id_text(id).c);
}

struct str draft_home(const struct open_draft *o)
{
	return o->intake_at != 0 ? STR(PATH_COUNTER) : STR(PATH_CASES);
}

enum nav draft_nav(const struct open_draft *o)
{
	return o->intake_at != 0 ? NAV_COUNTER : NAV_CASES;
}

struct str draft_path(struct req *r, int64_t id, const char *rest)
{
	return arena_printf(&r->arena, "/draft/%s%s", id_text(id).c, rest);
}

struct str draft_page_path(struct req *r, const struct open_draft *o, size_t page)
{
	return arena_printf(&r->arena, "/draft/%s/page/%.*s", id_text(o->d.id).c, STR_ARG(o->service->pages[page].id));
}

static bool is_open(const struct open_draft *o, struct str question)
{
	for (size_t i = 0; i < o->open_n; i++) {
		if (str_eq(o->open[i], question)) {
			return true;
		}
	}
	return false;
}

void draft_page_counts(const struct open_draft *o, const struct form_page *p, size_t *open, size_t *answered,
                       size_t *asked)
{
	*open = 0;
	*answered = 0;
	*asked = 0;
	for (size_t i = 0; i < p->question_n; i++) {
		const struct question *q = &p->questions[i];
		if (!question_is_shown(p, q, &o->shown)) {
			continue;
		}
		const struct answer *a = answers_find(&o->shown, q->id);
		bool has_answer = q->type == QUESTION_FILES ? files_count(&o->files, q->id) > 0 ||
		                                                  held_for(o->service, q, &o->files, o->today) != NULL
		                                            : answer_is_given(a);
		*answered += has_answer;
		*open += is_open(o, q->id);
		(*asked)++;
	}
}

/* A page is shown when one of its questions is. */
size_t draft_next_page(const struct open_draft *o, size_t after)
{
	for (size_t i = after == SIZE_MAX ? 0 : after + 1; i < o->service->page_n; i++) {
		const struct form_page *p = &o->service->pages[i];
		for (size_t k = 0; k < p->question_n; k++) {
			if (question_is_shown(p, &p->questions[k], &o->shown)) {
				return i;
			}
		}
	}
	return SIZE_MAX;
}
