/* What before and after are made of. The first byte: 0 rows as text; else a journal's file, made of the records that
 * follow with lengths and checksums that are right. Never crashes; what rows are made again is read again. Needs brain.
 */
#include "brain/history.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "brain/demand.h"
#include "brain/net_build.h"
#include "fuzz/crossroads.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void read_file(struct history *h, const uint8_t *data, size_t n)
{
	struct str record;
	struct err e;
	char path[40];
	struct buf file;
	int fd = memfd_create("journal", 0);
	must(fd >= 0);
	buf_init(&file, 1 << 22);
	while (next_piece(&data, &n, &record)) {
		uint32_t frame[2] = {(uint32_t)record.n, net_hash(record)};
		for (int i = 0; i < 8; i++) {
			buf_put_byte(&file, (char)(frame[i / 4] >> (24 - 8 * (i % 4))));
		}
		buf_put(&file, record);
		mem_free((void *)(uintptr_t)record.p);
	}
	must(file.n == 0 || write(fd, file.p, file.n) == (ssize_t)file.n);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (!history_read_journal(h, path, 0, INT64_MAX / 1000, &e)) {
		must(e.code != ERR_NONE);
	}
	buf_release(&file);
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct history h, again;
	struct buf rows, routes;
	struct err e;
	uint32_t cars;
	history_init(&h, crossroads(), n > 0 && data[0] == 1);
	history_init(&again, crossroads(), false);
	buf_init(&rows, 1 << 22);
	buf_init(&routes, 1 << 22);
	bool ok = true;
	if (n > 0 && data[0] == 0) {
		ok = history_read_csv(&h, str_from(data + 1, n - 1), 0, INT64_MAX / 1000, &e);
	} else if (n > 0) {
		read_file(&h, data + 1, n - 1);
		if (h.has_turns && demand_put_routes(&routes, &h, 1, &cars, &e)) {
			must(cars > 0);
		}
	}
	history_put_csv(&rows, &h);
	if (ok && buf_ok(&rows, &e)) {
		must(history_read_csv(&again, buf_str(&rows), INT64_MIN / 1000, INT64_MAX / 1000, &e));
	}
	buf_release(&rows);
	buf_release(&routes);
	history_release(&h);
	history_release(&again);
	return 0;
}
