/* The files of assets/, held by the program itself: stylesheet, signs. Their addresses change with their contents, so
 * an answer may be kept for ever (Cache-Control: public, max-age=31536000, immutable). Constant; any thread. */
#ifndef CITYHALL_HTML_ASSETS_H
#define CITYHALL_HTML_ASSETS_H

#include "base/str.h"

struct asset {
	const char *name; /* "cityhall.css" */
	const char *path; /* "/a/cityhall.0123456789abcdef.css" */
	const char *type; /* of Content-Type */
	const char *etag; /* with its quotes */
	const uint8_t *bytes;
	size_t n;
	const uint8_t *gzip_bytes; /* Content-Encoding: gzip */
	size_t gzip_n;
};

extern const struct asset assets[];
extern const size_t asset_n;

const struct asset *asset_find(struct str path); /* by its whole path; NULL when there is none */
/* The path of an asset that must exist. For a constant name the macros of the generated "assets.h" cost nothing:
 * ASSET_URL_CITYHALL_CSS. */
const char *asset_url(const char *name);

#endif
