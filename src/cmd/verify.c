#include <stdio.h>

#include "app/credentials/seal.h"
#include "cmd/commands.h"
#include "os/file.h"

enum { PDF_MAX = 64 * 1024 * 1024, SMALL_MAX = 64 * 1024 };

/* Asks nobody: three files and a key that the caller trusts. */
static bool verify(char **paths, struct str key_path, struct err *e)
{
	struct buf pdf, statement, seal, pem;
	uint8_t key[32], digest[SHA256_BYTES];
	buf_init(&pdf, PDF_MAX);
	buf_init(&statement, SMALL_MAX);
	buf_init(&seal, SMALL_MAX);
	buf_init(&pem, SMALL_MAX);
	bool ok = file_read_whole(paths[0], &pdf, e) && file_read_whole(paths[1], &statement, e) &&
	          file_read_whole(paths[2], &seal, e) && file_read_whole(key_path.p, &pem, e) &&
	          seal_read_pem(buf_str(&pem), key, e);
	if (ok && !seal_is_right(buf_str(&statement), buf_str(&seal), key)) {
		ok = err_set(e, ERR_CORRUPT, "the seal is not that of this office over this statement");
	}
	if (ok) {
		sha256_of(buf_str(&pdf), digest);
		ok = seal_names_paper(buf_str(&statement), digest) ||
		     err_set(e, ERR_CORRUPT, "the seal is right, but the PDF is not the one that the statement names");
	}
	if (ok) {
		fputs("The seal is right and the PDF is unchanged. Whether the document is still valid, its page says.\n",
		      stdout);
		fwrite(statement.p, 1, statement.n, stdout);
	}
	buf_release(&pdf);
	buf_release(&statement);
	buf_release(&seal);
	buf_release(&pem);
	return ok;
}

int cmd_verify(int argc, char **argv)
{
	struct err e = {0};
	if (command_help("verify", argc, argv)) {
		return EXIT_STOPPED;
	}
	if (argc != 5 || !str_is(str_of(argv[3]), "--key")) {
		err_set(&e, ERR_USAGE,
		        "verify takes a PDF, its statement, its seal and --key with the office's public key (PEM)");
		return command_failed(&e);
	}
	return verify(argv, str_of(argv[4]), &e) ? EXIT_STOPPED : command_failed(&e);
}
