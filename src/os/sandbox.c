#include "os/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/str.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_RELAXED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define IS_RELAXED true
#endif
#endif
#ifndef IS_RELAXED
#define IS_RELAXED false
#endif

/* --- System calls ---------------------------------------------------------------------------------------------------
 */

/* Who may make a call: a letter a role; s serve, k keys, p post, r render, w its workers. A worker's filter comes on
 * top of render's, so what a worker may, render may too. Everything else fails with EPERM, but for those of `deadly`.
 */
static const struct {
	int call;
	const char *roles;
} allowed[] = {
	/* memory, and the little that every C program does */
	{SCMP_SYS(brk), "spkrw"},
	{SCMP_SYS(munmap), "spkrw"},
	{SCMP_SYS(mremap), "spkrw"},
	{SCMP_SYS(madvise), "spkrw"},
	{SCMP_SYS(exit), "spkrw"},
	{SCMP_SYS(exit_group), "spkrw"},
	{SCMP_SYS(clock_gettime), "spkrw"},
	{SCMP_SYS(clock_getres), "spkrw"},
	{SCMP_SYS(clock_nanosleep), "spkrw"},
	{SCMP_SYS(nanosleep), "spkrw"},
	{SCMP_SYS(gettimeofday), "spkrw"},
	{SCMP_SYS(getrandom), "spkrw"},
	{SCMP_SYS(getpid), "spkrw"},
	{SCMP_SYS(gettid), "spkrw"},
	{SCMP_SYS(getppid), "spkrw"},
	{SCMP_SYS(getuid), "spkrw"},
	{SCMP_SYS(geteuid), "spkrw"},
	{SCMP_SYS(getgid), "spkrw"},
	{SCMP_SYS(getegid), "spkrw"},
	{SCMP_SYS(futex), "spkrw"},
	{SCMP_SYS(rt_sigaction), "spkrw"},
	{SCMP_SYS(rt_sigprocmask), "spkrw"},
	{SCMP_SYS(rt_sigreturn), "spkrw"},
	{SCMP_SYS(sigaltstack), "spkrw"},
	{SCMP_SYS(tgkill), "spkrw"}, /* abort() */
	{SCMP_SYS(restart_syscall), "spkrw"},
	{SCMP_SYS(sched_yield), "spkrw"},
	{SCMP_SYS(set_robust_list), "spkrw"},
	{SCMP_SYS(rseq), "spkrw"},
	{SCMP_SYS(uname), "spkrw"},
	{SCMP_SYS(sysinfo), "spkrw"},
	{SCMP_SYS(getrusage), "spkrw"},
	/* descriptors that it has */
	{SCMP_SYS(read), "spkrw"},
	{SCMP_SYS(write), "spkrw"},
	{SCMP_SYS(readv), "spkrw"},
	{SCMP_SYS(writev), "spkrw"},
	{SCMP_SYS(pread64), "sprw"},
	{SCMP_SYS(pwrite64), "srw"},
	{SCMP_SYS(close), "spkrw"},
	{SCMP_SYS(close_range), "sprw"},
	{SCMP_SYS(dup), "sprw"},
	{SCMP_SYS(dup2), "sprw"},
	{SCMP_SYS(dup3), "sprw"},
	{SCMP_SYS(fcntl), "spkrw"},
	{SCMP_SYS(lseek), "spkrw"},
	{SCMP_SYS(fstat), "spkrw"},
	{SCMP_SYS(poll), "spkrw"},
	{SCMP_SYS(ppoll), "spkrw"},
	{SCMP_SYS(recvmsg), "spkrw"},
	{SCMP_SYS(recvfrom), "spkrw"},
	{SCMP_SYS(sendmsg), "spkrw"},
	{SCMP_SYS(sendto), "spkrw"},
	{SCMP_SYS(accept4), "spkr"},
	{SCMP_SYS(accept), "spr"},
	{SCMP_SYS(getsockopt), "spkr"},
	{SCMP_SYS(getsockname), "spkr"},
	{SCMP_SYS(getpeername), "spr"},
	{SCMP_SYS(shutdown), "spkr"},
	{SCMP_SYS(signalfd4), "spkr"},
	/* threads */
	{SCMP_SYS(sched_getaffinity), "sprw"},
	{SCMP_SYS(sched_setscheduler), "sprw"},
	{SCMP_SYS(sched_getscheduler), "sprw"},
	{SCMP_SYS(sched_getparam), "sprw"},
	{SCMP_SYS(sched_get_priority_max), "sprw"},
	{SCMP_SYS(sched_get_priority_min), "sprw"},
	{SCMP_SYS(getpriority), "sprw"},
	{SCMP_SYS(setpriority), "sr"},
	{SCMP_SYS(eventfd2), "sprw"},
	{SCMP_SYS(pipe2), "sprw"},
	{SCMP_SYS(timerfd_create), "sp"},
	{SCMP_SYS(timerfd_settime), "sp"},
	{SCMP_SYS(membarrier), "sprw"},
	/* files: where, is Landlock's business */
	{SCMP_SYS(openat), "sprw"},
	{SCMP_SYS(newfstatat), "sprw"},
	{SCMP_SYS(statx), "sprw"},
	{SCMP_SYS(fstatfs), "sprw"},
	{SCMP_SYS(statfs), "sprw"},
	{SCMP_SYS(faccessat), "sprw"},
	{SCMP_SYS(faccessat2), "sprw"},
	{SCMP_SYS(readlinkat), "sprw"},
	{SCMP_SYS(getdents64), "sprw"},
	{SCMP_SYS(getcwd), "sprw"},
	{SCMP_SYS(fadvise64), "sprw"},
	{SCMP_SYS(memfd_create), "srw"},
	{SCMP_SYS(ftruncate), "srw"},
	{SCMP_SYS(fallocate), "s"},
	{SCMP_SYS(fsync), "s"},
	{SCMP_SYS(fdatasync), "s"},
	{SCMP_SYS(flock), "s"},
	{SCMP_SYS(renameat), "s"},
	{SCMP_SYS(renameat2), "s"},
	{SCMP_SYS(unlinkat), "s"},
	{SCMP_SYS(mkdirat), "s"},
	{SCMP_SYS(fchmod), "s"},
	{SCMP_SYS(fchmodat), "s"},
	{SCMP_SYS(fchown), "s"},
	{SCMP_SYS(umask), "s"},
	{SCMP_SYS(utimensat), "s"},
	{SCMP_SYS(sendfile), "s"},
	{SCMP_SYS(splice), "s"},
	{SCMP_SYS(copy_file_range), "s"},
	/* sockets it makes or serves; which families: below */
	{SCMP_SYS(connect), "sp"},
	{SCMP_SYS(setsockopt), "sp"},
	{SCMP_SYS(bind), "s"},
	{SCMP_SYS(listen), "s"},
	{SCMP_SYS(epoll_create1), "sp"},
	{SCMP_SYS(epoll_ctl), "sp"},
	{SCMP_SYS(epoll_wait), "sp"},
	{SCMP_SYS(epoll_pwait), "sp"},
	{SCMP_SYS(pselect6), "sp"},
	/* render's workers */
	{SCMP_SYS(wait4), "r"},
	{SCMP_SYS(waitid), "r"},
	{SCMP_SYS(kill), "r"},
	{SCMP_SYS(setitimer), "rw"},
	{SCMP_SYS(seccomp), "r"},
	{SCMP_SYS(capget), "r"},
#ifdef __x86_64__
	/* the older names, which this architecture's C library still uses */
	{SCMP_SYS(open), "sprw"},
	{SCMP_SYS(stat), "sprw"},
	{SCMP_SYS(lstat), "sprw"},
	{SCMP_SYS(access), "sprw"},
	{SCMP_SYS(readlink), "sprw"},
	{SCMP_SYS(unlink), "s"},
	{SCMP_SYS(rmdir), "s"},
	{SCMP_SYS(mkdir), "s"},
	{SCMP_SYS(rename), "s"},
	{SCMP_SYS(chmod), "s"},
	{SCMP_SYS(pipe), "sp"},
	{SCMP_SYS(select), "sp"},
	{SCMP_SYS(time), "spkrw"},
	{SCMP_SYS(arch_prctl), "spkrw"},
	{SCMP_SYS(getrlimit), "sprw"},
	{SCMP_SYS(setrlimit), "r"},
	{SCMP_SYS(alarm), "rw"},
#endif
};

