"""How trained models are evaluated, and what the figures show."""

import math
from fractions import Fraction
from typing import Annotated

from pydantic import Field, PositiveInt, model_validator

from vspair.config.section import Section

Percent = Annotated[float, Field(ge=0, le=100)]
Level = Annotated[float, Field(gt=0, lt=1)]


class Calibration(Section):
    """Coverage of credible intervals before and after a conformal scaling (docs/definitions.md)."""

    samples: Annotated[int, Field(ge=10)] = Field(description="posterior samples per image for credible intervals")
    levels: tuple[Level, ...] = Field(min_length=1, description="levels of the central credible intervals")
    share: Level = Field(description="share of the test images that fit the conformal scaling and are not reported")
    scaling_level: Level = Field(description="level whose factor scales the samples for CRPS and variance ratio")

    @model_validator(mode="after")
    def _levels_are_possible(self) -> "Calibration":
        if len(set(self.levels)) < len(self.levels):
            raise ValueError(f"levels must be distinct, found {list(self.levels)}")
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


class Localisation(Section):
    """The search for latents whose perturbation acts inside the holes (Section 4.1)."""

    images: PositiveInt = Field(description="test images searched, the first ones")
    levels: tuple[float, ...] = Field(min_length=1, description="perturbations in multiples of the latent's value")

    @model_validator(mode="after")
    def _every_level_perturbs(self) -> "Localisation":
        if 0 in self.levels:
            raise ValueError("levels must not hold 0, which perturbs nothing")
        return self


class Evaluation(Section):
    """Evaluation on the test pairs (Section 4.1)."""

    samples: int = Field(ge=2, description="posterior samples per image")
    batch_size: PositiveInt = Field(description="observations evaluated at once")
    calibration: Calibration = Field(description="credible intervals and their conformal scaling")
    localisation: Localisation = Field(description="search for localised latents")


class Figure(Section):
    """What the figures show."""

    percentiles: tuple[Percent, ...] = Field(
        min_length=1, description="difficulty of fig3's test cases, in percent of the mean squared error's distribution"
    )
    examples: tuple[Annotated[int, Field(ge=0)], ...] = Field(
        min_length=1, description="test images of fig4 by position; fig5 perturbs the first"
    )
    levels: tuple[float, ...] = Field(
        min_length=3, description="perturbations shown in fig5 and fig6, in multiples of the latent's value"
    )
    localised: tuple[Percent, ...] = Field(
        min_length=1, description="test images of fig6, in percent of the localisation ratio's distribution"
    )
    scatter: PositiveInt = Field(description="test images in fig7's scatter plot, drawn at random")

    @model_validator(mode="after")
    def _unperturbed_is_shown(self) -> "Figure":
        if 0 not in self.levels:
            raise ValueError("levels must hold 0, the unperturbed reconstruction")
        return self
