/* The last button, for the page and for programs alike. Request threads. */
#ifndef CITYHALL_APP_CASES_SUBMIT_H
#define CITYHALL_APP_CASES_SUBMIT_H

#include "app/forms/draft.h"

enum submit_end {
	SUBMIT_SENT,       /* now, or by an earlier press */
	SUBMIT_INCOMPLETE, /* answers need another look, or it is not declared */
	SUBMIT_WITHDRAWN,  /* nobody offers the service any more */
};
struct submission {
	enum submit_end end;
	int64_t party;
	bool is_bundle;   /* of sent now: its id has steps */
	bool at_counter;  /* an official took it in */
	struct str *open; /* ids of questions */
	size_t open_n;
	bool is_undeclared;
};
/* The draft becomes a casefile of the same id, or the cases of a bundle, with this request's operation id. */
bool case_submit(struct req *r, int64_t draft, bool is_declared, struct submission *out, struct err *e) MUST_USE;

#endif
