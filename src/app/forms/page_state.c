#include "app/forms/page_state.h"

#include <unistd.h>

#include "app/catalogue/catalogue.h"
#include "app/forms/draft_jobs.h"
#include "app/forms/intake.h"
#include "app/forms/pieces.h"
#include "app/people/viewer.h"
#include "base/log.h"
#include "base/time_source.h"
#include "base/zone.h"
#include "html/form.h"
#include "html/translate.h"
#include "http/multipart.h"
#include "http/server.h"
#include "http/throttle.h"
#include "os/render_client.h"
#include "os/scan.h"

struct str calling_code_of(struct str phone)
{
	/* Zones 1 and 7 have one digit; these have two; the rest of the world three. */
	static const char two[] =
		"20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 "
		"65 66 81 82 84 86 90 91 92 93 94 95 98 ";
	if (phone.n < 8 || phone.p[0] != '+') {
		return STR_EMPTY;
	}
	struct str digits = str_sub(phone, 1, phone.n);
	if (digits.p[0] == '1' || digits.p[0] == '7') {
		return str_sub(digits, 0, 1);
	}
	char with_space[4] = {digits.p[0], digits.p[1], ' ', '\0'};
	return str_sub(digits, 0, strstr(two, with_space) != NULL ? 2 : 3);
}

static const struct institution *institution_of(struct app *app, const struct service *s)
{
	return app->catalogue ? catalogue_institution_named(app, s->institution) : NULL;
}

struct str form_calling_code(struct app *app, const struct service *s)
{
	const struct institution *in = institution_of(app, s);
	return in ? calling_code_of(in->phone) : STR_EMPTY;
}

int32_t form_today(struct app *app, const struct service *s)
{
	const struct institution *in = institution_of(app, s);
	return in && in->calendar ? zone_local(calendar_zone(in->calendar), time_legal_us(&app->time)).day
	                          : catalogue_today(app);
}

/* --- Reading ----------------------------------------------------------------------------------------------------- */

bool form_asks(const struct form_page *p, const struct question *q, const struct str *only, size_t only_n,
               const struct answers *shown)
{
	if (!question_is_shown(p, q, shown)) {
		return false;
	}
	for (size_t i = 0; i < only_n; i++) {
		if (str_eq(only[i], q->id)) {
			return true;
		}
	}
	return only_n == 0;
}

static struct str posted(struct req *r, struct str name)
{
	const char *cstr = arena_cstr(&r->arena, name);
	return cstr ? req_form(r, cstr) : STR_EMPTY;
}

static struct str posted_part(struct req *r, struct str name, const char *part)
{
	return posted(r, arena_printf(&r->arena, "%.*s-%s", STR_ARG(name), part));
}

static void read_typed(struct req *r, const struct question *q, struct str name, struct typed *t)
{
	*t = (struct typed){.text = STR_EMPTY, .day = STR_EMPTY, .month = STR_EMPTY, .year = STR_EMPTY};
	const char *const *parts = question_parts(q->type);
	for (size_t i = 0; i < QUESTION_PARTS_MAX; i++) {
		t->parts[i] = STR_EMPTY;
	}
	for (size_t i = 0; parts != NULL && parts[i] != NULL; i++) {
		t->parts[i] = posted_part(r, name, parts[i]);
	}
	if (q->type == QUESTION_DATE) {
		t->day = t->parts[0];
		t->month = t->parts[1];
		t->year = t->parts[2];
	}
	if (parts != NULL || q->type == QUESTION_FILES || q->type == QUESTION_GROUP) {
		return;
	}
	if (q->type != QUESTION_SEVERAL_OF) {
		t->text = posted(r, name);
		return;
	}
	struct str *chosen = arena_new(&r->arena, struct str, r->form.n + 1);
	for (size_t i = 0; chosen != NULL && i < r->form.n; i++) {
		if (str_eq(r->form.items[i].name, name)) {
			chosen[t->chosen_n++] = r->form.items[i].value;
		}
	}
	t->chosen = chosen;
}

