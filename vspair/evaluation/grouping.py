"""Which test images fit a conformal scaling and which are reported, with groups such as patients kept together."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vspair.data.groups import UNKNOWN
from vspair.errors import VspairError
from vspair.evaluation.conformal import units_assured, units_needed
from vspair.evaluation.predictive import exact


@dataclass(frozen=True)
class Parts:
    """The test images that fit and those that are reported.

    Arguments:
        fitted: True for images that fit the factors, shape (images,); the others are reported.
        unit: what a guarantee is for, a further `image` or a further `group`.
        group: code of each image's group, shape (images,); of no use where the unit is an image.
    """

    fitted: np.ndarray
    unit: str
    group: np.ndarray

    def units(self, fitted: bool) -> int:
        """Units among the images that fit, or among those that are reported."""
        chosen = self.fitted == fitted
        return len(np.unique(self.group[chosen])) if self.unit == "group" else int(chosen.sum())

    def unsupported(self, levels: Sequence[float], delta: float | None = None) -> dict[float, int]:
        """Levels that no factor can be fitted to, each with the units that it needs at least.

        Arguments:
            levels: of the central intervals.
            delta: of `assured_factor`; None for `conformal_factor`.
        """
        found = self.units(fitted=True)
        needed = {level: units_needed(level) if delta is None else units_assured(level, delta) for level in levels}
        return {level: number for level, number in needed.items() if number > found}


def parts_of(group: np.ndarray | None, images: int, share: float, unit: str, generator: np.random.Generator) -> Parts:
    """Divide test images in random order into those that fit the factors and those that are reported.

    For further images of the groups at hand (`image`) the first images fit. For a further group, groups are drawn at
    random, not in the order in which their images come, in which large groups would be first; no group is in both
    parts. Where there are no groups, the units are images.

    Arguments:
        group: code of each image's group, integers (images,), `UNKNOWN` where it is not known; None where images are
            of no groups.
        images: number of test images.
        share: of the units that fit: floor(share units).
        unit: `image` or `group`.
        generator: draws the groups.

    Raises:
        VspairError: no unit fits or none is left to report, or a group is not known and `unit` is `group`.
    """
    codes = np.arange(images) if group is None else np.asarray(group)
    unit = "image" if group is None else unit
    if unit == "image":
        fitted = np.arange(images) < math.floor(exact(share) * images)
    else:
        if unknown := int((codes == UNKNOWN).sum()):
            raise VspairError(
                f"expected the group of every test image for a guarantee for a further group, found {unknown} images "
                "of unknown groups: give the patients of the slices, or set calibration.unit=image"
            )
        names = generator.permutation(np.unique(codes))
        fitted = np.isin(codes, names[: math.floor(exact(share) * len(names))])
    parts = Parts(fitted, unit, codes)
    if not (fitted.any() and not fitted.all()):
        raise VspairError(
            f"expected images that fit the conformal factors and others to report, found {parts.units(True)} and "
            f"{parts.units(False)} {unit}s of {images} images: change calibration.share, or take more test images"
        )
    return parts
