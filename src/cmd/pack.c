#include <stdio.h>

#include "app/catalogue/calendar_ical.h"
#include "app/catalogue/jsonld.h"
#include "cmd/commands.h"
#include "os/file.h"

enum { JSONLD_BYTES_MAX = 64 * 1024 * 1024, CALENDAR_BYTES_MAX = 16 * 1024 * 1024 };

static bool from_jsonld(int argc, char **argv, struct err *e)
{
	struct buf json;
	size_t n = 0;
	if (argc != 3) {
		return err_set(e, ERR_USAGE, "pack from-jsonld takes a file of CPSV-AP as JSON-LD and the folder to make");
	}
	buf_init(&json, JSONLD_BYTES_MAX);
	bool ok = file_read_whole(argv[1], &json, e) && file_mkdir(&file_layer_real, argv[2], 0755, e) &&
	          jsonld_read(buf_str(&json), str_of(argv[2]), &n, e);
	buf_release(&json);
	if (ok) {
		printf("%zu services; now: cityhall check %s\n", n, argv[2]);
	}
	return ok;
}

/* "holidays.ics" gives "holidays". */
static struct str name_of_file(const char *path)
{
	const char *slash = strrchr(path, '/');
	struct str name = str_of(slash ? slash + 1 : path);
	return str_ends(name, STR(".ics")) ? str_sub(name, 0, name.n - 4) : name;
}

static bool import_calendar(int argc, char **argv, struct buf *in, struct buf *out, struct err *e)
{
	struct calendar_import how = {.file_name = name_of_file(argv[2])};
	struct {
		const char *name;
		struct str *to;
	} const options[] = {{"--id", &how.id},           {"--zone", &how.zone},   {"--hours", &how.hours},
	                     {"--weekend", &how.weekend}, {"--years", &how.years}, {"--workday", &how.workday}};
	for (int i = 3; i < argc; i += 2) {
		size_t k = 0;
		while (k < sizeof options / sizeof *options && strcmp(argv[i], options[k].name) != 0) {
			k++;
		}
		if (k == sizeof options / sizeof *options || i + 1 == argc) {
			return err_set(e, ERR_USAGE,
			               "pack calendar import takes a file and --id, --zone, --hours, --weekend, --years and "
			               "--workday, each with a value");
		}
		*options[k].to = str_of(argv[i + 1]);
	}
	return calendar_from_ical(buf_str(in), &how, out, e);
}

static bool calendar(int argc, char **argv, struct err *e)
{
	struct buf in, out;
	struct pack_report report;
	bool is_import = argc >= 3 && strcmp(argv[1], "import") == 0;
	if (!is_import && (argc != 3 || strcmp(argv[1], "export") != 0)) {
		return err_set(e, ERR_USAGE, "pack calendar takes import FILE.ics or export FILE.yaml");
	}
	buf_init(&in, CALENDAR_BYTES_MAX);
	buf_init(&out, CALENDAR_BYTES_MAX);
	pack_report_init(&report);
	bool ok = file_read_whole(argv[2], &in, e) && (is_import ? import_calendar(argc, argv, &in, &out, e)
	                                                         : calendar_to_ical(buf_str(&in), &out, &report, e));
	fprintf(stderr, "%.*s", STR_ARG(buf_str(&report.text)));
	if (ok && (printf("%.*s", STR_ARG(buf_str(&out))) < 0 || fflush(stdout) != 0)) {
		ok = err_errno(e, "writing the calendar");
	}
	pack_report_release(&report);
	buf_release(&in);
	buf_release(&out);
	return ok;
}

int cmd_pack(int argc, char **argv)
{
	if (command_help("pack", argc, argv)) {
		return EXIT_STOPPED;
	}
	struct err e = {0};
	bool ok = argc > 0 && strcmp(argv[0], "from-jsonld") == 0 ? from_jsonld(argc, argv, &e)
	          : argc > 0 && strcmp(argv[0], "calendar") == 0
	              ? calendar(argc, argv, &e)
	              : err_set(&e, ERR_USAGE, "pack takes from-jsonld or calendar");
	return ok ? EXIT_STOPPED : command_failed(&e);
}
