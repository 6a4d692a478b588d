/* The parts of sqlgen: the model of one .sql file, filled by sqlgen_parse.c, completed by sqlgen_check.c, written by
 * sqlgen_emit.c. Everything lives until the program ends; arrays have fixed sizes and running over one is a message to
 * the author. */
#ifndef CITYHALL_TOOLS_SQLGEN_H
#define CITYHALL_TOOLS_SQLGEN_H

#include "base/buf.h"
#include "base/str.h"

enum {
	MAX_TABLES = 64,
	MAX_COLUMNS = 80,
	MAX_KEY = 8,
	MAX_INDEXES = 16,
	MAX_STATEMENTS = 256,
	MAX_TOKENS = 2000,
	MAX_PARAMS = 80,
	MAX_OUTS = 80,
	MAX_REFS = 16,
	LIST_MAX = 32, /* STORE_LIST_MAX */
};

enum type { TYPE_ID, TYPE_INT, TYPE_INSTANT, TYPE_DATE, TYPE_MONEY, TYPE_TEXT, TYPE_JSON, TYPE_BYTES, TYPE_FLAG };
enum { TYPES = TYPE_FLAG + 1 };
struct type_info {
	const char *name, *member, *constant, *sqlite, *postgres;
	bool is_text; /* struct str in C */
};
extern const struct type_info types[TYPES];

enum class { PUBLIC, INTERNAL, PERSONAL, IDENTITY, HEALTH, SECRET };
enum { CLASSES = SECRET + 1 };
struct class_info {
	const char *name, *constant;
	bool is_sealed;
};
extern const struct class_info classes[CLASSES];

struct column {
	struct str name, comment;
	enum type type;
	enum class class;
	bool is_nullable;
	int line;
};

struct columns {
	const struct column *of[MAX_KEY];
	struct str names[MAX_KEY]; /* as written; resolved into `of` at the table's end */
	int n;
	int line;
};

struct index {
	struct str name;
	struct columns columns;
	bool is_unique;
};

struct foreign {
	struct columns from;
	struct str table;
	struct columns to;
};

struct table {
	struct str name, comment;
	struct column columns[MAX_COLUMNS];
	int columns_n;
	struct columns key;
	struct index indexes[MAX_INDEXES];
	int indexes_n;
	struct foreign foreigns[MAX_INDEXES];
	int foreigns_n;
	bool is_small, is_replicated;
	int line;
};

enum token_kind { WORD, PARAM, NUMBER, TEXT, SIGN, END };
struct token {
	enum token_kind kind;
	struct str text; /* a parameter's without the colon */
	bool has_space;  /* before it */
	bool is_settled; /* an encrypted column in a place where it may stand */
	int depth;       /* of parentheses */
	int line;
};

struct ref { /* a table named in a statement */
	const struct table *table;
	struct str alias;
};

struct param {
	struct str name;
	enum type type;
	bool is_nullable, is_list, is_declared, is_typed;
	int number; /* from 1 */
	int line;
	const struct table *sealed_table; /* bound encrypted as this column */
	const struct column *sealed;
	int plain_uses, uses;
};

struct out {
	struct str name;
	enum type type;
	bool is_nullable;
	const struct column *column; /* NULL: an expression */
	const struct ref *ref;
	int line;
};

/* Where a key column's value for the associated data comes from. */
struct key_source {
	const struct param *param;
	const struct out *out;
};

enum kind { ONE, MAYBE, MANY, EXEC, COUNT };

struct statement {
	struct str name, comment;
	enum kind kind;
	int64_t rows; /* exec; -1 any */
	bool is_root, is_scatter, is_write, has_route, is_routeless;
	struct str route;
	int line;
	struct token *tokens;
	int tokens_n;
	struct ref refs[MAX_REFS];
	int refs_n;
	struct param params[MAX_PARAMS];
	int params_n, numbers_n;
	struct out outs[MAX_OUTS];
	int outs_n;
	struct out declared[MAX_OUTS]; /* `out name type` lines */
	int declared_n;
};

struct model {
	const char *path;
	struct str room;
	struct table *tables;
	int tables_n;
	struct statement *statements;
	int statements_n;
	bool failed;
};

/* "path:line: what is wrong, what would be right" on standard error; the file is read on to its end. */
void complain(struct model *m, int line, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

void parse(struct model *m, struct str text);

void check_tables(struct model *m);
void check_statement(struct model *m, struct statement *s);
/* The value of `key` for the encrypted column `sealed` of `table`, for a bound parameter (ref NULL) or an output. */
bool find_key_source(const struct statement *s, const struct table *table, const struct ref *ref,
                     const struct column *key, struct key_source *out);

bool is_sealed(const struct column *c);
const struct column *find_column(const struct table *t, struct str name);
struct param *find_param(struct statement *s, struct str name);
bool is_word(const struct token *t, const char *word); /* letters of either case */
bool is_sign(const struct token *t, const char *sign);

void emit_header(const struct model *m, struct buf *b);
void emit_source(const struct model *m, const char *header, struct buf *b);

#endif
