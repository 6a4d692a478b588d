/* Puts files into the program: assetgen OUTPREFIX FILE ... writes OUTPREFIX.c, a table of struct asset (html/assets.h),
 * and OUTPREFIX.h, the address of each as a macro. FILE.gz in the folder of OUTPREFIX is the file's gzip form, made by
 * the Makefile. An address holds a hash of the contents, so that browsers may keep it for ever. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"

static void fail(const char *path, const char *why) __attribute__((noreturn));
static void fail(const char *path, const char *why)
{
	fprintf(stderr, "assetgen: %s: %s\n", path, why);
	exit(1);
}

static void read_file(const char *path, struct buf *b)
{
	buf_init(b, 16u << 20);
	FILE *f = fopen(path, "rb");
	if (f == NULL) {
		fail(path, strerror(errno));
	}
	char piece[8192];
	size_t n;
	while ((n = fread(piece, 1, sizeof piece, f)) > 0) {
		buf_put_bytes(b, piece, n);
	}
	fclose(f);
	if (b->failed) {
		fail(path, "too large");
	}
}

static void write_file(const char *prefix, const char *suffix, const struct buf *b)
{
	char path[4096];
	snprintf(path, sizeof path, "%s%s", prefix, suffix);
	FILE *f = fopen(path, "wb");
	bool ok = f != NULL && !b->failed && fwrite(b->p, 1, b->n, f) == b->n;
	if (f == NULL || fclose(f) != 0 || !ok) {
		fail(path, "cannot be written");
	}
}

/* FNV-1a, 64 bits: tells versions apart, protects nothing. */
static uint64_t hash_of(const struct buf *b)
{
	uint64_t h = 14695981039346656037u;
	for (size_t i = 0; i < b->n; i++) {
		h = (h ^ (uint8_t)b->p[i]) * 1099511628211u;
	}
	return h;
}

static const char *type_of(const char *ext)
{
	static const struct {
		const char *ext, *type;
	} types[] = {{"css", "text/css; charset=utf-8"},          {"svg", "image/svg+xml"},
	             {"js", "text/javascript; charset=utf-8"},    {"png", "image/png"},
	             {"ico", "image/vnd.microsoft.icon"},         {"txt", "text/plain; charset=utf-8"},
	             {"webmanifest", "application/manifest+json"}};
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		if (strcmp(types[i].ext, ext) == 0) {
			return types[i].type;
		}
	}
	return NULL;
}

static void put_bytes(struct buf *out, const char *name, int index, const struct buf *b)
{
	buf_printf(out, "static const uint8_t %s_%d[] = {", name, index);
	for (size_t i = 0; i < b->n; i++) {
		buf_printf(out, "%s%u,", i % 32 == 0 ? "\n" : "", (unsigned)(uint8_t)b->p[i]);
	}
	buf_put(out, STR("\n};\n"));
}

int main(int argc, char **argv)
{
	if (argc < 3) {
		fprintf(stderr, "usage: assetgen OUTPREFIX FILE ...\n");
		return 2;
	}
	const char *prefix = argv[1];
	struct buf c, h, table;
	buf_init(&c, 64u << 20);
	buf_init(&h, 1u << 20);
	buf_init(&table, 1u << 20);
	buf_put(&c, STR("/* Made by assetgen from assets/. */\n#include \"html/assets.h\"\n"));
	buf_put(&h, STR("/* Made by assetgen from assets/. */\n#ifndef GEN_ASSETS_H\n#define GEN_ASSETS_H\n"));
	for (int i = 2; i < argc; i++) {
		struct str path = str_of(argv[i]);
		const char *slash = strrchr(argv[i], '/');
		const char *name = slash ? slash + 1 : argv[i];
		const char *dot = strrchr(name, '.');
		const char *type = dot ? type_of(dot + 1) : NULL;
		if (type == NULL) {
			fail(argv[i], "no media type is known for such a file");
		}
		struct buf plain, gz;
		read_file(argv[i], &plain);
		char gz_path[4096];
		snprintf(gz_path, sizeof gz_path, "%s-%s.gz", prefix, name);
		read_file(gz_path, &gz);
		uint64_t hash = hash_of(&plain);
		char url[256];
		snprintf(url, sizeof url, "/a/%.*s.%016" PRIx64 "%s", (int)(dot - name), name, hash, dot);
		put_bytes(&c, "plain", i, &plain);
		put_bytes(&c, "gzip", i, &gz);
		buf_printf(&table, "\t{\"%s\", \"%s\", \"%s\", \"\\\"%016" PRIx64 "\\\"\", plain_%d, %zu, gzip_%d, %zu},\n",
		           name, url, type, hash, i, plain.n, i, gz.n);
		buf_put(&h, STR("#define ASSET_URL_"));
		for (const char *p = name; *p; p++) {
			bool is_word = (*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9');
			buf_put_byte(&h, is_word ? (char)(*p >= 'a' ? *p - 'a' + 'A' : *p) : '_');
		}
		buf_printf(&h, " \"%s\" /* %.*s */\n", url, STR_ARG(path));
		buf_release(&plain);
		buf_release(&gz);
	}
	buf_printf(&c, "const struct asset assets[] = {\n%.*s};\nconst size_t asset_n = %d;\n", STR_ARG(buf_str(&table)),
	           argc - 2);
	buf_put(&h, STR("#endif\n"));
	write_file(prefix, ".c", &c);
	write_file(prefix, ".h", &h);
	buf_release(&c);
	buf_release(&h);
	buf_release(&table);
	return 0;
}