/* --- Groups ------------------------------------------------------------------------------------------------------ */

struct str form_field_name(struct arena *a, const struct question *group, size_t entry, const struct question *q)
{
	return group == NULL ? q->id : arena_printf(a, "%.*s.%zu.%.*s", STR_ARG(group->id), entry + 1, STR_ARG(q->id));
}

size_t form_entries(const struct question *group, const struct answer *as)
{
	size_t n = as != NULL ? as->entry_n : 0;
	size_t least = group->is_optional ? 0 : group->min < 1 ? 1 : (size_t)group->min;
	return n > least ? n : least;
}

/* "Remove" beside an entry sends GROUP.ENTRY; SIZE_MAX: none of this group. */
static size_t dropped_entry(struct req *r, const struct question *group)
{
	struct str name;
	struct str number;
	uint64_t n = 0;
	bool is_here =
		str_cut(req_form(r, "drop"), '.', &name, &number) && str_eq(name, group->id) && str_to_u64(number, &n) && n > 0;
	return is_here ? (size_t)n - 1 : SIZE_MAX;
}

/* How many entries were on the page that was sent; SIZE_MAX: the group was not on it. */
static size_t posted_entries(struct req *r, const struct question *group)
{
	uint64_t n = 0;
	bool is_there = str_to_u64(posted(r, arena_printf(&r->arena, "%.*s.n", STR_ARG(group->id))), &n);
	return is_there && n <= (uint64_t)group->max ? (size_t)n : SIZE_MAX;
}

struct page_read {
	struct req *r;
	struct form_state *f;
	const struct value_rules *rules;
};

static bool entry_is_blank(const struct field_state *fields, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!value_is_blank(fields[i].question, &fields[i].typed)) {
			return false;
		}
	}
	return true;
}

/* One entry, sent as number `from` and shown as number `to`: its fields as typed. */
static size_t take_entry(struct page_read *p, const struct question *group, size_t from, size_t to)
{
	size_t n = 0;
	for (size_t k = 0; k < group->question_n; k++) {
		const struct question *q = &group->questions[k];
		if (p->rules->shown != NULL && !condition_holds(&q->show_if, p->rules->shown)) {
			continue;
		}
		struct field_state *field = &p->f->items[p->f->n + n++];
		*field = (struct field_state){.question = q,
		                              .name = form_field_name(&p->r->arena, group, to, q),
		                              .group = group,
		                              .entry = to,
		                              .fault = {.say = STR_EMPTY}};
		read_typed(p->r, q, form_field_name(&p->r->arena, group, from, q), &field->typed);
	}
	return n;
}

void form_add_entry(struct req *r, struct form_state *f, struct field_state *group, const struct answers *shown)
{
	const struct value_rules rules = {.shown = shown};
	struct page_read p = {r, f, &rules};
	f->n += take_entry(&p, group->question, SIZE_MAX - 1, group->entry++);
}

/* Its answers as far as they are good; a blank one is none, unless it is needed. */
static bool read_entry(struct page_read *p, struct field_state *fields, size_t n, struct answers *out)
{
	*out = (struct answers){.items = arena_new(&p->r->arena, struct answer, n + 1)};
	for (size_t i = 0; out->items != NULL && i < n; i++) {
		struct answer *value = &out->items[out->n];
		if (value_read(p->rules, fields[i].question, &fields[i].typed, value, &fields[i].fault)) {
			out->n += answer_is_given(value);
		}
	}
	return out->items != NULL;
}

