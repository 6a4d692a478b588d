/* What the services of a pack have in common: facts and papers (facts.yaml), bundles (bundles.yaml), and where papers
 * come from. */
#include "app/catalogue/pack.h"

enum { FACTS_MAX = 2000, BUNDLES_MAX = 200, PARTS_MAX = 20, CHAIN_MAX = 64 };

/* --- facts.yaml --- */

static void read_facts(struct reader *r, const struct yaml *root, struct pack *p)
{
	static const char *const keys[] = {"id", "type", "name", NULL};
	const struct yaml *list = read_rows(r, root, "facts", FACTS_MAX, true);
	p->facts = read_list(r, struct fact, read_count(list) + 1);
	for (const struct yaml *c = list && p->facts ? next_row(list->first) : NULL; c; c = next_row(c->next)) {
		read_known_keys(r, c, keys);
		struct fact f = {.id = read_id(r, c, "id", true)};
		for (size_t i = 0; i < p->fact_n; i++) {
			if (f.id.n > 0 && str_eq(p->facts[i].id, f.id)) {
				mistake(r, line_of(c, "id"), "two facts are named \"%.*s\". Give each its own id.", STR_ARG(f.id));
			}
		}
		int type = read_question_type(r, c);
		f.type = type < 0 ? QUESTION_TEXT : (enum question_type)type;
		f.name = read_text(r, c, "name", true);
		if (f.type == QUESTION_FILES) {
			mistake(r, line_of(c, "type"), "files are no fact. Name the paper under \"documents\".");
		}
		p->facts[p->fact_n++] = f;
	}
}

static void read_documents(struct reader *r, const struct yaml *root, struct pack *p)
{
	static const char *const keys[] = {"id", "name", NULL};
	const struct yaml *list = read_rows(r, root, "documents", FACTS_MAX, true);
	size_t n = read_count(list);
	p->documents = read_list(r, struct document_kind, n + 1);
	p->document_ids = read_list(r, struct str, n + 1);
	bool has_room = p->documents && p->document_ids;
	for (const struct yaml *c = list && has_room ? next_row(list->first) : NULL; c; c = next_row(c->next)) {
		read_known_keys(r, c, keys);
		struct str id = read_id(r, c, "id", true);
		if (id.n > 0 && p->document_n > 0 && is_among(id, p->document_ids, p->document_n)) {
			mistake(r, line_of(c, "id"), "two documents are named \"%.*s\". Give each its own id.", STR_ARG(id));
		}
		p->documents[p->document_n] = (struct document_kind){id, read_text(r, c, "name", true)};
		p->document_ids[p->document_n++] = id;
	}
}

void read_vocabulary(struct reader *r, const struct yaml *root, struct pack *p)
{
	static const char *const keys[] = {"facts", "documents", NULL};
	/* A pack without the file has no facts: then none can be named. */
	p->facts = read_list(r, struct fact, 1);
	p->document_ids = read_list(r, struct str, 1);
	if (root != NULL) {
		read_known_keys(r, root, keys);
		read_facts(r, root, p);
		read_documents(r, root, p);
	}
}

/* --- Where papers come from --- */

enum mark { NOT_SEEN, ON_THE_WAY, SEEN };

/* Follows the papers that a service needs to the services that issue them, each service once. */
static void follow(struct reader *r, const struct pack *p, size_t at, enum mark *marks, int depth)
{
	const struct service *s = p->services[at];
	marks[at] = ON_THE_WAY;
	for (size_t i = 0; i < s->evidence_n; i++) {
		const struct evidence *ev = &s->evidence[i];
		size_t next;
		if (!pack_service_at(p, ev->from, &next)) {
			continue;
		}
		if (marks[next] == NOT_SEEN && depth < CHAIN_MAX) {
			follow(r, p, next, marks, depth + 1);
		}
		r->file = arena_printf(r->arena, "services/%.*s/service.yaml", STR_ARG(s->id));
		if (ev->document.n > 0 && !str_eq(p->services[next]->issues_document, ev->document)) {
			mistake(r, ev->line,
			        "\"%.*s\" does not issue the document \"%.*s\". Correct \"from\", or \"issues\" there.",
			        STR_ARG(ev->from), STR_ARG(ev->document));
		}
		if (marks[next] == ON_THE_WAY) {
			mistake(r, ev->line,
			        "the evidence \"%.*s\" comes from \"%.*s\", which itself needs what this service issues. Break the "
			        "circle.",
			        STR_ARG(ev->id), STR_ARG(ev->from));
		} else if (depth == CHAIN_MAX) {
			mistake(r, ev->line, "one paper needs another over more than %d services. Shorten the chain.", CHAIN_MAX);
		}
	}
	marks[at] = SEEN;
}

