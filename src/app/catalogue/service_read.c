#include "app/catalogue/service_read.h"

enum {
	LIMIT_DAYS_MAX = 1000,
	RETENTION_YEARS_MAX = 200,
	ENTRIES_MAX = 100,
	BACK_DAYS_MAX = 30,
	BACK_DAYS_USUAL = 3,
	STOPS_MAX = 10
};

bool is_among(struct str s, const struct str *list, size_t n)
{
	for (size_t i = 0; list && i < n; i++) {
		if (str_eq(s, list[i])) {
			return true;
		}
	}
	return list == NULL;
}

/* How long before a limit's end it turns; not there: as the others do. */
static void read_lead(struct reader *r, const struct yaml *limits, const char *key, struct clock_lead *lead)
{
	static const char *const keys[] = {"percent", "most", NULL};
	const struct yaml *m = read_child(r, limits, key, YAML_MAP, false);
	if (m == NULL) {
		return;
	}
	read_known_keys(r, m, keys);
	lead->percent = (int32_t)read_whole(r, m, "percent", 0, 100, lead->percent, false);
	lead->most.n = (int32_t)read_whole(r, m, "most", 0, LIMIT_DAYS_MAX, lead->most.n, false);
}

static void read_stops(struct reader *r, const struct yaml *limits, struct service *s)
{
	static const char *const keys[] = {"id", "name", "ends", "most", NULL};
	static const char *const ends[] = {"answer", "opinion", "by-hand", NULL};
	const struct yaml *list = read_rows(r, limits, "stops", STOPS_MAX, false);
	s->stops = read_list(r, struct stop_reason, read_count(list));
	for (const struct yaml *c = list && s->stops ? next_row(list->first) : NULL; c; c = next_row(c->next)) {
		struct stop_reason *stop = &s->stops[s->stop_n];
		read_known_keys(r, c, keys);
		int end = read_word(r, c, "ends", ends, true);
		*stop = (struct stop_reason){.id = read_id(r, c, "id", true),
		                             .name = read_text(r, c, "name", true),
		                             .ends = end < 0 ? STOP_ENDS_BY_HAND : (enum stop_end)(end + STOP_ENDS_BY_ANSWER),
		                             .most_days = (int32_t)read_whole(r, c, "most", 1, LIMIT_DAYS_MAX, 0, false)};
		for (size_t i = 0; i < s->stop_n; i++) {
			bool is_same = str_eq(s->stops[i].id, stop->id);
			if (is_same || (stop->ends != STOP_ENDS_BY_HAND && s->stops[i].ends == stop->ends)) {
				mistake(r, line_of(c, is_same ? "id" : "ends"),
				        is_same ? "two reasons to stop the clock have this id. Give each its own."
				                : "two reasons end so; which of them stops the clock? Keep one of them.");
			}
		}
		s->stop_n++;
	}
}

const char *const case_step_words[] = {"acceptance", "correction-review", "opinion", "decision", "second-signature",
                                       "reply",      "hand-over",         NULL};
static const char *const unit_words[] = {"working-hours", "working-days", "calendar-days", "months", NULL};

/* "2 working days", "1 month": the unit in the words of `unit`, of one or of several. */
static bool parse_time(struct str s, struct clock_limit *out)
{
	struct str number;
	int64_t n;
	if (!str_next(&s, ' ', &number) || !str_to_i64(number, &n) || n < 1 || n > LIMIT_DAYS_MAX) {
		return false;
	}
	for (int u = 0; unit_words[u] != NULL; u++) {
		struct str word = str_of(unit_words[u]);
		bool is_it = s.n == word.n || s.n + 1 == word.n;
		for (size_t i = 0; is_it && i < s.n; i++) {
			is_it = s.p[i] == (word.p[i] == '-' ? ' ' : word.p[i]);
		}
		if (is_it) {
			*out = (struct clock_limit){(enum clock_unit)u, (int32_t)n};
			return true;
		}
	}
	return false;
}

