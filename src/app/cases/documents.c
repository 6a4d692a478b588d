#include "app/cases/documents.h"

#include "app/cases/bundle.h"
#include "app/cases/look_up.h"
#include "app/credentials/credentials.h"
#include "base/typed_code.h"
#include "os/render_client.h"

struct str receipt_url(struct req *r, const struct case_facts *f)
{
	struct buf b;
	buf_init(&b, 1024);
	buf_put(&b, r->app->public_url);
	buf_put_c(&b, "/r/");
	buf_put_hex(&b, f->c.receipt_code.p, f->c.receipt_code.n);
	return case_keep(r, &b);
}

struct str receipt_typed_code(struct req *r, const struct case_facts *f)
{
	char typed[RECEIPT_TYPED_CHARS + 1];
	struct buf b;
	buf_init(&b, 64);
	if (f->c.receipt_code.n == RECEIPT_CODE_BYTES) {
		receipt_typed(r->app, (const uint8_t *)f->c.receipt_code.p, typed);
		typed_code_put(&b, str_of(typed));
	}
	return case_keep(r, &b);
}

/* --- Lines
 * ---------------------------------------------------------------------------------------------------------------- */

struct str papers_line(struct req *r, const struct case_facts *f)
{
	struct buf b;
	buf_init(&b, 16 * 1024);
	for (size_t i = 0; i < f->service->evidence_n; i++) {
		const struct evidence *ev = &f->service->evidence[i];
		int64_t pages = 0;
		for (size_t k = 0; k < f->files.n; k++) {
			const struct question *q = service_question(f->service, f->files.items[k].question, NULL);
			if (q && str_eq(q->evidence, ev->id) && !f->files.items[k].is_replaced) {
				pages += f->files.items[k].page_n;
			}
		}
		if (pages > 0) {
			const struct tr_arg args[] = {TR_O("paper", text_in(&ev->name, r->lang)), TR_I("n", pages)};
			if (b.n > 0) {
				buf_put(&b, tr(r->lang, N_("; ")));
			}
			tr_put_plain(&b, trn(r->lang, "{paper}, 1 page", "{paper}, {n} pages", pages), args, 2);
		}
	}
	if (b.n == 0) {
		buf_put(&b, tr(r->lang, N_("None")));
	}
	return case_keep(r, &b);
}

struct str registers_line(struct req *r, const struct case_facts *f)
{
	struct buf b;
	buf_init(&b, 16 * 1024);
	for (size_t i = 0; i < f->service->evidence_n; i++) {
		const struct evidence *ev = &f->service->evidence[i];
		if (ev->source == EVIDENCE_REGISTRY && condition_holds(&ev->show_if, &f->answers)) {
			if (b.n > 0) {
				buf_put(&b, tr(r->lang, N_("; ")));
			}
			buf_put(&b, text_in(&ev->name, r->lang));
		}
	}
	return case_keep(r, &b);
}

struct str fee_line(struct req *r, const struct service *s)
{
	if (s->fee_minor == 0) {
		return tr(r->lang, N_("None"));
	}
	struct buf b;
	buf_init(&b, 256);
	format_money(&b, r->lang, s->fee_minor, s->fee_currency);
	return case_keep(r, &b);
}

struct str ground_sentence(struct req *r, const struct case_facts *f)
{
	for (size_t i = 0; f->decision.found && i < f->service->refusal_reason_n; i++) {
		if (str_eq(f->service->refusal_reason_ids[i], f->decision.ground)) {
			return text_in(&f->service->refusal_reasons[i].text, r->lang);
		}
	}
	return STR_EMPTY;
}

struct step_item *receipt_steps(struct req *r, const struct case_facts *f, size_t *n)
{
	struct step_item *steps = arena_new(&r->arena, struct step_item, 3);
	*n = steps ? 3 : 0;
	if (steps) {
		day_number check = calendar_add(f->calendar, f->c.start_day, f->service->check_days);
		steps[0] = (struct step_item){
			CASE_SAY(r, N_("By {date}"), TR_O("date", case_date(r, f, check, DATE_LONG))),
			tr(r->lang, N_("We check that everything is there. If not, we ask you once, for all of it, and the clock "
		                   "stands while we wait."))};
		steps[1] = (struct step_item){
			CASE_SAY(r, N_("By {date}"), TR_O("date", case_date(r, f, f->dates.promised, DATE_LONG))),
			tr(r->lang, N_("We decide. If the day moves, this page says so and why."))};
		steps[2] = (struct step_item){
			tr(r->lang, N_("The same day")),
			tr(r->lang, N_("The decision stands here and as a letter, with reasons and how to object."))};
	}
	return steps;
}