/* Blank entries beyond what is needed are left out and not complained about. `before`: as it was answered. */
static bool read_group(struct page_read *p, struct field_state *item, const struct answer *before, struct answer *out)
{
	const struct question *group = item->question;
	size_t sent = posted_entries(p->r, group);
	size_t drop = dropped_entry(p->r, group);
	size_t first = p->f->n;
	size_t width = 0;
	size_t filled = 0;
	item->entry = 0;
	if (sent == SIZE_MAX) {
		item->entry = form_entries(group, before);
		(void)!value_check(p->rules, group, before, &item->fault);
		return false;
	}
	*out = (struct answer){.question = group->id, .entries = arena_new(&p->r->arena, struct answers, sent + 1)};
	for (size_t i = 0; i < sent; i++) {
		if (i != drop) {
			width = take_entry(p, group, i, item->entry++);
			filled += !entry_is_blank(&p->f->items[p->f->n], width);
			p->f->n += width;
		}
	}
	size_t least = group->is_optional && filled == 0 ? 0 : group->min < 1 ? 0 : (size_t)group->min;
	size_t needed = filled < least ? least - filled : 0;
	for (size_t i = 0; out->entries != NULL && i < item->entry; i++) {
		struct field_state *fields = &p->f->items[first + i * width];
		bool is_blank = entry_is_blank(fields, width);
		if (is_blank && needed == 0) {
			continue;
		}
		needed -= is_blank;
		if (!read_entry(p, fields, width, &out->entries[out->entry_n])) {
			return false;
		}
		out->entry_n += !is_blank;
	}
	if (needed > 0) { /* there were not even fields for them */
		(void)!value_check_entries(p->rules, group, filled, &item->fault);
	}
	if (str_eq(req_form(p->r, "add"), group->id) && item->entry < (size_t)group->max) {
		p->f->n += take_entry(p, group, SIZE_MAX - 1, item->entry++);
	}
	return out->entries != NULL;
}

/* --- A page ------------------------------------------------------------------------------------------------------ */

/* As many fields as the page can have when all groups are full. */
static size_t fields_most(const struct form_page *p)
{
	size_t n = p->question_n;
	for (size_t i = 0; i < p->question_n; i++) {
		n += p->questions[i].type == QUESTION_GROUP ? (size_t)p->questions[i].max * p->questions[i].question_n : 0;
	}
	return n;
}

struct form_state *form_read_page(struct req *r, const struct service *s, const struct form_page *p,
                                  const struct str *only_questions, size_t only_n, struct answers *as, int32_t today)
{
	static struct form_state nothing;
	struct answers shown;
	struct form_state *f = arena_new(&r->arena, struct form_state, 1);
	struct value_rules rules = {.arena = &r->arena,
	                            .lang = r->lang,
	                            .today = today,
	                            .calling_code = form_calling_code(r->app, s),
	                            .shown = &shown};
	if (f == NULL || !answers_shown(&r->arena, s, as, &shown, NULL)) {
		return f ? f : &nothing; /* the arena is full: the request ends as an error */
	}
	*f = (struct form_state){.page = p,
	                         .only = only_questions,
	                         .only_n = only_n,
	                         .items = arena_new(&r->arena, struct field_state, fields_most(p) + 1),
	                         .stays = req_form(r, "remove").n > 0 || req_form(r, "add").n > 0 ||
	                                  req_form(r, "drop").n > 0 || req_form(r, "whole").n > 0};
	struct page_read read = {r, f, &rules};
	for (size_t i = 0; f->items != NULL && i < p->question_n; i++) {
		const struct question *q = &p->questions[i];
		struct answer value;
		bool is_good = false;
		if (!form_asks(p, q, only_questions, only_n, &shown)) {
			continue;
		}
		struct field_state *item = &f->items[f->n++];
		*item = (struct field_state){.question = q, .name = q->id, .fault = {.say = STR_EMPTY}};
		read_typed(r, q, q->id, &item->typed);
		if (q->type == QUESTION_GROUP) {
			is_good = read_group(&read, item, answers_find(as, q->id), &value);
		} else if (q->type != QUESTION_FILES) {
			is_good = value_read(&rules, q, &item->typed, &value, &item->fault);
		}
		if (is_good && !answers_set(&r->arena, as, &value, NULL)) {
			break;
		}
	}
	return f;
}

