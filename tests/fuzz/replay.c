/* Runs a fuzz target over the files named on the command line, without libFuzzer. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FILE_MAX_BYTES = 4 * 1024 * 1024 };

int main(int argc, char **argv)
{
	int failed = 0;
	for (int i = 1; i < argc; i++) {
		FILE *f = fopen(argv[i], "rb");
		/* Exactly as large as the input, so that a read past its end is seen. */
		uint8_t *all = malloc(FILE_MAX_BYTES), *data = NULL;
		if (f == NULL || all == NULL) {
			perror(argv[i]);
			failed++;
		} else {
			size_t n = fread(all, 1, FILE_MAX_BYTES, f);
			data = malloc(n ? n : 1);
			for (size_t k = 0; data && k < n; k++) {
				data[k] = all[k];
			}
			LLVMFuzzerTestOneInput(data, n);
		}
		if (f) {
			fclose(f);
		}
		free(all);
		free(data);
	}
	printf("%d passed, %d failed\n", argc - 1 - failed, failed);
	return failed != 0;
}
