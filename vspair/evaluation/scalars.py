"""Scalar quantities of images, of the truth and of samples alike: what ranks and intervals of whole images are of."""

import torch
from torch import Tensor

from vspair.config.evaluation import Functional

PROJECTION_SEED = 4054
"""Of the random direction that images are projected on, one for all."""


CANDIDATES = 1000
"""Training pairs, the first ones, among which references are looked for."""


def nearest(observation: Tensor, candidates: Tensor) -> Tensor:
    """Of each observation the place of the candidate nearest to it: whose x is a reference for TARP.

    It depends on y and on nothing else, so that given y it is independent of x. Were it the same whatever y is, samples
    that ignore y, draws of the prior, would pass (Lemos et al., 2023, Section 3).

    Arguments:
        observation: y, shape (images, *shape of y).
        candidates: those of other pairs, shape (candidates, *shape of y).

    Returns:
        Integers, shape (images,).
    """
    return torch.cdist(observation.flatten(1), candidates.flatten(1)).argmin(1)


def snapped(samples: Tensor, qoi: Tensor, resolution: float) -> Tensor:
    """Samples rounded to the steps in which x was recorded: x + 2 r round((x_s - x) / (2 r)).

    The posterior of a recorded x is a law on its steps. Unrounded, a black pixel sampled a thousandth of a grey value
    too bright would lie above the truth in every draw, and the ranks of an image's mean would tell that alone.

    Arguments:
        samples: x_s, shape (S, images, *shape of x).
        qoi: x, shape (images, *shape of x).
        resolution: r > 0, half a step, in the unit of x.
    """
    return qoi + 2 * resolution * ((samples - qoi) / (2 * resolution)).round()


def quantities(pool: Tensor, lost: Tensor | None, reference: Tensor) -> dict[str, Tensor]:
    """Numbers of whole images whose ranks tell what those of pixels do not.

    `mean` and `deviation` (standard deviation) of an image's pixels; `holes`, the mean where y has lost x; `variation`,
    the mean absolute difference to the next pixel along the last two axes; `projection`, the product with one Gaussian
    vector of norm about 1; `distance`, the root mean square distance from the mean of the pool; `reference`, that from
    a reference (TARP). Each treats all members of the pool alike: were the distance from the mean of the samples alone,
    the truth, which has no part in that mean, would lie farther away than samples of its own law.

    Arguments:
        pool: truth and samples, shape (1 + S, images, *shape of x).
        lost: True where y has lost x, shape (images, *shape of x); None where nothing is lost by place.
        reference: one point for each image that does not depend on x, shape (images, *shape of x).

    Returns:
        Name -> values of shape (1 + S, images), float64; NaN in `holes` of an image without any. `holes` is there with
        a mask alone, `variation` where x has two axes at least.
    """
    flat = pool.flatten(2)
    found = {"mean": flat.mean(2, dtype=torch.float64), "deviation": flat.double().std(2, correction=0)}
    if lost is not None:
        found["holes"] = _over(flat, lost.flatten(1)) / lost.flatten(1).sum(1)
    if pool.ndim > 3:
        found["variation"] = sum(pool.diff(dim=axis).abs().flatten(2).mean(2, dtype=torch.float64) for axis in (-2, -1))
    direction = torch.randn(flat.shape[2], generator=torch.Generator().manual_seed(PROJECTION_SEED))
    found["projection"] = flat.double() @ (direction.to(flat.device).double() / flat.shape[2] ** 0.5)
    found["distance"] = _distance(flat, flat.mean(0))
    found["reference"] = _distance(flat, reference.flatten(1))
    return found


def functional_values(pool: Tensor, lost: Tensor | None, functional: Functional) -> tuple[Tensor, Tensor]:
    """A functional of each image, and how many pixels it is of.

    Arguments:
        pool, lost: as for `quantities`.
        functional: what the configuration names.

    Returns:
        Values of shape (1 + S, images) and pixels of shape (images,), both float64; NaN where the region of an image
        is empty.

    Raises:
        ValueError: a rectangle outside of the image, or holes where nothing is lost by place.
    """
    inside = _inside(pool.shape[1:], lost, functional).to(pool.device).flatten(1)
    flat, count = pool.flatten(2), inside.sum(1).double()
    if functional.statistic == "maximum":
        values = flat.masked_fill(~inside, -torch.inf).amax(2).double()
    else:
        values = _over(flat, inside) / (count if functional.statistic == "mean" else 1)
    return values.masked_fill(count == 0, torch.nan), count


def _inside(shape: torch.Size, lost: Tensor | None, functional: Functional) -> Tensor:
    """The region of each image, True inside: shape (images, *shape of x)."""
    if functional.region == "holes":
        if lost is None:
            raise ValueError("expected a mask for a functional of the holes, found none: nothing is lost by place")
        return lost
    inside = torch.zeros(shape, dtype=torch.bool)
    inside[(..., *functional.window(shape[1:])) if functional.region != "all" else ...] = True
    return inside


def _over(flat: Tensor, inside: Tensor) -> Tensor:
    """Sum over the pixels inside, float64."""
    return (flat * inside).sum(2, dtype=torch.float64)


def _distance(flat: Tensor, centre: Tensor) -> Tensor:
    return (flat - centre).square().mean(2, dtype=torch.float64).sqrt()
