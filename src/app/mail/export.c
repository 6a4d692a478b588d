/* Messages as files that their owner keeps. */
#include <stdio.h>

#include "app/mail/mime.h"
#include "app/mail/pages.h"
#include "app/page.h"
#include "app/people/viewer.h"
#include "base/json.h"
#include "html/translate.h"

enum { TEXT_BYTES = 128 * 1024, BLOCKS_EACH = 5 };

/* Its opening is to be noted, and it was not opened: a copy says that it is there, and none of its words. */
static bool is_sealed(const struct message_page_out *m)
{
	return m->needs_proof && m->is_unread;
}

static struct str sealed_text(struct req *r)
{
	return tr(r->lang, N_("This message is not in the copy: it must be noted when you open it, and you have not opened "
	                      "it yet. Open it in your mailbox, then take a new copy."));
}

static struct str own_url(struct req *r, const struct message_page_out *m)
{
	return arena_printf(&r->arena, "%.*s" PATH_MAILBOX "/%s", STR_ARG(r->app->public_url), id_text(m->id).c);
}

static struct str whole_text(struct req *r, const struct message_page_out *m)
{
	struct buf b;
	if (is_sealed(m)) {
		return arena_printf(&r->arena, "%.*s\n\n%.*s\n", STR_ARG(sealed_text(r)), STR_ARG(own_url(r, m)));
	}
	buf_init(&b, TEXT_BYTES);
	buf_put(&b, letter_text(r, m));
	buf_put_byte(&b, '\n');
	if (m->number.n > 0) {
		buf_put_byte(&b, '\n');
		buf_put(&b, m->number);
		buf_put_byte(&b, '\n');
	}
	if (m->words.n > 0) {
		buf_put_byte(&b, '\n');
		buf_put(&b, m->words);
		buf_put_byte(&b, '\n');
	}
	if (m->official.n > 0) {
		buf_put_byte(&b, '\n');
		buf_put(&b, m->official);
		buf_put_byte(&b, '\n');
	}
	if (m->casefile != 0) {
		buf_printf(&b, "\n%.*s" PATH_CASES "/%s\n", STR_ARG(r->app->public_url), id_text(m->casefile).c);
	}
	struct str text = arena_copy(&r->arena, buf_str(&b));
	buf_release(&b);
	return text;
}

bool letter_put_eml(struct req *r, int64_t party, const struct message_page_out *m, struct buf *to, struct err *e)
{
	struct str local, domain = STR_EMPTY;
	str_cut(r->app->mail_from, '@', &local, &domain);
	struct mime_mail mail = {
		.from_name = page_institution(r, m->institution),
		.from = r->app->mail_from,
		.to = arena_printf(&r->arena, "%s@mailbox.invalid", id_text(party).c),
		.subject = letter_title(r, m),
		.id = arena_printf(&r->arena, "%s.%s.message@%.*s", id_text(m->id).c, id_text(party).c, STR_ARG(domain)),
		.lang = r->lang,
		.date_us = m->posted_at,
		.text = whole_text(r, m),
	};
	return mime_put(to, &mail, e);
}

static void put(struct json_out *j, const char *key, struct str value)
{
	if (value.n > 0) {
		json_key(j, str_of(key));
		json_put_string(j, value);
	}
}

static void put_instant(struct json_out *j, const char *key, int64_t us)
{
	struct date d = date_of_day((day_number)(us / US_PER_DAY));
	int64_t s = us % US_PER_DAY / US_PER_S;
	char text[40];
	snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02dZ", d.year, d.month, d.day, (int)(s / 3600),
	         (int)(s / 60 % 60), (int)(s % 60));
	put(j, key, str_of(text));
}

void letter_put_json(struct req *r, int64_t party, const struct message_page_out *m, struct buf *to)
{
	struct json_out j = {.to = to};
	json_begin_object(&j);
	put(&j, "id", str_of(id_text(m->id).c));
	put(&j, "mailbox", str_of(id_text(party).c));
	put(&j, "kind", m->kind);
	put_instant(&j, "posted", m->posted_at);
	if (m->has_read_at) {
		put_instant(&j, "opened", m->read_at);
	}
	put(&j, "from", page_institution(r, m->institution));
	if (!is_sealed(m)) {
		put(&j, "official", m->official);
	}
	put(&j, "service", m->service);
	if (m->casefile != 0) {
		put(&j, "case", str_of(id_text(m->casefile).c));
	}
	put(&j, "number", m->number);
	put(&j, "language", r->lang);
	put(&j, "title", letter_title(r, m));
	if (is_sealed(m)) {
		json_key(&j, STR("sealed"));
		json_put_bool(&j, true);
		put(&j, "text", sealed_text(r));
		put(&j, "open", own_url(r, m));
	} else {
		put(&j, "text", letter_text(r, m));
		put(&j, "words", m->words);
	}
	json_end_object(&j);
	buf_put_byte(to, '\n');
}

bool letters_pdf(struct req *r, int64_t party, const struct message_page_out *m, size_t n, int *fd, struct err *e)
{
	const struct viewer_party *who = viewer_acts_for(r->viewer, party);
	const struct jurisdiction *home = catalogue_home(r->app);
	struct document_block *blocks = arena_new(&r->arena, struct document_block, n * BLOCKS_EACH + 1);
	size_t at = 0;
	if (blocks == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a document");
	}
	for (size_t i = 0; i < n; i++) {
		struct str from = page_institution(r, m[i].institution);
		struct str official = is_sealed(&m[i]) ? STR_EMPTY : m[i].official;
		blocks[at++] = (struct document_block){
			.kind = BLOCK_HEADING, .level = i == 0 && n == 1 ? 1 : 2, .text = letter_title(r, &m[i])};
		blocks[at++] = (struct document_block){
			.kind = BLOCK_PARAGRAPH,
			.style = PARAGRAPH_QUIET,
			.text = arena_printf(&r->arena, "%.*s%s%.*s%s%.*s", STR_ARG(page_moment(r, m[i].posted_at)),
		                         from.n > 0 ? ", " : "", STR_ARG(from), official.n > 0 ? ", " : "", STR_ARG(official)),
		};
		if (is_sealed(&m[i])) {
			blocks[at++] = (struct document_block){.kind = BLOCK_NOTE, .text = whole_text(r, &m[i])};
			continue;
		}
		blocks[at++] = (struct document_block){.kind = BLOCK_PARAGRAPH, .text = letter_text(r, &m[i])};
		if (m[i].number.n > 0) {
			blocks[at++] = (struct document_block){.kind = BLOCK_PARAGRAPH, .text = m[i].number};
		}
		if (m[i].words.n > 0) {
			blocks[at++] = (struct document_block){.kind = BLOCK_NOTE, .text = m[i].words};
		}
	}
	if (n == 0) {
		blocks[at++] =
			(struct document_block){.kind = BLOCK_PARAGRAPH, .text = tr(r->lang, N_("Nothing has come yet."))};
	}
	struct document d = {
		.title = n == 1 ? letter_title(r, m) : tr(r->lang, N_("Mailbox")),
		.lang = r->lang,
		.is_rtl = language_is_rtl(r->lang),
		.city = home ? text_in(&home->name, r->lang) : r->app->city_name,
		.place = tr(r->lang, N_("City Hall")),
		.institution = who ? who->name : STR_EMPTY,
		.page_label = tr(r->lang, N_("Page {page} of {pages}")),
		.blocks = blocks,
		.block_n = at,
	};
	return render_pdf(r->app->render, &d, fd, e);
}
