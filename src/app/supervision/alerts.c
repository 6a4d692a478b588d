#include "app/supervision/alerts.h"

bool alert_raised(struct tx *tx, int64_t casefile, struct err *e)
{
	(void)tx;
	(void)casefile;
	(void)e;
	return true;
}
