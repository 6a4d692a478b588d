#include "render/measure.h"

#include <stdlib.h>

enum { BLOCKS = 10, BLOCK_SIDE_MIN = 8 };

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;
	return (x > y) - (x < y);
}

/* Variance of the Laplacian (4 neighbours) within a rectangle that does not touch the edges. */
static double laplacian_variance(const uint8_t *grey, int width, int x0, int y0, int x1, int y1)
{
	double sum = 0;
	double squares = 0;
	for (int y = y0; y < y1; y++) {
		for (int x = x0; x < x1; x++) {
			const uint8_t *at = grey + (size_t)y * (size_t)width + (size_t)x;
			int v = 4 * at[0] - at[-1] - at[1] - at[-width] - at[width];
			sum += v;
			squares += (double)v * v;
		}
	}
	double n = (double)(x1 - x0) * (y1 - y0);
	double mean = sum / n;
	return squares / n - mean * mean;
}

struct picture_measure picture_measure(const uint8_t *grey, int width, int height)
{
	struct picture_measure m = {.luma = MEASURE_NONE, .sharpness = MEASURE_NONE};
	double blocks[BLOCKS * BLOCKS];
	if (width < BLOCKS * BLOCK_SIDE_MIN + 2 || height < BLOCKS * BLOCK_SIDE_MIN + 2) {
		return m;
	}
	uint64_t sum = 0;
	for (size_t i = 0; i < (size_t)width * (size_t)height; i++) {
		sum += grey[i];
	}
	for (int b = 0; b < BLOCKS * BLOCKS; b++) {
		int column = b % BLOCKS;
		int row = b / BLOCKS;
		blocks[b] = laplacian_variance(grey, width, 1 + (width - 2) * column / BLOCKS, 1 + (height - 2) * row / BLOCKS,
		                               1 + (width - 2) * (column + 1) / BLOCKS, 1 + (height - 2) * (row + 1) / BLOCKS);
	}
	qsort(blocks, BLOCKS * BLOCKS, sizeof blocks[0], compare);
	double sharp = blocks[BLOCKS * BLOCKS * 95 / 100];
	m.luma = (uint32_t)(sum / ((uint64_t)width * (uint64_t)height));
	m.sharpness = sharp < 0 ? 0 : (uint32_t)sharp;
	return m;
}
