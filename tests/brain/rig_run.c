#include "rig_run.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/time_source.h"
#include "demo_net.h"
#include "os/socket.h"

#define COMES_WITHIN_US (300 * US_PER_S)

static pid_t start_brain(const struct rig_run *r, const char *net, const char *programmes, const char *field,
                         const char *times, double begin_s)
{
	const char *program = getenv("CITYHALL");
	char begin[32], log[300];
	snprintf(begin, sizeof begin, "%.0f", begin_s);
	snprintf(log, sizeof log, "%s/log", r->dir);
	const char *argv[] = {program ? program : "build/release/cityhall",
	                      "brain",
	                      "field",
	                      net,
	                      "--field",
	                      field,
	                      "--times",
	                      times,
	                      "--begin",
	                      begin,
	                      programmes ? "--programmes" : NULL,
	                      programmes,
	                      NULL};
	pid_t pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		int fd = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
		dup2(fd, 1);
		dup2(fd, 2);
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	return pid;
}

bool rig_run_begin(struct rig_run *r, struct city *c, const char *dir, const char *net, const char *programmes,
                   const char *times, double begin_s, uint64_t seed, struct err *e)
{
	static const char *const users[] = {"brain", "rig", NULL};
	char field[300];
	*r = (struct rig_run){0};
	snprintf(r->dir, sizeof r->dir, "%s", dir);
	snprintf(field, sizeof field, "%s/field.json", dir);
	if (mkdir(dir, 0700) != 0) {
		return err_errno(e, "no folder %s", dir);
	}
	if (!broker_make(&r->broker, dir, users, e) || !broker_start(&r->broker, e)) {
		return false;
	}
	const struct rig_options o = {.field = field,
	                              .secrets = "secrets.json",
	                              .broker = r->broker.address,
	                              .gps_percent = 10,
	                              .lost_percent = 5,
	                              .noise_m = 5,
	                              .seed = seed};
	if (!rig_begin(&r->rig, &o, c, e)) {
		return false;
	}
	r->brain = start_brain(r, net, programmes, field, times, begin_s);
	return rig_await(&r->rig, deadline_in(COMES_WITHIN_US), e);
}

void rig_run_end(struct rig_run *r)
{
	if (r->brain > 0) {
		kill(r->brain, SIGTERM);
		waitpid(r->brain, NULL, 0);
		rig_end(&r->rig);
		broker_stop(&r->broker);
		demo_net_remove(r->dir);
	}
}
