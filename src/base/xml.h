/* XML 1.0 as a pull parser, for the data files that other programs write: elements and attributes, in order.
 *
 * Text between elements, comments and processing instructions are passed over; a document type is refused, so there are
 * no entities but the five of the standard and numbers. Well-formed or an error with its line: tags match, attributes
 * are quoted and named once, the text is UTF-8, one root element. What is read points into the text, or, where an
 * entity stood in it, into the arena. One owner; no locking. */
#ifndef CITYHALL_BASE_XML_H
#define CITYHALL_BASE_XML_H

#include "base/arena.h"
#include "base/err.h"

enum { XML_ATTRIBUTES_MAX = 48, XML_DEPTH_MAX = 32 };

enum xml_kind {
	XML_START, /* name and attributes; an empty element gives XML_STOP next */
	XML_STOP,
	XML_END, /* of the text */
};

struct xml {
	struct arena *arena;
	struct str text;
	size_t at, line_at;
	int line; /* of line_at */
	size_t depth;
	struct str open[XML_DEPTH_MAX];
	bool is_empty, had_root;
	/* The element at hand: */
	struct str name;
	size_t attribute_n;
	struct {
		struct str name, value;
	} attributes[XML_ATTRIBUTES_MAX];
};

/* The text must live as long as what is read from it. ERR_BAD_INPUT when it is no UTF-8. */
bool xml_begin(struct xml *x, struct arena *a, struct str text, struct err *e) MUST_USE;
/* The next start or end of an element. After an error the reader is of no use. */
bool xml_next(struct xml *x, enum xml_kind *kind, struct err *e) MUST_USE;
/* Of the element at hand; false, and an empty *value, when it has no such attribute. */
bool xml_attribute(const struct xml *x, const char *name, struct str *value);
/* ERR_BAD_INPUT with the line of the element at hand: for a caller that finds it wrong. */
bool xml_wrong(struct xml *x, struct err *e, const char *what);

#endif
