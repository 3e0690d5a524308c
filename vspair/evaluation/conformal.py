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
    setting of Dunn, Wasserman and Ramdas, 2022).

    Arguments:
        critical: critical values of the level, shape (images, P pixels); see `PredictiveSamples.critical`.
        level: c, in (0, 1).
        group: code of each image's group, integers of shape (images,); None where each image is a unit.

    Raises:
        VspairError: n is too small for the level.
    """
    sizes = _sizes(critical, group)
    units = _require(sizes, group, units_needed(level), level)
    return _smallest(critical, sizes, (units + 1) * (1 - exact(level)) - 1)


def assured_factor(critical: Tensor, level: float, delta: float, group: Tensor | None = None) -> float:
    """The smallest factor that is large enough with probability 1 - delta (Bates et al., risk-controlling sets, 2021).

        lambda_hat = min {lambda >= 0 : p(R(lambda)) <= delta}

    with p the Hoeffding-Bentkus bound on the probability that n independent units have a mean loss of at most R,
    although the expected loss exceeds 1 - c. The probability is over the units of the fit: whoever calibrates once has
    1 - delta for the factor at hand, where `conformal_factor` promises something on average over all who calibrate.

    Arguments:
        critical, level, group: as for `conformal_factor`; units are independent of each other.
        delta: in (0, 1).

    Raises:
        VspairError: n is too small for level and delta.
    """
    sizes = _sizes(critical, group)
    units = _require(sizes, group, units_assured(level, delta), level)
    low, high = 0.0, 1 - level
    # The bound rises with R; the lower end always meets it.
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if hoeffding_bentkus(middle, units, 1 - level) <= delta else (low, middle)
    return _smallest(critical, sizes, units * Fraction(low))


def units_assured(level: float, delta: float) -> int:
    """Fewest units that a factor of level c can be assured by with probability 1 - delta: c^n <= delta.

    With fewer none of them being outside at all would prove too little.
    """
    return math.ceil(math.log(delta) / math.log(level) - 1e-9)


def hoeffding_bentkus(mean: float, units: int, risk: float) -> float:
    """Bound on the probability that n losses in [0, 1] have a mean of at most R although they are expected to exceed r.

        min(exp(-n h(min(R, r), r)), e P(Bin(n, r) <= ceil(n R))),
        h(a, b) = a ln(a / b) + (1 - a) ln((1 - a) / (1 - b))

    Arguments:
        mean: R, in [0, 1].
        units: n.
        risk: r, in (0, 1).
    """
    from scipy.special import bdtr, rel_entr

    least = min(mean, risk)
    hoeffding = math.exp(-units * float(rel_entr(least, risk) + rel_entr(1 - least, 1 - risk)))
    return min(hoeffding, math.e * float(bdtr(math.ceil(units * mean), units, risk)))


def _sizes(critical: Tensor, group: Tensor | None) -> Tensor:
    """Images in the group of each image, on the CPU."""
    codes = torch.arange(len(critical)) if group is None else group.cpu()
    _, unit, sizes = codes.unique(return_inverse=True, return_counts=True)
    return sizes[unit]


def _require(sizes: Tensor, group: Tensor | None, needed: int, level: float) -> int:
    """The number of units, which must be as many as are needed."""
    kinds, counts = sizes.unique(return_counts=True)
    units = int((counts // kinds).sum())
    if units < needed:
        name = UNITS["image" if group is None else "group"]
        raise VspairError(
            f"expected at least {needed} {name} to fit the conformal factor of level {level}, found {units}: raise "
            f"calibration.share or the number of test images, or take {level} out of calibration.levels"
        )
    return units


def _smallest(critical: Tensor, sizes: Tensor, budget: Fraction) -> float:
    """The smallest critical value above which units lose no more than `budget` together.

    A pixel is outside exactly if its critical value exceeds lambda, and the pixels of a unit weigh 1 together.
    """
    values, order = critical.flatten().sort(descending=True)
    return float(values[_below(order.cpu() // critical.shape[1], sizes, critical.shape[1] * budget)])


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