/* Kept in words: a case copies them, and reads them when a step begins. */
static void read_steps(struct reader *r, const struct yaml *limits, struct service *s)
{
	const struct yaml *m = read_child(r, limits, "steps", YAML_MAP, false);
	if (m == NULL) {
		return;
	}
	read_known_keys(r, m, case_step_words);
	for (int i = 0; i < STEP_KINDS; i++) {
		const struct yaml *c = read_child(r, m, case_step_words[i], YAML_TEXT, false);
		struct clock_limit limit;
		if (c == NULL) {
			continue;
		}
		if (!parse_time(c->text, &limit)) {
			mistake(
				r, c->line,
				"\"%s\" is \"%.*s\". Write a number up to %d and a unit, such as \"2 working days\": working hours, "
				"working days, calendar days or months.",
				case_step_words[i], STR_ARG(str_sub(c->text, 0, 40)), LIMIT_DAYS_MAX);
			continue;
		}
		if (i != STEP_HAND_OVER && limit.unit == s->clock.statutory.unit && limit.n > s->clock.statutory.n) {
			mistake(r, c->line,
			        "the step \"%s\" may take %d, which is longer than the legal limit of %d. Write at most %d.",
			        case_step_words[i], limit.n, s->clock.statutory.n, s->clock.statutory.n);
		}
		if (i == STEP_OPINION && service_stop(s, STR_EMPTY, STOP_ENDS_BY_OPINION) != NULL) {
			mistake(r, c->line,
			        "the clock stands while an opinion is waited for, and this step with it: it never runs out. Take "
			        "\"opinion\" out, or the stop that ends so.");
		}
		s->step_limits =
			arena_printf(r->arena, "%.*s%s%s %d %s", STR_ARG(s->step_limits), s->step_limits.n > 0 ? " " : "",
		                 case_step_words[i], limit.n, unit_words[limit.unit]);
	}
}

/* What belongs to the clock beside the two limits. */
static void read_clock(struct reader *r, const struct yaml *m, struct service *s)
{
	static const char *const starts[] = {"submission", "acceptance", NULL};
	static const char *const silences[] = {"nothing", "granted", "refused", "escalated", NULL};
	int from = read_word(r, m, "from", starts, false), silence = read_word(r, m, "silence", silences, false);
	s->clock.from = from < 0 ? CLOCK_FROM_SUBMISSION : (enum clock_start)from;
	s->clock.silence = silence < 0 ? SILENCE_NOTHING : (enum clock_silence)silence;
	s->extension = (int32_t)read_whole(r, m, "extension", 1, LIMIT_DAYS_MAX, 0, false);
	read_lead(r, m, "orange", &s->clock.orange);
	read_lead(r, m, "red", &s->clock.red);
	read_stops(r, m, s);
	read_steps(r, m, s);
}

static void check_steps(struct reader *r, const struct yaml *root, const struct service *s)
{
	const struct yaml *limits = yaml_get(root, "limits"), *steps = limits ? yaml_get(limits, "steps") : NULL;
	const char *word = case_step_words[STEP_SIGNATURE];
	if (steps != NULL && steps->kind == YAML_MAP && yaml_get(steps, word) != NULL && !s->needs_second_signature) {
		mistake(
			r, line_of(steps, word),
			"no decision of this service is signed second. Take \"%s\" out, or write \"second_signature: yes\" below "
			"\"moves\".",
			word);
	}
	word = case_step_words[STEP_HAND_OVER];
	if (steps != NULL && steps->kind == YAML_MAP && yaml_get(steps, word) != NULL &&
	    (text_is_empty(&s->document.title) || (s->document.ways & HAND_OVER_POST) == 0)) {
		mistake(
			r, line_of(steps, word),
			"nothing of this service is posted, and who collects a document comes when it suits. Take \"%s\" out, or "
			"write \"post\" into \"hand_over\" of the document.",
			word);
	}
}

