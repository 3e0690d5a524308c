"""The loss whose minimiser is a quantile (Koenker and Bassett, 1978)."""

from torch import Tensor


def pinball(quantiles: Tensor, levels: Tensor, target: Tensor) -> Tensor:
    """max(p e, (p - 1) e) with e = x - q_p, summed over levels p and the entries of x, shape (batch,).

    Arguments:
        quantiles: q, shape (batch, levels, *shape).
        levels: p in (0, 1), shape (levels,).
        target: x, shape (batch, *shape).
    """
    error = target[:, None] - quantiles
    level = levels.view(-1, *[1] * (target.ndim - 1))
    return (level * error).maximum((level - 1) * error).flatten(1).sum(1)
