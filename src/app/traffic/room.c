/* What the room asks of the program: its pages. */
#include "app/page.h"
#include "app/traffic/history.h"
#include "app/traffic/incidents.h"
#include "app/traffic/pages.h"
#include "app/traffic/rules.h"
#include "app/traffic/traffic.h"
#include "app/traffic/whatif.h"

enum { FORM_BODY_MAX = 64 * 1024 };

const struct route traffic_routes[] = {
	ROUTE(METHOD_GET, PATH_TRAFFIC_TODAY, MAY_ANYONE, traffic_today_get),
	ROUTE(METHOD_GET, PATH_TRAFFIC_BEFORE, MAY_TRAFFIC, traffic_before_get),
	ROUTE(METHOD_GET, PATH_TRAFFIC_CSV, MAY_ANYONE, traffic_csv_get),
	ROUTE(METHOD_GET, PATH_TRAFFIC, MAY_ANYONE, traffic_get),
	ROUTE(METHOD_GET, PATH_TRAFFIC "/live", MAY_ANYONE, traffic_live_get),
	ROUTE(METHOD_GET, PATH_TRAFFIC_SIGNALS, MAY_TRAFFIC, signals_get),
	ROUTE(METHOD_POST, PATH_TRAFFIC_SIGNALS, MAY_TRAFFIC, signals_post, .body_max = FORM_BODY_MAX),
	ROUTE(METHOD_GET, PATH_TRAFFIC_SIGNALS "/:n", MAY_TRAFFIC, signal_get_page),
	ROUTE(METHOD_POST, PATH_TRAFFIC_SIGNALS "/:n", MAY_TRAFFIC, signal_post, .body_max = FORM_BODY_MAX),
	ROUTE(METHOD_GET, PATH_TRAFFIC_INCIDENTS, MAY_TRAFFIC, incidents_get),
	ROUTE(METHOD_POST, PATH_TRAFFIC_INCIDENTS, MAY_TRAFFIC, incidents_post, .body_max = FORM_BODY_MAX),
	ROUTE(METHOD_GET, PATH_TRAFFIC "/priorities", MAY_TRAFFIC, traffic_priorities_get),
	ROUTE(METHOD_POST, PATH_TRAFFIC "/priorities", MAY_TRAFFIC, traffic_priorities_post, .body_max = FORM_BODY_MAX),
	ROUTE(METHOD_POST, PATH_TRAFFIC_RULE_END, MAY_TRAFFIC, traffic_rule_end_post, .body_max = FORM_BODY_MAX),
	ROUTE(METHOD_GET, PATH_TRAFFIC_WAY, MAY_TRAFFIC, traffic_way_get),
	ROUTE(METHOD_POST, PATH_TRAFFIC_WAY, MAY_TRAFFIC, traffic_way_post, .body_max = FORM_BODY_MAX),
	ROUTE(METHOD_GET, PATH_TRAFFIC_SCHOOL, MAY_TRAFFIC, traffic_school_get),
	ROUTE(METHOD_POST, PATH_TRAFFIC_SCHOOL, MAY_TRAFFIC, traffic_school_post, .body_max = FORM_BODY_MAX),
	ROUTE(METHOD_GET, PATH_TRAFFIC_WHAT_IF, MAY_TRAFFIC, what_if_get_page),
	ROUTE(METHOD_POST, PATH_TRAFFIC_WHAT_IF, MAY_TRAFFIC, what_if_post, .body_max = WHAT_IF_BODY_MAX),
	ROUTE(METHOD_POST, PATH_TRAFFIC_WHAT_IF_STOP, MAY_TRAFFIC, what_if_stop_post, .body_max = WHAT_IF_BODY_MAX),
	ROUTES_END,
};