/* No mistake of ours makes these: whoever does is not our program any more, so the process ends and the kernel notes
 * it. */
static const int deadly[] = {
	SCMP_SYS(execve), SCMP_SYS(execveat),          SCMP_SYS(ptrace),      SCMP_SYS(process_vm_readv),
	SCMP_SYS(mount),  SCMP_SYS(process_vm_writev), SCMP_SYS(init_module), SCMP_SYS(finit_module),
	SCMP_SYS(bpf),    SCMP_SYS(kexec_load),        SCMP_SYS(unshare),     SCMP_SYS(setns),
	SCMP_SYS(chroot), SCMP_SYS(pivot_root),        SCMP_SYS(userfaultfd), SCMP_SYS(perf_event_open),
};

static const char role_letters[] = {[SANDBOX_SERVE] = 's',
                                    [SANDBOX_KEYS] = 'k',
                                    [SANDBOX_POST] = 'p',
                                    [SANDBOX_RENDER] = 'r',
                                    [SANDBOX_RENDER_WORKER] = 'w'};

/* Rules that look at arguments. 0 or a negative errno, as libseccomp. */
static int add_special_rules(scmp_filter_ctx f, const struct sandbox_spec *spec)
{
	enum sandbox_role role = spec->role;
	int r = 0;
	/* Only a clone() that makes a thread; render also forks. clone3's arguments lie in memory where a filter cannot
	 * look, so it "does not exist" and the C library falls back. */
	if (role == SANDBOX_RENDER) {
		r = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(clone), 0);
#ifdef __x86_64__
		r = r ? r : seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(fork), 0);