/* --- Documents
 * ------------------------------------------------------------------------------------------------------------ */

enum { BLOCKS_MAX = 24, ITEMS_MAX = 24 };

struct writer {
	struct document_block blocks[BLOCKS_MAX];
	size_t n;
	struct document_item items[ITEMS_MAX];
	size_t item_n;
};

static void add(struct writer *w, struct document_block block)
{
	must(w->n < BLOCKS_MAX);
	w->blocks[w->n++] = block;
}

/* Items of the block that is added next. */
static struct document_item *add_items(struct writer *w, size_t n)
{
	must(w->item_n + n <= ITEMS_MAX);
	struct document_item *items = &w->items[w->item_n];
	w->item_n += n;
	return items;
}

static void frame(struct req *r, const struct case_facts *f, const struct writer *w, struct str title, int64_t made_us,
                  struct document *out)
{
	const struct jurisdiction *home = catalogue_home(r->app);
	const struct institution *at = f->institution;
	*out = (struct document){
		.title = title,
		.lang = r->lang,
		.is_rtl = language_is_rtl(r->lang),
		.city = home ? text_in(&home->name, r->lang) : r->app->city_name,
		.place = tr(r->lang, N_("City Hall")),
		.institution = text_in(&at->name, r->lang),
		.footer = CASE_SAY(r, N_("{address}. {hours}. {phone}"), TR_O("address", text_in(&at->address, r->lang)),
	                       TR_O("hours", text_in(&at->hours, r->lang)), TR_S("phone", at->phone)),
		.page_label = tr(r->lang, N_("Page {page} of {pages}")),
		.made_us = made_us,
		.blocks = w->blocks,
		.block_n = w->n,
	};
}

static bool make(struct req *r, const struct case_facts *f, const struct writer *w, struct str title, int64_t made_us,
                 int *fd, struct err *e)
{
	struct document d;
	frame(r, f, w, title, made_us, &d);
	return render_pdf(r->app->render, &d, fd, e);
}

/* Limits that are counted otherwise are said by their day alone. */
static struct str days_line(struct req *r, const struct case_facts *f, int64_t days)
{
	if (f->dates.unit != CLOCK_WORKING_DAYS) {
		return STR_EMPTY;
	}
	const struct tr_arg args[] = {TR_I("n", days)};
	struct buf b;
	buf_init(&b, 1024);
	tr_put_plain(&b, trn(r->lang, "1 working day", "{n} working days", days), args, 1);
	return case_keep(r, &b);
}

bool receipt_pdf(struct req *r, const struct case_facts *f, int *fd, struct err *e)
{
	struct writer *w = arena_new(&r->arena, struct writer, 1);
	if (w == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a receipt");
	}
	struct str service = text_in(&f->service->name, r->lang);
	add(w, (struct document_block){
			   .kind = BLOCK_HEADING, .level = 1, .text = tr(r->lang, N_("We have your application"))});
	add(w, (struct document_block){
			   .kind = BLOCK_PARAGRAPH,
			   .style = PARAGRAPH_LEAD,
			   .text = f->has_intake ? case_came(r, f)
	                                 : CASE_SAY(r, N_("Sent by {who} for {party} on {when}. It is safely stored."),
	                                            TR_S("who", f->submitter), TR_S("party", f->applicant),
	                                            TR_O("when", case_moment(r, f, f->c.submitted_at)))});
	add(w, (struct document_block){.kind = BLOCK_SLIP});
	add(w, (struct document_block){.kind = BLOCK_QR,
	                               .text = receipt_url(r, f),
	                               .caption = tr(r->lang, N_("Scan to see where your case is"))});
	add(w, (struct document_block){.kind = BLOCK_NUMBER, .text = f->c.number, .caption = service});
	add(w, (struct document_block){
			   .kind = BLOCK_BARCODE,
			   .text = f->c.number,
			   .caption = CASE_SAY(r, N_("Code to type with the number: {code}. {url}"),
	                               TR_O("code", receipt_typed_code(r, f)),
	                               TR_O("url", arena_printf(&r->arena, "%.*s/track", STR_ARG(r->app->public_url))))});
	struct document_item *dates = add_items(w, 2);
	struct case_dates d;
	struct legal_clock as_promised;
	struct clock_face face;
	case_clock_promised(&f->c, &as_promised);
	case_clock_face(f->calendar, &as_promised, f->c.received_at, &face);
	case_dates_of(&face, (enum clock_unit)f->c.limit_unit, &d);
	dates[0] = (struct document_item){tr(r->lang, N_("We promise a decision by")),
	                                  case_date(r, f, d.promised, DATE_LONG), days_line(r, f, f->c.committed)};
	dates[1] = (struct document_item){tr(r->lang, N_("The law says at the latest")),
	                                  case_date(r, f, d.legal, DATE_LONG), days_line(r, f, f->c.statutory)};
	add(w, (struct document_block){.kind = BLOCK_DATES, .items = dates, .item_n = 2});
	struct document_item *pairs = add_items(w, 4);
	pairs[0] =
		(struct document_item){.term = tr(r->lang, N_("Decided by")), .value = text_in(&f->institution->name, r->lang)};
	pairs[1] = (struct document_item){.term = tr(r->lang, N_("Papers received")), .value = papers_line(r, f)};
	pairs[2] = (struct document_item){.term = tr(r->lang, N_("Taken from registers")), .value = registers_line(r, f)};
	pairs[3] = (struct document_item){.term = tr(r->lang, N_("Fee")), .value = fee_line(r, f->service)};
	add(w, (struct document_block){.kind = BLOCK_PAIRS, .items = pairs, .item_n = 4});
	add(w, (struct document_block){.kind = BLOCK_SLIP_END});
	add(w, (struct document_block){.kind = BLOCK_HEADING, .level = 2, .text = tr(r->lang, N_("What happens next"))});
	size_t n;
	const struct step_item *steps = receipt_steps(r, f, &n);
	struct document_item *next = add_items(w, n);
	for (size_t i = 0; i < n; i++) {
		next[i] = (struct document_item){.term = steps[i].title, .value = steps[i].text};
	}
	add(w, (struct document_block){.kind = BLOCK_STEPS, .items = next, .item_n = n});
	return make(r, f, w, CASE_SAY(r, N_("Receipt {number}"), TR_O("number", f->c.number)), f->c.submitted_at, fd, e);
}

