#include "app/page.h"

#include "app/app.h"
#include "app/catalogue/catalogue.h"
#include "app/closing.h"
#include "app/mail/mail.h"
#include "app/people/viewer.h"
#include "base/calendar.h"
#include "html/assets.h"
#include "html/pieces.h"

enum { NAV_MAX = 10, LANGUAGE_MAX = 8, FOOT_MAX = 7 };

/* Lives in the request's arena from page_begin to page_end. */
struct page_frame {
	struct frame frame;
	struct nav_item nav[NAV_MAX];
	struct language_link languages[LANGUAGE_MAX];
	struct nav_item foot[FOOT_MAX];
};

/* Before admission nobody has decided the language yet. */
static void decide_language(struct req *r)
{
	if (r->lang.n > 0) {
		return;
	}
	const struct language *l = language_find(req_cookie(r, COOKIE_LANGUAGE));
	if (!language_may_be_chosen(l, r->app->is_demo)) {
		l = language_negotiate(req_header(r, "accept-language"));
	}
	r->lang = str_of(l->tag);
}

static struct str city_name(struct req *r)
{
	const struct jurisdiction *home = r->app->catalogue ? catalogue_home(r->app) : NULL;
	return home ? text_in(&home->name, r->lang) : r->app->city_name;
}

/* The reader comes back to the page that was left. What was posted to is not asked for again. */
static struct str back_to(struct req *r)
{
	struct str target = r->method == METHOD_POST || r->target.n == 0 ? r->path : r->target;
	if (target.n == 0 || target.n > 1000) {
		target = STR(PATH_HOME);
	}
	struct buf b;
	buf_init(&b, 4096);
	struct html_out o = {.to = &b};
	html_put_url_part(&o, target);
	struct str s = arena_copy(&r->arena, buf_str(&b));
	buf_release(&b);
	return s;
}

static size_t fill_nav(struct req *r, enum nav current, struct nav_item *nav)
{
	size_t n = 0;
	struct str lang = r->lang;
	if (r->viewer != NULL && viewer_institution(r->viewer) != 0) {
		nav[n++] = (struct nav_item){STR(PATH_QUEUE), tr(lang, N_("Queue")), current == NAV_QUEUE, 0, false};
		nav[n++] = (struct nav_item){STR(PATH_COUNTER), tr(lang, N_("Counter")), current == NAV_COUNTER, 0, false};
	}
	if (r->viewer != NULL &&
	    (viewer_has_role(r->viewer, ROLE_HEAD, 0) || viewer_has_role(r->viewer, ROLE_SUPERVISOR, 0))) {
		nav[n++] = (struct nav_item){STR(PATH_FIGURES), tr(lang, N_("Figures")), current == NAV_FIGURES, 0, false};
	}
	if (r->viewer != NULL && viewer_has_role(r->viewer, ROLE_AUTHOR, 0)) {
		nav[n++] =
			(struct nav_item){STR(PATH_AUTHORING), tr(lang, N_("Define services")), current == NAV_AUTHORING, 0, false};
	}
	if (r->viewer != NULL && viewer_has_role(r->viewer, ROLE_SUPERVISOR, 0)) {
		nav[n++] = (struct nav_item){STR(PATH_BOARD), tr(lang, N_("Board")), current == NAV_BOARD, 0, false};
	}
	if (r->viewer != NULL && viewer_has_role(r->viewer, ROLE_TRAFFIC_ENGINEER, 0)) {
		nav[n++] = (struct nav_item){STR(PATH_TRAFFIC), tr(lang, N_("Traffic")), current == NAV_TRAFFIC, 0, false};
	}
	nav[n++] = (struct nav_item){STR(PATH_SERVICES), tr(lang, N_("Services")), current == NAV_SERVICES, 0, false};
	nav[n++] = (struct nav_item){STR(PATH_CASES), tr(lang, N_("My cases")), current == NAV_CASES, 0, false};
	if (r->viewer != NULL && viewer_is_signed_in(r->viewer) && r->error == NULL) {
		/* The own ones; those of a firm are counted in the mailbox. */
		int64_t unread = mail_unread(r, r->viewer->account);
		nav[n++] = (struct nav_item){STR(PATH_MAILBOX), tr(lang, N_("Mailbox")), current == NAV_MAILBOX, unread, true};
	}
	return n;
}