static void read_limits(struct reader *r, const struct yaml *root, struct service *s)
{
	static const char *const keys[] = {"statutory", "promised", "usual", "check", "unit",  "from", "silence",
	                                   "extension", "orange",   "red",   "stops", "steps", NULL};
	const struct yaml *m = read_child(r, root, "limits", YAML_MAP, true);
	if (m == NULL) {
		return;
	}
	size_t before = r->report->mistakes;
	read_known_keys(r, m, keys);
	int unit = read_word(r, m, "unit", unit_words, true);
	s->clock = (struct clock_rule){.committed.unit = unit < 0 ? CLOCK_WORKING_DAYS : (enum clock_unit)unit,
	                               .statutory.unit = unit < 0 ? CLOCK_WORKING_DAYS : (enum clock_unit)unit,
	                               .orange = clock_lead_orange,
	                               .red = clock_lead_red};
	if (s->clock.committed.unit == CLOCK_WORKING_HOURS) {
		/* As many hours as two working days have, and one. */
		s->clock.orange.most = (struct clock_limit){CLOCK_WORKING_HOURS, 16};
		s->clock.red.most = (struct clock_limit){CLOCK_WORKING_HOURS, 8};
	}
	s->clock.statutory.n = (int)read_whole(r, m, "statutory", 1, LIMIT_DAYS_MAX, 20, true);
	s->clock.committed.n = (int)read_whole(r, m, "promised", 1, LIMIT_DAYS_MAX, s->clock.statutory.n, true);
	s->usual_days = (int)read_whole(r, m, "usual", 1, LIMIT_DAYS_MAX, 0, false);
	s->check_days = (int)read_whole(r, m, "check", 0, LIMIT_DAYS_MAX, 0, false);
	read_clock(r, m, s);
	if (r->report->mistakes > before) {
		return;
	}
	if (s->clock.committed.n > s->clock.statutory.n) {
		mistake(r, line_of(m, "promised"),
		        "the promise of %d days is longer than the legal limit of %d. Promise at most %d, or correct "
		        "\"statutory\".",
		        s->clock.committed.n, s->clock.statutory.n, s->clock.statutory.n);
	}
	if (s->usual_days > s->clock.committed.n) {
		mistake(r, line_of(m, "usual"),
		        "it usually takes %d days, which is longer than the promise of %d. Write at most %d, or promise less.",
		        s->usual_days, s->clock.committed.n, s->clock.committed.n);
	}
	if (s->check_days > s->clock.committed.n) {
		mistake(r, line_of(m, "check"),
		        "the papers are looked at within %d days, which is later than the promised decision. Write at most %d.",
		        s->check_days, s->clock.committed.n);
	}
}

static struct str read_currency(struct reader *r, const struct yaml *map, struct str otherwise)
{
	struct str code = read_plain(r, map, "currency", false);
	if (code.n == 0) {
		return otherwise;
	}
	if (currency_digits(code) < 0) {
		mistake(r, line_of(map, "currency"),
		        "\"%.*s\" is no currency. Write its three letters by ISO 4217, such as EUR.", STR_ARG(code));
		return otherwise;
	}
	return code;
}

static void read_fee(struct reader *r, const struct yaml *root, struct str city_currency, struct service *s)
{
	static const char *const keys[] = {"amount", "currency", "note", NULL};
	s->fee_currency = city_currency;
	const struct yaml *fee = yaml_get(root, "fee");
	if (fee != NULL && fee->kind == YAML_TEXT && str_is(fee->text, "none")) {
		return;
	}
	if (fee == NULL || fee->kind != YAML_MAP) {
		mistake(r, fee ? fee->line : root->line,
		        "\"fee\" %s. Write \"fee: none\", or \"amount\" and \"note\" below it.",
		        fee ? "is neither \"none\" nor an amount" : "is missing");
		return;
	}
	read_known_keys(r, fee, keys);
	s->fee_currency = read_currency(r, fee, city_currency);
	s->fee_minor = read_amount(r, fee, "amount", s->fee_currency, true);
	s->fee_note = read_text(r, fee, "note", false);
}

