/* The scripts of tests/data/packs/mistakes: what they change in a pack, and what is expected of its check. */
#ifndef CITYHALL_TESTS_PACK_SCRIPT_H
#define CITYHALL_TESTS_PACK_SCRIPT_H

#include "app/catalogue/pack.h"

static inline struct pack_file *file_named(struct pack_files *f, struct str path)
{
	for (size_t i = 0; i < f->n; i++) {
		if (str_eq(f->items[i].path, path)) {
			return &f->items[i];
		}
	}
	fail_msg("no file %.*s in the pack", STR_ARG(path));
	return NULL;
}

struct edit {
	struct str path;
	struct buf out, in; /* lines to put in the place of these */
};

static inline void apply(struct pack_files *files, struct edit *ed)
{
	if (ed->in.n == 0 && ed->out.n == 0) {
		return;
	}
	struct pack_file *f = file_named(files, ed->path);
	struct str old = buf_str(&ed->in);
	struct buf b;
	buf_init(&b, 4 << 20);
	if (old.n == 0) { /* nothing to replace: at the end */
		buf_put(&b, f->bytes);
		buf_put(&b, buf_str(&ed->out));
	} else {
		size_t at = str_find(f->bytes, old);
		/* The lines begin where a line begins. */
		while (at != SIZE_MAX && at > 0 && f->bytes.p[at - 1] != '\n') {
			size_t next = str_find(str_sub(f->bytes, at + 1, SIZE_MAX), old);
			at = next == SIZE_MAX ? SIZE_MAX : at + 1 + next;
		}
		if (at == SIZE_MAX) {
			fail_msg("%.*s has no lines\n%.*s", STR_ARG(ed->path), STR_ARG(old));
		}
		buf_put(&b, str_sub(f->bytes, 0, at));
		buf_put(&b, buf_str(&ed->out));
		buf_put(&b, str_sub(f->bytes, at + old.n, SIZE_MAX));
	}
	f->bytes = arena_copy(&files->arena, buf_str(&b));
	buf_release(&b);
	buf_reset(&ed->in);
	buf_reset(&ed->out);
}

/* "in PATH", "remove PATH", "- line", "+ line", "= expected"; everything else is a remark. */
static inline void run_script(struct str script, struct pack_files *files, struct buf *expected)
{
	struct edit ed = {.path = STR_EMPTY};
	buf_init(&ed.in, 1 << 20);
	buf_init(&ed.out, 1 << 20);
	struct str line;
	while (str_next(&script, '\n', &line)) {
		struct str rest = str_sub(line, 2, SIZE_MAX);
		if (str_starts(line, STR("in "))) {
			apply(files, &ed);
			ed.path = str_sub(line, 3, SIZE_MAX);
		} else if (str_starts(line, STR("remove "))) {
			struct str path = file_named(files, str_sub(line, 7, SIZE_MAX))->path;
			pack_files_drop(files, path);
		} else if (str_starts(line, STR("- "))) {
			if (ed.out.n > 0) {
				apply(files, &ed);
			}
			buf_put(&ed.in, rest);
			buf_put_byte(&ed.in, '\n');
		} else if (str_starts(line, STR("+ "))) {
			buf_put(&ed.out, rest);
			buf_put_byte(&ed.out, '\n');
		} else if (str_starts(line, STR("= "))) {
			buf_put(expected, rest);
			buf_put_byte(expected, '\n');
		}
	}
	apply(files, &ed);
	buf_release(&ed.in);
	buf_release(&ed.out);
}

#endif