static size_t fill_languages(struct req *r, struct str back, struct language_link *links)
{
	size_t n = 0;
	for (const struct language *l = languages; l->tag != NULL && n < LANGUAGE_MAX; l++) {
		if (l->is_offered && !str_is(r->lang, l->tag)) {
			links[n].language = l;
			links[n++].href = arena_printf(&r->arena, "/language/%s?back=%.*s", l->tag, STR_ARG(back));
		}
	}
	return n;
}

static void fill_foot(struct req *r, struct str back, struct page_frame *pf)
{
	struct frame *f = &pf->frame;
	struct str lang = r->lang;
	size_t n = 0;
	pf->foot[n++] = (struct nav_item){.href = STR(PATH_HELP), .text = tr(lang, N_("Help and contact"))};
	pf->foot[n++] = (struct nav_item){.href = STR("/track"), .text = tr(lang, N_("Where is my case?"))};
	pf->foot[n++] = (struct nav_item){.href = STR(PATH_TRAFFIC), .text = tr(lang, N_("The city's traffic now"))};
	pf->foot[n++] = (struct nav_item){.href = STR(PATH_PRIVACY), .text = tr(lang, N_("Your data"))};
	pf->foot[n++] = (struct nav_item){.href = STR(PATH_ACCESSIBILITY), .text = tr(lang, N_("Accessibility"))};
	pf->foot[n++] = (struct nav_item){.href = arena_printf(&r->arena, "/appearance?back=%.*s", STR_ARG(back)),
	                                  .text = tr(lang, N_("Light and dark"))};
	pf->foot[n++] = (struct nav_item){.href = STR("/about"), .text = tr(lang, N_("Built on Cityhall, open source"))};
	f->foot_links = pf->foot;
	f->foot_link_n = n;
	const struct institution *desk = r->app->catalogue ? catalogue_front_office(r->app) : NULL;
	if (desk == NULL) {
		return;
	}
	f->foot_lead = tr(lang, N_("One city hall, one front door."));
	struct buf b;
	buf_init(&b, 2048);
	const struct tr_arg args[] = {TR_O("address", text_in(&desk->address, lang)),
	                              TR_O("hours", text_in(&desk->hours, lang))};
	tr_put_plain(&b,
	             tr(lang, N_("Come to a counter if you prefer: {address}, {hours}. Nobody needs a phone or a computer "
	                         "to be served.")),
	             args, sizeof args / sizeof *args);
	f->foot_text = arena_copy(&r->arena, buf_str(&b));
	buf_release(&b);
}

/* Today, where the city is; without a catalogue in UTC. */
static void fill_today(struct req *r, struct html_out *o, struct frame *f)
{
	const struct institution *desk = r->app->catalogue ? catalogue_front_office(r->app) : NULL;
	day_number today = catalogue_today(r->app);
	bool is_open = desk == NULL || calendar_is_working(desk->calendar, today);
	f->lit_stone = is_open ? frame_lit_stone(date_weekday(today)) : -1;
	o->year = date_of_day(today).year;
}

