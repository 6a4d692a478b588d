#include "broker.h"

#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "os/file.h"
#include "os/socket.h"

enum { PATH_BYTES = 300 };

/* A program's end is waited for; false: it failed or is not there. */
static bool run(const char *const *argv)
{
	pid_t pid = fork();
	if (pid == 0) {
		int fd = open("/dev/null", O_WRONLY);
		dup2(fd, 1);
		dup2(fd, 2);
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	int status = 1;
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

static bool write_file(const char *dir, const char *name, struct str text, struct err *e)
{
	char path[PATH_BYTES];
	snprintf(path, sizeof path, "%s/%s", dir, name);
	return file_replace(&file_layer_real, path, text, 0600, e);
}

bool broker_make(struct broker *b, const char *dir, const char *const *users, struct err *e)
{
	char path[PATH_BYTES];
	struct buf text;
	int fd = -1;
	*b = (struct broker){0};
	snprintf(b->dir, sizeof b->dir, "%s", dir);
	if (!socket_listen_tcp(STR("127.0.0.1"), 0, &fd, e)) {
		return false;
	}
	uint16_t port = socket_port(fd);
	socket_close(&fd);
	snprintf(b->address, sizeof b->address, "127.0.0.1:%u", port);
	snprintf(path, sizeof path, "%s/passwords", dir);
	for (size_t i = 0; users[i]; i++) {
		const char *const first[] = {"mosquitto_passwd", "-b", "-c", path, users[i], users[i], NULL};
		const char *const more[] = {"mosquitto_passwd", "-b", path, users[i], users[i], NULL};
		if (!run(i == 0 ? first : more)) {
			return err_set(e, ERR_CONFIG, "mosquitto_passwd is needed (Debian's package mosquitto)");
		}
	}
	buf_init(&text, 100000);
	bool ok = file_read_whole("deploy/mosquitto/cityhall.acl", &text, e) && write_file(dir, "acl", buf_str(&text), e);
	buf_reset(&text);
	/* Started as root it would become another user, who may not read this. */
	const struct passwd *us = getpwuid(geteuid());
	buf_printf(&text,
	           "allow_anonymous false\npassword_file %s/passwords\nacl_file %s/acl\npersistence false\n"
	           "retain_available false\nmessage_size_limit 65536\nmax_queued_messages 10000\nuser %s\n"
	           "listener %u 127.0.0.1\n",
	           dir, dir, us ? us->pw_name : "nobody", port);
	ok = ok && buf_ok(&text, e) && write_file(dir, "broker.conf", buf_str(&text), e);
	buf_reset(&text);
	buf_put_c(&text,
	          "{\"mqtt\":{\"user\":\"brain\",\"password\":\"brain\"},\"rig\":{\"user\":\"rig\",\"password\":\"rig\"},"
	          "\"snmp\":{\"user\":\"brain\",\"authentication\":\"open-sesame?\",\"privacy\":\"nobody-reads-this\"}}");
	ok = ok && write_file(dir, "secrets.json", buf_str(&text), e);
	buf_release(&text);
	return ok;
}

bool broker_start(struct broker *b, struct err *e)
{
	char conf[PATH_BYTES];
	snprintf(conf, sizeof conf, "%s/broker.conf", b->dir);
	b->pid = fork();
	if (b->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		int fd = open("/dev/null", O_WRONLY);
		dup2(fd, 1);
		dup2(fd, 2);
		execlp("mosquitto", "mosquitto", "-c", conf, NULL);
		execl("/usr/sbin/mosquitto", "mosquitto", "-c", conf, NULL);
		_exit(127);
	}
	return b->pid > 0 || err_errno(e, "no process for the broker");
}

void broker_stop(struct broker *b)
{
	if (b->pid > 0) {
		kill(b->pid, SIGKILL);
		waitpid(b->pid, NULL, 0);
	}
	b->pid = 0;
}