const struct field_state *form_field_state(const struct form_state *f, struct str name)
{
	for (size_t i = 0; f != NULL && i < f->n; i++) {
		if (str_eq(f->items[i].name, name)) {
			return &f->items[i];
		}
	}
	return NULL;
}

bool form_good_answers(struct arena *a, const struct form_state *f, const struct answers *as, struct answers *out,
                       struct err *e)
{
	*out = (struct answers){.items = arena_new(a, struct answer, f->n + 1)};
	if (out->items == NULL) {
		return err_set(e, ERR_MEMORY, "no room for answers");
	}
	for (size_t i = 0; i < f->n; i++) {
		const struct field_state *item = &f->items[i];
		const struct answer *value = answers_find(as, item->question->id);
		if (item->group != NULL || item->question->type == QUESTION_FILES) {
			continue;
		}
		if (item->question->type == QUESTION_GROUP || item->fault.say.n == 0) {
			out->items[out->n++] = value ? *value : (struct answer){.question = item->question->id};
		}
	}
	return true;
}

bool form_has_errors(const struct form_state *f)
{
	for (size_t i = 0; i < f->n; i++) {
		if (f->items[i].note.n > 0) {
			return true;
		}
	}
	return f->stays || form_error_count(f) > 0;
}

bool form_complains(const struct form_state *f, const struct field_state *item)
{
	return item->fault.say.n > 0 && (!f->stays || item == f->sent);
}

size_t form_error_count(const struct form_state *f)
{
	size_t n = 0;
	for (size_t i = 0; i < f->n; i++) {
		n += form_complains(f, &f->items[i]);
	}
	return n;
}

bool pieces_of(struct req *r, int64_t draft, struct str question, struct pieces *p, struct err *e)
{
	uint64_t total = 0;
	bool is_post = r->method == METHOD_POST;
	*p = (struct pieces){.data_dir = r->app->data_dir,
	                     .secret = str_from((const char *)r->app->code_key, sizeof r->app->code_key),
	                     .account = r->viewer->account,
	                     .draft = draft,
	                     .question = question,
	                     .key = is_post ? req_form(r, "key") : req_query(r, "key")};
	if (!str_to_u64(is_post ? req_form(r, "total") : req_query(r, "total"), &total)) {
		return err_set(e, ERR_BAD_INPUT, "an upload without its size");
	}
	if (total > FILE_BYTES_MAX) {
		return err_set(e, ERR_TOO_LARGE, "an upload of %llu bytes", (unsigned long long)total);
	}
	p->total = (int64_t)total;
	return true;
}

/* --- Uploads ----------------------------------------------------------------------------------------------------- */

struct upload_facts {
	struct draft draft;
	struct file_list files;
	int64_t party, id;
};

static bool job_upload_facts(struct tx *tx, void *ctx, struct err *e)
{
	struct upload_facts *u = ctx;
	struct intake intake;
	bool has_intake = false;
	if (!draft_get(tx, u->party, u->id, &u->draft, e) || !files_of(tx, u->party, u->id, &u->files, e) ||
	    !held_of(tx, u->party, &u->files, e) ||
	    (channel_is_intake(u->draft.channel) && !intake_of(tx, u->party, u->id, &intake, &has_intake, e))) {
		return false;
	}
	if (has_intake) {
		intake_fill_seen(tx_arena(tx), &intake, &u->files);
	}
	return true;
}

static struct str sentence_of_file(struct req *r, struct str filename, const char *msgid, struct str argument)
{
	struct buf b;
	buf_init(&b, 4096);
	const struct tr_arg args[] = {TR_S("name", filename), TR_O("why", argument)};
	tr_put_plain(&b, tr(r->lang, msgid), args, 2);
	struct str s = arena_copy(&r->arena, buf_str(&b));
	buf_release(&b);
	return s;
}

static void say_of_file(struct req *r, struct field_state *item, struct str filename, const char *msgid,
                        struct str argument)
{
	item->fault = (struct value_fault){.say = sentence_of_file(r, filename, msgid, argument), .is_own = true};
}

