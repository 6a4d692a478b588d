/* Within the room: what the types of questions share when they are read, and those with several fields. Any thread. */
#ifndef CITYHALL_APP_FORMS_VALUE_PARTS_H
#define CITYHALL_APP_FORMS_VALUE_PARTS_H

#include "app/forms/value.h"
#include "html/translate.h"

/* Refuses with the service's sentence when it has one: it knows best what would be right. */
bool value_refuse(const struct value_rules *r, const struct question *q, struct value_fault *why, const char *msgid,
                  const struct tr_arg *args, size_t n);
/* Runs of white space become one space; one line: line breaks too. Trimmed. */
struct str value_tidy(struct arena *a, struct str s, bool is_one_line);
/* Nothing that a reader would see: spaces of all kinds, marks without width. */
bool value_is_invisible(struct str s);

/* An address and a person's name. */
void parts_read(const struct value_rules *r, const struct question *q, const struct typed *t, struct answer *out);
bool parts_check(const struct value_rules *r, const struct question *q, const struct answer *a,
                 struct value_fault *why) MUST_USE;

/* A decimal as it is kept, from units of 10^-digits: "-12.5"; and back. */
struct str decimal_text(struct arena *a, int64_t v, int digits);
bool decimal_parse(struct str s, int digits, int64_t *out);

#endif
