#include "app/catalogue/bundle.h"

#include "base/json.h"
#include "html/translate.h"

/* A question of the whole, and whence it came. */
struct asked {
	struct question *question;
	const struct form_page *page; /* of the whole */
	struct str fact, document;
	size_t member;
};

struct merge {
	struct arena *arena;
	struct service *out;
	struct bundle_alias *aliases;
	size_t alias_n;
	struct asked *asked;
	size_t asked_n;
};

static struct text join(struct arena *a, const struct text *x, const struct text *y)
{
	struct text t = {0};
	for (size_t i = 0; i < LANG_COUNT; i++) {
		struct str one = x->in[i], two = y->in[i];
		/* Chinese sentences end with a sign that brings its own space. */
		t.in[i] = one.n == 0   ? two
		          : two.n == 0 ? one
		                       : arena_printf(a, "%.*s%s%.*s", STR_ARG(one), i == 1 ? "" : " ", STR_ARG(two));
	}
	return t;
}

static struct str own_name(struct merge *m, const struct service *s, struct str id)
{
	return arena_printf(m->arena, "%.*s--%.*s", STR_ARG(s->id), STR_ARG(id));
}

static struct condition rewritten(const struct merge *m, size_t member, struct condition c)
{
	if (c.question.n > 0) {
		c.question = bundle_asked_as(m->out, member, c.question);
	}
	return c;
}

static bool is_same_condition(const struct condition *a, const struct condition *b)
{
	return str_eq(a->question, b->question) &&
	       (a->question.n == 0 || (a->is_not == b->is_not && str_eq(a->value, b->value)));
}

/* Is `before` shown whenever the other one is? */
static bool is_shown_with(const struct asked *before, const struct condition *page, const struct condition *question)
{
	const struct condition *p = &before->page->show_if, *q = &before->question->show_if;
	bool has_page = p->question.n == 0 || is_same_condition(p, page) || is_same_condition(p, question);
	bool has_own = q->question.n == 0 || is_same_condition(q, page) || is_same_condition(q, question);
	return has_page && has_own;
}

static bool has_same_choices(const struct question *a, const struct question *b)
{
	bool same = a->choice_n == b->choice_n;
	for (size_t i = 0; same && i < a->choice_n; i++) {
		same = str_eq(a->choices[i].id, b->choices[i].id);
	}
	return same;
}

/* What is right for both. */
static void tighten(struct question *q, const struct question *other)
{
	q->is_optional = q->is_optional && other->is_optional;
	if (other->has_min && (!q->has_min || other->min > q->min)) {
		q->has_min = true;
		q->min = other->min;
	}
	if (other->has_max && (!q->has_max || other->max < q->max)) {
		q->has_max = true;
		q->max = other->max;
	}
	if (other->has_min_days && (!q->has_min_days || other->min_days > q->min_days)) {
		q->has_min_days = true;
		q->min_days = other->min_days;
	}
	if (other->has_max_days && (!q->has_max_days || other->max_days < q->max_days)) {
		q->has_max_days = true;
		q->max_days = other->max_days;
	}
	q->data_class = other->data_class > q->data_class ? other->data_class : q->data_class;
	q->files_max = other->files_max > q->files_max ? other->files_max : q->files_max;
}

static struct asked *find_asked(struct merge *m, size_t member, const struct question *q, struct str document,
                                const struct condition *page, const struct condition *own)
{
	for (size_t i = 0; i < m->asked_n; i++) {
		struct asked *b = &m->asked[i];
		bool is_alike = q->type == QUESTION_FILES
		                    ? document.n > 0 && str_eq(b->document, document)
		                    : q->fact.n > 0 && str_eq(b->fact, q->fact) && b->question->type == q->type &&
		                          str_eq(b->question->scheme, q->scheme) && has_same_choices(b->question, q);
		if (b->member < member && is_alike && is_shown_with(b, page, own)) {
			return b;
		}
	}
	return NULL;
}

/* Does a service before this one make the paper? */
static bool is_made_before(const struct merge *m, size_t member, struct str document)
{
	for (size_t i = 0; document.n > 0 && i < member; i++) {
		if (str_eq(m->out->members[i].service->issues_document, document)) {
			return true;
		}
	}
	return false;
}

static void add_alias(struct merge *m, size_t member, struct str question, struct str asked)
{
	m->aliases[m->alias_n++] = (struct bundle_alias){member, question, asked};
	m->out->alias_n = m->alias_n;
}

