#include "base/zone.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/time_source.h"
#include "base/zone_rule.h"

enum { FILE_BYTES_MAX = 1 << 20, NAME_BYTES_MAX = 64, HEADER_BYTES = 44 };

struct zone_type {
	int32_t offset_s;
	char abbreviation[8];
};

struct zone {
	struct zone_type *types;
	size_t type_n; /* at least 1 */
	int64_t *at;   /* instants of the transitions in seconds, ascending */
	uint8_t *to;   /* the type that begins there */
	size_t n;
	bool has_rule;         /* for what comes after the last transition */
	struct zone_rule rule; /* from the footer */
	size_t name_n;
	char name[NAME_BYTES_MAX + 1];
};

/* Until when an offset holds, and since when. */
struct span {
	int64_t from, until; /* seconds; INT64_MIN and INT64_MAX: no end */
	int32_t offset_s;
	const char *abbreviation;
};

/* --- Reading a file ----------------------------------------------------------------------------------------------- */

struct cursor {
	struct str rest;
	bool failed;
};

/* The one place where bounds are checked. */
static const uint8_t *take(struct cursor *c, size_t count, size_t size)
{
	size_t n;
	if (c->failed || __builtin_mul_overflow(count, size, &n) || n > c->rest.n) {
		c->failed = true;
		return NULL;
	}
	const uint8_t *p = (const uint8_t *)c->rest.p;
	c->rest.p += n;
	c->rest.n -= n;
	return p;
}

static int64_t number(const uint8_t *p, size_t n)
{
	uint64_t v = p[0] >= 0x80 ? UINT64_MAX : 0;
	for (size_t i = 0; i < n; i++) {
		v = v << 8 | p[i];
	}
	return (int64_t)v;
}

struct header {
	char version;
	size_t isut_n, isstd_n, leap_n, time_n, type_n, char_n;
};

static bool read_header(struct cursor *c, struct header *h)
{
	const uint8_t *p = take(c, 1, HEADER_BYTES);
	if (p == NULL || memcmp(p, "TZif", 4) != 0) {
		return false;
	}
	h->version = (char)p[4];
	size_t *to[] = {&h->isut_n, &h->isstd_n, &h->leap_n, &h->time_n, &h->type_n, &h->char_n};
	for (size_t i = 0; i < 6; i++) {
		*to[i] = (uint32_t)number(p + 20 + 4 * i, 4);
	}
	return true;
}

static bool corrupt(struct err *e, struct str name, const char *why)
{
	return err_set(e, ERR_CORRUPT, "time zone file of %.*s: %s", STR_ARG(name), why);
}

static bool read_types(struct zone *z, const uint8_t *types, const uint8_t *chars, size_t char_n)
{
	for (size_t i = 0; i < z->type_n; i++) {
		const uint8_t *p = types + 6 * i;
		size_t at = p[5];
		int64_t offset = number(p, 4);
		/* The limits of RFC 8536, section 3.2. */
		if (offset < -89999 || offset > ZONE_OFFSET_MAX_S || p[4] > 1 || at >= char_n ||
		    memchr(chars + at, 0, char_n - at) == NULL) {
			return false;
		}
		z->types[i].offset_s = (int32_t)offset;
		const char *abbreviation = (const char *)chars + at;
		memcpy(z->types[i].abbreviation, abbreviation, strnlen(abbreviation, sizeof z->types[i].abbreviation - 1));
	}
	return true;
}

/* The data block that follows a header; time_bytes is 4 in the first block and 8 in the second. */
static bool read_block(struct zone *z, struct cursor *c, const struct header *h, size_t time_bytes, struct err *e)
{
	struct str name = zone_name(z);
	const uint8_t *times = take(c, h->time_n, time_bytes);
	const uint8_t *to = take(c, h->time_n, 1);
	const uint8_t *types = take(c, h->type_n, 6);
	const uint8_t *chars = take(c, h->char_n, 1);
	take(c, h->leap_n, time_bytes + 4);
	take(c, h->isstd_n, 1);
	take(c, h->isut_n, 1);
	if (c->failed) {
		return corrupt(e, name, "it ends too early");
	}
	if (h->leap_n > 0) {
		return corrupt(e, name, "it counts leap seconds");
	}
	if (h->type_n == 0 || h->type_n > 256) {
		return corrupt(e, name, "it has no local time");
	}
	z->type_n = h->type_n;
	z->n = h->time_n;
	z->types = mem_alloc(z->type_n, sizeof *z->types);
	z->at = mem_alloc(z->n, sizeof *z->at);
	z->to = mem_alloc(z->n, sizeof *z->to);
	if (z->types == NULL || z->at == NULL || z->to == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a time zone");
	}
	if (!read_types(z, types, chars, h->char_n)) {
		return corrupt(e, name, "a local time is damaged");
	}
	for (size_t i = 0; i < z->n; i++) {
		z->at[i] = number(times + time_bytes * i, time_bytes);
		z->to[i] = to[i];
		/* -2^59 is the earliest that RFC 8536 lets a writer use. */
		if (z->to[i] >= z->type_n || z->at[i] < -(INT64_C(1) << 59) || z->at[i] > INT64_C(1) << 59 ||
		    (i > 0 && z->at[i] <= z->at[i - 1])) {
			return corrupt(e, name, "its transitions are damaged");
		}
	}
	return true;
}

