"""The compiled sum behind `project`; a module of its own because numba takes long to import.

Compiled anew in each process, which takes seconds: a cache on disk needs a folder that it may write to. Of the relaxed
rules of arithmetic only `contract` (a * b + c in one rounding) is granted.
"""

import numpy as np
from numba import njit

LANES = 32  # images side by side in memory: two vector registers of 16
TILE = 64  # pixels along each side of a tile: with 32 images it fits the second-level cache
PAD = 2  # pixels of zeros at both ends of a line: one for interpolation, one for rounding


@njit(nogil=True)
def _reached(first, step, left, right, bins):
    """Bins from begin up to end whose crossing first + bin * step lies in [left, right).

    The same rounded border parts neighbouring intervals, so each crossing is counted once.
    """
    one, two = (left - first) / step, (right - first) / step
    if step > 0:
        begin, end = np.ceil(one), np.ceil(two)
    else:
        begin, end = np.floor(two) + 1, np.floor(one) + 1
    return int(max(begin, 0.0)), int(min(end, float(bins)))


@njit(fastmath={"contract"}, nogil=True)
def _add_line(line, first, step, begin, end, sums):
    """Add to `sums` (bins, LANES) what the bins from begin up to end see on one line of pixels."""
    for b in range(begin, end):
        place = first + b * step + PAD
        # Unsigned, so that numba need not look for indices counted from the end.
        pixel = np.uint64(place)
        upper = np.float32(place - np.float64(pixel))
        lower = np.float32(1.0) - upper
        for k in range(LANES):
            sums[b, k] += lower * line[pixel, k] + upper * line[pixel + np.uint64(1), k]


@njit(fastmath={"contract"}, nogil=True)
def sum_lines(lines, first, step, sums):
    """Add the values that rays meet on all lines of pixels, interpolated linearly, tile by tile of the image.

    Arguments:
        lines: images side by side, (lines, PAD + pixels + PAD, LANES) float32.
        first: pixel at which the ray of bin 0 crosses each line, (angles, lines).
        step: pixels from one bin to the next, (angles,), not 0.
        sums: added to, (angles, bins, LANES) float32.
    """
    angles, bins = sums.shape[0], sums.shape[1]
    pixels = lines.shape[1] - 2 * PAD
    tile = np.zeros((bins, LANES), np.float32)
    for top in range(0, lines.shape[0], TILE):
        for left in range(-1, pixels, TILE):
            right = min(left + TILE, pixels)
            for angle in range(angles):
                low, high = bins, 0
                for line in range(top, min(top + TILE, lines.shape[0])):
                    begin, end = _reached(first[angle, line], step[angle], left, right, bins)
                    if begin < end:
                        _add_line(lines[line], first[angle, line], step[angle], begin, end, tile)
                        low, high = min(low, begin), max(high, end)
                for b in range(low, high):
                    for k in range(LANES):
                        sums[angle, b, k] += tile[b, k]
                        tile[b, k] = 0.0


@njit(fastmath={"contract"}, nogil=True)
def sum_lines_of_one(lines, first, step, sums):
    """The same for a single image, which stays in the cache as a whole and would leave all lanes but one empty.

    Arguments:
        lines: (lines, PAD + pixels + PAD) float32.
        first, step: as for `sum_lines`.
        sums: added to, (angles, bins) float32.
    """
    pixels = lines.shape[1] - 2 * PAD
    for angle in range(sums.shape[0]):
        for line in range(lines.shape[0]):
            begin, end = _reached(first[angle, line], step[angle], -1, pixels, sums.shape[1])
            for b in range(begin, end):
                place = first[angle, line] + b * step[angle] + PAD
                pixel = np.uint64(place)
                upper = np.float32(place - np.float64(pixel))
                lower = np.float32(1.0) - upper
                sums[angle, b] += lower * lines[line, pixel] + upper * lines[line, pixel + np.uint64(1)]
