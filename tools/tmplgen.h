/* What the files of tmplgen share. tmplgen.c: files, templates, directives; tmplgen_html.c: the tokenizer of the
 * literal parts; tmplgen_text.c: expressions and sentences. One run compiles one file; a mistake ends the program. */
#ifndef CITYHALL_TOOLS_TMPLGEN_H
#define CITYHALL_TOOLS_TMPLGEN_H

#include "base/arena.h"
#include "base/buf.h"

#define MAX_DEPTH 64

enum html_state {
	IN_TEXT,
	IN_RCDATA, /* <title>, <textarea>: text, but no tags */
	IN_RAW,    /* <script>, <style> */
	IN_TAG,    /* between attributes */
	IN_ATTR_NAME,
	IN_BEFORE_VALUE,
	IN_VALUE,
	IN_UNQUOTED
};

/* What kind of value the attribute takes. */
enum attr_kind { ATTR_PLAIN, ATTR_URL, ATTR_REFUSED };
/* How much of an address was written before an expression. */
enum url_phase { URL_START, URL_PART, URL_UNSAFE, URL_MIXED };

/* What stood last before white space: decides whether it can be seen. */
enum neighbour { NEAR_EDGE, NEAR_BLOCK, NEAR_INLINE, NEAR_DIRECTIVE };

struct element {
	struct str name;
	const char *at;
};

/* The tokenizer; copied at branches. */
struct html {
	enum html_state state;
	struct element stack[MAX_DEPTH];
	size_t depth;
	struct str tag; /* being read */
	const char *tag_at;
	bool is_end_tag;
	bool is_self_closed;
	bool must_break; /* a directive stood at the end of a name: only white space, '/' or '>' may follow */
	const char *attr_from;
	struct str attr;
	enum attr_kind attr_kind;
	enum url_phase url;
	char quote;
	char value[64]; /* literal beginning of an address, for its check */
	size_t value_n;
	bool has_space; /* white space seen and not written yet */
	bool has_line_break;
	enum neighbour near;
};

enum block_kind { BLOCK_IF, BLOCK_FOR };
struct block {
	enum block_kind kind;
	const char *at;
	struct html before;
	bool has_else;
	bool is_url_mixed; /* its branches leave an address in different phases */
	enum url_phase url_after;
	bool has_branch;            /* url_after is set */
	bool must_break, has_space; /* of any branch */
};

struct gen {
	const char *path;
	struct str src;
	struct buf h, c;
	struct buf lit; /* literal output not yet written as a call */
	struct html html;
	struct block blocks[MAX_DEPTH];
	size_t block_n;
	int indent;
	int serial; /* of names made for sentences */
	int line_said;
	struct arena arena;
};

/* --- tmplgen.c --- */
int line_of(const struct gen *g, const char *at);
/* Says file, line and what is wrong, and ends the program. */
void fail(const struct gen *g, const char *at, const char *fmt, ...) __attribute__((format(printf, 3, 4), noreturn));
bool is_space(char c);
bool is_letter(char c);
bool is_ident(char c);
void put_c_string(struct buf *b, struct str s);
void put_indent(struct gen *g);
void flush_literal(struct gen *g);
/* Begins a line of C that stands at `at` in the template. */
struct buf *begin_code(struct gen *g, const char *at);
void end_code(struct gen *g);
/* Compiles template text from p to end. */
void run(struct gen *g, const char *p, const char *end);

/* --- tmplgen_html.c --- */
bool is_one_of(struct str word, const char *list); /* list: words with a space on both sides of each */
const char *html_char(struct gen *g, const char *p, const char *end); /* one step over literal text */
bool is_text(const struct html *h);
/* Before anything is written: fails where nothing makes it safe. */
void check_place(struct gen *g, const char *at);
/* White space that waits is written or dropped, now that what follows is known. */
void settle_space(struct gen *g, enum neighbour next);
void finish_attr_name(struct gen *g, const char *end);

/* --- tmplgen_text.c --- */
/* From p to the first `stop` outside of strings and brackets; fails without one. */
const char *skip_c(struct gen *g, const char *p, const char *end, char stop);
struct str trimmed(const char *from, const char *to);
struct str need(struct gen *g, const char *at, struct str s, const char *what); /* fails when s is empty */
void put_expression(struct gen *g, const char *at, struct str expr);
/* "date_long" and the like with their values: a C call; false when there is no such form. */
bool put_formatted(struct gen *g, const char *at, struct str what, struct str args);
/* {_ ...} and {_n ...}; p is after the keyword. */
void put_sentence(struct gen *g, const char *at, const char *p, const char *end, bool is_plural);

#endif
