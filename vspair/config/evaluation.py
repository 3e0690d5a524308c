"""How methods are evaluated on the test pairs."""

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from vspair.config.names import Name
from vspair.config.numbers import MARGIN, Count, Distinct, Index, Probability, Seed
from vspair.config.section import Section

Samples = Annotated[int, Field(le=100_000)]

REGIONS = ("all", "holes")
"""Regions with a name: every pixel, and where the observation has lost the QoI."""

TAKEN = ("holes", "outside", "dark", "bright", "edges", "easy", "medium", "hard", "worst_group", "scaled", "assured")
"""Names of no functional: coverages in parts of images, and scalings, stand under them."""


class Functional(Section):
    """A number of the QoI that is given with a conformal interval of its own (docs/definitions.md)."""

    statistic: Literal["mean", "sum", "maximum"] = Field(description="of the values in the region")
    region: Literal["all", "holes"] | tuple[float, float, float, float] = Field(
        description="`all`, `holes` (where the observation has lost the QoI), or a rectangle [top, left, height, "
        "width]: in shares of the image's sides if none of the four is above 1, else in whole pixels"
    )

    @field_validator("region", mode="before")
    @classmethod
    def _region_is_one(cls, value: Any) -> Any:
        if isinstance(value, str) and value in REGIONS:
            return value
        try:
            corner = [float(each) for each in value] if isinstance(value, list | tuple) else []
        except (TypeError, ValueError):
            corner = []
        # What is not finite is above nothing, and so refused too.
        if len(corner) != 4 or not (min(corner) >= 0 and min(corner[2:]) > 0):
            raise ValueError(f"must be {', '.join(REGIONS)} or [top, left, height, width]")
        return tuple(corner)

    def window(self, shape: Sequence[int]) -> tuple[slice, slice]:
        """Rows and columns of the rectangle in an image; in shares the nearest whole ones, and one at least.

        Arguments:
            shape: of x, its last two axes rows and columns.

        Raises:
            ValueError: x has no rows and columns, a number of pixels is not whole, or the rectangle leaves the image.
        """
        if len(shape) < 2:
            raise ValueError(f"region={list(self.region)} is a rectangle, but x has the shape {list(shape)}: name all")
        shares = max(self.region) <= 1
        if not shares and any(each % 1 for each in self.region):
            raise ValueError(f"region={list(self.region)} must be whole pixels, or shares of at most 1")
        found = []
        for start, length, side in zip(self.region[:2], self.region[2:], shape[-2:], strict=True):
            begin, end = (round(side * at) if shares else int(at) for at in (start, start + length))
            # 0.7 and 0.3 are 1 to a reader.
            if max(end, begin + 1) > side or (shares and start + length > 1 + MARGIN):
                raise ValueError(f"region={list(self.region)} leaves the image of {shape[-2]}x{shape[-1]} pixels")
            found.append(slice(begin, max(end, begin + 1)))
        return tuple(found)