void page_begin(struct req *r, struct html_out *o, const struct page *p)
{
	decide_language(r);
	*o = (struct html_out){.to = &r->out, .lang = r->lang};
	struct page_frame *pf = arena_new(&r->arena, struct page_frame, 1);
	r->frame = NULL;
	if (pf == NULL) {
		return; /* the arena says it is full, and the glue answers from that */
	}
	static const enum frame_width widths[] = {
		[PAGE_NORMAL] = FRAME_WIDE, [PAGE_FORM] = FRAME_ASK, [PAGE_NOTE] = FRAME_NOTE, [PAGE_FLUSH] = FRAME_BARE};
	struct str back = back_to(r);
	struct frame *f = &pf->frame;
	*f = (struct frame){
		.title = p->title_msgid ? tr(r->lang, p->title_msgid) : p->title,
		.is_error = p->has_errors,
		.width = widths[p->width],
		.is_desk = p->is_desk,
		.sheet = p->current == NAV_AUTHORING                  ? asset_url("authors.css")
	             : p->current == NAV_FIGURES || p->has_charts ? asset_url("figures.css")
	             : p->current == NAV_BOARD                    ? asset_url("board.css")
	             : p->current == NAV_TRAFFIC                  ? asset_url("traffic.css")
	                                                          : NULL,
		.lang = r->lang,
		.theme = req_cookie(r, COOKIE_THEME),
		.city = city_name(r),
		.csrf = r->csrf,
		.nav = pf->nav,
		.nav_n = fill_nav(r, p->current, pf->nav),
		.languages = pf->languages,
		.language_n = fill_languages(r, back, pf->languages),
		.back_href = p->back_href,
		.trail = p->trail,
		.trail_n = p->trail_n,
	};
	if (!str_is(f->theme, "dark") && !str_is(f->theme, "light")) {
		f->theme = STR_EMPTY;
	}
	if (r->viewer != NULL && viewer_is_signed_in(r->viewer)) {
		f->account_name = r->viewer->name;
		f->account_href = STR(PATH_ACCOUNT);
		f->sign_out_action = STR(PATH_SIGN_OUT);
	} else if (p->current != NAV_SIGN_IN) {
		f->account_href = STR(PATH_SIGN_IN);
	}
	if (r->app->is_demo) {
		f->notice = tr(r->lang, N_("This is a demonstration: the city is invented, and nothing you send here reaches a "
		                           "real office."));
		f->notice_href = STR(PATH_DEMO);
		f->notice_link = tr(r->lang, N_("Walk through it"));
	}
	struct str closing = closing_notice(r);
	if (closing.n > 0) {
		f->notice = closing;
		f->notice_link = STR_EMPTY;
	}
	fill_today(r, o, f);
	fill_foot(r, back, pf);
	if (p->is_bare) {
		f->home_href = r->path;
		f->nav_n = f->foot_link_n = 0;
		f->account_name = f->account_href = f->sign_out_action = f->foot_lead = f->foot_text = STR_EMPTY;
	}
	r->content_type = STR("text/html; charset=utf-8");
	frame_begin(o, f);
	r->frame = f;
}

void page_end(struct req *r, struct html_out *o)
{
	if (r->frame != NULL) {
		frame_end(o, r->frame);
		r->frame = NULL;
	}
}

struct str page_institution(struct req *r, int64_t institution)
{
	const struct institution *in = r->app->catalogue ? catalogue_institution(r->app, institution) : NULL;
	return in ? text_in(&in->name, r->lang) : STR_EMPTY;
}

struct local_time page_local_time(struct req *r, int64_t utc_us)
{
	const struct jurisdiction *home = r->app->catalogue ? catalogue_home(r->app) : NULL;
	if (home && home->zone) {
		return zone_local(home->zone, utc_us);
	}
	int64_t day = utc_us / US_PER_DAY - (utc_us % US_PER_DAY < 0);
	return (struct local_time){.day = (day_number)day, .second = (int32_t)((utc_us - day * US_PER_DAY) / US_PER_S)};
}

struct str page_moment(struct req *r, int64_t utc_us)
{
	struct local_time t = page_local_time(r, utc_us);
	struct buf b;
	buf_init(&b, 200);
	format_date(&b, r->lang, date_of_day(catalogue_today(r->app)).year, t.day, DATE_SHORT);
	buf_put(&b, tr(r->lang, N_(", ")));
	format_time(&b, t.second);
	struct str s = arena_copy(&r->arena, buf_str(&b));
	buf_release(&b);
	return s;
}

/* `say` stands where the error brings no sentence of its own: the code's default would repeat the title. */
struct error_words {
	int status;
	const char *title, *say;
};
static const struct error_words error_words[] = {
	{400, N_("We could not read that"), NULL},
	{401, N_("Sign in to go on"), NULL},
	{403, N_("This page is not yours to see"), N_("It belongs to somebody else, or to another office.")},
	{404, N_("There is nothing at this address"), N_("The address may be old or mistyped.")},
	{405, N_("That does not work here"), NULL},
	{409, N_("Somebody was here before you"), NULL},
	{410, N_("This page is no longer there"), N_("It was taken away, or its time has passed.")},
	{413, N_("That is too much at once"), N_("Send less at a time: fewer files, or smaller ones.")},
	{415, N_("We cannot read a file of this kind"), N_("Send a PDF, or a photo as JPEG or PNG.")},
	{422, N_("Some answers need another look"), N_("Go back and look at them again.")},
	{429, N_("A moment, then try again"), NULL},
	{431, N_("That is too much at once"), NULL},
	{503, N_("We are very busy"), N_("Try again in a minute.")},
	{0, N_("Something went wrong here"), N_("It is noted, and nothing you sent was half done.")},
};