/* Beside the field at once, while the paper is still at hand; whoever can read it goes on. */
static void note_picture(struct req *r, struct field_state *item, struct str filename,
                         const struct render_result *pages)
{
	const char *say = NULL;
	for (size_t i = 0; i < pages->page_n && say == NULL; i++) {
		const struct render_page *p = &pages->pages[i];
		if (p->luma != MEASURE_NONE && p->luma < r->app->dark_below) {
			say = N_("{name} is dark. Can you read everything in it? Then go on. If not, remove it and take it again "
			         "in more light.");
		} else if (p->sharpness != MEASURE_NONE && p->sharpness < r->app->blurred_below) {
			say = N_(
				"{name} is blurred. Can you read everything in it? Then go on. If not, remove it and take it again.");
		}
	}
	if (say != NULL) {
		item->note = sentence_of_file(r, filename, say, STR_EMPTY);
	}
}

static bool is_there(const struct file_list *files, struct str question, const struct blob_ref *blob)
{
	for (size_t i = 0; i < files->n; i++) {
		const struct file_row *f = &files->items[i];
		if (!f->is_replaced && str_eq(f->question, question) && f->original.bytes == blob->bytes &&
		    memcmp(f->original.digest, blob->digest, SHA256_BYTES) == 0) {
			return true;
		}
	}
	return false;
}

static bool note_file(struct req *r, struct file_list *files, const struct file_row *f, struct err *e)
{
	struct file_row *items = arena_new(&r->arena, struct file_row, files->n + 1);
	if (items == NULL) {
		return err_set(e, ERR_MEMORY, "no room for files");
	}
	if (files->n > 0) {
		memcpy(items, files->items, files->n * sizeof(*items));
	}
	items[files->n++] = *f;
	files->items = items;
	return true;
}

/* Blobs first, durably; then the row that names them. */
static bool store_rendered(struct req *r, struct upload_facts *u, const struct question *q, const struct upload *up,
                           const struct render_result *pages, struct field_state *item, struct err *e)
{
	struct file_change c = {.state = u->draft.state};
	struct file_row *f = &c.file;
	*f = (struct file_row){.party = u->party,
	                       .id = id_in_time(time_legal_us(&r->app->time)),
	                       .casefile = u->id,
	                       .question = q->id,
	                       .filename = up->filename.n > 0 ? up->filename : STR("file"),
	                       .page_n = (int)pages->page_n,
	                       .bytes = up->bytes,
	                       .added_us = time_legal_us(&r->app->time)};
	struct buf layout;
	buf_init(&layout, 64 * 1024);
	file_put_layout(&layout, pages);
	f->layout = arena_copy(&r->arena, buf_str(&layout));
	buf_release(&layout);
	if (lseek(up->fd, 0, SEEK_SET) < 0 || lseek(pages->fd, 0, SEEK_SET) < 0) {
		return err_errno(e, "an upload cannot be read again");
	}
	http_place_release(r);
	bool ok = blobs_put(r->app->blobs, u->party, up->fd, FILE_BYTES_MAX, &f->original, e);
	bool is_known = ok && is_there(&u->files, q->id, &f->original);
	ok = ok && (is_known || blobs_put(r->app->blobs, u->party, pages->fd, INT64_MAX, &f->pages, e));
	http_place_take(r);
	if (!ok || is_known) { /* the same file for the same question: sent twice, kept once */
		return ok;
	}
	struct store_op op = {.route = u->party};
	if (!app_write(r, &op, draft_job_add_file, &c, e) || !note_file(r, &u->files, f, e)) {
		return false;
	}
	note_picture(r, item, f->filename, pages);
	return true;
}

/* --- Time in render ---
 *
 * Render has few workers, and one file may hold one for half a minute: somebody who sends such files over and over
 * would keep all others from sending theirs. So an account, and a network, has seconds of render's time; an ordinary
 * file takes a part of one. What a file may take at most is taken before it is sent there, and given back as far as it
 * was not needed: so many files of one account are looked at at once, and no more. */

