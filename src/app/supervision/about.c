#include "app/supervision/about.h"

#include "app/page.h"
#include "app/supervision/triggers.h"
#include "app/supervision/watch.h"
#include "html/translate.h"

enum { SAY_BYTES = 2048 };

static struct str say(struct req *r, const char *msgid, const struct tr_arg *args, size_t n)
{
	struct buf b;
	buf_init(&b, SAY_BYTES);
	tr_put_plain(&b, tr(r->lang, msgid), args, n);
	struct str s = arena_copy(&r->arena, buf_str(&b));
	buf_release(&b);
	return s;
}

struct str about_title(struct req *r, struct str rule)
{
	const struct trigger *t = trigger_named(rule);
	return tr(r->lang, t ? t->title : N_("About a case"));
}

struct str about_said(struct req *r, struct str rule, int64_t figure)
{
	const struct trigger *t = trigger_named(rule);
	const struct tr_arg args[] = {TR_N("n", figure)};
	return t ? say(r, t->found, args, 1) : STR_EMPTY;
}

struct str about_day(struct req *r, const struct institution *at, day_number day)
{
	struct buf b;
	buf_init(&b, SAY_BYTES);
	day_number today = zone_local(calendar_zone(at->calendar), time_legal_us(&r->app->time)).day;
	format_date(&b, r->lang, date_of_day(today).year, day, DATE_SHORT);
	struct str s = arena_copy(&r->arena, buf_str(&b));
	buf_release(&b);
	return s;
}

struct str about_service(struct req *r, struct str service)
{
	const struct service *s = service.n > 0 ? catalogue_service(r->app, service) : NULL;
	return s ? text_in(&s->name, r->lang) : service;
}

struct name_load {
	int64_t account;
	struct str name;
};

static bool load_name(struct tx *tx, void *ctx, struct err *e)
{
	struct name_load *in = ctx;
	in->name = STR_EMPTY;
	return people_name(tx, in->account, &in->name, e) || e->code == ERR_NOT_FOUND;
}

bool about_name(struct req *r, int64_t account, struct str *name, struct err *e)
{
	struct name_load in = {.account = account, .name = STR_EMPTY};
	if (account != 0 && !store_read(r->app->store, account, &r->arena, load_name, &in, e)) {
		return false;
	}
	*name = in.name;
	return true;
}

/* In whole hours, and at least one. */
static struct str working_time(struct req *r, int64_t minutes)
{
	int64_t hours = (minutes + 59) / 60;
	struct buf b;
	const struct tr_arg args[] = {TR_N("n", hours)};
	buf_init(&b, SAY_BYTES);
	tr_put_plain(&b, trn(r->lang, "1 working hour", "{n} working hours", hours), args, 1);
	struct str s = arena_copy(&r->arena, buf_str(&b));
	buf_release(&b);
	return s;
}

bool about_fill(struct req *r, const struct about *in, struct about_view *out, struct err *e)
{
	const struct trigger *t = trigger_named(in->rule);
	struct named_case named[NAMED_MOST];
	size_t n;
	*out = (struct about_view){
		.title = about_title(r, in->rule),
		.rule = t ? tr(r->lang, t->rule) : STR_EMPTY,
		.said = about_said(r, in->rule, in->figure),
		.office = text_in(&in->at->name, r->lang),
		.service = about_service(r, in->service),
		.when = in->when_us ? page_moment(r, in->when_us) : STR_EMPTY,
		.is_overtaking = t == &TRIGGERS[TRIGGER_OVERTAKING],
	};
	if (!about_name(r, in->official, &out->official, e) || !named_cases_read(&r->arena, in->cases, named, &n, e)) {
		return false;
	}
	struct case_line *lines = arena_new(&r->arena, struct case_line, n + 1);
	for (size_t i = 0; lines && i < n; i++) {
		struct str id = arena_printf(&r->arena, "%s", id_text(named[i].casefile).c);
		lines[out->n++] = (struct case_line){
			.href = in->is_desk
		                ? arena_printf(&r->arena, PATH_QUEUE "/%.*s", STR_ARG(id))
		                : arena_printf(&r->arena, PATH_BOARD "/at/%.*s/%.*s", STR_ARG(in->at->pack_id), STR_ARG(id)),
			.number = named[i].number,
			.start = about_day(r, in->at, named[i].start),
			.ran = named[i].ran_minutes > 0 ? working_time(r, named[i].ran_minutes) : STR_EMPTY,
			.is_first = i == 0,
		};
	}
	out->cases = lines;
	return true;
}

const struct institution *supervisor_over(struct req *r, const struct institution *at)
{
	for (size_t i = 0; i < r->viewer->role_n; i++) {
		const struct viewer_role *role = &r->viewer->roles[i];
		const struct institution *office =
			role->kind == ROLE_SUPERVISOR ? catalogue_institution(r->app, role->institution) : NULL;
		if (office && supervision_covers(r->app, office, at)) {
			return office;
		}
	}
	return NULL;
}

const struct institution *supervised_of_path(struct req *r, int piece, const struct institution **office, struct err *e)
{
	const struct institution *at = catalogue_institution_named(r->app, r->path_args[piece]);
	*office = at ? supervisor_over(r, at) : NULL;
	if (*office == NULL) {
		err_tell(e, ERR_NOT_FOUND, N_("Your office does not supervise this institution."),
		         "an institution that the viewer does not supervise");
		return NULL;
	}
	return at;
}

struct str inquiry_path(struct req *r, const struct institution *at, int64_t id)
{
	return arena_printf(&r->arena, PATH_BOARD_INQUIRIES "/%.*s/%s", STR_ARG(at->pack_id), id_text(id).c);
}

int inquiry_days(struct str typed)
{
	int64_t days;
	return str_to_i64(typed, &days) && days >= 1 && days <= INQUIRY_DAYS_MOST ? (int)days : INQUIRY_DAYS;
}

struct str about_words(struct req *r, const char *field, size_t most, struct str *error)
{
	struct str words = str_trim(req_form(r, field));
	if (words.n == 0) {
		*error = tr(r->lang, N_("Write at least one sentence."));
	} else if (str_runes(words) > most) {
		*error =
			tr(r->lang, most >= 4000 ? N_("Write at most 4,000 characters.") : N_("Write at most 2,000 characters."));
	}
	return words;
}