static struct error_words words_for(const struct err *why, int status)
{
	/* These are 503 too, and "busy" would be untrue. */
	if (why->code == ERR_UNKNOWN) {
		return (struct error_words){status, N_("We do not know yet whether this was stored"),
		                            N_("Send it again: it counts once.")};
	}
	if (why->code == ERR_CLOSED) {
		return (struct error_words){status, N_("The city hall is moving"),
		                            N_("Nothing was stored just now. You can read everything; send this again a little "
		                               "later: it counts once.")};
	}
	if (why->code == ERR_CONFLICT && why->say != NULL) {
		return (struct error_words){status, N_("This does not work now"), NULL}; /* and the sentence says why */
	}
	if (why->code == ERR_DISK_FULL) {
		return (struct error_words){status, N_("We cannot store anything at the moment"),
		                            N_("What was stored before is safe. Try again later.")};
	}
	const struct error_words *w = error_words;
	while (w->status != 0 && w->status != status) {
		w++;
	}
	return *w;
}

/* What was typed is not lost while the store is away: the same form, with its operation, to be sent once more. Not
 * where a password stands in it. */
static void put_form_again(struct req *r, const struct err *why, struct error_view *v)
{
	struct form_value *fields = arena_new(&r->arena, struct form_value, r->form.n + 1);
	if (fields == NULL || !r->is_form_own || err_status(why->code) != 503) {
		return;
	}
	for (size_t i = 0; i < r->form.n; i++) {
		struct str name = r->form.items[i].name;
		if (str_find(name, STR("password")) != SIZE_MAX) {
			return;
		}
		if (!str_is(name, "csrf")) {
			fields[v->field_n++] = (struct form_value){name, r->form.items[i].value};
		}
	}
	v->fields = fields;
	v->csrf = r->csrf;
	v->action = r->target;
	v->send = tr(r->lang, why->code == ERR_UNKNOWN ? N_("Send it again") : N_("Try again"));
	v->href = STR_EMPTY;
	if (r->upload_n > 0) {
		v->say = arena_printf(&r->arena, "%.*s %.*s", STR_ARG(v->say),
		                      STR_ARG(tr(r->lang, N_("Files have to be chosen again."))));
	}
}

/* Files that are too large are refused with the limit, so that the next try fits. */
static void name_limit(struct req *r, struct error_view *v)
{
	struct buf size, say;
	buf_init(&size, 40);
	buf_init(&say, 400);
	format_bytes(&size, r->lang, r->route->body_max);
	tr_put_plain(
		&say,
		tr(r->lang, N_("At most {size} can be sent at once. Go back, and send fewer files, or smaller ones: what "
	                   "was saved before is kept.")),
		(const struct tr_arg[]){TR_O("size", buf_str(&size))}, 1);
	v->say = arena_copy(&r->arena, buf_str(&say));
	v->href = r->path;
	v->link = tr(r->lang, N_("Back to the page"));
	buf_release(&say);
	buf_release(&size);
}

void page_error(struct req *r, const struct err *why)
{
	buf_reset(&r->out);
	decide_language(r);
	int status = err_status(why->code);
	r->status = status;
	struct error_words words = words_for(why, status);
	struct html_out o;
	page_begin(r, &o, &(struct page){.title_msgid = words.title, .width = PAGE_NOTE});
	struct error_view v = {
		.title = tr(r->lang, words.title),
		.say = tr(r->lang, why->say == NULL && words.say != NULL ? words.say : err_say(why)),
		.request_id = r->id,
		.href = STR(PATH_HOME),
		.link = tr(r->lang, N_("Go to the home page")),
	};
	if (status == 401) {
		v.href = STR(PATH_SIGN_IN);
		v.link = tr(r->lang, N_("Sign in"));
	} else if (status == 404 || status == 410) {
		v.href = STR(PATH_SERVICES);
		v.link = tr(r->lang, N_("See all services"));
	} else if (r->method == METHOD_GET && (status == 409 || status == 429 || status >= 500)) {
		v.href = r->target.n > 0 ? r->target : r->path;
		v.link = tr(r->lang, N_("Try again"));
	}
	if (status == 413 && why->say == NULL && r->route != NULL && r->route->has_files) {
		name_limit(r, &v);
	}
	put_form_again(r, why, &v);
	error_view(&o, &v);
	page_end(r, &o);
}
