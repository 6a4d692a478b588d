#include "base/yaml.h"

#include <stdlib.h>
#include <yaml.h>

enum { DEPTH_MAX = 32, NODES_MAX = 200000, BYTES_MAX = 8 << 20, FEW_KEYS = 8 };

/* A list or map whose children are being read. */
struct level {
	struct yaml *node;
	struct yaml **end; /* where the next child is linked */
	size_t child_n;
	bool has_key; /* a map's key was read, its value comes next */
	struct str key;
	yaml_mark_t key_mark;
};

struct reader {
	struct arena *arena;
	struct err *e;
	struct yaml *root;
	size_t node_n;
	size_t depth;
	bool is_document_over;
	struct level levels[DEPTH_MAX];
};

static bool refuse(struct reader *r, enum err_code code, yaml_mark_t at, const char *why)
{
	return err_set(r->e, code, "line %zu, column %zu: %s", at.line + 1, at.column + 1, why);
}

static bool refuse_full(struct reader *r, yaml_mark_t at)
{
	return refuse(r, ERR_TOO_LARGE, at, "no room is left for what comes here");
}

/* Links the node where the next one belongs; to the key that was read, inside a map. */
static bool add_node(struct reader *r, enum yaml_kind kind, yaml_mark_t at, struct yaml **out)
{
	if (++r->node_n > NODES_MAX) {
		return refuse(r, ERR_TOO_LARGE, at, "the file has more than 200,000 entries");
	}
	struct yaml *node = arena_new(r->arena, struct yaml, 1);
	if (node == NULL) {
		return refuse_full(r, at);
	}
	node->kind = kind;
	node->line = (int)at.line + 1;
	node->column = (int)at.column + 1;
	node->text = STR_EMPTY;
	node->key = STR_EMPTY;
	if (r->depth == 0) {
		r->root = node;
	} else {
		struct level *l = &r->levels[r->depth - 1];
		if (l->node->kind == YAML_MAP) {
			node->key = l->key;
			node->key_line = (int)l->key_mark.line + 1;
			node->key_column = (int)l->key_mark.column + 1;
			l->has_key = false;
		}
		*l->end = node;
		l->end = &node->next;
		l->child_n++;
	}
	*out = node;
	return true;
}

static bool awaits_key(const struct reader *r)
{
	return r->depth > 0 && r->levels[r->depth - 1].node->kind == YAML_MAP && !r->levels[r->depth - 1].has_key;
}

static bool refuse_extras(struct reader *r, const yaml_event_t *event, const yaml_char_t *anchor,
                          const yaml_char_t *tag)
{
	if (anchor) {
		return refuse(r, ERR_BAD_INPUT, event->start_mark, "anchors (&name) are not read here: write the text again");
	}
	return tag == NULL || refuse(r, ERR_BAD_INPUT, event->start_mark, "tags (!name) are not read here");
}

static bool read_scalar(struct reader *r, const yaml_event_t *event)
{
	yaml_mark_t at = event->start_mark;
	struct str value = str_from(event->data.scalar.value, event->data.scalar.length);
	if (!refuse_extras(r, event, event->data.scalar.anchor, event->data.scalar.tag)) {
		return false;
	}
	if (str_find_byte(value, '\0') != SIZE_MAX) {
		return refuse(r, ERR_BAD_INPUT, at, "the character NUL");
	}
	struct yaml *node = NULL;
	bool is_key = awaits_key(r);
	if (!is_key && !add_node(r, YAML_TEXT, at, &node)) {
		return false;
	}
	struct str copy = arena_copy(r->arena, value);
	if (r->arena->is_full) {
		return refuse_full(r, at);
	}
	if (is_key) {
		struct level *l = &r->levels[r->depth - 1];
		l->has_key = true;
		l->key = copy;
		l->key_mark = at;
	} else {
		node->text = copy;
	}
	return true;
}

static bool begin_level(struct reader *r, const yaml_event_t *event)
{
	bool is_map = event->type == YAML_MAPPING_START_EVENT;
	yaml_mark_t at = event->start_mark;
	if (!refuse_extras(r, event, is_map ? event->data.mapping_start.anchor : event->data.sequence_start.anchor,
	                   is_map ? event->data.mapping_start.tag : event->data.sequence_start.tag)) {
		return false;
	}
	if (awaits_key(r)) {
		return refuse(r, ERR_BAD_INPUT, at, "a key is one text, not a list or map");
	}
	if (r->depth == DEPTH_MAX) {
		return refuse(r, ERR_BAD_INPUT, at, "more than 32 lists and maps inside one another");
	}
	struct yaml *node;
	if (!add_node(r, is_map ? YAML_MAP : YAML_LIST, at, &node)) {
		return false;
	}
	r->levels[r->depth++] = (struct level){.node = node, .end = &node->first};
	return true;
}

static int compare_keys(const void *a, const void *b)
{
	const struct yaml *const *x = a, *const *y = b;
	int c = str_cmp((*x)->key, (*y)->key);
	return c ? c : ((*x)->key_line > (*y)->key_line) - ((*x)->key_line < (*y)->key_line);
}