enum { RENDER_SECONDS_MOST = 30 };
static const struct throttle_rule by_account = {"render-account", 5 * RENDER_SECONDS_MOST, 10 * US_PER_S};
static const struct throttle_rule by_network = {"render-network", 20 * RENDER_SECONDS_MOST, 3 * US_PER_S};

struct render_turn {
	struct str account, network;
	int64_t began_us;
};

static bool turn_begin(struct req *r, struct render_turn *t, struct err *e)
{
	struct throttle *th = r->app->throttle;
	t->account = arena_copy(&r->arena, str_of(id_text(r->viewer->account).c));
	t->network = throttle_network(&r->arena, r->client);
	t->began_us = time_running_us(&r->app->time);
	if (!throttle_take_n(th, &by_account, t->account, RENDER_SECONDS_MOST, e)) {
		return false;
	}
	if (!throttle_take_n(th, &by_network, t->network, RENDER_SECONDS_MOST, e)) {
		throttle_give_back_n(th, &by_account, t->account, RENDER_SECONDS_MOST);
		return false;
	}
	return true;
}

static void turn_end(struct req *r, const struct render_turn *t)
{
	int64_t took_s = (time_running_us(&r->app->time) - t->began_us) / US_PER_S + 1;
	int left = took_s < RENDER_SECONDS_MOST ? RENDER_SECONDS_MOST - (int)took_s : 0;
	throttle_give_back_n(r->app->throttle, &by_account, t->account, left);
	throttle_give_back_n(r->app->throttle, &by_network, t->network, left);
}

static bool store_one(struct req *r, struct upload_facts *u, const struct upload *up, struct field_state *item,
                      struct err *e)
{
	const struct question *q = item->question;
	size_t most = (size_t)(q->files_max > 0 ? q->files_max : 1);
	if (files_count(&u->files, q->id) >= most) {
		say_of_file(r, item, up->filename, N_("There is no room for {name}. Remove a file first."), STR_EMPTY);
		return true;
	}
	if (up->bytes > FILE_BYTES_MAX) {
		say_of_file(
			r, item, up->filename,
			N_("{name} is larger than 20 MB. Photograph or scan it with fewer pixels, or send its pages one by one."),
			STR_EMPTY);
		return true;
	}
	struct render_result pages = {.fd = -1};
	struct err why = {0};
	struct render_turn turn;
	bool ok = turn_begin(r, &turn, &why);
	if (ok) {
		http_place_release(r);
		ok = scan_file(r->app->scanner, r->app->data_dir, up->fd, &why) &&
		     render_reencode(r->app->render, up->fd, &pages, &why);
		http_place_take(r);
		turn_end(r, &turn);
	}
	if (!ok) {
		if (why.code != ERR_UNSUPPORTED && why.code != ERR_TOO_LARGE && why.code != ERR_TOO_MANY) {
			log_err(LOG_WARN, "upload", &why);
		}
		say_of_file(r, item, up->filename, N_("{name}: {why}"), tr(r->lang, err_say(&why)));
		return true;
	}
	ok = store_rendered(r, u, q, up, &pages, item, e);
	render_result_release(&pages);
	return ok;
}

/* A file that came in pieces: the same as one of the form from here on. */
static bool store_whole(struct req *r, struct upload_facts *u, struct form_state *state, struct field_state *item,
                        struct err *e)
{
	struct pieces p;
	struct upload up = {
		.field = item->question->id, .filename = filename_clean(&r->arena, req_form(r, "name")), .fd = -1};
	struct err why = {0};
	state->sent = item;
	bool ok = pieces_of(r, u->id, item->question->id, &p, &why);
	if (!ok || !pieces_whole(&p, &up.fd, &why)) {
		say_of_file(r, item, up.filename, N_("{name} did not arrive whole. Choose it again."), STR_EMPTY);
		if (why.code != ERR_NOT_FOUND && why.code != ERR_BAD_INPUT) {
			log_err(LOG_WARN, "upload", &why);
		}
	} else {
		up.bytes = p.total;
		if (!store_one(r, u, &up, item, e)) { /* what came stays for another try */
			close(up.fd);
			return false;
		}
		close(up.fd);
	}
	if (ok && why.code != ERR_NOT_FOUND) { /* what is not whole may go on */
		pieces_drop(&p);
	}
	return true;
}

