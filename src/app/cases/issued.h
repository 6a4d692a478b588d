/* What was issued here to a party: the papers that granted cases gave and that are still valid. Request threads. */
#ifndef CITYHALL_APP_CASES_ISSUED_H
#define CITYHALL_APP_CASES_ISSUED_H

#include "http/req.h"

struct issued_papers { /* ids of the pack's documents, in the request's arena; one may stand twice */
	struct str *items;
	size_t n;
};
/* Of the party's newest 200 cases. The caller has decided that the viewer may see them. */
bool case_issued_papers(struct req *r, int64_t party, struct issued_papers *out, struct err *e) MUST_USE;

#endif
