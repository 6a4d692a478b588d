/* Packs: one file of a small pack is replaced by the input (its first byte says which). Reading never crashes; every
 * mistake is one line with file and line; a pack without mistakes can be used. Run from the repository's root. Needs
 * app. */
#include "app/catalogue/pack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct pack_files base;
static struct pack *base_pack;

static void load_base(void)
{
	struct pack_report report;
	struct err e;
	pack_report_init(&report);
	must(pack_files_read(STR("tests/data/packs/stall"), &base, &report, &e));
	must(pack_read(&base, &report, &base_pack, &e));
	must(report.mistakes == 0);
	pack_report_release(&report);
}

static void look_at_report(const struct pack_report *report)
{
	struct str rest = buf_str(&report->text), line, file, after, number;
	size_t lines = 0;
	while (str_next(&rest, '\n', &line)) {
		if (line.n == 0) {
			continue;
		}
		uint64_t at = 0;
		lines++;
		must(str_cut(line, ':', &file, &after) && str_ends(file, STR(".yaml")));
		must(str_cut(after, ':', &number, &after) && str_to_u64(number, &at) && at >= 1);
		must(after.n > 3 && (after.p[after.n - 1] == '.' || after.p[after.n - 1] == '?'));
		must(str_is_utf8(line));
	}
	must(report->text.failed || lines == report->mistakes);
}

static void look_at_condition(const struct service *s, const struct condition *c)
{
	if (c->question.n > 0) {
		const struct question *q = service_question(s, c->question, NULL);
		must(q != NULL && c->value.n > 0);
		must(q->type == QUESTION_YES_NO || q->choice_n > 0);
	}
}

static void look_at_text(const struct text *t)
{
	for (size_t i = 0; i < LANG_COUNT; i++) {
		must(t->in[i].n > 0 && str_is_utf8(t->in[i]) && !str_has_control(t->in[i], "\n"));
	}
}

static void look_at_service(const struct service *s)
{
	must(s->id.n > 0 && s->page_n > 0 && s->clock.committed.n >= 1 && s->clock.committed.n <= s->clock.statutory.n);
	look_at_text(&s->name);
	look_at_text(&s->declaration);
	must(service_question_least(s) <= service_question_count(s));
	for (size_t i = 0; i < s->page_n; i++) {
		const struct form_page *p = &s->pages[i];
		must(p->question_n > 0);
		look_at_condition(s, &p->show_if);
		for (size_t k = 0; k < p->question_n; k++) {
			const struct question *q = &p->questions[k];
			look_at_text(&q->label);
			look_at_text(&q->purpose);
			look_at_condition(s, &q->show_if);
			must(service_question(s, q->id, NULL) == q);
			must(q->type != QUESTION_FILES || service_evidence(s, q->evidence)->source == EVIDENCE_UPLOAD);
			must(!q->has_min || !q->has_max || q->min <= q->max);
		}
	}
}

static void look_at_pack(const struct pack *p)
{
	must(pack_jurisdiction(p, p->home) != NULL && pack_institution(p, p->front_office) != NULL);
	must(pack_jurisdiction(p, p->home)->zone != NULL);
	for (size_t i = 0; i < p->institution_n; i++) {
		must(p->institutions[i].calendar != NULL && p->institutions[i].id > 0);
		day_number day = calendar_add(p->institutions[i].calendar, 20500, 15);
		must(day > 20500 || !calendar_covers(p->institutions[i].calendar, 20530));
	}
	for (size_t i = 0; i < p->service_n; i++) {
		look_at_service(p->services[i]);
	}
}

/* The service alone, in the place that the small pack gives it. */
static void read_service(struct str bytes, struct pack_report *report)
{
	struct arena a;
	arena_init(&a, 64 << 20);
	struct service_context context = pack_context(base_pack);
	struct reader r = pack_reader(base_pack, &a, report, STR("services/market-stall/service.yaml"));
	const struct service *s = service_read(&r, bytes, STR("market-stall"), &context);
	must(s != NULL || report->mistakes > 0);
	if (report->mistakes == 0) {
		look_at_service(s);
	}
	look_at_report(report);
	arena_release(&a);
}

/* Another file, in the pack without its services, which are long. */
static void read_pack(const char *path, struct str bytes, struct pack_report *report)
{
	struct pack_file items[8];
	struct pack_files files = {.items = items};
	struct pack *p = NULL;
	struct err e;
	bool is_there = false;
	for (size_t i = 0; i < base.n; i++) {
		if (pack_service_folder(base.items[i].path).n > 0) {
			continue;
		}
		must(files.n < sizeof items / sizeof *items);
		items[files.n] = base.items[i];
		if (str_is(base.items[i].path, path)) {
			items[files.n].bytes = bytes;
			is_there = true;
		}
		files.n++;
	}
	must(is_there);
	if (pack_read(&files, report, &p, &e)) {
		look_at_report(report);
		if (report->mistakes == 0) {
			look_at_pack(p);
		}
	}
	pack_free(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (base.n == 0) {
		load_base();
	}
	if (n < 1) {
		return 0;
	}
	struct pack_report report;
	pack_report_init(&report);
	/* By the input's first byte, from '0' on; NULL: the service. */
	static const char *const paths[] = {"calendars/small-market.yaml",
	                                    "institutions.yaml",
	                                    "jurisdictions.yaml",
	                                    "pack.yaml",
	                                    NULL,
	                                    "facts.yaml",
	                                    "bundles.yaml"};
	const char *path = paths[(data[0] + 1u) % (sizeof paths / sizeof *paths)];
	if (path == NULL) {
		read_service(str_from(data + 1, n - 1), &report);
	} else {
		read_pack(path, str_from(data + 1, n - 1), &report);
	}
	pack_report_release(&report);
	return 0;
}
