"""Parts of an image for which coverage is given by itself."""

import torch
from torch import Tensor

EDGES = 0.1
"""Share of an image's pixels, those of the steepest slope, that are its edges."""


def regions(qoi: Tensor, lost: Tensor | None) -> dict[str, Tensor]:
    """Masks of the regions of each image, True inside.

    `holes` and `outside`: where y has lost x, and elsewhere. `dark` and `bright`: the lowest and the highest third of
    the image's own range of x. `edges`: the tenth of the pixels where x changes most, by the norm of the differences to
    the next pixel along the last two axes; without a slope there is none.

    Arguments:
        qoi: x, shape (images, *shape of x).
        lost: True where y has lost x, same shape; None where nothing is lost by place.

    Returns:
        Name -> mask of shape (images, pixels).
    """
    flat = qoi.flatten(1)
    low, high = flat.amin(1, keepdim=True), flat.amax(1, keepdim=True)
    found = {} if lost is None else {"holes": lost.flatten(1), "outside": ~lost.flatten(1)}
    found |= {"dark": flat < low + (high - low) / 3, "bright": flat > high - (high - low) / 3}
    if qoi.ndim > 2:
        slope = _slope(qoi).flatten(1)
        rank = slope.argsort(dim=1, descending=True, stable=True).argsort(dim=1, stable=True)
        found["edges"] = (rank < round(EDGES * slope.shape[1])) & (slope > 0)
    return found


def _slope(qoi: Tensor) -> Tensor:
    """Squared norm of the differences to the next pixel along both axes, 0 at the far border."""
    along = torch.zeros_like(qoi)
    along[..., :-1, :] += qoi.diff(dim=-2).square()
    along[..., :-1] += qoi.diff(dim=-1).square()
    return along