/* An id of the pack's list of papers. */
static struct str read_document(struct reader *r, const struct yaml *m, const struct service_context *context,
                                bool is_needed)
{
	struct str id = read_id(r, m, "document", is_needed);
	if (id.n > 0 && !is_among(id, context->documents, context->document_n)) {
		mistake(r, line_of(m, "document"),
		        "there is no document \"%.*s\". Add it to \"documents\" in facts.yaml or correct the name.",
		        STR_ARG(id));
	}
	return id;
}

static void read_issues(struct reader *r, const struct yaml *root, const struct service_context *context,
                        struct service *s)
{
	static const char *const keys[] = {"document", "valid_years", NULL};
	const struct yaml *m = read_child(r, root, "issues", YAML_MAP, false);
	if (m != NULL) {
		read_known_keys(r, m, keys);
		s->issues_document = read_document(r, m, context, true);
		s->issues_years = (int)read_whole(r, m, "valid_years", 1, 200, 0, false);
	}
}

static void read_one_evidence(struct reader *r, const struct yaml *m, const struct service_context *context,
                              struct service *s, struct evidence *ev)
{
	static const char *const keys[] = {"id",      "source", "name",     "hint", "optional",
	                                   "show_if", "effort", "document", "from", NULL};
	static const char *const sources[] = {"registry", "upload", "declaration", NULL};
	static const char *const effort_keys[] = {"visits", "days", "cost", NULL};
	read_known_keys(r, m, keys);
	ev->id = read_id(r, m, "id", true);
	int source = read_word(r, m, "source", sources, true);
	ev->source = source < 0 ? EVIDENCE_DECLARATION : (enum evidence_source)source;
	ev->name = read_text(r, m, "name", true);
	ev->hint = read_text(r, m, "hint", true);
	ev->is_optional = read_flag(r, m, "optional");
	ev->show_if = read_condition(r, m, "show_if");
	ev->line = m->line;
	ev->document = read_document(r, m, context, false);
	ev->from = read_id(r, m, "from", false);
	if (ev->from.n > 0 && !is_among(ev->from, context->services, context->service_n)) {
		mistake(r, line_of(m, "from"), "there is no service \"%.*s\". Correct the name or take the line out.",
		        STR_ARG(ev->from));
	}
	const struct yaml *effort = read_child(r, m, "effort", YAML_MAP, false);
	if (effort != NULL) {
		read_known_keys(r, effort, effort_keys);
		ev->effort_visits = (int)read_whole(r, effort, "visits", 0, 20, 0, false);
		ev->effort_days = (int)read_whole(r, effort, "days", 0, LIMIT_DAYS_MAX, 0, false);
		ev->effort_minor = read_amount(r, effort, "cost", s->fee_currency, false);
	}
	for (size_t i = 0; i < s->evidence_n; i++) {
		if (ev->id.n > 0 && str_eq(s->evidence[i].id, ev->id)) {
			mistake(r, line_of(m, "id"), "two kinds of evidence are named \"%.*s\". Give each its own id.",
			        STR_ARG(ev->id));
		}
	}
}

static void read_evidence(struct reader *r, const struct yaml *root, const struct service_context *context,
                          struct service *s)
{
	const struct yaml *list = read_rows(r, root, "evidence", ENTRIES_MAX, true);
	s->evidence = read_list(r, struct evidence, read_count(list));
	for (const struct yaml *c = list && s->evidence ? next_row(list->first) : NULL; c; c = next_row(c->next)) {
		read_one_evidence(r, c, context, s, &s->evidence[s->evidence_n]);
		s->evidence_n++;
	}
}

