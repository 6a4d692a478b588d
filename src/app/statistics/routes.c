#include "app/app.h"
#include "app/statistics/pages.h"
#include "app/statistics/statistics.h"

const struct route statistics_routes[] = {
	ROUTE(METHOD_GET, "/figures", MAY_SIGNED_IN, figures_get),
	ROUTE(METHOD_POST, "/figures/close", MAY_SIGNED_IN, figures_close_post, .body_max = FIGURES_BODY_MAX),
	ROUTE(METHOD_GET, "/performance", MAY_ANYONE, performance_get),
	ROUTE(METHOD_GET, "/performance/:office", MAY_ANYONE, performance_office_get),
	ROUTE(METHOD_GET, "/performance/:office/:service", MAY_ANYONE, performance_service_get),
	ROUTE(METHOD_GET, "/data/catalogue.jsonld", MAY_ANYONE, open_data_get),
	ROUTE(METHOD_GET, "/data/performance/:office", MAY_ANYONE, open_data_csv_get),
	ROUTES_END,
};
