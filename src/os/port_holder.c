#include "os/port_holder.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { TCP_LISTEN_STATE = 0x0A };

/* The inode of the socket that listens on the port, by a table as described in proc(5); 0 when none. */
static unsigned long inode_of(const char *table, uint16_t port)
{
	FILE *f = fopen(table, "re");
	if (!f) {
		return 0;
	}
	unsigned long found = 0;
	char line[512];
	while (!found && fgets(line, sizeof line, f)) {
		unsigned local_port, state;
		unsigned long inode;
		if (sscanf(line, " %*d: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x %*x:%*x %*x:%*x %*x %*u %*u %lu", &local_port,
		           &state, &inode) == 3 &&
		    local_port == port && state == TCP_LISTEN_STATE) {
			found = inode;
		}
	}
	fclose(f);
	return found;
}

static bool holds(const char *pid, const char *wanted)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/%.16s/fd", pid);
	DIR *d = opendir(path);
	if (!d) {
		return false;
	}
	bool found = false;
	for (struct dirent *entry = readdir(d); entry && !found; entry = readdir(d)) {
		char target[64];
		ssize_t n = readlinkat(dirfd(d), entry->d_name, target, sizeof target - 1);
		if (n > 0) {
			target[n] = '\0';
			found = strcmp(target, wanted) == 0;
		}
	}
	closedir(d);
	return found;
}

void port_holder(uint16_t port, char out[80])
{
	out[0] = '\0';
	unsigned long inode = inode_of("/proc/net/tcp", port);
	if (!inode) {
		inode = inode_of("/proc/net/tcp6", port);
	}
	DIR *proc = inode ? opendir("/proc") : NULL;
	if (!proc) {
		return;
	}
	char wanted[40];
	snprintf(wanted, sizeof wanted, "socket:[%lu]", inode);
	for (struct dirent *entry = readdir(proc); entry && !out[0]; entry = readdir(proc)) {
		if (entry->d_name[0] < '1' || entry->d_name[0] > '9' || !holds(entry->d_name, wanted)) {
			continue;
		}
		char path[64];
		char name[32] = "a program";
		snprintf(path, sizeof path, "/proc/%.16s/comm", entry->d_name);
		FILE *f = fopen(path, "re");
		if (f) {
			if (fgets(name, sizeof name, f)) {
				name[strcspn(name, "\n")] = '\0';
			}
			fclose(f);
		}
		snprintf(out, 80, "%s (process %.16s)", name, entry->d_name);
	}
	closedir(proc);
}
