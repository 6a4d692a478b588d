/* Structured log: one JSON object a line on standard error (or a file given at start). Any thread; a line is written
 * whole.
 *
 * A line has time, level, event (a fixed word) and fields. Never a name, number or answer of a person: fields are ids,
 * counts, durations, codes. The log level is one of the two mutable globals of the program. */
#ifndef CITYHALL_BASE_LOG_H
#define CITYHALL_BASE_LOG_H

#include "base/err.h"
#include "base/str.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

struct log_field {
	const char *name;
	enum { LOG_STR, LOG_INT } kind;
	struct str s;
	int64_t i;
};
#define LOG_S(name, value) ((struct log_field){(name), LOG_STR, (value), 0})
#define LOG_I(name, value) ((struct log_field){(name), LOG_INT, STR_EMPTY, (int64_t)(value)})

void log_open(int fd, enum log_level least);
void log_fields(enum log_level level, const char *event, const struct log_field *fields, size_t n);
/* log_line(LOG_INFO, "listening", LOG_I("port", port)) */
#define log_line(level, event, ...)                                       \
	log_fields((level), (event), (const struct log_field[]){__VA_ARGS__}, \
	           sizeof((const struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field))
/* An error with its code, place and text. */
void log_err(enum log_level level, const char *event, const struct err *e);

#endif
