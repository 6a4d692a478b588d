#include "brain/compare.h"

#include "base/fault.h"

#define AT(field) offsetof(struct sums, field)
#define HOUR_S 3600.0

const struct compare_measure COMPARE_MEASURES[] = {
	{"delay", "delay of a vehicle on a link", "s", 1, AT(delay_s), AT(passed), true, -1},
	{"lost", "time lost, vehicle hours an hour", "h", 1, AT(delay_s), AT(seconds), true, -1},
	{"stops", "stops of a vehicle on a link", "", 1, AT(stops), AT(passed), true, -1},
	{"standing", "vehicles standing", "", 1, AT(halting_s), AT(seconds), true, -1},
	{"throughput", "vehicles let through an hour", "", HOUR_S, AT(passed), AT(seconds), true, 1},
	{"waiting", "people waiting at crossings", "", 1, AT(waiting_s), AT(seconds), false, -1},
	{"led", "signals led by the brain", "%", 100, AT(by_brain_s), AT(seconds), false, 0},
	{0},
};

bool compare_measured(const struct sums *s, const struct compare_measure *m, double *out)
{
	double above, below;
	memcpy(&above, (const char *)s + m->above, sizeof above);
	memcpy(&below, (const char *)s + m->below, sizeof below);
	*out = below > 0 ? m->times * above / below : 0;
	return below > 0 && s->seconds > 0;
}

static size_t values_of(const struct history *h, size_t link, const struct compare_measure *m, struct quarter_value *to)
{
	size_t k = 0;
	for (size_t i = 0; i < h->n; i++) {
		to[k].quarter = h->quarters[i];
		k += compare_measured(&h->sums[i * h->row + link], m, &to[k].value);
	}
	return k;
}

bool compare_histories(const struct history *before, const struct history *after, size_t link,
                       const struct compare_measure *m, struct difference *d, struct err *e)
{
	struct quarter_value *v = mem_alloc(before->n + after->n + 2, sizeof *v);
	if (v == NULL) {
		return err_set(e, ERR_MEMORY, "no memory to compare");
	}
	struct quarter_value *w = v + before->n + 1;
	size_t n = values_of(before, link, m, v), k = values_of(after, link, m, w);
	difference_of_quarters(v, n, w, k, d);
	mem_free(v);
	return true;
}
