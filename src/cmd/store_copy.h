/* `cityhall store copy`: moves the town from one database to another, with progress, to be stopped and gone on with. */
#ifndef CITYHALL_CMD_STORE_COPY_H
#define CITYHALL_CMD_STORE_COPY_H

#include "cmd/settings.h"

#define STORE_COPY_HELP                                                                                              \
	"\nstore copy FROM TO moves the whole town. Each is a data folder (its cityhall.db and blobs are meant) or an\n" \
	"address, postgresql://...; TO is empty. The keys stay where they are: --data names the folder that has them,\n" \
	"otherwise it is the data folder among the two. While it runs, everything can be read at FROM and nothing is\n"  \
	"written; people see a notice. Stopped at any point (Ctrl-C, a crash), the same command goes on. At the end "    \
	"FROM\n"                                                                                                         \
	"is marked as moved and is never written again; serve TO from then on.\n"                                        \
	"  --until TEXT          for the notice: when sending is likely to be open again, such as 14:30\n"               \
	"  --notice SECONDS      how long people and processes get before the copy begins, 3 if not said\n"              \
	"store copy --abort FROM gives an unfinished copy up and opens FROM again; make TO empty afterwards.\n"          \
	"  --even-moved          also a finished one, when TO is lost; what happened at TO is not at FROM\n"

int store_copy_main(const struct settings *s, const struct words *words);

#endif
