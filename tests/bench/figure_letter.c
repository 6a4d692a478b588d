/* A decision letter with Chinese text as PDF: processor time of the render process, all of it. Letters are set by an
 * errand when they leave, so no request waits for this. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
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

/* Of everything that render was, from its start to its end. */
static double cpu_ms_of(struct bench *b, int letters)
{
	struct err e;
	struct render_client *c;
	struct rusage before, after;
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
	getrusage(RUSAGE_CHILDREN, &before);
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		_exit(run_render(b, fd));
	}
	if (pid < 0) {
		die("no process");
	}
	set(c, letters);
	kill(pid, SIGTERM);
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status)) {
		die("render did not end");
	}
	getrusage(RUSAGE_CHILDREN, &after);
	render_client_free(c);
	socket_close(&fd);
	return (double)(after.ru_utime.tv_sec - before.ru_utime.tv_sec + after.ru_stime.tv_sec - before.ru_stime.tv_sec) *
	           1e3 +
	       (double)(after.ru_utime.tv_usec - before.ru_utime.tv_usec + after.ru_stime.tv_usec -
	                before.ru_stime.tv_usec) /
	           1e3;
}

void measure_letter(struct bench *b)
{
	static double ms[ROUNDS_MAX];
	for (int i = 0; i < b->rounds; i++) {
		double few = cpu_ms_of(b, WARM);
		ms[i] = (cpu_ms_of(b, WARM + LETTERS) - few) / LETTERS;
	}
	double median = host_median(ms, b->rounds);
	bench_say(
		b,
		"\n### A decision letter with Chinese text\n\n| what | reached | to reach | |\n|---|---|---|---|\n"
		"| processor time of `render` for a letter, set when it leaves, outside of requests | %.1f ms | below %d ms | "
		"%s |\n",
		median, REACH_MS, bench_verdict(b, median < REACH_MS));
}
