"""How good a learned coupling is: Monge gap of its maps, and intervals of its posteriors against a closed form."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from vspair.distributions.mixture import GaussianMixture

PIVOTS = 2_000_000
"""Of the network simplex at most: a batch of 512 takes some thousand."""

Cost = Callable[[Tensor, Tensor], Tensor]
"""c(x, y) of points (..., d), shape (...)."""


def monge_gap(source: Tensor, image: Tensor, cost: Cost) -> float:
    """What a map costs beyond the cheapest way to move the same points to the same images (Uscidda and Cuturi, 2023).

    mean_i c(x_i, M(x_i)) - min_sigma mean_i c(x_i, M(x_sigma(i))), 0 for a map that is optimal between its marginals.

    Arguments:
        source: x, shape (n, d).
        image: M(x), shape (n, e).
        cost: c.
    """
    own = cost(source.double(), image.double()).mean().item()
    return own - cheapest(source, image, cost)[1]


def cheapest(source: Tensor, target: Tensor, cost: Cost) -> tuple[Tensor, float]:
    """The permutation of n targets of least mean cost, found by POT's network simplex.

    Arguments:
        source, target: shapes (n, d) and (n, e).
        cost: c.

    Returns:
        Index of the target of each source, shape (n,), and the mean cost.
    """
    # Here and not above: it draws in all of POT's solvers.
    import ot

    costs = cost(source.double()[:, None], target.double()[None]).numpy()
    # Uniform weights: among the optimal plans is a permutation, and the simplex ends in a corner, which is one.
    plan, log = ot.emd([], [], costs, numItermax=PIVOTS, log=True)
    return torch.from_numpy(np.argmax(plan, axis=1)), float(log["cost"])


def interval_coverage(draws: Tensor, law: GaussianMixture, level: float) -> Tensor:
    """How much of the true marginals lies in the central credible intervals of draws, by observation and coordinate.

    An interval ends at the quantiles (1 - level) / 2 and (1 + level) / 2 of the draws of one coordinate for one
    observation; its probability is that of the closed form, not of test points, and is `level` for the true law.

    Arguments:
        draws: of x for each observation, shape (n, batch, d).
        law: p(x | y), a mixture for each observation.
        level: in (0, 1].

    Returns:
        Probabilities, shape (batch, d).
    """
    ends = torch.tensor([(1 - level) / 2, (1 + level) / 2], dtype=draws.dtype)
    low, high = torch.quantile(draws, ends, dim=0)
    return law.marginal_cdf(high) - law.marginal_cdf(low)
