/* A decision letter with Chinese text as PDF: processor time of the render process, all of it. Letters are set by an
 * errand when they leave, so no request waits for this. */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "figures.h"
#include "os/render_client.h"
#include "os/socket.h"
#include "os/supervisor.h"

enum { WARM = 10, LETTERS = 100, REACH_MS = 40 };

static void die(const char *what)
{
	fprintf(stderr, "bench: %s\n", what);
	exit(1);
}

static int run_render(const struct bench *b, int fd)
{
	char path[420];
	snprintf(path, sizeof path, "%s-render", b->program);
	char *argv[] = {path, NULL};
	struct supervisor_child child[] = {{.name = "render", .argv = argv, .fds = {fd}, .fd_n = 1, .grace_us = 5000000}};
	struct supervisor_options o = {.children = child, .child_n = 1, .backoff_first_us = 1000, .backoff_last_us = 1000};
	return supervisor_run(&o);
}

#define REASON                                                                                                                                                              \
	"经审查，你单位提交的申请材料齐全，符合法定形式。注册资本250万元已经实缴，有审计报告为证；经营场所位于缆绳街12号"  \
	"三层，"                                                                                                                                                             \
	"面积240平方米，租赁合同至2031年6月30日止，与开展业务相适应；劳务派遣管理制度覆盖劳动合同、劳动报酬、社会保险、工"   \
	"作时间、"                                                                                                                                                          \
	"休息休假、劳动纪律和劳动争议处理，内容符合规定。根据《劳务派遣行政许可实施办法》，现予批准。许可证有效期三年，" \
	"期满需要延续的，应当在有效期届满六十日前提出申请。"

static void set(struct render_client *c, int n)
{
	static const struct document_item to[] = {{.value = STR_INIT("海燕劳务有限公司\n缆绳街12号三层\n林登港4100")}};
	static const struct document_item by[] = {
		{STR_INIT("乔纳斯·阿德耶米"), STR_INIT("劳动与社会保障局"), STR_INIT("2026年11月23日（星期一）")}};
	static const struct document_block blocks[] = {
		{.kind = BLOCK_ADDRESS,
	     .items = to,
	     .item_n = 1,
	     .caption = STR_INIT("PL-2026-048176-71\n2026年11月23日（星期一）")},
		{.kind = BLOCK_HEADING, .level = 1, .text = STR_INIT("劳务派遣经营许可")},
		{.kind = BLOCK_PARAGRAPH, .style = PARAGRAPH_LEAD, .text = STR_INIT("您的申请已获批准。")},
		{.kind = BLOCK_HEADING, .level = 2, .text = STR_INIT("理由")},
		{.kind = BLOCK_PARAGRAPH, .text = STR_INIT(REASON)},
		{.kind = BLOCK_PARAGRAPH, .text = STR_INIT(REASON)},
		{.kind = BLOCK_HEADING, .level = 2, .text = STR_INIT("您将获得")},
		{.kind = BLOCK_PARAGRAPH, .text = STR_INIT("劳务派遣经营许可证，全省有效，有效期三年。")},
		{.kind = BLOCK_NOTE,
	     .caption = STR_INIT("如果您不服"),
	     .text = STR_INIT("可以自收到本决定书之日起六十日内申请行政复议，也可以在六个月内向人民法院提起行政诉讼。")},
		{.kind = BLOCK_SIGNATURES, .items = by, .item_n = 1},
	};
	static const struct document letter = {.title = STR_INIT("决定书PL-2026-048176-71"),
	                                       .lang = STR_INIT("zh-Hans"),
	                                       .city = STR_INIT("林登港"),
	                                       .place = STR_INIT("政务服务"),
	                                       .institution = STR_INIT("劳动与社会保障局"),
	                                       .footer = STR_INIT("绳索街40号。周一至周五8:30至16:30。"),
	                                       .page_label = STR_INIT("第{page}页，共{pages}页"),
	                                       .made_us = INT64_C(1790000000000000),
	                                       .blocks = blocks,
	                                       .block_n = sizeof blocks / sizeof blocks[0]};
	for (int i = 0; i < n; i++) {
		struct err e;
		int fd;
		if (!render_pdf(c, &letter, &fd, &e)) {
			die(e.text);
		}
		close(fd);
	}
}

