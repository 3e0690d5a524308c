"""Settings of computed tomography: slices, scan, noise, what the figures show (Section 4.2)."""

import math
from fractions import Fraction
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from vspair.config.numbers import Count, Distinct, Index, Multiple, Pixels, Probability
from vspair.config.section import Section
from vspair.models.method import Shape
from vspair.problems.inverse import InverseProblem
from vspair.problems.tomography.scans import VARIABLE, Noise, ScanSettings, SliceData

Shown = Annotated[tuple[Index, ...], Field(min_length=1, max_length=50), Distinct]

SSIM_WINDOW = 7
"""Smallest image that structural similarity is defined for, in pixels."""

LODOPAB = {"side": 0.26, "pixels": 362, "angles": 1000, "bins": 513}
"""The scan of the published observations."""


class Figures(Section):
    """What the CT figures show, test images by position."""

    window: tuple[Multiple, Multiple] = Field(description="normalised attenuation shown as black and as white")
    example: Index = Field(description="test image of fig9")
    overlays: Shown = Field(description="test images of fig10")
    perturbed: Shown = Field(description="test images of fig11")
    steps: Annotated[tuple[Multiple, ...], Distinct] = Field(
        min_length=3, max_length=50, description="perturbations of fig11 in `unit`"
    )
    unit: Literal["sd", "variance"] = Field(description="standard deviations or variances (deviation E11)")
    gate: Probability = Field(description="least gate probability of the latents of fig11")
    top: Count = Field(description="latents of highest and of lowest variance in fig11")

    @model_validator(mode="after")
    def _pictures_can_be_read(self) -> "Figures":
        if self.window[0] >= self.window[1]:
            raise ValueError(f"window must rise from black to white, found {list(self.window)}")
        if 0 not in self.steps:
            raise ValueError("steps must hold 0, the unperturbed reconstruction")
        return self


class Settings(InverseProblem):
    """Computed tomography (Section 4.2)."""

    title: ClassVar[str] = "Computed tomography"
    physical: ClassVar[bool] = True
    frame_keys: ClassVar[tuple[str, ...]] = ("image", "observation", "scan", "data.scale")
    misfit_keys: ClassVar[tuple[str, ...]] = ("noise.convention",)

    image: tuple[Pixels, Pixels] = Field(description="height and width of the QoI after cropping and binning")
    observation: tuple[Pixels, Pixels] = Field(description="angles and bins after cropping and binning")
    scan: ScanSettings = Field(description="the scan of one slice")
    data: SliceData = Field(description="slices and split")
    noise: Noise = Field(description="noise data sets")
    figures: Figures = Field(description="what the figures show")

    def datasets(self) -> tuple[str, ...]:
        """One for each noise level, and one whose level varies."""
        return tuple(self.noise.names())

    def usual_datasets(self) -> tuple[str, ...]:
        """Those of one noise level."""
        return tuple(name for name in self.noise.names() if name != VARIABLE)

    def shapes(self) -> tuple[Shape, Shape]:
        """Of a slice and of a sinogram."""
        return (1, *self.image), (1, *self.observation)

    def pairs_made(self) -> int:
        """Of each noise level."""
        return self.data.train + self.data.test

    def noise_label(self, data: str) -> str:
        """The noise of a data set for a reader, in percent."""
        level = self.noise.names()[data]
        return "{:g} to {:g} %".format(*level) if data == VARIABLE else f"{level:g} %"

    def needed(self) -> dict[str, int]:
        """Fewest training and test slices that methods, figures and calibration can do with."""
        calibration, figures = self.evaluation.calibration, self.figures
        again = self.evaluation.repeated.images if self.evaluation.repeated else ()
        shown = 1 + max(figures.example, *figures.overlays, *figures.perturbed, *again)
        fitted = math.ceil(calibration.images_needed / Fraction(str(calibration.share)))
        return {"train": max(getattr(m, "pairs", 1) for m in self.compared.values()), "test": max(shown, fitted)}

    def needs_patients(self) -> bool:
        """Whether something is promised for a further patient, so that the test slices' patients must be known."""
        return self.evaluation.calibration.unit == "group" and any(m.probabilistic for m in self.compared.values())

    def require_data(self) -> None:
        """Check that the slices are of this scan, and as many as methods, evaluation and figures want.

        Raises:
            ValueError: they are not.
        """
        if self.data.source == "lodopab" and self.scan.model_dump(include=set(LODOPAB)) != LODOPAB:
            raise ValueError(
                f"the scans of data.source=lodopab were made with {LODOPAB}: leave these of scan as they are"
            )
        if self.data.blocks > self.pairs_made():
            raise ValueError(f"data.blocks={self.data.blocks} is more than the {self.pairs_made()} slices")
        figures, test = self.figures, self.data.test
        for name in ("overlays", "perturbed"):
            if beyond := [image for image in getattr(figures, name) if image >= test]:
                raise ValueError(f"figures.{name} names test image {beyond[0]}, but data.test={test}")
        shown = [m for m in self.methods.values() if m.latent and not m.baseline and VARIABLE in (m.datasets or ())]
        latents = [method.latent_x for method in shown]
        if latents and figures.top > min(latents):
            raise ValueError(f"figures.top={figures.top} is more than the latent_x={min(latents)} latents of a method")
        if figures.example >= test:
            raise ValueError(f"figures.example names test image {figures.example}, but data.test={test}")
        for name, method in self.methods.items():
            if (pairs := getattr(method, "pairs", 1)) > self.data.train:
                raise ValueError(f"methods.{name}.pairs={pairs} is more than the data.train={self.data.train} slices")
        self.evaluation.require_images(test)

    @model_validator(mode="after")
    def _sizes_fit(self) -> "Settings":
        scan = self.scan
        for name, kept, full in (
            ("image", self.image, (scan.pixels, scan.pixels)),
            ("observation", self.observation, (scan.angles, scan.bins)),
        ):
            if any(side * scan.binning > whole for side, whole in zip(kept, full, strict=True)):
                raise ValueError(
                    f"{name}={kept[0]}x{kept[1]} times scan.binning={scan.binning} is more than the scan's "
                    f"{full[0]}x{full[1]}"
                )
        if min(self.image) < SSIM_WINDOW:
            raise ValueError(f"image={self.image[0]}x{self.image[1]} is below the {SSIM_WINDOW} pixels that SSIM needs")
        if scan.enlarged < scan.pixels:
            raise ValueError(f"scan.enlarged={scan.enlarged} must be at least scan.pixels={scan.pixels}")
        return self
