#include "base/log.h"

#include <errno.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "base/date.h"
#include "base/time_source.h"

/* At most PIPE_BUF, so that lines of several threads and processes do not mix in a pipe. */
enum { LINE_BYTES = 4096, TAIL_BYTES = 32 };

/* Descriptor and level in one word: a line never sees one of them old and the other new. */
static atomic_int state = STDERR_FILENO << 4 | LOG_INFO;

struct line {
	char p[LINE_BYTES];
	size_t n;
	bool is_full;
};

static void put_bytes(struct line *l, const char *p, size_t n)
{
	if (l->is_full || n > LINE_BYTES - TAIL_BYTES - l->n) {
		l->is_full = true;
		return;
	}
	memcpy(l->p + l->n, p, n);
	l->n += n;
}

static void put_literal(struct line *l, const char *s)
{
	put_bytes(l, s, strlen(s));
}

static void put_digits(struct line *l, uint64_t v, size_t width)
{
	char digits[20];
	size_t at = sizeof digits;
	do {
		digits[--at] = (char)('0' + v % 10);
		v /= 10;
	} while (v > 0 || sizeof digits - at < width);
	put_bytes(l, digits + at, sizeof digits - at);
}

static void put_string(struct line *l, struct str s)
{
	static const char hex[] = "0123456789abcdef";
	put_literal(l, "\"");
	for (size_t i = 0; i < s.n && !l->is_full;) {
		size_t from = i;
		uint32_t rune = str_rune(s, &i);
		if (rune == '"' || rune == '\\') {
			put_literal(l, "\\");
			put_bytes(l, s.p + from, 1);
		} else if (rune < 0x20 || rune == 0x7F) {
			char escape[6] = {'\\', 'u', '0', '0', hex[rune >> 4], hex[rune & 15]};
			put_bytes(l, escape, sizeof escape);
		} else if (rune == 0xFFFD) {
			put_literal(l, "\xEF\xBF\xBD");
		} else {
			put_bytes(l, s.p + from, i - from);
		}
	}
	put_literal(l, "\"");
}

static void put_now(struct line *l)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	char day[11];
	date_format((day_number)(now.tv_sec / 86400), day);
	uint64_t second = (uint64_t)(now.tv_sec % 86400);
	put_literal(l, day);
	put_literal(l, "T");
	put_digits(l, second / 3600, 2);
	put_literal(l, ":");
	put_digits(l, second / 60 % 60, 2);
	put_literal(l, ":");
	put_digits(l, second % 60, 2);
	put_literal(l, ".");
	put_digits(l, (uint64_t)now.tv_nsec / 1000000, 3);
	put_literal(l, "Z");
}

static void write_whole(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t wrote = write(fd, p, n);
		if (wrote < 0 && errno == EINTR) {
			continue;
		}
		if (wrote <= 0) {
			return; /* there is nowhere to report to that the log cannot be written */
		}
		p += wrote;
		n -= (size_t)wrote;
	}
}

void log_open(int fd, enum log_level least)
{
	atomic_store(&state, fd << 4 | (int)least);
}

void log_fields(enum log_level level, const char *event, const struct log_field *fields, size_t n)
{
	static const char *const level_names[] = {"debug", "info", "warn", "error"};
	int now = atomic_load(&state);
	if ((int)level < (now & 15)) {
		return;
	}
	int number = errno; /* a log line between a failed call and the look at errno changes nothing */
	struct line l;
	l.n = 0;
	l.is_full = false;
	put_literal(&l, "{\"time\":\"");
	put_now(&l);
	put_literal(&l, "\",\"level\":\"");
	put_literal(&l, level_names[level]);
	put_literal(&l, "\",\"event\":");
	put_string(&l, str_sub(str_of(event), 0, 200));
	bool is_cut = false;
	for (size_t i = 0; i < n; i++) {
		size_t before = l.n;
		put_literal(&l, ",");
		put_string(&l, str_of(fields[i].name));
		put_literal(&l, ":");
		if (fields[i].kind == LOG_STR) {
			put_string(&l, fields[i].s);
		} else {
			uint64_t v = (uint64_t)fields[i].i;
			if (fields[i].i < 0) {
				put_literal(&l, "-");
				v = 0U - v;
			}
			put_digits(&l, v, 1);
		}
		if (l.is_full) {
			l.n = before;
			l.is_full = false;
			is_cut = true;
		}
	}
	/* TAIL_BYTES were kept free for this. */
	const char *tail = is_cut ? ",\"cut\":true}\n" : "}\n";
	size_t tail_n = strlen(tail);
	memcpy(l.p + l.n, tail, tail_n);
	write_whole(now >> 4, l.p, l.n + tail_n);
	errno = number;
}

void log_err(enum log_level level, const char *event, const struct err *e)
{
	log_line(level, event, LOG_S("code", str_of(err_name(e->code))), LOG_S("file", str_of(e->file)),
	         LOG_I("line", e->line), LOG_S("text", str_of(e->text)));
}