static bool refuse_duplicate(struct reader *r, const struct yaml *earlier, const struct yaml *later)
{
	return err_set(r->e, ERR_BAD_INPUT, "line %d, column %d: the key \"%.*s\" stands in line %d already",
	               later->key_line, later->key_column, (int)(later->key.n < 60 ? later->key.n : 60), later->key.p,
	               earlier->key_line);
}

static bool end_level(struct reader *r, const yaml_event_t *event)
{
	struct level *l = &r->levels[--r->depth];
	if (l->node->kind == YAML_LIST) {
		return true;
	}
	if (l->child_n <= FEW_KEYS) {
		for (const struct yaml *i = l->node->first; i; i = i->next) {
			for (const struct yaml *j = i->next; j; j = j->next) {
				if (str_eq(i->key, j->key)) {
					return refuse_duplicate(r, i, j);
				}
			}
		}
		return true;
	}
	const struct yaml **sorted = arena_new(r->arena, const struct yaml *, l->child_n);
	if (sorted == NULL) {
		return refuse_full(r, event->start_mark);
	}
	size_t n = 0;
	for (const struct yaml *i = l->node->first; i; i = i->next) {
		sorted[n++] = i;
	}
	qsort(sorted, n, sizeof *sorted, compare_keys);
	for (size_t i = 1; i < n; i++) {
		if (str_eq(sorted[i - 1]->key, sorted[i]->key)) {
			return refuse_duplicate(r, sorted[i - 1], sorted[i]);
		}
	}
	return true;
}

static bool read_event(struct reader *r, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (r->is_document_over) {
			return refuse(r, ERR_BAD_INPUT, event->start_mark, "a second document begins; one file holds one");
		}
		if (event->data.document_start.tag_directives.start != event->data.document_start.tag_directives.end) {
			return refuse(r, ERR_BAD_INPUT, event->start_mark, "tags (!name) are not read here");
		}
		return true;
	case YAML_DOCUMENT_END_EVENT:
		r->is_document_over = true;
		return true;
	case YAML_ALIAS_EVENT:
		return refuse(r, ERR_BAD_INPUT, event->start_mark, "aliases (*name) are not read here: write the text again");
	case YAML_SCALAR_EVENT:
		return read_scalar(r, event);
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT:
		return begin_level(r, event);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return end_level(r, event);
	default:
		return true;
	}
}

static bool read_events(struct reader *r, yaml_parser_t *parser)
{
	bool is_over = false;
	while (!is_over) {
		yaml_event_t event;
		if (!yaml_parser_parse(parser, &event)) {
			if (parser->error == YAML_MEMORY_ERROR) {
				return err_set(r->e, ERR_MEMORY, "no memory for a YAML file");
			}
			if (parser->error == YAML_READER_ERROR) {
				return err_set(r->e, ERR_BAD_INPUT, "line %zu, column %zu: %s", parser->mark.line + 1,
				               parser->mark.column + 1, parser->problem ? parser->problem : "cannot be read");
			}
			return refuse(r, ERR_BAD_INPUT, parser->problem_mark, parser->problem ? parser->problem : "cannot be read");
		}
		is_over = event.type == YAML_STREAM_END_EVENT;
		bool ok = read_event(r, &event);
		yaml_event_delete(&event);
		if (!ok) {
			return false;
		}
	}
	return true;
}

bool yaml_parse(struct arena *a, struct str bytes, struct yaml **out, struct err *e)
{
	if (bytes.n > BYTES_MAX) {
		return err_set(e, ERR_TOO_LARGE, "line 1, column 1: the file has more than 8 MiB");
	}
	if (!str_is_utf8(bytes)) {
		return err_set(e, ERR_BAD_INPUT, "line 1, column 1: the file is not UTF-8");
	}
	if (str_starts(bytes, STR("\xEF\xBB\xBF"))) {
		bytes = str_sub(bytes, 3, bytes.n);
	}
	yaml_parser_t parser;
	if (!yaml_parser_initialize(&parser)) {
		return err_set(e, ERR_MEMORY, "no memory for a YAML file");
	}
	/* Said, not guessed from the first bytes. */
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)bytes.p, bytes.n);
	struct reader r = {.arena = a, .e = e};
	bool ok = read_events(&r, &parser);
	yaml_parser_delete(&parser);
	if (ok && r.root == NULL) {
		ok = add_node(&r, YAML_TEXT, (yaml_mark_t){0}, &r.root);
	}
	if (ok) {
		*out = r.root;
	}
	return ok;
}

const struct yaml *yaml_get(const struct yaml *map, const char *key)
{
	if (map == NULL || map->kind != YAML_MAP) {
		return NULL;
	}
	for (const struct yaml *i = map->first; i; i = i->next) {
		if (str_is(i->key, key)) {
			return i;
		}
	}
	return NULL;
}

struct str yaml_text(const struct yaml *map, const char *key)
{
	const struct yaml *found = yaml_get(map, key);
	return found && found->kind == YAML_TEXT ? found->text : STR_EMPTY;
}