#endif
	} else if (role != SANDBOX_KEYS) {
		r = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
		                     SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD | CLONE_VM, CLONE_THREAD | CLONE_VM));
	}
	r = r ? r : seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	/* Memory is never made executable; render itself may, because its libraries load modules and compile for its
	 * workers. */
	if (role == SANDBOX_RENDER) {
		r = r ? r : seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 0);
		r = r ? r : seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 0);
	} else {
		r = r ? r : seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
		r = r ? r
		      : seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	}
	/* Its own limits, not those of others. */
	r = r ? r : seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1, SCMP_A0(SCMP_CMP_EQ, 0));
	if (role == SANDBOX_SERVE) {
		r = r ? r : seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_EQ, AF_UNIX));
	}
	if (spec->has_network) {
		r = r ? r : seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_EQ, AF_INET));
		r = r ? r : seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_EQ, AF_INET6));
		r = r ? r : seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(sendmmsg), 0); /* the resolver */
	}
	if (role == SANDBOX_SERVE || role == SANDBOX_RENDER) {
		r = r ? r : seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(socketpair), 1, SCMP_A0(SCMP_CMP_EQ, AF_UNIX));
	}
	/* isatty() before the first line of stdio; FIONREAD and FIONBIO of libraries. */
	static const unsigned long requests[] = {TCGETS, FIONREAD, FIONBIO};
	for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
		r = r ? r : seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1, SCMP_A1(SCMP_CMP_EQ, requests[i]));
	}
	static const int options[] = {PR_SET_NAME,         PR_GET_NAME,    PR_SET_PDEATHSIG, PR_SET_VMA,
	                              PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, PR_GET_SECCOMP,   PR_SET_TIMERSLACK};
	for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
		r = r ? r
		      : seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)options[i]));
	}
	return r;
}

static bool lock_calls(const struct sandbox_spec *spec, struct err *e)
{
	bool ok = false;
	int r = 0;
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	if (!f) {
		return err_set(e, ERR_MEMORY, "no memory for the system call filter");
	}
	char letter = role_letters[spec->role];
	for (size_t i = 0; r == 0 && i < sizeof allowed / sizeof allowed[0]; i++) {
		if (strchr(allowed[i].roles, letter)) {
			r = seccomp_rule_add(f, SCMP_ACT_ALLOW, allowed[i].call, 0);
		}
	}
	for (size_t i = 0; r == 0 && i < sizeof deadly / sizeof deadly[0]; i++) {
		r = seccomp_rule_add(f, SCMP_ACT_KILL_PROCESS, deadly[i], 0);
	}
	r = r ? r : add_special_rules(f, spec);
	/* The kernel logs what kills; a binary tree instead of a long list of comparisons. */
	r = r ? r : seccomp_attr_set(f, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	r = r ? r : seccomp_load(f);
	if (r != 0) {
		errno = -r;
		err_errno(e, "cannot apply the system call filter");
		goto out;
	}
	ok = true;
out:
	seccomp_release(f);
	return ok;
}

/* --- Files ----------------------------------------------------------------------------------------------------------
 */

/* The headers of Debian 12 know Landlock's first versions only; these values are kernel interface and do not change. */
struct ruleset_attr {
	uint64_t files;
	uint64_t net;    /* from version 4 */
	uint64_t scoped; /* from version 6 */
};
#define FS_V1 UINT64_C(0x1FFF)
#define FS_REFER (UINT64_C(1) << 13)
#define FS_TRUNCATE (UINT64_C(1) << 14)
#define NET_BIND UINT64_C(1)
#define NET_CONNECT UINT64_C(2)
#define SCOPE_ABSTRACT_SOCKET_AND_SIGNAL UINT64_C(3)
#define READING ((uint64_t)(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR))
#define FILE_RIGHTS (UINT64_C(7) | FS_TRUNCATE) /* those that mean something for what is no folder */

static bool add_paths(int ruleset, const char *const *paths, uint64_t rights, struct err *e)
{
	for (; paths && *paths; paths++) {
		int fd = open(*paths, O_PATH | O_CLOEXEC);
		if (fd < 0 && errno == ENOENT) {
			continue;
		}
		struct stat st;
		if (fd < 0 || fstat(fd, &st) != 0) {
			err_errno(e, "cannot open %s for the sandbox", *paths);
			if (fd >= 0) {
				close(fd);
			}
			return false;
		}
		struct landlock_path_beneath_attr rule = {.allowed_access = S_ISDIR(st.st_mode) ? rights : rights & FILE_RIGHTS,
		                                          .parent_fd = fd};
		long r = syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
		int number = errno;
		close(fd);
		if (r != 0) {
			errno = number;
			return err_errno(e, "cannot allow %s in the sandbox", *paths);
		}
	}
	return true;
}

/* *abi 0: this kernel has no Landlock, or it was switched off. */
static bool lock_files(const struct sandbox_spec *spec, int *abi, struct err *e)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	*abi = version > 0 ? (int)version : 0;
	if (*abi == 0) {
		return true;
	}
	struct ruleset_attr attr = {.files = FS_V1 | (*abi >= 2 ? FS_REFER : 0) | (*abi >= 3 ? FS_TRUNCATE : 0)};
	size_t size = sizeof attr.files;
	if (*abi >= 4) {
		attr.net = NET_BIND | (spec->has_network ? 0 : NET_CONNECT);
		size += sizeof attr.net;
	}
	if (*abi >= 6) {
		attr.scoped = SCOPE_ABSTRACT_SOCKET_AND_SIGNAL;
		size += sizeof attr.scoped;
	}
	int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, size, 0);
	if (ruleset < 0) {
		return err_errno(e, "cannot begin the file sandbox");
	}
	/* Devices, fifos and sockets are not made below the writable paths but for sockets; nothing there is executed. */
	uint64_t writing = attr.files & ~(uint64_t)(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
	                                            LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO);
	bool ok = add_paths(ruleset, spec->readable, READING, e) && add_paths(ruleset, spec->writable, writing, e);
	if (ok && syscall(SYS_landlock_restrict_self, ruleset, 0) != 0) {
		ok = err_errno(e, "cannot apply the file sandbox");
	}
	close(ruleset);
	return ok;
}

