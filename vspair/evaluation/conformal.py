"""Conformal risk control: one factor that stretches all intervals until few enough pixels lie outside."""

import math
from collections.abc import Iterable

from torch import Tensor

from vspair.errors import VspairError
from vspair.evaluation.predictive import exact


def images_needed(level: float) -> int:
    """Fewest images n that a factor of level c can be fitted to: n >= 1 / (1 - c) - 1.

    With fewer the bound 1 / (n + 1) on the share outside of an image yet unseen already exceeds 1 - c.
    """
    return math.ceil(1 / (1 - exact(level)) - 1)


def require_images(levels: Iterable[float], images: int) -> None:
    """Check that there are enough images to fit a factor of every level.

    Arguments:
        levels: c of each interval, in (0, 1).
        images: n.

    Raises:
        VspairError: there are too few for one of them.
    """
    for level in levels:
        needed = images_needed(level)
        if images < needed:
            raise VspairError(
                f"expected at least {needed} images to fit the conformal factor of level {level}, found {images}: "
                f"raise calibration.share or the number of test images, or take {level} out of calibration.levels"
            )


def conformal_factor(critical: Tensor, level: float) -> float:
    """The smallest factor whose intervals miss few enough pixels (Angelopoulos et al., Conformal Risk Control, 2022).

    The loss of an image at factor lambda is the share of its pixels outside their stretched intervals, at most 1 and
    not increasing in lambda. With its mean R(lambda) over n images,

        lambda_hat = min {lambda >= 0 : n / (n + 1) R(lambda) + 1 / (n + 1) <= 1 - c}

    and for a further image, exchangeable with these, the expected share of pixels outside is at most 1 - c. A pixel is
    outside exactly if its critical value exceeds lambda and all images have P pixels, so that nP R(lambda) counts the
    critical values above lambda, the condition is nP R(lambda) <= P ((n + 1)(1 - c) - 1), and lambda_hat is one order
    statistic of all critical values.

    Arguments:
        critical: critical values of the level, shape (n images, P pixels); see `PredictiveSamples.critical`.
        level: c, in (0, 1).

    Raises:
        VspairError: n is too small for the level.
    """
    images, pixels = critical.shape
    require_images([level], images)
    outside = math.floor(pixels * ((images + 1) * (1 - exact(level)) - 1))
    return float(critical.flatten().sort().values[images * pixels - outside - 1])