static void add_question(struct merge *m, size_t member, const struct question *q, struct form_page *page)
{
	const struct service *s = m->out->members[member].service;
	const struct evidence *ev = q->type == QUESTION_FILES ? service_evidence(s, q->evidence) : NULL;
	struct str document = ev ? ev->document : STR_EMPTY;
	struct condition own = rewritten(m, member, q->show_if);
	if (is_made_before(m, member, document)) {
		add_alias(m, member, q->id, STR_EMPTY);
		return;
	}
	struct asked *before = find_asked(m, member, q, document, &page->show_if, &own);
	if (before) {
		tighten(before->question, q);
		add_alias(m, member, q->id, before->question->id);
		return;
	}
	struct question *copy = &page->questions[page->question_n++];
	*copy = *q;
	copy->id = own_name(m, s, q->id);
	copy->show_if = own;
	copy->evidence = ev ? own_name(m, s, q->evidence) : STR_EMPTY;
	copy->was = STR_EMPTY;
	m->asked[m->asked_n++] = (struct asked){copy, page, q->fact, document, member};
	add_alias(m, member, q->id, copy->id);
}

static bool add_pages(struct merge *m, size_t member)
{
	const struct service *s = m->out->members[member].service;
	for (size_t i = 0; i < s->page_n; i++) {
		const struct form_page *p = &s->pages[i];
		struct form_page *page = &m->out->pages[m->out->page_n];
		*page = (struct form_page){
			.id = own_name(m, s, p->id),
			.title = p->title,
			.intro = p->intro,
			.show_if = rewritten(m, member, p->show_if),
			.is_at_review = p->is_at_review,
			.questions = arena_new(m->arena, struct question, p->question_n + 1),
		};
		for (size_t k = 0; page->questions && k < p->question_n; k++) {
			add_question(m, member, &p->questions[k], page);
		}
		m->out->page_n += page->question_n > 0;
		if (page->questions == NULL) {
			return false;
		}
	}
	return true;
}

/* The same paper, or, where it has no name of the vocabulary, what people would read as the same. */
static bool is_same_evidence(const struct evidence *a, const struct evidence *b)
{
	bool is_named = a->document.n > 0 || b->document.n > 0;
	return a->source == b->source && a->show_if.question.n == 0 &&
	       (is_named ? str_eq(a->document, b->document) : str_eq(a->name.in[0], b->name.in[0]));
}

static bool has_evidence(const struct service *s, const struct evidence *ev)
{
	for (size_t i = 0; i < s->evidence_n; i++) {
		if (is_same_evidence(&s->evidence[i], ev)) {
			return true;
		}
	}
	return false;
}

static void add_evidence(struct merge *m, size_t member)
{
	struct service *out = m->out;
	const struct service *s = out->members[member].service;
	for (size_t i = 0; i < s->evidence_n; i++) {
		const struct evidence *ev = &s->evidence[i];
		if (is_made_before(m, member, ev->document) || has_evidence(out, ev)) {
			continue;
		}
		struct evidence *copy = &out->evidence[out->evidence_n++];
		*copy = *ev;
		copy->id = own_name(m, s, ev->id);
		copy->show_if = rewritten(m, member, ev->show_if);
	}
}

static void add_head(struct merge *m, size_t member)
{
	struct service *out = m->out;
	const struct service *s = out->members[member].service;
	out->version = s->version > out->version ? s->version : out->version;
	out->in_force_day = s->in_force_day > out->in_force_day ? s->in_force_day : out->in_force_day;
	out->minutes += s->minutes;
	out->visits += s->visits;
	out->retention_years = s->retention_years > out->retention_years ? s->retention_years : out->retention_years;
	out->fee_minor += s->fee_minor; /* of one city, in one currency */
	out->declaration = join(m->arena, &out->declaration, &s->declaration);
	out->output = join(m->arena, &out->output, &s->output);
	out->steps[out->step_n++] = (struct pair_of_texts){s->name, s->summary};
}

static struct text copied(struct arena *a, const struct text *t)
{
	struct text copy;
	for (size_t i = 0; i < LANG_COUNT; i++) {
		copy.in[i] = arena_copy(a, t->in[i]);
	}
	return copy;
}

/* What comes from a stored body does not outlive this call; services do. */
static struct bundle_member *copy_members(struct arena *a, const struct bundle_member *members, size_t n)
{
	struct bundle_member *copy = arena_new(a, struct bundle_member, n + 1);
	for (size_t i = 0; copy && i < n; i++) {
		copy[i] = (struct bundle_member){.service = members[i].service,
		                                 .after = arena_new(a, struct str, members[i].after_n + 1)};
		for (size_t k = 0; copy[i].after && k < members[i].after_n; k++) {
			copy[i].after[copy[i].after_n++] = arena_copy(a, members[i].after[k]);
		}
	}
	return copy;
}