/* Processor time of a process and all that come from it, in clock ticks. */
static long ticks_of(pid_t root)
{
	enum { MOST = 4096 };
	static struct one {
		pid_t pid, parent;
		long ticks;
		bool is_ours;
	} all[MOST];
	size_t n = 0;
	long sum = 0;
	DIR *d = opendir("/proc");
	for (struct dirent *entry; d && n < MOST && (entry = readdir(d)) != NULL;) {
		char path[300], line[1000];
		snprintf(path, sizeof path, "/proc/%s/stat", entry->d_name);
		FILE *f = strtol(entry->d_name, NULL, 10) > 0 ? fopen(path, "r") : NULL;
		char *after = f && fgets(line, sizeof line, f) ? strrchr(line, ')') : NULL;
		long parent, user, kernel, user_waited, kernel_waited;
		if (after && sscanf(after + 1, " %*c %ld %*d %*d %*d %*d %*u %*u %*u %*u %*u %ld %ld %ld %ld", &parent, &user,
		                    &kernel, &user_waited, &kernel_waited) == 5) {
			pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
			all[n++] = (struct one){pid, (pid_t)parent, user + kernel + user_waited + kernel_waited, pid == root};
		}
		if (f) {
			fclose(f);
		}
	}
	if (d) {
		closedir(d);
	}
	for (bool is_more = true; is_more;) {
		is_more = false;
		for (size_t i = 0; i < n; i++) {
			for (size_t k = 0; k < n && !all[i].is_ours; k++) {
				all[i].is_ours = all[k].is_ours && all[k].pid == all[i].parent;
				is_more = is_more || all[i].is_ours;
			}
		}
	}
	for (size_t i = 0; i < n; i++) {
		sum += all[i].is_ours ? all[i].ticks : 0;
	}
	return sum;
}

static double cpu_ms_of_a_letter(struct bench *b)
{
	struct err e;
	struct render_client *c;
	char dir[400], path[450];
	int fd, status;
	snprintf(dir, sizeof dir, "%s/letters", b->dir);
	snprintf(path, sizeof path, "%s/run", dir);
	mkdir(dir, 0700);
	mkdir(path, 0700);
	snprintf(path, sizeof path, "%s/" RENDER_SOCKET, dir);
	unlink(path);
	if (!socket_listen_unix(str_of(path), 0600, &fd, &e) || !render_client_new(str_of(dir), &c, &e)) {
		die(e.text);
	}
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		_exit(run_render(b, fd));
	}
	if (pid < 0) {
		die("no process");
	}
	set(c, WARM);
	long before = ticks_of(pid);
	set(c, LETTERS);
	long ticks = ticks_of(pid) - before;
	kill(pid, SIGTERM);
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || ticks <= 0) {
		die("render did not work, or did not end");
	}
	render_client_free(c);
	socket_close(&fd);
	return (double)ticks * 1e3 / (double)sysconf(_SC_CLK_TCK) / LETTERS;
}

void measure_letter(struct bench *b)
{
	static double ms[ROUNDS_MAX];
	for (int i = 0; i < b->rounds; i++) {
		ms[i] = cpu_ms_of_a_letter(b);
	}
	double median = host_median(ms, b->rounds);
	bench_say(
		b,
		"\n### A decision letter with Chinese text\n\n| what | reached | to reach | |\n|---|---|---|---|\n"
		"| processor time of `render` for a letter, set when it leaves, outside of requests | %.1f ms | below %d ms | "
		"%s |\n",
		median, REACH_MS, bench_verdict(b, median < REACH_MS));
}
