/* The demo city's files into a folder: make_demo_net FOLDER. */
#include <stdio.h>

#include "demo_net.h"

int main(int argc, char **argv)
{
	struct err e = {0};
	if (argc != 2 || !demo_net_make(argv[1], &e)) {
		fprintf(stderr, "make_demo_net FOLDER: %s\n", e.text);
		return 1;
	}
	return 0;
}
