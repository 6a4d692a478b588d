#include "cmd/settings.h"

#include <stdio.h>

#include "os/file.h"

struct row {
	const char *name;
	enum setting_type type;
	const char *otherwise;
	int64_t least, most;
	const char *meaning;
	size_t offset; /* of the value in struct settings */
};

static const struct row rows[] = {
#define X(name, type, otherwise, least, most, meaning) \
	{#name, type, otherwise, least, most, meaning, offsetof(struct settings, name)},
	SETTINGS(X)
#undef X
};
enum { ROW_COUNT = sizeof rows / sizeof rows[0], FILE_MAX_BYTES = 64 * 1024 };

static struct str *value_of(struct settings *s, const struct row *row)
{
	return (struct str *)((char *)s + row->offset);
}

static const struct row *find(struct str name)
{
	for (size_t i = 0; i < ROW_COUNT; i++) {
		if (str_is(name, rows[i].name)) {
			return &rows[i];
		}
	}
	return NULL;
}

/* One word of "a|b|c: meaning". */
static bool is_choice(const struct row *row, struct str value)
{
	struct str choices, meaning, choice;
	str_cut(str_of(row->meaning), ':', &choices, &meaning);
	while (str_next(&choices, '|', &choice)) {
		if (str_eq(choice, value)) {
			return true;
		}
	}
	return false;
}

static bool set(struct settings *s, const struct row *row, struct str value, const char *where, struct err *e)
{
	uint64_t n;
	if (!str_is_utf8(value) || str_has_control(value, "")) {
		return err_set(e, ERR_CONFIG, "%s: %s holds a character that is no text", where, row->name);
	}
	if (row->type == SETTING_COUNT && (!str_to_u64(value, &n) || n < (uint64_t)row->least || n > (uint64_t)row->most)) {
		return err_set(e, ERR_CONFIG, "%s: %s is \"%.*s\"; write a whole number from %lld to %lld", where, row->name,
		               STR_ARG(value), (long long)row->least, (long long)row->most);
	}
	if (row->type == SETTING_CHOICE && !is_choice(row, value)) {
		return err_set(e, ERR_CONFIG, "%s: %s is \"%.*s\"; write one of %.*s", where, row->name, STR_ARG(value),
		               (int)strcspn(row->meaning, ":"), row->meaning);
	}
	*value_of(s, row) = arena_copy(&s->arena, value);
	return true;
}

/* "name = value" lines; '#' begins a comment line. */
static bool read_file(struct settings *s, const char *path, struct err *e)
{
	struct buf text;
	buf_init(&text, FILE_MAX_BYTES);
	bool ok = false;
	struct err missing;
	if (!file_read_whole(path, &text, &missing)) {
		if (missing.code == ERR_NOT_FOUND) {
			ok = true;
		} else {
			err_set(e, ERR_CONFIG,
			        "%s cannot be read and written by this user: give the data folder to the user that runs cityhall",
			        path);
		}
		goto out;
	}
	struct str rest = buf_str(&text), line;
	for (int number = 1; str_next(&rest, '\n', &line); number++) {
		char where[300];
		snprintf(where, sizeof where, "%.250s:%d", path, number);
		line = str_trim(line);
		if (line.n == 0 || line.p[0] == '#') {
			continue;
		}
		struct str name, value;
		if (!str_cut(line, '=', &name, &value)) {
			err_set(e, ERR_CONFIG, "%s: write \"name = value\"", where);
			goto out;
		}
		name = str_trim(name);
		const struct row *row = find(name);
		if (row == NULL || str_is(name, "data")) {
			err_set(e, ERR_CONFIG, "%s: there is no setting \"%.*s\" for a file; `cityhall serve --help` lists them",
			        where, STR_ARG(name));
			goto out;
		}
		if (!set(s, row, str_trim(value), where, e)) {
			goto out;
		}
	}
	ok = true;
out:
	buf_release(&text);
	return ok;
}

static bool read_environment(struct settings *s, struct err *e)
{
	extern char **environ;
	for (char **p = environ; *p; p++) {
		struct str name, value, entry = str_of(*p);
		if (!str_starts(entry, STR("CITYHALL_")) || !str_cut(entry, '=', &name, &value)) {
			continue;
		}
		char lower[64] = "";
		name = str_sub(name, strlen("CITYHALL_"), sizeof lower - 1);
		for (size_t i = 0; i < name.n; i++) {
			lower[i] = (char)(name.p[i] >= 'A' && name.p[i] <= 'Z' ? name.p[i] + 32 : name.p[i]);
		}
		const struct row *row = find(str_of(lower));
		if (row == NULL) {
			return err_set(e, ERR_CONFIG, "environment: there is no setting CITYHALL_%.*s", STR_ARG(name));
		}
		if (!set(s, row, value, "environment", e)) {
			return false;
		}
	}
	return true;
}

/* Takes "--name=value" or "--name value" apart; moves *i past a value of its own. */
static bool flag_value(int argc, char **argv, int *i, struct str *name, struct str *value)
{
	struct str word = str_sub(str_of(argv[*i]), 2, SIZE_MAX);
	if (str_cut(word, '=', name, value)) {
		return true;
	}
	if (*i + 1 >= argc) {
		return false;
	}
	*i += 1;
	*value = str_of(argv[*i]);
	return true;
}

/* 0: not ours; 1: alone; 2: takes a value. */
static int own_kind(const char *const *own_flags, struct str word)
{
	struct str bare, value;
	str_cut(word, '=', &bare, &value);
	for (; own_flags && *own_flags; own_flags++) {
		struct str own = str_of(*own_flags);
		if (str_eq(own, word)) {
			return 1;
		}
		if (str_ends(own, STR("=")) && str_eq(str_sub(own, 0, own.n - 1), bare)) {
			return 2;
		}
	}
	return 0;
}

static bool read_flags(struct settings *s, int argc, char **argv, const char *const *own_flags, struct words *rest,
                       struct err *e)
{
	for (int i = 0; i < argc; i++) {
		struct str word = str_of(argv[i]), name, value;
		int own = own_kind(own_flags, word);
		if (own == 0 && str_starts(word, STR("--"))) {
			bool has_value = flag_value(argc, argv, &i, &name, &value);
			char key[64];
			snprintf(key, sizeof key, "%.*s", STR_ARG(name));
			for (char *c = key; *c; c++) {
				*c = *c == '-' ? '_' : *c;
			}
			/* --port is what people type. */
			if (strcmp(key, "port") == 0) {
				uint64_t port;
				if (!has_value || !str_to_u64(value, &port) || port < 1 || port > 65535) {
					return err_set(e, ERR_CONFIG, "--port takes a number from 1 to 65535");
				}
				s->listen = arena_printf(&s->arena, "127.0.0.1:%u", (unsigned)port);
				continue;
			}
			const struct row *row = find(str_of(key));
			if (row == NULL) {
				return err_set(e, ERR_CONFIG, "there is no flag --%.*s; --help lists them", STR_ARG(name));
			}
			if (!has_value) {
				return err_set(e, ERR_CONFIG, "--%.*s takes a value", STR_ARG(name));
			}
			if (!set(s, row, value, "flags", e)) {
				return false;
			}
			continue;
		}
		rest->items[rest->n++] = word;
		if (own == 2 && str_find_byte(word, '=') == SIZE_MAX) {
			if (i + 1 >= argc) {
				return err_set(e, ERR_CONFIG, "%.*s takes a value", STR_ARG(word));
			}
			rest->items[rest->n++] = str_of(argv[++i]);
		}
	}
	return true;
}

bool settings_read(struct settings *s, int argc, char **argv, const char *const *own_flags, struct words *rest,
                   struct err *e)
{
	*s = (struct settings){0};
	arena_init(&s->arena, 1024 * 1024);
	rest->n = 0;
	rest->items = arena_new(&s->arena, struct str, (size_t)argc + 1);
	for (size_t i = 0; i < ROW_COUNT; i++) {
		*value_of(s, &rows[i]) = str_of(rows[i].otherwise);
	}
	/* Twice, because flags and environment say where the file is and win over it. */
	struct words first = {arena_new(&s->arena, struct str, (size_t)argc + 1), 0};
	if (rest->items == NULL || first.items == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for the settings");
	}
	if (!read_environment(s, e) || !read_flags(s, argc, argv, own_flags, &first, e)) {
		return false;
	}
	struct str path = arena_printf(&s->arena, "%.*s/cityhall.conf", STR_ARG(s->data));
	return read_file(s, path.p, e) && read_environment(s, e) && read_flags(s, argc, argv, own_flags, rest, e);
}

void settings_release(struct settings *s)
{
	arena_release(&s->arena);
}

int64_t setting_count(struct str value)
{
	int64_t n = 0;
	must(str_to_i64(value, &n));
	return n;
}

void settings_put_address(struct buf *to, struct str value)
{
	struct str scheme = STR("postgresql://"), word = STR("password=");
	size_t at = str_find_byte(value, '@'), colon = SIZE_MAX;
	if (str_starts(value, scheme) && at != SIZE_MAX) {
		colon = str_find_byte(str_sub(value, scheme.n, at - scheme.n), ':');
	}
	if (colon != SIZE_MAX) {
		buf_printf(to, "%.*s:...", (int)(scheme.n + colon), value.p);
		value = str_sub(value, at, SIZE_MAX);
	}
	size_t secret = str_find(value, word);
	if (secret != SIZE_MAX) {
		struct str rest = str_sub(value, secret + word.n, SIZE_MAX);
		buf_put(to, str_sub(value, 0, secret + word.n));
		buf_put_c(to, "...");
		value = str_find_byte(rest, '&') == SIZE_MAX ? STR_EMPTY : str_sub(rest, str_find_byte(rest, '&'), SIZE_MAX);
	}
	buf_put(to, value);
}

void settings_print(const struct settings *s, struct buf *to)
{
	for (size_t i = 0; i < ROW_COUNT; i++) {
		const struct str *value = (const struct str *)((const char *)s + rows[i].offset);
		/* The folder is where this file lies: it cannot be said inside it. */
		buf_printf(to, "%s%s = ", strcmp(rows[i].name, "data") == 0 ? "# " : "", rows[i].name);
		settings_put_address(to, *value);
		buf_put_byte(to, '\n');
	}
}

void settings_help(struct buf *to)
{
	buf_put_c(to, "Settings, as flags (--name VALUE), in the environment (CITYHALL_NAME) or in DATA/cityhall.conf "
	              "(name = value):\n");
	for (size_t i = 0; i < ROW_COUNT; i++) {
		buf_printf(to, "  %-15s %s", rows[i].name, rows[i].meaning);
		if (rows[i].type == SETTING_COUNT) {
			buf_printf(to, " (%lld to %lld)", (long long)rows[i].least, (long long)rows[i].most);
		}
		buf_printf(to, "; otherwise %s\n", rows[i].otherwise[0] ? rows[i].otherwise : "empty");
	}
	buf_put_c(to, "  port            short for listen = 127.0.0.1:PORT\n");
}

static bool matches(struct str word, const char *flag, struct str *value)
{
	struct str name;
	bool has_value = str_cut(word, '=', &name, value);
	return str_is(has_value ? name : word, flag);
}

bool words_flag(const struct words *w, const char *flag)
{
	struct str value;
	for (size_t i = 0; i < w->n; i++) {
		if (matches(w->items[i], flag, &value)) {
			return true;
		}
	}
	return false;
}

struct str words_value(const struct words *w, const char *flag)
{
	struct str value;
	for (size_t i = 0; i < w->n; i++) {
		if (matches(w->items[i], flag, &value)) {
			return str_find_byte(w->items[i], '=') != SIZE_MAX ? value : i + 1 < w->n ? w->items[i + 1] : STR_EMPTY;
		}
	}
	return STR_EMPTY;
}

struct str words_at(const struct words *w, size_t n)
{
	for (size_t i = 0; i < w->n; i++) {
		if (str_starts(w->items[i], STR("--"))) {
			/* A flag written apart from its value: sub-commands take their words first. */
			break;
		}
		if (n-- == 0) {
			return w->items[i];
		}
	}
	return STR_EMPTY;
}
