"""Conformal risk control: one factor that stretches all intervals until few enough pixels lie outside."""

import math
from fractions import Fraction

import torch
from torch import Tensor

from vspair.errors import VspairError
from vspair.evaluation.predictive import exact

UNITS = {"image": "images", "group": "groups"}
"""What a guarantee is for: a further image like those of the fit, or a further group with all of its images."""


def units_needed(level: float) -> int:
    """Fewest units n, images or groups, that a factor of level c can be fitted to: n >= 1 / (1 - c) - 1.

    With fewer the bound 1 / (n + 1) on the share outside of a unit yet unseen already exceeds 1 - c.
    """
    return math.ceil(1 / (1 - exact(level)) - 1)


def conformal_factor(critical: Tensor, level: float, group: Tensor | None = None) -> float:
    """The smallest factor whose intervals miss few enough pixels (Angelopoulos et al., Conformal Risk Control, 2022).

    The loss of a unit at factor lambda is the share of its pixels outside their stretched intervals, at most 1 and not
    increasing in lambda. With its mean R(lambda) over n units,

        lambda_hat = min {lambda >= 0 : n / (n + 1) R(lambda) + 1 / (n + 1) <= 1 - c}

    and for a further unit, exchangeable with these, the expected share of pixels outside is at most 1 - c. A unit is an
    image; or a group of images, such as the slices of a patient, whose images need not be independent of each other:
    the loss of a group is the mean of its images' losses, that of an image drawn at random from it (the two-layer
    setting of Dunn, Wasserman and Ramdas, 2022). A pixel is outside exactly if its critical value exceeds lambda, so
    that lambda_hat is one of all critical values: the smallest one above which there are pixels of a weight of at most
    (n + 1)(1 - c) - 1, where the pixels of a unit weigh 1 together.

    Arguments:
        critical: critical values of the level, shape (images, P pixels); see `PredictiveSamples.critical`.
        level: c, in (0, 1).
        group: code of each image's group, integers of shape (images,); None where each image is a unit.

    Raises:
        VspairError: n is too small for the level.
    """
    images, pixels = critical.shape
    codes = torch.arange(images) if group is None else group.cpu()
    _, unit, sizes = codes.unique(return_inverse=True, return_counts=True)
    units = len(sizes)
    if units < (needed := units_needed(level)):
        name = UNITS["image" if group is None else "group"]
        raise VspairError(
            f"expected at least {needed} {name} to fit the conformal factor of level {level}, found {units}: raise "
            f"calibration.share or the number of test images, or take {level} out of calibration.levels"
        )
    values, order = critical.flatten().sort(descending=True)
    budget = pixels * ((units + 1) * (1 - exact(level)) - 1)
    return float(values[_below(order.cpu() // pixels, sizes[unit], budget)])


def _below(image: Tensor, sizes: Tensor, budget: Fraction) -> int:
    """How many of the largest critical values weigh no more than `budget` together; exactly, for any sizes.

    Arguments:
        image: of each critical value, the largest first.
        sizes: of each image's group, by which a pixel's weight of 1 is divided.
        budget: in pixels.
    """
    kinds, kind = sizes.unique(return_inverse=True)
    low, high = 0, len(image) - 1
    # The weight rises with the number: by halving, in fractions, since a sum of floats may pass the bound unseen.
    while low < high:
        middle = (low + high + 1) // 2
        counts = torch.bincount(kind[image[:middle]], minlength=len(kinds)).tolist()
        weight = sum(Fraction(count, size) for count, size in zip(counts, kinds.tolist(), strict=True))
        low, high = (middle, high) if weight <= budget else (low, middle - 1)
    return low
