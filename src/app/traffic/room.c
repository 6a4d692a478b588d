/* What the room asks of the program: its pages. */
#include "app/traffic/history.h"
#include "app/traffic/traffic.h"

const struct route traffic_routes[] = {
	ROUTE(METHOD_GET, PATH_TRAFFIC_TODAY, MAY_ANYONE, traffic_today_get),
	ROUTE(METHOD_GET, PATH_TRAFFIC_BEFORE, MAY_TRAFFIC, traffic_before_get),
	ROUTE(METHOD_GET, PATH_TRAFFIC_CSV, MAY_ANYONE, traffic_csv_get),
	ROUTES_END,
};
