/* Answers of a TraCI server: never crashes; what is read lies within the answer; it ends. Needs brain. */
#include "brain/traci.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct traci_answer a;
	struct traci_value v;
	struct err e;
	size_t values = 0;
	bool has = true;
	if (n < 1 || !traci_read(str_from(data + 1, n - 1), data[0] % 8, &a, &e)) {
		return 0;
	}
	while (has && traci_next(&a, &v, &has, &e)) {
		struct str name;
		must(++values <= n);
		must(v.text.n <= n && v.id.n <= n);
		while (has && traci_name(&v, &name)) {
			must(name.p >= (const char *)data && name.p + name.n <= (const char *)data + n);
		}
	}
	return 0;
}
