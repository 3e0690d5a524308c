"""Are the samples the posterior's? Ranks of the truth in simulated pairs, and coverage of regions around a reference.

Pairs (x, y) are draws of the joint law, so that, given y, the truth and samples of the posterior are exchangeable, and
the rank of any number of the truth among those of the samples is uniform: simulation-based calibration (Talts et al.,
2018). Where the number is the distance from a point that does not depend on the truth given y, the rank is the
credibility of the smallest ball around it that holds the truth: tests of accuracy with random points, TARP (Lemos et
al., 2023).
"""

import math
from collections.abc import Mapping

import numpy as np

REFERENCE = "reference"
"""The quantity whose rank is TARP's credibility."""

BINS = 10
"""Of a rank histogram."""

ALPHAS = np.linspace(0, 1, 21)
"""Credibilities at which a curve of expected coverage is given."""

FINE = np.linspace(0, 1, 1001)
"""Credibilities over which the distance of a curve from the diagonal is integrated."""

BAND = 0.95
"""Probability of the band that a share lies in if the samples are the posterior's, at each place by itself."""

LEAST_P = 1e-100
"""Smaller p-values are told as this: their squares, of which a spread over seeds is made, are no numbers any more."""


def randomised_rank(pool: np.ndarray, uniform: np.ndarray) -> np.ndarray:
    """Rank of the truth among the samples as a number in [0, 1): (k + (t + 1) u) / (S + 1), shape (images,).

    Of S samples k are less than the truth and t equal to it. It is uniform on [0, 1) exactly if all are exchangeable,
    for any S and with any ties.

    Arguments:
        pool: number of the truth and of the samples, shape (1 + S, images); NaN where an image has none.
        uniform: u, in [0, 1), shape (images,).
    """
    truth, samples = pool[0], pool[1:]
    below, equal = (samples < truth).sum(0), (samples == truth).sum(0)
    return np.where(np.isfinite(truth), (below + (equal + 1) * uniform) / len(pool), np.nan)


