/* A table written into a file, line by line, in flat memory: as CSV (RFC 4180, UTF-8) or as a workbook of one sheet
 * (ECMA-376, XLSX). Text that a spreadsheet would take for a formula is kept from being one. One thread. */
#ifndef CITYHALL_APP_STATISTICS_SHEET_H
#define CITYHALL_APP_STATISTICS_SHEET_H

#include "base/date.h"
#include "base/zip.h"

enum sheet_form { SHEET_CSV = 1, SHEET_XLSX = 2 };
enum { SHEET_LINES_MOST = 1048575 }; /* of a workbook, beside its head */

struct sheet {
	enum sheet_form form;
	int fd;
	struct buf line, out;
	struct zip_out zip;
	int64_t lines, bytes;
	int column;
	bool failed;
};
/* The file stays the caller's. */
void sheet_begin(struct sheet *s, enum sheet_form form, int fd);
void sheet_text(struct sheet *s, struct str text);
void sheet_number(struct sheet *s, int64_t n);
void sheet_day(struct sheet *s, day_number day); /* 0: an empty cell */
void sheet_line_end(struct sheet *s);
bool sheet_end(struct sheet *s, struct err *e) MUST_USE; /* releases, also when it says false */

#endif