/* --- Limits ---------------------------------------------------------------------------------------------------------
 */

static bool limit(int which, uint64_t value, const char *what, struct err *e)
{
	struct rlimit now;
	if (getrlimit((__rlimit_resource_t)which, &now) != 0) {
		return err_errno(e, "cannot read the limit of %s", what);
	}
	rlim_t wanted = now.rlim_max == RLIM_INFINITY || value < now.rlim_max ? value : now.rlim_max;
	struct rlimit then = {wanted, wanted};
	return setrlimit((__rlimit_resource_t)which, &then) == 0 || err_errno(e, "cannot set the limit of %s", what);
}

static bool apply_limits(const struct sandbox_spec *spec, struct err *e)
{
	return limit(RLIMIT_CORE, 0, "core files", e) &&
	       (spec->cpu_max_s == 0 || limit(RLIMIT_CPU, spec->cpu_max_s, "processor time", e)) &&
	       (spec->files_max == 0 || limit(RLIMIT_NOFILE, spec->files_max, "descriptors", e)) &&
	       (spec->file_max_bytes == 0 || limit(RLIMIT_FSIZE, spec->file_max_bytes, "file size", e)) &&
	       (spec->memory_max_bytes == 0 || IS_RELAXED || limit(RLIMIT_AS, spec->memory_max_bytes, "memory", e));
}

bool sandbox_lock(const struct sandbox_spec *spec, struct sandbox_state *out, struct err *e)
{
	memset(out, 0, sizeof *out);
	out->is_relaxed = IS_RELAXED;
	if (!apply_limits(spec, e)) {
		return false;
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
		return err_errno(e, "cannot give up new privileges");
	}
	out->has_no_new_privileges = true;
	/* A worker stands on render's own Landlock rules and cannot see less than its fonts. */
	if (!IS_RELAXED && spec->role != SANDBOX_RENDER_WORKER && !lock_files(spec, &out->landlock_abi, e)) {
		return false;
	}
	if (!IS_RELAXED && !lock_calls(spec, e)) {
		return false;
	}
	out->has_seccomp = !IS_RELAXED;
	char landlock[24] = "";
	if (out->landlock_abi > 0) {
		snprintf(landlock, sizeof landlock, ", landlock %d", out->landlock_abi);
	}
	snprintf(out->text, sizeof out->text, "no-new-privileges%s%s%s", out->has_seccomp ? ", seccomp" : "", landlock,
	         out->is_relaxed ? " (relaxed: sanitizer build)" : "");
	return true;
}