static bool remove_one(struct req *r, struct upload_facts *u, const struct form_state *state, struct err *e)
{
	int64_t id = 0;
	if (!id_parse(req_form(r, "remove"), &id)) {
		return err_set(e, ERR_BAD_INPUT, "no file to remove");
	}
	for (size_t i = 0; i < u->files.n; i++) {
		struct file_change c = {.state = u->draft.state, .file = u->files.items[i]};
		if (c.file.id != id) {
			continue;
		}
		for (size_t k = 0; k < state->n; k++) {
			if (state->items[k].question->type == QUESTION_FILES &&
			    str_eq(state->items[k].question->id, c.file.question)) {
				struct store_op op = {.route = u->party};
				return app_write(r, &op, draft_job_remove_file, &c, e);
			}
		}
	}
	return true; /* gone already, or of another page */
}

static bool has_file_question(const struct form_state *state)
{
	for (size_t i = 0; i < state->n; i++) {
		if (state->items[i].question->type == QUESTION_FILES) {
			return true;
		}
	}
	return false;
}

bool form_store_uploads(struct req *r, const struct service *s, const struct form_page *p, int64_t party,
                        int64_t casefile, struct form_state *state, struct err *e)
{
	(void)p;
	struct upload_facts u = {.party = party, .id = casefile};
	if (!has_file_question(state)) {
		return true;
	}
	if (!store_read(r->app->store, party, &r->arena, job_upload_facts, &u, e)) {
		return false;
	}
	if (u.draft.state == DRAFT_SUBMITTED) {
		return err_set(e, ERR_CONFLICT, "files for what was sent");
	}
	if (req_form(r, "remove").n > 0 && !remove_one(r, &u, state, e)) {
		return false;
	}
	for (size_t i = 0; i < state->n; i++) {
		struct field_state *item = &state->items[i];
		const struct question *q = item->question;
		if (q->type != QUESTION_FILES) {
			continue;
		}
		if (str_eq(req_form(r, "whole"), q->id) && !store_whole(r, &u, state, item, e)) {
			return false;
		}
		for (size_t k = 0; k < r->upload_n; k++) {
			const struct upload *up = &r->uploads[k];
			if (str_eq(up->field, q->id) && up->bytes > 0 && !store_one(r, &u, up, item, e)) {
				return false;
			}
		}
		if (item->fault.say.n == 0 && !q->is_optional && files_count(&u.files, q->id) == 0 &&
		    held_for(s, q, &u.files, form_today(r->app, s)) == NULL && !files_were_seen(q, &u.files)) {
			struct str own = text_in(&q->error, r->lang);
			item->fault = (struct value_fault){.say = own.n > 0 ? own : tr(r->lang, N_("Add the file here.")),
			                                   .is_own = own.n > 0};
		}
	}
	return true;
}

bool form_store_papers(struct req *r, const struct question *q, const char *field, int64_t party, int64_t casefile,
                       size_t *stored, struct str *why, struct err *e)
{
	struct upload_facts u = {.party = party, .id = casefile};
	struct field_state item = {.question = q};
	*stored = 0;
	if (!store_read(r->app->store, party, &r->arena, job_upload_facts, &u, e)) {
		return false;
	}
	for (size_t i = 0; i < r->upload_n; i++) {
		if (!str_is(r->uploads[i].field, field) || r->uploads[i].bytes == 0) {
			continue;
		}
		if (!store_one(r, &u, &r->uploads[i], &item, e)) {
			return false;
		}
		*stored += item.fault.say.n == 0;
	}
	*why = item.fault.say;
	return true;
}
