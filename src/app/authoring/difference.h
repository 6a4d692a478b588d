/* What a change means, in words: questions that came, went, changed or have another id, limits and fees, papers,
 * reasons; and whether a repaired definition may take the place of another under cases that run. Text in the arena, in
 * the language of the reader. Any thread. */
#ifndef CITYHALL_APP_AUTHORING_DIFFERENCE_H
#define CITYHALL_APP_AUTHORING_DIFFERENCE_H

#include "app/catalogue/definition.h"
#include "base/arena.h"
#include "html/translate.h"

struct sentences {
	struct str *items;
	size_t n, room;
	struct arena *arena;
	struct str lang;
};
void sentences_init(struct sentences *s, struct arena *a, struct str lang);
void sentences_add(struct sentences *s, const char *msgid, const struct tr_arg *args, size_t n);
#define SENTENCE(s, msgid, ...)                                       \
	sentences_add((s), (msgid), (const struct tr_arg[]){__VA_ARGS__}, \
	              sizeof((const struct tr_arg[]){__VA_ARGS__}) / sizeof(struct tr_arg))

/* before NULL: the service is new; after NULL: it is taken out. Drafts: what becomes of applications that were begun.
 */
void difference_in_words(struct sentences *out, const struct service *before, const struct service *after);
/* Everything for which `after` may not take the place of `before` under a case that runs; none: it may. The form asks
 * the same, in the same order, of the same kind; texts may differ, and limits where that is not worse for the
 * applicant. */
void repair_objections(struct sentences *out, const struct service *before, const struct service *after);

#endif