static bool read_file(struct zone *z, struct str tzif, struct err *e)
{
	struct cursor c = {.rest = tzif};
	struct header h;
	if (!read_header(&c, &h)) {
		return corrupt(e, zone_name(z), "it is no TZif file");
	}
	if (h.version == 0) {
		return read_block(z, &c, &h, 4, e);
	}
	/* The first block is there for readers of before 2005. */
	size_t skip = h.time_n * 5 + h.type_n * 6 + h.char_n + h.leap_n * 8 + h.isstd_n + h.isut_n;
	take(&c, 1, skip);
	if (!read_header(&c, &h)) {
		return corrupt(e, zone_name(z), "its second part is missing");
	}
	if (!read_block(z, &c, &h, 8, e)) {
		return false;
	}
	struct str footer, after;
	if (!str_starts(c.rest, STR("\n")) || !str_cut(str_sub(c.rest, 1, c.rest.n), '\n', &footer, &after)) {
		return corrupt(e, zone_name(z), "its footer is missing");
	}
	if (footer.n > 0) {
		z->has_rule = true;
		if (!zone_rule_parse(footer, &z->rule)) {
			return corrupt(e, zone_name(z), "its footer is no POSIX rule");
		}
	}
	return true;
}

static bool is_name(struct str name)
{
	if (name.n == 0 || name.n > NAME_BYTES_MAX) {
		return false;
	}
	struct str rest = name, piece;
	while (str_next(&rest, '/', &piece)) {
		if (piece.n == 0 || piece.p[0] == '-') {
			return false;
		}
		for (size_t i = 0; i < piece.n; i++) {
			char c = piece.p[i];
			bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
			if (!is_letter && !(c >= '0' && c <= '9') && c != '_' && c != '-' && c != '+') {
				return false;
			}
		}
	}
	return true;
}

bool zone_parse(struct str name, struct str tzif, struct zone **out, struct err *e)
{
	if (!is_name(name)) {
		return err_set(e, ERR_INVALID, "this is no name of a time zone");
	}
	struct zone *z = mem_alloc(1, sizeof *z);
	if (z == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a time zone");
	}
	memcpy(z->name, name.p, name.n);
	z->name_n = name.n;
	if (!read_file(z, tzif, e)) {
		zone_free(z);
		return false;
	}
	*out = z;
	return true;
}

static bool read_all(int fd, char *to, size_t room, size_t *n)
{
	*n = 0;
	while (*n < room) {
		ssize_t got = read(fd, to + *n, room - *n);
		if (got == 0) {
			return true;
		}
		if (got < 0 && errno != EINTR) {
			return false;
		}
		*n += got > 0 ? (size_t)got : 0;
	}
	return true;
}

static bool load_from(int folder, struct str name, struct zone **out, struct err *e)
{
	char path[NAME_BYTES_MAX + 1] = "";
	memcpy(path, name.p, name.n);
	bool ok = false;
	char *bytes = NULL;
	struct stat st;
	int fd = openat(folder, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 && errno != ENOENT && errno != ENOTDIR) {
		err_errno(e, "time zone file of %s", path);
		goto out;
	}
	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		err_set(e, ERR_NOT_FOUND, "there is no time zone %s on this machine", path);
		goto out;
	}
	bytes = mem_alloc(FILE_BYTES_MAX, 1);
	if (bytes == NULL) {
		err_set(e, ERR_MEMORY, "no memory for a time zone");
		goto out;
	}
	size_t n;
	if (!read_all(fd, bytes, FILE_BYTES_MAX, &n)) {
		err_errno(e, "time zone file of %s", path);
		goto out;
	}
	ok = zone_parse(name, str_from(bytes, n), out, e);
out:
	mem_free(bytes);
	if (fd >= 0) {
		close(fd);
	}
	return ok;
}