void read_reasons(struct reader *r, const struct yaml *root, const char *key, bool is_needed,
                  struct pair_of_texts **out, struct str **ids, size_t *n)
{
	static const char *const keys[] = {"id", "term", "text", NULL};
	const struct yaml *list = read_rows(r, root, key, ENTRIES_MAX, is_needed);
	size_t most = read_count(list);
	*n = 0;
	*out = read_list(r, struct pair_of_texts, most);
	*ids = read_list(r, struct str, most);
	for (const struct yaml *c = list && *out && *ids ? next_row(list->first) : NULL; c; c = next_row(c->next)) {
		read_known_keys(r, c, keys);
		struct str id = read_id(r, c, "id", true);
		if (id.n > 0 && is_among(id, *ids, *n) && *n > 0) {
			mistake(r, line_of(c, "id"), "two reasons for refusal are named \"%.*s\". Give each its own id.",
			        STR_ARG(id));
		}
		(*ids)[*n] = id;
		(*out)[*n].term = read_text(r, c, "term", true);
		(*out)[*n].text = read_text(r, c, "text", true);
		*n += 1;
	}
}

/* Each word in braces of a text block is one that is filled in. */
static void check_blocks(struct reader *r, const struct yaml *root, const struct service *s)
{
	static const char *const words[] = {TEXT_BLOCK_WORDS, NULL};
	for (size_t i = 0; i < s->text_block_n; i++) {
		for (size_t k = 0; k < LANG_COUNT; k++) {
			struct str rest = s->text_blocks[i].text.in[k], before, word = STR_EMPTY;
			while (k != LANG_MADE_UP && str_cut(rest, '{', &before, &rest)) {
				const char *const *w = words;
				bool is_closed = str_cut(rest, '}', &word, &rest);
				while (is_closed && *w && !str_is(word, *w)) {
					w++;
				}
				if (!is_closed || *w == NULL) {
					mistake(r, line_of(root, "text_blocks"),
					        "the text block \"%.*s\" has {%.*s}, which is not filled in. Write {applicant}, {number}, "
					        "{service}, {output}, {promised}, {today} or {official}.",
					        STR_ARG(s->text_block_ids[i]), (int)(word.n < 40 ? word.n : 40), word.p);
					break;
				}
			}
		}
	}
}

/* Each upload is asked for by a question, each question for files names an upload. */
static void check_uploads(struct reader *r, const struct yaml *root, const struct service *s)
{
	for (size_t i = 0; i < s->evidence_n; i++) {
		const struct evidence *ev = &s->evidence[i];
		bool is_asked = ev->source != EVIDENCE_UPLOAD || ev->id.n == 0;
		for (size_t p = 0; p < s->page_n; p++) {
			for (size_t q = 0; q < s->pages[p].question_n; q++) {
				const struct question *question = &s->pages[p].questions[q];
				is_asked = is_asked || (question->type == QUESTION_FILES && str_eq(question->evidence, ev->id));
			}
		}
		if (!is_asked) {
			mistake(
				r, line_of(root, "evidence"),
				"the evidence \"%.*s\" is an upload, but no question asks for it. Add a question of type files with "
				"\"evidence: %.*s\".",
				STR_ARG(ev->id), STR_ARG(ev->id));
		}
	}
}

static void read_head(struct reader *r, const struct yaml *root, struct str folder,
                      const struct service_context *context, struct service *s)
{
	static const char *const audiences[] = {"persons", "organisations", "both", NULL};
	read_format(r, root);
	s->id = read_id(r, root, "id", true);
	if (folder.n > 0 && s->id.n > 0 && !str_eq(folder, s->id)) {
		mistake(r, line_of(root, "id"), "the id \"%.*s\" is not the name of its folder. Name both alike.",
		        STR_ARG(s->id));
	}
	s->version = (int)read_whole(r, root, "version", 1, 1000000, 1, true);
	s->in_force_day = read_day(r, root, "in_force", true);
	s->institution = read_id(r, root, "institution", true);
	if (s->institution.n > 0 && !is_among(s->institution, context->institutions, context->institution_n)) {
		mistake(r, line_of(root, "institution"),
		        "there is no institution \"%.*s\". Add it to institutions.yaml or correct the name.",
		        STR_ARG(s->institution));
	}
	int audience = read_word(r, root, "audience", audiences, true);
	s->audience = audience < 0 ? FOR_PERSONS : (enum audience)(audience + 1);
	s->name = read_text(r, root, "name", true);
	s->summary = read_text(r, root, "summary", true);
	s->keywords = read_text(r, root, "keywords", false);
	s->life_events = read_ids(r, root, "life_events", &s->life_event_n);
	for (size_t i = 0; i < s->life_event_n; i++) {
		if (!is_among(s->life_events[i], context->life_events, context->life_event_n)) {
			mistake(r, line_of(root, "life_events"),
			        "there is no life event \"%.*s\". Add it to pack.yaml or correct the name.",
			        STR_ARG(s->life_events[i]));
		}
	}
}