class Calibration(Section):
    """Coverage of credible intervals before and after a conformal scaling (docs/definitions.md)."""

    samples: Annotated[Samples, Field(ge=10)] = Field(description="posterior samples per image for credible intervals")
    levels: tuple[Probability, ...] = Field(
        min_length=1, max_length=100, description="levels of the central credible intervals"
    )
    unit: Literal["image", "group"] = Field(
        "group",
        description="what the scaling is promised for: a further image of the groups at hand, or a further group, such "
        "as a new patient, whose images are all in one part; where there are no groups both are the same",
    )
    share: Probability = Field(
        description="share of the test images, or of their groups, that fit the conformal scaling and are not reported"
    )
    seed: Seed = Field(0, description="seed of the draw of the groups that fit")
    delta: Probability = Field(
        0.1, description="probability with which an assured factor, fitted beside the usual one, may be too small"
    )
    scaling_level: Probability = Field(description="level whose factor scales the samples for CRPS and variance ratio")
    functionals: dict[Name, Functional] = Field(
        {}, max_length=20, description="numbers of the QoI with a conformal interval of their own, by name"
    )

    @model_validator(mode="after")
    def _levels_are_possible(self) -> "Calibration":
        if len(set(self.levels)) < len(self.levels):
            raise ValueError(f"levels must be distinct, found {list(self.levels)}")
        if len({f"{100 * level:g}" for level in self.levels}) < len(self.levels):
            raise ValueError(f"levels must be distinct in six digits of their percent, found {list(self.levels)}")
        if self.scaling_level not in self.levels:
            raise ValueError(f"scaling_level={self.scaling_level} must be one of levels={list(self.levels)}")
        needed = math.ceil(2 / self.smallest_tail - 1)
        if self.samples < needed:
            raise ValueError(
                f"calibration.samples={self.samples} do not reach level {max(self.levels)}, which needs {needed}"
            )
        return self

    @model_validator(mode="after")
    def _functionals_have_names_of_their_own(self) -> "Calibration":
        if taken := [name for name in self.functionals if name in TAKEN]:
            raise ValueError(f"functionals names one {taken[0]}, which stands for something else: take another name")
        return self

    def require_functionals(self, shape: Sequence[int], lost: bool) -> None:
        """Check that every functional is of a region that is there.

        Arguments:
            shape: of x.
            lost: whether the observation has lost x by place.

        Raises:
            ValueError: a rectangle is no part of the image, or there are no holes.
        """
        for name, functional in self.functionals.items():
            if functional.region == "holes" and not lost:
                raise ValueError(
                    f"evaluation.calibration.functionals.{name}: region=holes, but the observation has lost nothing by "
                    "place: name all or a rectangle"
                )
            if functional.region not in REGIONS:
                try:
                    functional.window(shape)
                except ValueError as error:
                    raise ValueError(f"evaluation.calibration.functionals.{name}: {error}") from None

    @property
    def smallest_tail(self) -> Fraction:
        """1 - c of the highest level, exactly as written in decimals."""
        return 1 - Fraction(str(max(self.levels)))

    @property
    def images_needed(self) -> int:
        """Images that the conformal scaling of the highest level needs at least: 1 / (1 - c) - 1."""
        return math.ceil(1 / self.smallest_tail - 1)


class Repeated(Section):
    """The same test images observed again and again (docs/definitions.md)."""

    methods: Annotated[tuple[str, ...], Distinct] = Field(
        min_length=1, max_length=100, description="methods with a posterior, of those that are compared; first seed"
    )
    data: Annotated[tuple[str, ...], Distinct] | None = Field(
        None, description="data sets, of those that a method is run on; by default all of them"
    )
    images: Annotated[tuple[Index, ...], Distinct] = Field(
        min_length=1, max_length=50, description="test images by position"
    )
    draws: Annotated[int, Field(ge=2, le=100_000)] = Field(description="new observations of each image")
    samples: Annotated[Samples, Field(ge=2)] = Field(description="posterior samples for each observation")
    level: Probability = Field(0.9, description="level of the central credible interval")

    @model_validator(mode="after")
    def _samples_reach_the_level(self) -> "Repeated":
        needed = math.ceil(2 / (1 - Fraction(str(self.level))) - 1)
        if self.samples < needed:
            raise ValueError(f"repeated.samples={self.samples} do not reach level {self.level}, which needs {needed}")
        return self


class Evaluation(Section):
    """Evaluation on the test pairs."""

    samples: Annotated[Samples, Field(ge=2)] = Field(description="posterior samples per image")
    batch_size: Count = Field(description="observations evaluated at once")
    calibration: Calibration = Field(description="credible intervals and their conformal scaling")
    repeated: Repeated | None = Field(None, description="test images observed again and again; null: none")

    def require_images(self, test: int) -> None:
        """Check that there are enough test images for the conformal scaling, and those that are observed again.

        Raises:
            ValueError: there are not.
        """
        calibration = self.calibration
        images = int(Fraction(str(calibration.share)) * test)
        if images < calibration.images_needed:
            raise ValueError(
                f"evaluation.calibration.share={calibration.share} of data.test={test} leaves {images} images for the "
                f"conformal scaling, but the level {max(calibration.levels)} needs {calibration.images_needed}"
            )
        if beyond := [image for image in (self.repeated.images if self.repeated else ()) if image >= test]:
            raise ValueError(f"evaluation.repeated.images names test image {beyond[0]}, but data.test={test}")