bool zone_load(struct str name, struct zone **out, struct err *e)
{
	if (!is_name(name)) {
		return err_set(e, ERR_INVALID, "this is no name of a time zone");
	}
	const char *given = getenv("TZDIR");
	const char *folder_name = given && given[0] ? given : "/usr/share/zoneinfo";
	int folder = open(folder_name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0) {
		return err_set(e, ERR_CONFIG,
		               "there is no time zone database in %s: install the package tzdata, or set TZDIR to its folder",
		               folder_name);
	}
	bool ok = load_from(folder, name, out, e);
	close(folder);
	return ok;
}

void zone_free(struct zone *z)
{
	if (z) {
		mem_free(z->types);
		mem_free(z->at);
		mem_free(z->to);
		mem_free(z);
	}
}

struct str zone_name(const struct zone *z)
{
	return (struct str){z->name, z->name_n};
}

/* --- Local time --------------------------------------------------------------------------------------------------- */

/* Number of transitions at or before t. */
static size_t transitions_before(const struct zone *z, int64_t t)
{
	size_t low = 0, high = z->n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (z->at[middle] <= t) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low;
}

static struct span span_at(const struct zone *z, int64_t t)
{
	size_t i = transitions_before(z, t);
	int64_t from = i > 0 ? z->at[i - 1] : INT64_MIN;
	if (i == z->n && z->has_rule) {
		struct zone_rule_span r = zone_rule_at(&z->rule, t);
		return (struct span){
			.from = r.from > from ? r.from : from,
			.until = r.until,
			.offset_s = r.offset_s,
			.abbreviation = r.abbreviation,
		};
	}
	/* What came before the first transition is type 0 (RFC 8536, section 3.2). */
	const struct zone_type *type = &z->types[i > 0 ? z->to[i - 1] : 0];
	return (struct span){
		.from = from,
		.until = i < z->n ? z->at[i] : INT64_MAX,
		.offset_s = type->offset_s,
		.abbreviation = type->abbreviation,
	};
}

static int64_t floor_div(int64_t a, int64_t b)
{
	int64_t q = a / b;
	return q - (a % b < 0);
}

struct local_time zone_local(const struct zone *z, int64_t utc_us)
{
	int64_t utc = floor_div(utc_us, US_PER_S);
	struct span span = span_at(z, utc);
	int64_t local = utc + span.offset_s;
	struct local_time out = {.day = (day_number)floor_div(local, 86400), .offset_s = span.offset_s};
	out.second = (int32_t)(local - (int64_t)out.day * 86400);
	memcpy(out.abbreviation, span.abbreviation, sizeof out.abbreviation);
	return out;
}

int64_t zone_instant_us(const struct zone *z, day_number day, int32_t second_of_day)
{
	if (day < DAY_MIN - 1) {
		day = DAY_MIN - 1;
	} else if (day > DAY_MAX + 1) {
		day = DAY_MAX + 1;
	}
	int64_t local = (int64_t)day * 86400 + second_of_day;
	/* Begin so early that no offset can make the first span's clock show more than `local`, and that every span before
	 * it ended too early to show it. The first span whose clock still shows `local` or later is the one. */
	struct span span = span_at(z, local - ZONE_OFFSET_MAX_S);
	int32_t offset_before_s = span.offset_s;
	while (span.until != INT64_MAX && local - span.offset_s >= span.until) {
		offset_before_s = span.offset_s;
		span = span_at(z, span.until);
	}
	bool is_in_gap = span.from != INT64_MIN && local - span.offset_s < span.from;
	return (local - (is_in_gap ? offset_before_s : span.offset_s)) * US_PER_S;
}

/* --- As text ------------------------------------------------------------------------------------------------------ */

static void write_offset(struct buf *out, const struct span *span)
{
	int32_t s = span->offset_s < 0 ? -span->offset_s : span->offset_s;
	buf_put_byte(out, span->offset_s < 0 ? '-' : '+');
	buf_put_padded(out, (uint64_t)s / 3600, 2);
	buf_put_byte(out, ':');
	buf_put_padded(out, (uint64_t)s / 60 % 60, 2);
	if (s % 60 != 0) {
		buf_put_byte(out, ':');
		buf_put_padded(out, (uint64_t)s % 60, 2);
	}
	buf_put_byte(out, ' ');
	buf_put_c(out, span->abbreviation);
	buf_put_byte(out, '\n');
}

void zone_write(const struct zone *z, int64_t from_us, int64_t until_us, struct buf *out)
{
	int64_t until = floor_div(until_us, US_PER_S);
	struct span span = span_at(z, floor_div(from_us, US_PER_S));
	write_offset(out, &span);
	while (span.until < until && !out->failed) {
		struct span before = span;
		span = span_at(z, span.until);
		if (span.offset_s == before.offset_s && strcmp(span.abbreviation, before.abbreviation) == 0) {
			continue; /* a transition that changes nothing that anybody sees */
		}
		char date[11];
		int64_t day = floor_div(span.from, 86400), second = span.from - day * 86400;
		date_format((day_number)day, date);
		buf_printf(out, "%sT%02d:%02d:%02dZ ", date, (int)(second / 3600), (int)(second / 60 % 60), (int)(second % 60));
		write_offset(out, &span);
	}
}

