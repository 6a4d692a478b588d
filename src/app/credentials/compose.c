/* The document in one language, from the service's template and the answers. */
#include "app/credentials/credentials.h"
#include "base/typed_code.h"

enum { BLOCKS_MAX = 64, PAIRS_MAX = 48 };

struct composer {
	struct app *app;
	struct arena *a;
	const struct credential_source *s;
	struct str lang;
	struct document_block *blocks;
	size_t n;
	struct document_item *pairs;
	size_t pair_n, pair_from; /* the pairs since then are not in a block yet */
};

static struct str keep(struct composer *c, struct buf *b)
{
	struct str s = arena_copy(c->a, buf_str(b));
	buf_release(b);
	return s;
}

static struct str date(struct composer *c, day_number day)
{
	struct buf b;
	buf_init(&b, 256);
	format_date(&b, c->lang, date_of_day(c->s->issued_on).year, day, DATE_WITH_YEAR);
	return keep(c, &b);
}

/* What stands for {name}; empty: nothing was answered. */
static struct str value_of(struct composer *c, struct str name)
{
	const struct credential_source *s = c->s;
	const struct question *q = document_question(s->service, name);
	struct buf b;
	if (q != NULL) {
		buf_init(&b, 64 * 1024);
		if (answer_is_given(answers_find(s->answers, q->id))) {
			answer_put_plain(&b, c->lang, q, s->answers);
		}
		return keep(c, &b);
	}
	return str_is(name, "applicant")     ? s->holder
	       : str_is(name, "number")      ? s->number
	       : str_is(name, "case")        ? s->case_number
	       : str_is(name, "office")      ? text_in(&s->institution->name, c->lang)
	       : str_is(name, "issued")      ? date(c, s->issued_on)
	       : str_is(name, "valid-until") ? (s->has_end ? date(c, s->valid_until) : STR_EMPTY)
	                                     : STR_EMPTY;
}

/* Empty: one of its answers was not given. */
static struct str fill(struct composer *c, const struct text *t)
{
	struct str text = text_in(t, c->lang), plain, name;
	struct buf b;
	buf_init(&b, 64 * 1024);
	for (size_t at = 0; template_next(text, &at, &plain, &name);) {
		struct str value = name.n > 0 ? value_of(c, name) : STR_EMPTY;
		if (name.n > 0 && value.n == 0) {
			buf_release(&b);
			return STR_EMPTY;
		}
		buf_put(&b, plain);
		buf_put(&b, value);
	}
	return keep(c, &b);
}

static void add(struct composer *c, struct document_block block)
{
	must(c->n < BLOCKS_MAX);
	c->blocks[c->n++] = block;
}

static void end_pairs(struct composer *c)
{
	if (c->pair_n > c->pair_from) {
		add(c, (struct document_block){
				   .kind = BLOCK_PAIRS, .items = c->pairs + c->pair_from, .item_n = c->pair_n - c->pair_from});
		c->pair_from = c->pair_n;
	}
}

static struct str say(struct composer *c, const char *msgid, const struct tr_arg *args, size_t n)
{
	struct buf b;
	buf_init(&b, 64 * 1024);
	tr_put_plain(&b, tr(c->lang, msgid), args, n);
	return keep(c, &b);
}

bool credential_compose(struct app *app, struct arena *a, const struct credential_source *s, struct str lang,
                        struct document *out, struct err *e)
{
	const struct document_template *t = &s->service->document;
	const struct institution *at = s->institution;
	const struct jurisdiction *home = catalogue_home(app);
	struct composer c = {.app = app,
	                     .a = a,
	                     .s = s,
	                     .lang = lang,
	                     .blocks = arena_new(a, struct document_block, BLOCKS_MAX),
	                     .pairs = arena_new(a, struct document_item, PAIRS_MAX)};
	struct document_item *signature = arena_new(a, struct document_item, 1);
	if (c.blocks == NULL || c.pairs == NULL || signature == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a document");
	}
	struct str url = credential_url(app, a, s->code);
	add(&c, (struct document_block){.kind = BLOCK_HEADING, .level = 1, .text = text_in(&t->title, lang)});
	add(&c, (struct document_block){
				.kind = BLOCK_QR, .text = url, .caption = tr(lang, N_("Scan to see whether it is valid"))});
	add(&c, (struct document_block){.kind = BLOCK_NUMBER, .text = s->number, .caption = text_in(&at->name, lang)});
	for (size_t i = 0; i < t->line_n; i++) {
		struct str text = fill(&c, &t->lines[i].text);
		if (text.n == 0) {
			continue;
		}
		if (text_is_empty(&t->lines[i].term)) {
			end_pairs(&c);
			add(&c, (struct document_block){.kind = BLOCK_PARAGRAPH, .text = text});
		} else {
			c.pairs[c.pair_n++] = (struct document_item){.term = text_in(&t->lines[i].term, lang), .value = text};
		}
	}
	end_pairs(&c);
	const struct tr_arg args[] = {TR_O("url", url), TR_O("office", text_in(&at->name, lang))};
	add(&c, (struct document_block){
				.kind = BLOCK_NOTE,
				.caption = tr(lang, N_("How to check this document")),
				.text = say(&c,
	                        N_("It is sealed electronically by {office}. Whether it is valid today, and the seal to "
	                           "check without us, stand at {url}."),
	                        args, 2)});
	signature[0] = (struct document_item){s->official, text_in(&at->name, lang), date(&c, s->issued_on)};
	add(&c, (struct document_block){.kind = BLOCK_SIGNATURES, .items = signature, .item_n = 1});
	const struct tr_arg foot[] = {TR_O("address", text_in(&at->address, lang)),
	                              TR_O("hours", text_in(&at->hours, lang)), TR_S("phone", at->phone)};
	*out = (struct document){
		.title = arena_printf(a, "%.*s %.*s", STR_ARG(text_in(&t->title, lang)), STR_ARG(s->number)),
		.lang = lang,
		.is_rtl = language_is_rtl(lang),
		.city = home ? text_in(&home->name, lang) : app->city_name,
		.place = tr(lang, N_("City Hall")),
		.institution = text_in(&at->name, lang),
		.footer = say(&c, N_("{address}. {hours}. {phone}"), foot, 3),
		.page_label = tr(lang, N_("Page {page} of {pages}")),
		.made_us = s->made_us,
		.blocks = c.blocks,
		.block_n = c.n,
	};
	return a->is_full ? err_set(e, ERR_MEMORY, "no memory for a document") : true;
}
