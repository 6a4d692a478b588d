/* sqlgen: SQL of a room, declared once, becomes C calls and each engine's DDL.
 *
 *   sqlgen src/app/cases/cases.sql build/gen/app/cases/cases.sql     writes ....sql.h and ....sql.c
 *
 * The format is described in docs/store-format.md. In short: a line at the left edge begins with room, table or
 * statement; indented lines belong to it; # begins a comment. Every mistake is reported as
 * "file:line: what is wrong, what would be right", and nothing is written then.
 *
 *   room cases
 *
 *   table casefile "One request and all that happened to it"
 *     party      id     internal  "the applicant"
 *     id         id     internal  "ordered in time"
 *     due        date?  internal  "last day by law"           type, ? may be null; data class; comment
 *     name       text   identity  "as on the document"        identity and secret are stored encrypted
 *     key party id                                            begins with the route column
 *     unique by_number party number
 *     index by_due party due id
 *     refers party other to other_table party id
 *     small                                                   rows below 200 bytes
 *     replicated                                              small catalogue, on every shard, without a route
 *
 *   statement casefile_get maybe "comment for the header"
 *     route party                                             which parameter is the route; or: route none
 *     in  after_due date                                      type of a parameter that is named like no column
 *     in  ids id[]                                            at most 32 values: ... where id in :ids
 *     out total money                                         type of an expression: ... sum(x) as total
 *     select party, id, due, name from casefile where party = :party and id = :id
 *
 * Types: id int instant date money text json bytes flag. Data classes: public internal personal identity health secret.
 * Kinds: one, maybe, many, exec N, exec any, count. Flags: root (begins a job; exec 1), scatter (all routes). */
#include <errno.h>
#include <stdio.h>

#include "base/fault.h"
#include "sqlgen.h"

enum { FILE_CAP = 4 << 20 };

static bool read_file(const char *path, struct buf *b)
{
	FILE *f = fopen(path, "rb");
	if (f == NULL) {
		fprintf(stderr, "%s: cannot be read: %s\n", path, strerror(errno));
		return false;
	}
	char *room;
	size_t n = 1;
	while (n > 0 && (room = buf_reserve(b, 64 * 1024)) != NULL) {
		n = fread(room, 1, 64 * 1024, f);
		buf_added(b, n);
	}
	bool good = !ferror(f) && !b->failed;
	fclose(f);
	if (!good) {
		fprintf(stderr, "%s: cannot be read wholly (at most %d bytes)\n", path, FILE_CAP);
	}
	return good;
}

static bool write_file(const char *prefix, const char *ending, struct buf *b)
{
	struct buf path;
	buf_init(&path, 4096);
	buf_printf(&path, "%s%s", prefix, ending);
	FILE *f = fopen(buf_cstr(&path), "wb");
	bool good = f != NULL && !b->failed && fwrite(b->p, 1, b->n, f) == b->n;
	good = f != NULL && fclose(f) == 0 && good;
	if (!good) {
		fprintf(stderr, "%s: cannot be written: %s\n", buf_cstr(&path), strerror(errno));
		remove(buf_cstr(&path));
	}
	buf_release(&path);
	return good;
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: sqlgen ROOM.sql OUTPUT-PREFIX\nwrites OUTPUT-PREFIX.h and OUTPUT-PREFIX.c\n");
		return 2;
	}
	struct buf text, header, source;
	buf_init(&text, FILE_CAP);
	buf_init(&header, FILE_CAP);
	buf_init(&source, 4 * FILE_CAP);
	struct model m = {.path = argv[1]};
	m.tables = mem_must(MAX_TABLES + 1, sizeof *m.tables);
	m.statements = mem_must(MAX_STATEMENTS + 1, sizeof *m.statements);
	bool good = read_file(argv[1], &text);
	if (good) {
		parse(&m, buf_str(&text));
		if (!m.failed) {
			check_tables(&m);
		}
		for (int i = 0; i < m.statements_n && !m.failed; i++) {
			check_statement(&m, &m.statements[i]);
		}
		good = !m.failed;
	}
	if (good) {
		const char *name = strrchr(argv[2], '/');
		char include[512];
		snprintf(include, sizeof include, "%s.h", name ? name + 1 : argv[2]);
		emit_header(&m, &header);
		emit_source(&m, include, &source);
		good = write_file(argv[2], ".h", &header) && write_file(argv[2], ".c", &source);
	}
	for (int i = 0; i < m.statements_n; i++) {
		mem_free(m.statements[i].tokens);
	}
	mem_free(m.tables);
	mem_free(m.statements);
	buf_release(&text);
	buf_release(&header);
	buf_release(&source);
	return good ? 0 : 1;
}