/* "+05:30 IST" */
static bool read_offset(struct str line, struct zone_type *out)
{
	struct str offset, name, rest, piece;
	uint64_t parts[3] = {0};
	size_t n = 0;
	if (!str_cut(line, ' ', &offset, &name) || name.n == 0 || name.n >= sizeof out->abbreviation || offset.n < 6) {
		return false;
	}
	rest = str_sub(offset, 1, SIZE_MAX);
	while (n < 3 && str_next(&rest, ':', &piece)) {
		if (piece.n != 2 || !str_to_u64(piece, &parts[n])) {
			return false;
		}
		n++;
	}
	int64_t s = (int64_t)(parts[0] * 3600 + parts[1] * 60 + parts[2]);
	if (n < 2 || rest.n > 0 || s > ZONE_OFFSET_MAX_S || (offset.p[0] != '+' && offset.p[0] != '-')) {
		return false;
	}
	out->offset_s = (int32_t)(offset.p[0] == '-' ? -s : s);
	memcpy(out->abbreviation, name.p, name.n);
	return true;
}

/* "2026-03-29T01:00:00Z +02:00 CEST" */
static bool read_transition(struct str line, int64_t *at, struct zone_type *type)
{
	struct str instant, rest;
	day_number day;
	uint64_t hour, minute, second;
	if (!str_cut(line, ' ', &instant, &rest) || instant.n != 20 || instant.p[10] != 'T' || instant.p[13] != ':' ||
	    instant.p[16] != ':' || instant.p[19] != 'Z' || !date_parse(str_sub(instant, 0, 10), &day) ||
	    !str_to_u64(str_sub(instant, 11, 2), &hour) || !str_to_u64(str_sub(instant, 14, 2), &minute) ||
	    !str_to_u64(str_sub(instant, 17, 2), &second) || hour > 23 || minute > 59 || second > 59) {
		return false;
	}
	*at = (int64_t)day * 86400 + (int64_t)(hour * 3600 + minute * 60 + second);
	return read_offset(rest, type);
}

/* The place of a type among those before it, which it joins when it is new. */
static bool find_type(struct zone *z, const struct zone_type *type, uint8_t *to)
{
	size_t i = 0;
	while (i < z->type_n &&
	       (z->types[i].offset_s != type->offset_s || strcmp(z->types[i].abbreviation, type->abbreviation) != 0)) {
		i++;
	}
	if (i > UINT8_MAX) {
		return false;
	}
	if (i == z->type_n) {
		z->types[z->type_n++] = *type;
	}
	*to = (uint8_t)i;
	return true;
}

static bool read_lines(struct zone *z, struct str text)
{
	struct str rest = text, line;
	struct zone_type type = {0};
	uint8_t to;
	if (!str_next(&rest, '\n', &line) || !read_offset(line, &type) || !find_type(z, &type, &to)) {
		return false;
	}
	while (rest.n > 0 && str_next(&rest, '\n', &line)) {
		type = (struct zone_type){0};
		if (!read_transition(line, &z->at[z->n], &type) || (z->n > 0 && z->at[z->n] <= z->at[z->n - 1]) ||
		    !find_type(z, &type, &z->to[z->n])) {
			return false;
		}
		z->n++;
	}
	return true;
}

bool zone_read(struct str name, struct str text, struct zone **out, struct err *e)
{
	struct zone *z = is_name(name) ? mem_alloc(1, sizeof *z) : NULL;
	size_t lines = 1;
	for (size_t i = 0; i < text.n; i++) {
		lines += text.p[i] == '\n';
	}
	if (z == NULL) {
		return is_name(name) ? err_set(e, ERR_MEMORY, "no memory for a time zone")
		                     : err_set(e, ERR_INVALID, "this is no name of a time zone");
	}
	memcpy(z->name, name.p, name.n);
	z->name_n = name.n;
	z->types = mem_alloc(UINT8_MAX + 1, sizeof *z->types);
	z->at = mem_alloc(lines, sizeof *z->at);
	z->to = mem_alloc(lines, sizeof *z->to);
	bool has_room = z->types && z->at && z->to;
	if (!has_room || !read_lines(z, text)) {
		zone_free(z);
		return has_room ? err_set(e, ERR_INVALID, "this does not say what a time zone's clocks show")
		                : err_set(e, ERR_MEMORY, "no memory for a time zone");
	}
	*out = z;
	return true;
}
