#include "emergency.h"

#include <stdio.h>

#include "base/buf.h"
#include "os/file.h"

enum { COLUMNS = 5, ROWS = 4, CALLED_BEFORE_MS = 30000 };

static uint32_t link_of(const struct net *n, const char *from, int a, const char *to, int b)
{
	char name[64];
	snprintf(name, sizeof name, "%s%d%s%d_0", from, a, to, b);
	uint32_t lane = net_lane_find(n, str_of(name));
	return lane == NET_NONE ? NET_NONE : n->lanes[lane].link;
}

/* From west, east, south and north in turn to the other side, each time to another street. */
static uint32_t way(const struct net *n, uint64_t number, uint32_t links[PRIORITY_LINKS_MAX])
{
	static const char *const columns[COLUMNS] = {"A", "B", "C", "D", "E"};
	int k = (int)(number / 4);
	int row = k % ROWS, row2 = (row + 1 + k % 3) % ROWS, column = k % COLUMNS, column2 = (column + 2) % COLUMNS;
	uint32_t from, to;
	switch (number % 4) {
	case 0:
		from = link_of(n, "left", row, "A", row);
		to = link_of(n, "E", row2, "right", row2);
		break;
	case 1:
		from = link_of(n, "right", row, "E", row);
		to = link_of(n, "A", row2, "left", row2);
		break;
	case 2:
		from = link_of(n, "bottom", column, columns[column], 0);
		to = link_of(n, columns[column2], ROWS - 1, "top", column2);
		break;
	default:
		from = link_of(n, "top", column, columns[column], ROWS - 1);
		to = link_of(n, columns[column2], 0, "bottom", column2);
		break;
	}
	return from == NET_NONE || to == NET_NONE ? 0 : priority_way(n, from, to, links);
}

bool emergency_write(const struct net *n, uint64_t number, const char *path, struct err *e)
{
	uint32_t links[PRIORITY_LINKS_MAX], length = way(n, number, links);
	struct buf text;
	if (length == 0) {
		return err_set(e, ERR_INVALID, "no way for an emergency vehicle");
	}
	buf_init(&text, 1 << 16);
	buf_printf(&text,
	           "<routes>\n<vType id=\"emergency\" vClass=\"emergency\" guiShape=\"emergency\" speedFactor=\"1.5\"/>\n"
	           "<vehicle id=\"emergency\" type=\"emergency\" depart=\"%.0f\" departLane=\"best\" departSpeed=\"max\">"
	           "<route edges=\"",
	           EMERGENCY_DEPARTS_S);
	for (uint32_t i = 0; i < length; i++) {
		buf_printf(&text, "%s%.*s", i > 0 ? " " : "", STR_ARG(n->links[links[i]].id));
	}
	buf_put_c(&text, "\"/></vehicle>\n</routes>\n");
	bool ok = buf_ok(&text, e) && file_replace(&file_layer_real, path, buf_str(&text), 0600, e);
	buf_release(&text);
	return ok;
}

/* Half a minute before it starts, as a control room would. */
bool emergency_order(struct city *c, uint64_t number, struct err *e)
{
	uint32_t links[PRIORITY_LINKS_MAX], taken = 0;
	int64_t eta_ms = (int64_t)(EMERGENCY_DEPARTS_S * 1000);
	struct buf text;
	if (c->orders_last > 0 || c->now_ms < eta_ms - CALLED_BEFORE_MS) {
		return true;
	}
	struct order o = {.number = 1,
	                  .kind = ORDER_ROUTE,
	                  .id = 1,
	                  .priority = PRIORITY_EMERGENCY,
	                  .list = links,
	                  .list_n = way(c->net, number, links),
	                  .eta_ms = eta_ms};
	buf_init(&text, ORDERS_MAX_BYTES);
	orders_put(&text, &o);
	bool ok = buf_ok(&text, e) && orders_take(c, buf_str(&text), &taken, e);
	buf_release(&text);
	return ok;
}
