/* Counts that are published hide what is few: a cell of one to four cases could be recognised by who knows one of them.
 * None at all hides nobody and is told.
 *
 * A hidden cell must not follow from what is told beside it. Cells of which the sum is told are hidden by few_hide(),
 * which hides others with them; where sums are formed of told cells alone, nothing can be taken off them. Plain values,
 * any thread. */
#ifndef CITYHALL_BASE_FEW_H
#define CITYHALL_BASE_FEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FEW_LEAST = 5 };

static inline bool few_is_told(int64_t n)
{
	return n == 0 || n >= FEW_LEAST;
}

/* May it be told that `part` of `of` are so? Both those who are and those who are not are none or enough. */
static inline bool few_is_share_told(int64_t part, int64_t of)
{
	return of >= FEW_LEAST && few_is_told(part) && few_is_told(of - part);
}

/* Which of these cells are hidden when their sum is told: the few ones, and as many others as it takes so that no few
 * one follows from the sum, also for who knows this rule. False: even so the sum is not to be told. */
bool few_hide(const int64_t *cells, size_t n, bool *is_hidden);

#endif
