/* What a driver tells its brain, of cars or of sensors, and what a brain answers. Never crashes; what is taken can be
 * decided. The first byte of each message: 0 a view of cars, 1 of sensors, 2 wishes. Needs brain. */
#include "brain/driver.h"
#include "fuzz/crossroads.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct city c;
	struct sense sense;
	struct str message, orders;
	struct err e;
	int64_t of_ms;
	crossroads_begin(&c);
	uint32_t west = net_lane_find(c.net, STR("west_0"));
	const struct sense_detector detectors[] = {{west, 60}, {west, 3}};
	must(sense_init(&sense, c.net, detectors, 2, &e));
	while (next_piece(&data, &n, &message)) {
		struct str rest = str_sub(message, 1, SIZE_MAX);
		uint8_t kind = message.n > 0 ? (uint8_t)message.p[0] : 2;
		if (kind == 2) {
			if (driver_take_wishes(&c, rest, &of_ms, &orders, &e)) {
				must(of_ms <= c.now_ms && orders.n <= rest.n);
				city_act(&c);
			}
		} else if (driver_take_view(&c, kind == 1 ? &sense : NULL, rest, &e)) {
			crossroads_go_on(&c);
		} else {
			must(e.code != ERR_NONE);
		}
		mem_free((void *)(uintptr_t)message.p);
	}
	sense_release(&sense);
	city_release(&c);
	return 0;
}
