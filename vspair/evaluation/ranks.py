"""Ranks of the truth among posterior samples: whether these have the shape of the posterior."""

from collections.abc import Sequence

import torch
from torch import Tensor

BINS = 10
"""Bins of the probability integral transform, of equal width."""


def transform(below: Tensor, tied: Tensor, count: int, uniform: Tensor) -> Tensor:
    """Probability integral transform of the truth, (k + u (t + 1)) / (S + 1); the shape of `below`.

    Uniform in [0, 1) where truth and samples are exchangeable, for any number of samples and of ties: with k samples
    below the truth and t that are recorded as the same value, it is equally likely to be at each of t + 1 ranks.

    Arguments:
        below: k, integers.
        tied: t, integers of the shape of k.
        count: S.
        uniform: u, in [0, 1), of the shape of k.
    """
    return (below + uniform * (tied + 1)) / (count + 1)


def tenths(transformed: Tensor) -> dict[str, Tensor]:
    """Share of each image's pixels in each tenth of [0, 1): the rank histogram, `pit_1` to `pit_10`.

    Arguments:
        transformed: of `transform`, shape (images, pixels).
    """
    bins = (BINS * transformed).floor().clamp(max=BINS - 1)
    shares = {f"pit_{one + 1}": (bins == one).double().mean(1) for one in range(BINS)}
    # A comparison with what is no number would say 0.
    return {name: share.where(transformed.isfinite().all(1), torch.nan) for name, share in shares.items()}


def unevenness(shares: Sequence[float]) -> float:
    """Reliability index of a rank histogram, sum over bins of |share - 1 / bins|: 0 if even, below 2.

    Pixels of an image depend on each other, so that no p-value of uniformity is given (Delle Monache et al., 2006).
    """
    return sum(abs(share - 1 / len(shares)) for share in shares)


def central_error(shares: Sequence[float]) -> float:
    """Error of the ranks' central intervals: mean over 20, 40, 60 and 80 % of |share inside - level|.

    Unlike the coverage of intervals that are at least as wide as a step of the recording, it is 0 for samples of the
    truth's own law also where most of x is one recorded value, such as black.

    Arguments:
        shares: of ranks in each tenth of [0, 1).
    """
    inner = [sum(shares[cut:-cut]) for cut in range(1, BINS // 2)]
    return sum(abs(share - (1 - 2 * cut / BINS)) for cut, share in enumerate(inner, start=1)) / len(inner)
