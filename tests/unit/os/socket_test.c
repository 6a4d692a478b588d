#include "os/socket.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "unit/os/os_test.h"

static void an_address_of_the_net_is_refused(void **state)
{
	(void)state;
	int fd = -1;
	assert_refused(socket_listen_tcp(STR("0.0.0.0"), 0, &fd, e), ERR_CONFIG);
	assert_refused(socket_listen_tcp(STR("::"), 0, &fd, e), ERR_CONFIG);
	assert_refused(socket_listen_tcp(STR("192.168.1.1"), 0, &fd, e), ERR_CONFIG);
	assert_refused(socket_listen_tcp(STR("localhost"), 0, &fd, e), ERR_CONFIG);
	assert_refused(socket_listen_tcp(STR("127.0.0.1\0x"), 0, &fd, e), ERR_CONFIG);
	assert_refused(socket_listen_tcp(STR(""), 0, &fd, e), ERR_CONFIG);
	assert_int_equal(fd, -1);
}

static void a_port_in_use_names_its_holder(void **state)
{
	(void)state;
	int first = -1, second = -1;
	struct err why = {0};
	assert_ok(socket_listen_tcp(STR("127.0.0.1"), 0, &first, e));
	uint16_t port = socket_port(first);
	assert_true(port > 0);
	assert_false(socket_listen_tcp(STR("127.0.0.1"), port, &second, &why));
	assert_int_equal(why.code, ERR_CONFIG);
	char mine[40];
	snprintf(mine, sizeof mine, "(process %d)", (int)getpid());
	assert_non_null(strstr(why.text, mine));
	socket_close(&first);
	assert_ok(socket_listen_tcp(STR("127.0.0.1"), port, &second, e));
	socket_close(&second);
}

