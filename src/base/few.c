#include "base/few.h"

bool few_hide(const int64_t *cells, size_t n, bool *is_hidden)
{
	int64_t rest = 0, hidden = 0, sum = 0, others = 0;
	for (size_t i = 0; i < n; i++) {
		is_hidden[i] = !few_is_told(cells[i]);
		hidden += is_hidden[i];
		rest += is_hidden[i] ? cells[i] : 0;
		sum += cells[i];
	}
	if (hidden == 0) {
		return few_is_told(sum);
	}
	/* The first ones, not the smallest: which one is hidden says nothing of how large it is. One at least, and as many
	 * as it takes for the few ones not to have to be one each. */
	for (size_t i = 0; i < n && (others == 0 || rest < hidden + FEW_LEAST); i++) {
		if (!is_hidden[i] && cells[i] > 0) {
			is_hidden[i] = true;
			hidden++;
			others++;
			rest += cells[i];
		}
	}
	return others > 0 && rest >= hidden + FEW_LEAST;
}