struct service *service_read(struct reader *r, struct str yaml, struct str folder,
                             const struct service_context *context)
{
	static const char *const keys[] = {"format",
	                                   "id",
	                                   "version",
	                                   "in_force",
	                                   "institution",
	                                   "audience",
	                                   "name",
	                                   "summary",
	                                   "keywords",
	                                   "life_events",
	                                   "eligibility",
	                                   "instead",
	                                   "evidence",
	                                   "limits",
	                                   "fee",
	                                   "minutes",
	                                   "steps",
	                                   "law",
	                                   "source",
	                                   "output",
	                                   "objection",
	                                   "declaration",
	                                   "refusal_reasons",
	                                   "text_blocks",
	                                   "retention_years",
	                                   "receipt_back_days",
	                                   "pages",
	                                   "issues",
	                                   "document",
	                                   "visits",
	                                   "visit_note",
	                                   "faq",
	                                   "moves",
	                                   NULL};
	if (yaml.n > SERVICE_BYTES_MAX) {
		mistake(r, 1, "the file is larger than %d KiB. Divide the service into several.", SERVICE_BYTES_MAX / 1024);
		return NULL;
	}
	struct arena tree;
	arena_init(&tree, 64 * 1024 * 1024);
	struct service *s = arena_new(r->arena, struct service, 1);
	const struct yaml *root = s ? read_yaml(r, &tree, yaml) : NULL;
	if (root == NULL) {
		arena_release(&tree);
		return NULL;
	}
	sha256_of(yaml, s->digest);
	read_known_keys(r, root, keys);
	read_head(r, root, folder, context, s);
	s->conditions = read_pairs(r, root, "eligibility", false, &s->condition_n);
	s->instead = read_text(r, root, "instead", false);
	read_limits(r, root, s);
	read_fee(r, root, context->currency, s);
	read_evidence(r, root, context, s);
	s->minutes = (int)read_whole(r, root, "minutes", 1, 600, 10, true);
	s->steps = read_pairs(r, root, "steps", true, &s->step_n);
	s->law = read_pairs(r, root, "law", true, &s->law_n);
	s->source = read_text(r, root, "source", true);
	s->output = read_text(r, root, "output", true);
	read_issues(r, root, context, s);
	s->visits = (int)read_whole(r, root, "visits", 0, 20, 0, false);
	s->visit_note = read_text(r, root, "visit_note", s->visits > 0);
	s->faq = yaml_get(root, "faq") ? read_pairs(r, root, "faq", true, &s->faq_n) : NULL;
	s->objection = read_text(r, root, "objection", true);
	s->declaration = read_text(r, root, "declaration", true);
	read_reasons(r, root, "refusal_reasons", true, &s->refusal_reasons, &s->refusal_reason_ids, &s->refusal_reason_n);
	read_reasons(r, root, "text_blocks", false, &s->text_blocks, &s->text_block_ids, &s->text_block_n);
	check_blocks(r, root, s);
	s->retention_years = (int)read_whole(r, root, "retention_years", 0, RETENTION_YEARS_MAX, 10, true);
	s->receipt_back_days = (int)read_whole(r, root, "receipt_back_days", 0, BACK_DAYS_MAX, BACK_DAYS_USUAL, false);
	read_pages(r, root, context, s);
	read_document_template(r, root, s);
	check_uploads(r, root, s);
	read_moves(r, root, context, s);
	check_steps(r, root, s);
	read_hand_over_pages(r, s);
	arena_release(&tree);
	return s;
}
