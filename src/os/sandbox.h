/* Least privilege for a process of ours: no new privileges, no core files, a list of allowed system calls for its role
 * (seccomp), the files it may see (Landlock, where the kernel has it), limits. What was applied is said, for /healthz.
 *
 * Called once, by the only thread there is, after everything was opened that needs more. A part that the kernel lacks
 * is left out and said; a part that the kernel has and refuses is an error. Builds with a sanitizer leave seccomp,
 * Landlock and the memory limit out, because its runtime needs more, and say so. */
#ifndef CITYHALL_OS_SANDBOX_H
#define CITYHALL_OS_SANDBOX_H

#include <stdint.h>

#include "base/err.h"

enum sandbox_role {
	SANDBOX_SERVE,         /* threads, files below its paths, inherited sockets, connecting to unix sockets; no exec */
	SANDBOX_KEYS,          /* one thread, inherited sockets; no files */
	SANDBOX_POST,          /* threads, inherited sockets, TCP to other machines; reads what names them; no exec */
	SANDBOX_RENDER,        /* forks workers, inherited sockets; reads fonts */
	SANDBOX_RENDER_WORKER, /* on top of RENDER: threads, memory, the connection it was given; no sockets, no fork */
};

struct sandbox_spec {
	enum sandbox_role role;
	const char *const
		*readable; /* NULL-terminated: files, or folders with all below; those that are absent are skipped */
	const char *const *writable; /* the same, read, write, make and remove */
	bool has_network;            /* may also connect over TCP: SANDBOX_SERVE to its database, SANDBOX_POST */
	uint64_t memory_max_bytes;   /* address space; 0 as it is */
	uint32_t cpu_max_s;          /* 0 as it is */
	uint32_t files_max;          /* descriptors; 0 as it is */
	uint64_t file_max_bytes;     /* size of a file it may write; 0 as it is */
};

struct sandbox_state {
	bool has_no_new_privileges;
	bool has_seccomp;
	int landlock_abi; /* 0: the kernel has none */
	bool is_relaxed;  /* a sanitizer build */
	char text[120];   /* "no-new-privileges, seccomp, landlock 4" */
};

bool sandbox_lock(const struct sandbox_spec *spec, struct sandbox_state *out, struct err *e) MUST_USE;

#endif