def one_of_each(group: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Places of one image of each group, drawn at random: groups being independent, so are these."""
    order = generator.permutation(len(group))
    return np.sort(order[np.unique(group[order], return_index=True)[1]])


def uniformity(ranks: np.ndarray) -> float:
    """p-value of n independent ranks being uniform (Kolmogorov and Smirnov), at most twice that of the larger side.

        p = min(1, 2 P(D+ >= d)),    d = max |F_n(u) - u|

    D+ is the one-sided statistic, whose law for n uniform draws is known exactly. By the union bound p is no less than
    the exact two-sided one, and equal to it to a thousandth where it is below a tenth; at least `LEAST_P`; NaN without
    any rank.
    """
    from scipy.special import smirnov

    ordered, count = np.sort(ranks), len(ranks)
    if not count:
        return math.nan
    steps = np.arange(count + 1) / count
    distance = max((steps[1:] - ordered).max(), (ordered - steps[:-1]).max())
    return min(1.0, max(LEAST_P, 2 * float(smirnov(count, distance))))


def mean_over(values: np.ndarray, group: np.ndarray) -> tuple[float, float]:
    """Mean over groups of the mean of each one's images, and its standard error, from how much groups differ.

    Arguments:
        values: shape (images,); NaN is left out.
        group: code of each image's group, shape (images,).

    Returns:
        NaN for the mean of nothing, and for the standard error of one group.
    """
    known = np.isfinite(values)
    _, unit, sizes = np.unique(group[known], return_inverse=True, return_counts=True)
    if not len(sizes):
        return math.nan, math.nan
    means = np.bincount(unit, values[known]) / sizes
    error = means.std(ddof=1) / math.sqrt(len(means)) if len(means) > 1 else math.nan
    return float(means.mean()), float(error)


def rank_numbers(ranks: np.ndarray, group: np.ndarray, chosen: np.ndarray) -> dict[str, float]:
    """What the ranks of one quantity say.

    Arguments:
        ranks: u, shape (images,); NaN where an image has none.
        group: code of each image's group, shape (images,).
        chosen: places of images that are independent of each other.

    Returns:
        `p` of uniformity of the chosen ones; `bias`, mean of u - 1/2, above 0 where the truth is greater than samples;
        `spread`, mean of 12 (u - 1/2)^2, 1 if uniform, above 1 where samples are too sure or off, below where too wide.
    """
    independent = ranks[chosen]
    return {
        "p": uniformity(independent[np.isfinite(independent)]),
        "bias": mean_over(ranks - 0.5, group)[0],
        "spread": mean_over(12 * (ranks - 0.5) ** 2, group)[0],
    }


def tarp_numbers(credibility: np.ndarray, group: np.ndarray, chosen: np.ndarray) -> dict[str, float]:
    """What the expected coverage ECP(alpha) = P(u < alpha) of regions around random references says.

    `area` is the integral of ECP(alpha) - alpha over alpha from 1/2 to 1, which is 5/8 less the mean of max(u, 1/2):
    below 0 where samples are too sure, so that large regions hold the truth too rarely, above 0 where too wide, 0 if
    the samples are the posterior's; samples that are off move it either way, up where they lie farther from references
    than the truth. `area_se` is its standard error, `error` the integral of |ECP(alpha) - alpha| over
    all alpha, and `p` that of uniformity.

    Arguments:
        credibility: u, shape (images,), the share of samples nearer to the reference than the truth.
        group, chosen: as for `rank_numbers`.
    """
    area, error = mean_over(5 / 8 - np.maximum(credibility, 0.5), group)
    return {
        "p": uniformity(credibility[chosen]),
        "area": area,
        "area_se": error,
        "error": float(np.trapezoid(np.abs(expected_coverage(credibility, group, FINE) - FINE), FINE)),
    }


def posterior_numbers(ranks: Mapping[str, np.ndarray], group: np.ndarray, chosen: np.ndarray) -> dict[str, float]:
    """What the ranks of several quantities say: `sbc_NAME_p` and so on of `rank_numbers`, `tarp_p` and so on.

    Arguments:
        ranks: name of the quantity -> u, shape (images,); that of `REFERENCE` is TARP's.
        group, chosen: as for `rank_numbers`.
    """
    found = {}
    for name, values in ranks.items():
        tarp = name == REFERENCE
        numbers = (tarp_numbers if tarp else rank_numbers)(values, group, chosen)
        found |= {f"{'tarp' if tarp else f'sbc_{name}'}_{key}": value for key, value in numbers.items()}
    return found


def expected_coverage(credibility: np.ndarray, group: np.ndarray, alphas: np.ndarray) -> np.ndarray:
    """ECP(alpha), the share of truths in their region of credibility alpha as a mean over groups; shape of alphas."""
    _, unit, sizes = np.unique(group, return_inverse=True, return_counts=True)
    order = np.argsort(credibility)
    shares = np.cumsum(1 / (len(sizes) * sizes[unit][order]))
    return np.concatenate([[0.0], shares])[np.searchsorted(credibility[order], alphas)]


def histogram(ranks: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Share of the ranks in each of `BINS` bins of equal width, as a mean over groups."""
    known = np.isfinite(ranks)
    bins = np.floor(BINS * np.where(known, ranks, 0))
    return np.array([mean_over(np.where(known, bins == one, np.nan), group)[0] for one in range(BINS)])


def band(share: float, count: int) -> tuple[float, float]:
    """Where a share found in n independent draws lies with probability `BAND` or more if it is expected to be `share`.

    The mean over n groups of several images each varies no more than that.
    """
    from scipy.special import bdtr

    below = bdtr(np.arange(count + 1), count, share)
    tail = (1 - BAND) / 2
    return float(np.searchsorted(below, tail) / count), float(np.searchsorted(below, 1 - tail) / count)
