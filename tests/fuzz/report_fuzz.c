/* Reports of sensors: a line for the topic, then the payload. Never crashes; what is taken is within its bounds, and
 * written again it is taken again. Needs brain. */
#include "brain/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct str topic, payload;
	struct arena a;
	struct buf again, name;
	struct report r, s;
	struct err e;
	if (!str_cut(str_from(data, n), '\n', &topic, &payload)) {
		return 0;
	}
	arena_init(&a, 1 << 24);
	buf_init(&again, 1 << 22);
	buf_init(&name, 1 << 12);
	if (report_read(&a, topic, payload, &r, &e)) {
		must(r.at_ms >= 0 && r.count_n <= REPORT_LIST_MAX && r.walker_n <= REPORT_LIST_MAX);
		for (uint32_t i = 0; i < r.count_n; i++) {
			must(r.counts[i].occupied >= 0 && r.counts[i].occupied <= 1 && r.counts[i].detector.n > 0);
		}
		must(r.kind != REPORT_PLACE || (r.speed_mps >= 0 && r.heading_deg <= 360));
		report_put_topic(&name, &r);
		report_put(&again, &r);
		must(str_eq(buf_str(&name), topic));
		must(again.n > REPORT_MAX_BYTES || report_read(&a, topic, buf_str(&again), &s, &e));
	}
	buf_release(&again);
	buf_release(&name);
	arena_release(&a);
	return 0;
}