struct service *bundle_make(struct arena *a, const struct bundle *b, const struct bundle_member *members, size_t n)
{
	size_t pages = 0, questions = 0, evidence = 0;
	for (size_t i = 0; i < n; i++) {
		pages += members[i].service->page_n;
		questions += service_question_count(members[i].service);
		evidence += members[i].service->evidence_n;
	}
	struct service *out = arena_new(a, struct service, 1);
	struct bundle_member *kept = copy_members(a, members, n);
	struct merge m = {
		.arena = a,
		.out = out,
		.aliases = arena_new(a, struct bundle_alias, questions + 1),
		.asked = arena_new(a, struct asked, questions + 1),
	};
	if (out == NULL || kept == NULL || m.aliases == NULL || m.asked == NULL) {
		return NULL;
	}
	*out = (struct service){
		.id = arena_copy(a, b->id),
		.audience = b->audience,
		.name = copied(a, &b->name),
		.summary = copied(a, &b->summary),
		.institution = members[0].service->institution,
		.fee_currency = members[0].service->fee_currency,
		.source = members[0].service->source,
		.members = kept,
		.member_n = n,
		.aliases = m.aliases,
		.pages = arena_new(a, struct form_page, pages + 1),
		.evidence = arena_new(a, struct evidence, evidence + 1),
		.steps = arena_new(a, struct pair_of_texts, n + 1),
	};
	bool ok = out->pages && out->evidence && out->steps;
	out->receipt_back_days = members[0].service->receipt_back_days;
	for (size_t i = 0; ok && i < n; i++) {
		int back = members[i].service->receipt_back_days;
		out->receipt_back_days = back < out->receipt_back_days ? back : out->receipt_back_days;
		add_head(&m, i);
		ok = add_pages(&m, i);
		add_evidence(&m, i);
	}
	/* What is asked once takes its time once; said in fives where it is long, for it is a guess. */
	int minutes = (int)((size_t)out->minutes * service_question_count(out) / questions);
	out->minutes = minutes < 15 ? minutes + 1 : (minutes + 2) / 5 * 5;
	struct buf body;
	buf_init(&body, 1024 * 1024);
	bundle_put_body(&body, b, members, n);
	ok = ok && !body.failed && !a->is_full;
	sha256_of(buf_str(&body), out->digest);
	buf_release(&body);
	return ok ? out : NULL;
}

/* --- The body that is stored --- */

static void put_text(struct json_out *j, const char *key, const struct text *t)
{
	json_key(j, str_of(key));
	json_begin_object(j);
	for (size_t i = 0; i < LANG_COUNT - 1; i++) { /* the last, made up, is made at load */
		if (t->in[i].n > 0) {
			json_key(j, str_of(languages[i].tag));
			json_put_string(j, t->in[i]);
		}
	}
	json_end_object(j);
}

static void put_member(struct json_out *j, const struct bundle_member *m)
{
	struct buf hex;
	buf_init(&hex, 2 * SHA256_BYTES);
	buf_put_hex(&hex, m->service->digest, SHA256_BYTES);
	json_begin_object(j);
	json_key(j, STR("id"));
	json_put_string(j, m->service->id);
	json_key(j, STR("digest"));
	json_put_string(j, buf_str(&hex));
	if (m->after_n > 0) {
		json_key(j, STR("after"));
		json_begin_array(j);
		for (size_t i = 0; i < m->after_n; i++) {
			json_put_string(j, m->after[i]);
		}
		json_end_array(j);
	}
	json_end_object(j);
	buf_release(&hex);
}

void bundle_put_body(struct buf *to, const struct bundle *b, const struct bundle_member *members, size_t n)
{
	struct json_out j = {.to = to};
	json_begin_object(&j);
	json_key(&j, STR("format"));
	json_put_string(&j, STR("1"));
	json_key(&j, STR("bundle"));
	json_put_string(&j, b->id);
	json_key(&j, STR("audience"));
	json_put_string(&j, b->audience == FOR_ORGANISATIONS ? STR("organisations") : STR("persons"));
	put_text(&j, "name", &b->name);
	put_text(&j, "summary", &b->summary);
	json_key(&j, STR("services"));
	json_begin_array(&j);
	for (size_t i = 0; i < n; i++) {
		put_member(&j, &members[i]);
	}
	json_end_array(&j);
	json_end_object(&j);
}

bool bundle_is_body(struct str body)
{
	return str_starts(body, STR("{\"format\":\"1\",\"bundle\":"));
}
