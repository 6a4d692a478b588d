/* Orders of the portal, and what is ordered as a driver tells it or a file keeps it. Never crashes; what makes no sense
 * changes nothing or leads nobody; what is taken is written the same again and can be decided by. Needs brain. */
#include "brain/orders.h"

#include "fuzz/crossroads.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void put(struct buf *to, const struct city *c)
{
	buf_reset(to);
	orders_put_state(to, c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct city c, other;
	struct str message;
	struct buf state, again;
	struct err e;
	uint32_t taken;
	crossroads_begin(&c);
	crossroads_begin(&other);
	buf_init(&state, 1 << 22);
	buf_init(&again, 1 << 22);
	while (next_piece(&data, &n, &message)) {
		struct str rest = str_sub(message, 1, SIZE_MAX);
		struct codec m = codec_of(rest);
		put(&state, &c);
		if (message.n > 0 && message.p[0] == 0 && !orders_take(&c, rest, &taken, &e)) {
			put(&again, &c);
			must(taken == 0 && str_eq(buf_str(&state), buf_str(&again)));
		} else if (message.n > 0 && message.p[0] == 1 && !orders_take_state(&c, &m, &e)) {
			must(c.signals[0].mode.mode == MODE_WATCH && c.rules.route_n == 0 && c.rules.school_n == 0);
		}
		orders_newest(rest);
		put(&state, &c);
		m = codec_of(buf_str(&state));
		must(orders_take_state(&other, &m, &e) && codec_end(&m, &e));
		put(&again, &other);
		must(str_eq(buf_str(&state), buf_str(&again)));
		c.now_ms += 1000;
		priority_look(&c);
		crossroads_go_on(&c);
		mem_free((void *)(uintptr_t)message.p);
	}
	buf_release(&state);
	buf_release(&again);
	city_release(&c);
	city_release(&other);
	return 0;
}