static void a_unix_socket_has_the_mode_asked_for(void **state)
{
	(void)state;
	int fd = -1;
	struct stat st;
	mode_t before = umask(077);
	assert_ok(socket_listen_unix(test_path("m"), 0660, &fd, e));
	umask(before);
	assert_int_equal(lstat(test_path("m").p, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	socket_close(&fd);
}

static void a_stale_socket_is_replaced_and_a_live_one_is_not(void **state)
{
	(void)state;
	int fd = -1, other = -1;
	assert_ok(socket_listen_unix(test_path("s"), 0600, &fd, e));
	assert_refused(socket_listen_unix(test_path("s"), 0600, &other, e), ERR_CONFIG);
	socket_close(&fd);
	assert_ok(socket_listen_unix(test_path("s"), 0600, &fd, e));
	socket_close(&fd);
}

static void a_file_in_the_place_of_a_socket_is_left_alone(void **state)
{
	(void)state;
	int fd = open(test_path("precious").p, O_CREAT | O_WRONLY, 0600);
	assert_true(fd >= 0);
	socket_close(&fd);
	assert_refused(socket_listen_unix(test_path("precious"), 0600, &fd, e), ERR_CONFIG);
	assert_int_equal(access(test_path("precious").p, F_OK), 0);
}

static void a_path_too_long_for_the_kernel_works(void **state)
{
	(void)state;
	char name[200];
	memset(name, 'd', sizeof name);
	name[sizeof name - 1] = '\0';
	assert_int_equal(mkdir(test_path(name).p, 0700), 0);
	struct str long_name = test_path(name);
	char path[600];
	snprintf(path, sizeof path, "%s/s", long_name.p);
	int listening = -1, here = -1, there = -1;
	assert_ok(socket_listen_unix(str_of(path), 0600, &listening, e));
	assert_ok(socket_connect_unix(str_of(path), deadline_in(1000000), &here, e));
	assert_ok(socket_accept(listening, deadline_in(1000000), &there, e));
	assert_true(socket_peer_is_ours(there));
	socket_close(&listening);
	socket_close(&here);
	socket_close(&there);
}

static void nobody_listening_is_busy(void **state)
{
	(void)state;
	int fd = -1;
	assert_refused(socket_connect_unix(test_path("none"), deadline_in(1000000), &fd, e), ERR_BUSY);
	assert_ok(socket_listen_unix(test_path("gone"), 0600, &fd, e));
	socket_close(&fd);
	assert_refused(socket_connect_unix(test_path("gone"), deadline_in(1000000), &fd, e), ERR_BUSY);
}

static void waiting_for_a_connection_ends_at_the_deadline(void **state)
{
	(void)state;
	int fd = -1, got = -1;
	assert_ok(socket_listen_unix(test_path("w"), 0600, &fd, e));
	assert_refused(socket_accept(fd, deadline_in(1000), &got, e), ERR_BUSY);
	socket_close(&fd);
}

static void a_message_arrives_whole_with_its_descriptors(void **state)
{
	(void)state;
	int pair[2];
	struct message m;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	int fd = memfd_create("test", MFD_CLOEXEC);
	assert_int_equal(write(fd, "inside", 6), 6);
	message_init(&m, 100);
	assert_ok(message_send(pair[0], STR("hello"), (int[]){fd, fd}, 2, deadline_in(1000000), e));
	assert_ok(message_send(pair[0], STR_EMPTY, NULL, 0, deadline_in(1000000), e));
	assert_ok(message_recv(pair[1], &m, deadline_in(1000000), e));
	assert_str(buf_str(&m.bytes), "hello");
	assert_int_equal(m.fd_n, 2);
	char text[6];
	assert_int_equal(pread(m.fds[1], text, 6, 0), 6);
	assert_memory_equal(text, "inside", 6);
	assert_true(fcntl(m.fds[0], F_GETFD) & FD_CLOEXEC);
	int closed = m.fds[0];
	assert_ok(message_recv(pair[1], &m, deadline_in(1000000), e));
	assert_int_equal(m.bytes.n, 0);
	assert_int_equal(m.fd_n, 0);
	assert_int_equal(fcntl(closed, F_GETFD), -1);
	message_release(&m);
	close(fd);
	close(pair[0]);
	close(pair[1]);
}

static void a_message_over_the_cap_is_refused_before_it_is_read(void **state)
{
	(void)state;
	int pair[2];
	struct message m;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	message_init(&m, 4);
	assert_int_equal(write(pair[0], "\xff\xff\xff\xff", 4), 4);
	assert_refused(message_recv(pair[1], &m, deadline_in(1000000), e), ERR_TOO_LARGE);
	message_release(&m);
	close(pair[0]);
	close(pair[1]);
}

static void an_end_in_the_middle_is_gone_and_silence_is_busy(void **state)
{
	(void)state;
	int pair[2];
	struct message m;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	message_init(&m, 100);
	assert_int_equal(write(pair[0], "\0\0\0\5hel", 7), 7);
	assert_refused(message_recv(pair[1], &m, deadline_in(1000), e), ERR_BUSY);
	assert_int_equal(write(pair[0], "\0\0\0\5hel", 7), 7);
	close(pair[0]);
	assert_refused(message_recv(pair[1], &m, deadline_in(1000000), e), ERR_GONE);
	assert_refused(message_send(pair[1], STR("x"), NULL, 0, deadline_in(1000000), e), ERR_GONE);
	message_release(&m);
	close(pair[1]);
}

static void more_descriptors_than_we_take_are_closed_and_refused(void **state)
{
	(void)state;
	int pair[2];
	struct message m;
	int many[MESSAGE_FDS_MAX + 1];
	union {
		char bytes[CMSG_SPACE(sizeof many)];
		struct cmsghdr align;
	} control = {{0}};
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	for (size_t i = 0; i < MESSAGE_FDS_MAX + 1; i++) {
		many[i] = pair[0];
	}
	char bytes[4] = {0};
	struct iovec piece = {bytes, 4};
	struct msghdr h = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = control.bytes};
	h.msg_controllen = sizeof control.bytes;
	CMSG_FIRSTHDR(&h)->cmsg_level = SOL_SOCKET;
	CMSG_FIRSTHDR(&h)->cmsg_type = SCM_RIGHTS;
	CMSG_FIRSTHDR(&h)->cmsg_len = CMSG_LEN(sizeof many);
	memcpy(CMSG_DATA(CMSG_FIRSTHDR(&h)), many, sizeof many);
	int probe = dup(pair[0]); /* the lowest free number: everything that came must be closed again */
	close(probe);
	assert_int_equal(sendmsg(pair[0], &h, 0), 4);
	message_init(&m, 100);
	assert_refused(message_recv(pair[1], &m, deadline_in(1000000), e), ERR_CORRUPT);
	message_release(&m);
	int again = dup(pair[0]);
	assert_int_equal(again, probe);
	close(again);
	close(pair[0]);
	close(pair[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_of_the_net_is_refused),
		cmocka_unit_test(a_port_in_use_names_its_holder),
		cmocka_unit_test(a_unix_socket_has_the_mode_asked_for),
		cmocka_unit_test(a_stale_socket_is_replaced_and_a_live_one_is_not),
		cmocka_unit_test(a_file_in_the_place_of_a_socket_is_left_alone),
		cmocka_unit_test(a_path_too_long_for_the_kernel_works),
		cmocka_unit_test(nobody_listening_is_busy),
		cmocka_unit_test(waiting_for_a_connection_ends_at_the_deadline),
		cmocka_unit_test(a_message_arrives_whole_with_its_descriptors),
		cmocka_unit_test(a_message_over_the_cap_is_refused_before_it_is_read),
		cmocka_unit_test(an_end_in_the_middle_is_gone_and_silence_is_busy),
		cmocka_unit_test(more_descriptors_than_we_take_are_closed_and_refused),
	};
	return cmocka_run_group_tests(tests, test_dir_make, test_dir_remove);
}
