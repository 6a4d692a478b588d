#include "app/app.h"
#include "app/statistics/pages.h"
#include "app/statistics/statistics.h"

const struct route statistics_routes[] = {
	ROUTE(METHOD_GET, "/figures", MAY_SIGNED_IN, figures_get),
	ROUTE(METHOD_POST, "/figures/close", MAY_SIGNED_IN, figures_close_post, .body_max = FIGURES_BODY_MAX),
	ROUTE(METHOD_GET, "/figures/mine", MAY_OFFICIAL, figures_mine_get),
	ROUTE(METHOD_POST, "/figures/mine", MAY_OFFICIAL, figures_mine_post, .body_max = FIGURES_BODY_MAX),
	ROUTE(METHOD_GET, "/figures/people", MAY_SIGNED_IN, figures_people_get),
	ROUTE(METHOD_POST, "/figures/people", MAY_SIGNED_IN, figures_people_post, .body_max = FIGURES_BODY_MAX),
	ROUTE(METHOD_GET, "/figures/files", MAY_SIGNED_IN, figures_exports_get),
	ROUTE(METHOD_POST, "/figures/files", MAY_SIGNED_IN, figures_exports_post, .body_max = FIGURES_BODY_MAX),
	ROUTE(METHOD_GET, "/figures/files/:id", MAY_SIGNED_IN, figures_export_get),
	ROUTE(METHOD_GET, "/performance", MAY_ANYONE, performance_get),
	ROUTE(METHOD_GET, "/performance/:office", MAY_ANYONE, performance_office_get),
	ROUTE(METHOD_GET, "/performance/:office/:service", MAY_ANYONE, performance_service_get),
	ROUTE(METHOD_GET, "/data/catalogue.jsonld", MAY_ANYONE, open_data_get),
	ROUTE(METHOD_GET, "/data/performance/:office", MAY_ANYONE, open_data_csv_get),
	ROUTES_END,
};
