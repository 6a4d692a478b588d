#include "app/catalogue/hand_over.h"

#include "app/catalogue/service_read.h"
#include "html/translate.h"

enum { PAGES = 3, SECOND_CHARS = 200, ADDRESS_CHARS = 1000 };

/* In the order in which one of them is usual. */
const struct hand_over_way hand_over_ways[HAND_OVER_WAYS] = {
	{HAND_OVER_DOWNLOAD, "download", N_("Download it"), N_("As a sealed PDF, on the page of your case.")},
	{HAND_OVER_COLLECT, "collect", N_("Collect it"), N_("Bring the receipt and your identity card.")},
	{HAND_OVER_POST, "post", N_("By post"), N_("To the address that you write below.")},
};

const struct hand_over_way *hand_over_named(struct str id)
{
	for (size_t i = 0; i < HAND_OVER_WAYS; i++) {
		if (str_is(id, hand_over_ways[i].id)) {
			return &hand_over_ways[i];
		}
	}
	return NULL;
}

const struct hand_over_way *hand_over_of(enum hand_over way)
{
	for (size_t i = 0; i < HAND_OVER_WAYS; i++) {
		if (hand_over_ways[i].way == way) {
			return &hand_over_ways[i];
		}
	}
	return NULL;
}

enum hand_over hand_over_usual(unsigned ways)
{
	for (size_t i = 0; i < HAND_OVER_WAYS; i++) {
		if (ways & hand_over_ways[i].way) {
			return hand_over_ways[i].way;
		}
	}
	return HAND_OVER_DOWNLOAD;
}

/* --- The pages
 * -------------------------------------------------------------------------------------------------------------- */

/* In every language, with {document} filled in. */
static struct text say(struct reader *r, const struct service *s, const char *msgid)
{
	struct text t;
	for (size_t i = 0; i < LANG_COUNT; i++) {
		struct str lang = str_of(languages[i].tag);
		struct buf b;
		buf_init(&b, 64 * 1024);
		tr_put_plain(&b, tr(lang, msgid), (const struct tr_arg[]){TR_S("document", text_in(&s->document.title, lang))},
		             1);
		t.in[i] = arena_copy(r->arena, buf_str(&b));
		buf_release(&b);
	}
	return t;
}

/* A page of one question, for those who chose `way`; for all without. */
static struct question *add_page(struct reader *r, struct service *s, const char *id, const char *title,
                                 const char *way)
{
	struct form_page *p = &s->pages[s->page_n++];
	*p = (struct form_page){
		.id = str_of(id),
		.title = say(r, s, title),
		.is_at_review = true,
		.questions = read_list(r, struct question, 1),
		.question_n = 1,
	};
	if (way) {
		p->show_if = (struct condition){.question = STR(HAND_OVER_QUESTION), .value = str_of(way)};
	}
	return p->questions;
}

static void ask_way(struct reader *r, const struct service *s, struct question *q)
{
	*q = (struct question){
		.id = STR(HAND_OVER_QUESTION),
		.type = QUESTION_ONE_OF,
		.label = say(r, s, N_("How would you like to get it?")),
		.purpose = say(r, s, N_("So that it reaches you as it suits you. You can change it until it is made out.")),
		.usual = str_of(hand_over_of(hand_over_usual(s->document.ways))->id),
		.data_class = CLASS_INTERNAL,
		.choices = read_list(r, struct choice, HAND_OVER_WAYS),
	};
	for (size_t i = 0; q->choices && i < HAND_OVER_WAYS; i++) {
		const struct hand_over_way *w = &hand_over_ways[i];
		if (s->document.ways & w->way) {
			q->choices[q->choice_n++] = (struct choice){
				.id = str_of(w->id),
				.label = say(r, s, w->name),
				.hint = say(r, s, w->way == HAND_OVER_POST ? N_("To an address that we ask for next.") : w->hint)};
		}
	}
}

static void ask_second(struct reader *r, const struct service *s, struct question *q)
{
	*q = (struct question){
		.id = STR(HAND_OVER_SECOND),
		.type = QUESTION_TEXT,
		.label = say(r, s, N_("Who else may collect it for you?")),
		.hint = say(r, s, N_("The full name, as on the identity card. Only when you do not come yourself.")),
		.purpose = say(r, s, N_("It is handed to nobody else.")),
		.is_optional = true,
		.has_max = true,
		.max = SECOND_CHARS,
		.data_class = CLASS_PERSONAL,
	};
}

static void ask_address(struct reader *r, const struct service *s, struct question *q)
{
	*q = (struct question){
		.id = STR(HAND_OVER_ADDRESS),
		.type = QUESTION_LONG_TEXT,
		.label = say(r, s, N_("Where to post it")),
		.hint = say(r, s, N_("Name, street and house number, town, country.")),
		.error = say(r, s, N_("Write the address: name, street and house number, town, country.")),
		.purpose = say(r, s, N_("It stands on the envelope.")),
		.has_max = true,
		.max = ADDRESS_CHARS,
		.data_class = CLASS_PERSONAL,
	};
}

/* An author's question of that name would be taken for ours. */
static bool is_free(struct reader *r, const struct service *s)
{
	for (size_t i = 0; i < s->page_n; i++) {
		bool is_taken = str_starts(s->pages[i].id, STR(HAND_OVER_QUESTION));
		for (size_t k = 0; k < s->pages[i].question_n; k++) {
			is_taken = is_taken || str_starts(s->pages[i].questions[k].id, STR(HAND_OVER_QUESTION));
		}
		if (is_taken) {
			mistake(r, s->document.line,
			        "pages and questions whose id begins with \"" HAND_OVER_QUESTION
			        "\" are ours: with several ways of handing over, every form asks which. Give yours another id, or "
			        "take it out.");
			return false;
		}
	}
	return true;
}

void read_hand_over_pages(struct reader *r, struct service *s)
{
	if (text_is_empty(&s->document.title) || !hand_over_is_asked(s->document.ways) || s->pages == NULL ||
	    !is_free(r, s)) {
		return;
	}
	struct form_page *pages = read_list(r, struct form_page, s->page_n + PAGES);
	if (pages == NULL) {
		return;
	}
	memcpy(pages, s->pages, s->page_n * sizeof *pages);
	s->pages = pages;
	struct question *way = add_page(r, s, HAND_OVER_QUESTION, N_("{document}: how you get it"), NULL), *q;
	if (way) {
		ask_way(r, s, way);
	}
	if ((s->document.ways & HAND_OVER_COLLECT) &&
	    (q = add_page(r, s, HAND_OVER_SECOND, N_("{document}: who collects it"), "collect")) != NULL) {
		ask_second(r, s, q);
	}
	if ((s->document.ways & HAND_OVER_POST) &&
	    (q = add_page(r, s, HAND_OVER_ADDRESS, N_("{document}: where it is posted"), "post")) != NULL) {
		ask_address(r, s, q);
	}
}