/* A number with its service above it; what was promised, or that it waits; what to type. */
static void add_part(struct req *r, const struct case_facts *f, const struct bundle_taken_part *p,
                     struct document_block *blocks, size_t *n)
{
	struct str when = p->is_begun ? CASE_SAY(r, N_("Promised by {promised}, by law at the latest {legal}."),
	                                         TR_O("promised", case_date(r, f, p->promised, DATE_LONG)),
	                                         TR_O("legal", case_date(r, f, p->legal, DATE_LONG)))
	                              : tr(r->lang, N_("It begins by itself when the steps before it are granted."));
	blocks[(*n)++] = (struct document_block){.kind = BLOCK_NUMBER, .text = p->number, .caption = p->service};
	blocks[(*n)++] = (struct document_block){.kind = BLOCK_PARAGRAPH,
	                                         .text = CASE_SAY(r, N_("{when} Code to type with the number: {code}."),
	                                                          TR_O("when", when), TR_O("code", p->code))};
}

bool bundle_receipt_pdf(struct req *r, const struct case_facts *f, const struct bundle_taken *b, int *fd, struct err *e)
{
	struct document_block *blocks = arena_new(&r->arena, struct document_block, 2 * b->n + 6);
	struct document d;
	struct writer none = {.n = 0};
	size_t n = 0;
	if (blocks == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a receipt");
	}
	blocks[n++] = (struct document_block){.kind = BLOCK_HEADING, .level = 1, .text = tr(r->lang, N_("Receipt"))};
	blocks[n++] =
		(struct document_block){.kind = BLOCK_PARAGRAPH,
	                            .style = PARAGRAPH_LEAD,
	                            .text = CASE_SAY(r, N_("{bundle}, for {name}. {came}"), TR_O("bundle", b->name),
	                                             TR_S("name", f->applicant), TR_O("came", case_came(r, f)))};
	blocks[n++] = (struct document_block){.kind = BLOCK_SLIP};
	for (size_t i = 0; i < b->n; i++) {
		add_part(r, f, &b->parts[i], blocks, &n);
	}
	blocks[n++] = (struct document_block){.kind = BLOCK_SLIP_END};
	blocks[n++] = (struct document_block){
		.kind = BLOCK_PARAGRAPH,
		.text = CASE_SAY(r, N_("Where each of them is: {url}"),
	                     TR_O("url", arena_printf(&r->arena, "%.*s/track", STR_ARG(r->app->public_url))))};
	frame(r, f, &none, CASE_SAY(r, N_("Receipt {number}"), TR_O("number", b->n > 0 ? b->parts[0].number : b->name)),
	      f->c.submitted_at, &d);
	d.blocks = blocks;
	d.block_n = n;
	return render_pdf(r->app->render, &d, fd, e);
}

