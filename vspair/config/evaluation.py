"""How methods are evaluated on the test pairs."""

import math
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import Field, model_validator

from vspair.config.numbers import Count, Distinct, Index, Probability, Seed
from vspair.config.section import Section

Samples = Annotated[int, Field(le=100_000)]


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
