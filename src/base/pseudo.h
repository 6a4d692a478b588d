/* The made-up language ar-XB, in which every page is tried out: right to left (its letters are Arabic ones, so that
 * browsers lay it out by themselves) and about 35% longer than English. The words mean nothing; each English letter has
 * a letter of its own, so that different texts stay different. At build time it translates the program's own texts, at
 * run time those of packs. Needs only str and buf. Any thread. */
#ifndef CITYHALL_BASE_PSEUDO_H
#define CITYHALL_BASE_PSEUDO_H

#include "base/buf.h"
#include "base/str.h"

/* Untouched: {placeholders}, printf's %s and its kin, digits and punctuation, HTML's <tags> and &entities;, addresses
 * (http://, https://, mailto:) up to the next space, quote, bracket or parenthesis, and every letter that is not ASCII.
 */
void pseudo_text(struct buf *out, struct str english);

#endif