void check_origins(struct reader *r, const struct pack *p)
{
	enum mark *marks = read_list(r, enum mark, p->service_n + 1);
	for (size_t i = 0; marks && i < p->service_n; i++) {
		if (marks[i] == NOT_SEEN) {
			follow(r, p, i, marks, 0);
		}
	}
}

/* --- bundles.yaml --- */

static void read_part(struct reader *r, const struct yaml *m, const struct pack *p, struct bundle *b)
{
	static const char *const keys[] = {"id", "after", NULL};
	read_known_keys(r, m, keys);
	struct bundle_part *part = &b->parts[b->part_n];
	part->service = read_id(r, m, "id", true);
	const struct service *s = pack_service(p, part->service);
	/* The published files of a pack are read without its services. */
	if (part->service.n > 0 && p->service_id_n > 0 && !is_among(part->service, p->service_ids, p->service_id_n)) {
		mistake(r, line_of(m, "id"), "there is no service \"%.*s\". Correct the name or add the service.",
		        STR_ARG(part->service));
	}
	if (s != NULL && (s->audience & b->audience) != b->audience) {
		mistake(r, line_of(m, "id"),
		        "the service \"%.*s\" is not for those that the bundle is for. Change one \"audience\".",
		        STR_ARG(part->service));
	}
	part->after = read_ids(r, m, "after", &part->after_n);
	for (size_t i = 0; i < part->after_n; i++) {
		bool is_before = false;
		for (size_t k = 0; k < b->part_n; k++) {
			is_before = is_before || str_eq(b->parts[k].service, part->after[i]);
		}
		if (!is_before) {
			mistake(r, line_of(m, "after"),
			        "\"%.*s\" does not come before it in the bundle. Put it above, or take it out.",
			        STR_ARG(part->after[i]));
		}
	}
	for (size_t k = 0; k < b->part_n; k++) {
		if (part->service.n > 0 && str_eq(b->parts[k].service, part->service)) {
			mistake(r, line_of(m, "id"), "\"%.*s\" is in the bundle twice. Take one out.", STR_ARG(part->service));
		}
	}
	b->part_n++;
}

static void read_bundle(struct reader *r, const struct yaml *m, const struct pack *p, struct bundle *b)
{
	static const char *const keys[] = {"id", "life_event", "audience", "name", "summary", "services", NULL};
	static const char *const audiences[] = {"persons", "organisations", NULL};
	read_known_keys(r, m, keys);
	b->id = read_id(r, m, "id", true);
	for (const struct bundle *other = p->bundles; other != b; other++) {
		if (b->id.n > 0 && str_eq(other->id, b->id)) {
			mistake(r, line_of(m, "id"), "two bundles are named \"%.*s\". Give each its own id.", STR_ARG(b->id));
		}
	}
	if (pack_service(p, b->id) != NULL) {
		mistake(r, line_of(m, "id"), "a service is named \"%.*s\" already. Give the bundle an id of its own.",
		        STR_ARG(b->id));
	}
	b->life_event = read_id(r, m, "life_event", true);
	if (b->life_event.n > 0 && !is_among(b->life_event, p->life_event_ids, p->life_event_n)) {
		mistake(r, line_of(m, "life_event"),
		        "there is no life event \"%.*s\". Add it to pack.yaml or correct the name.", STR_ARG(b->life_event));
	}
	int audience = read_word(r, m, "audience", audiences, true);
	b->audience = audience < 0 ? FOR_PERSONS : (enum audience)(audience + 1);
	b->name = read_text(r, m, "name", true);
	b->summary = read_text(r, m, "summary", true);
	const struct yaml *list = read_rows(r, m, "services", PARTS_MAX, true);
	if (list != NULL && read_count(list) < 2) {
		mistake(r, list->key_line, "a bundle has two services or more. Add one.");
	}
	b->parts = read_list(r, struct bundle_part, read_count(list) + 1);
	for (const struct yaml *c = list && b->parts ? next_row(list->first) : NULL; c; c = next_row(c->next)) {
		read_part(r, c, p, b);
	}
}

void read_bundles(struct reader *r, const struct yaml *root, struct pack *p)
{
	static const char *const keys[] = {"bundles", NULL};
	if (root == NULL) {
		return;
	}
	read_known_keys(r, root, keys);
	const struct yaml *list = read_rows(r, root, "bundles", BUNDLES_MAX, true);
	p->bundles = read_list(r, struct bundle, read_count(list) + 1);
	for (const struct yaml *c = list && p->bundles ? next_row(list->first) : NULL; c; c = next_row(c->next)) {
		read_bundle(r, c, p, &p->bundles[p->bundle_n]);
		p->bundle_n++;
	}
}