bool letter_compose(struct req *r, const struct case_facts *f, struct document *out, struct err *e)
{
	struct case_facts spoken = *f;
	if (f->decision.found && f->decision.decided_by == 0) {
		case_speak_for_silence(r->lang, &spoken); /* one letter is set in several languages */
		f = &spoken;
	}
	struct writer *w = arena_new(&r->arena, struct writer, 1);
	if (w == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a letter");
	}
	bool is_granted = f->decision.outcome == OUTCOME_GRANTED;
	struct str service = text_in(&f->service->name, r->lang);
	day_number day = zone_local(f->zone, f->decision.decided_at).day;
	struct str date = case_date(r, f, day, DATE_WITH_YEAR);
	struct document_item *to = add_items(w, 1);
	to[0] = (struct document_item){.value = f->applicant};
	add(w,
	    (struct document_block){.kind = BLOCK_ADDRESS,
	                            .items = to,
	                            .item_n = 1,
	                            .caption = arena_printf(&r->arena, "%.*s\n%.*s", STR_ARG(f->c.number), STR_ARG(date))});
	add(w, (struct document_block){.kind = BLOCK_HEADING, .level = 1, .text = service});
	add(w, (struct document_block){.kind = BLOCK_PARAGRAPH,
	                               .style = PARAGRAPH_LEAD,
	                               .text = is_granted ? tr(r->lang, N_("We have granted your application."))
	                                                  : tr(r->lang, N_("We have refused your application."))});
	struct str ground = ground_sentence(r, f);
	add(w, (struct document_block){.kind = BLOCK_HEADING, .level = 2, .text = tr(r->lang, N_("Reasons"))});
	if (ground.n > 0) {
		add(w, (struct document_block){.kind = BLOCK_PARAGRAPH, .text = ground});
	}
	add(w, (struct document_block){.kind = BLOCK_PARAGRAPH, .text = f->decision.reason});
	if (is_granted && !text_is_empty(&f->service->output)) {
		add(w, (struct document_block){.kind = BLOCK_HEADING, .level = 2, .text = tr(r->lang, N_("What you get"))});
		add(w, (struct document_block){.kind = BLOCK_PARAGRAPH, .text = text_in(&f->service->output, r->lang)});
	}
	add(w, (struct document_block){.kind = BLOCK_NOTE,
	                               .caption = tr(r->lang, N_("If you do not agree")),
	                               .text = text_in(&f->service->objection, r->lang)});
	struct str corrected = case_corrected_on(r, f);
	if (corrected.n > 0) {
		add(w, (struct document_block){
				   .kind = BLOCK_PARAGRAPH,
				   .text = CASE_SAY(r, N_("This letter was corrected on {date} and replaces the one before."),
		                            TR_O("date", corrected))});
	}
	size_t hands = f->decision.signer.n > 0 ? 2 : 1;
	struct document_item *signature = add_items(w, hands);
	signature[0] = (struct document_item){f->decision.official, text_in(&f->institution->name, r->lang), date};
	if (hands == 2) {
		signature[1] = (struct document_item){f->decision.signer, text_in(&f->institution->name, r->lang), date};
	}
	add(w, (struct document_block){.kind = BLOCK_SIGNATURES, .items = signature, .item_n = hands});
	frame(r, f, w, CASE_SAY(r, N_("Decision {number}"), TR_O("number", f->c.number)), f->decision.decided_at, out);
	return true;
}

bool letter_pdf(struct req *r, const struct case_facts *f, int *fd, struct err *e)
{
	struct document d;
	uint8_t source[SHA256_BYTES];
	if (!letter_compose(r, f, &d, e)) {
		return false;
	}
	/* It was set when it left. Until that is done, and for the desk before it leaves, it is set here. */
	document_source(&d, source);
	return print_open(r->app, f->c.party, f->c.id, PAPER_LETTER, r->lang, source, fd, e) &&
	       (*fd >= 0 || render_pdf(r->app->render, &d, fd, e));
}

bool label_compose(struct req *r, const struct case_facts *f, struct document *out, struct err *e)
{
	struct writer *w = arena_new(&r->arena, struct writer, 1);
	if (w == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a label");
	}
	struct document_item *to = add_items(w, 1);
	to[0] = (struct document_item){.value = f->credential.address};
	add(w, (struct document_block){.kind = BLOCK_ADDRESS, .items = to, .item_n = 1, .caption = f->credential.number});
	add(w, (struct document_block){.kind = BLOCK_BARCODE, .text = f->c.number, .caption = f->c.number});
	frame(r, f, w, CASE_SAY(r, N_("Label {number}"), TR_O("number", f->credential.number)), f->credential.made_at, out);
	return true;
}
