/* Records of the brain's journal, one after the other: never crashes; what is taken can be decided, explained and done.
 * Needs brain. */
#include "brain/journal.h"

#include "brain/explain.h"
#include "fuzz/crossroads.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct city c;
	struct str record;
	struct err e;
	uint8_t wishes[4] = {STAGE_NONE};
	crossroads_begin(&c);
	bool ok = true;
	while (ok && next_piece(&data, &n, &record)) {
		struct journal_reader r = {.fd = -1, .record = {.p = (char *)(uintptr_t)record.p, .n = record.n}};
		struct journal_head head;
		if (record.n > 0 && record.p[0] == 'H') {
			ok = journal_take_head(&r, &head, &e);
			must(!ok || str_is_utf8(head.controller));
		} else {
			ok = journal_take_tick(record, &c, wishes, &e);
		}
		must(ok || e.code == ERR_CORRUPT);
		if (ok) {
			struct buf why;
			buf_init(&why, 1 << 16);
			must(city_decide(&c, 1, &e));
			explain_wish(&why, &c, 0);
			buf_release(&why);
			crossroads_go_on(&c);
		}
		mem_free((void *)(uintptr_t)record.p);
	}
	city_release(&c);
	return 0;
}
