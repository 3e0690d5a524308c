"""Computed tomography's configuration: slices, scan, noise, methods, evaluation, figures (Section 4.2)."""

import math
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import Field, PositiveInt, model_validator

from vspair.config.evaluation import Calibration, Level
from vspair.config.methods import AnyMethod, Paired, Postprocessing
from vspair.config.scans import VARIABLE, Noise, ScanSettings, SliceData
from vspair.config.section import Section
from vspair.config.training import Choices

Index = Annotated[int, Field(ge=0)]

SSIM_WINDOW = 7
"""Smallest image that structural similarity is defined for, in pixels."""


class ScanEvaluation(Section):
    """Evaluation on the test slices."""

    samples: Annotated[int, Field(ge=2)] = Field(description="posterior samples per image")
    batch_size: PositiveInt = Field(description="observations evaluated at once")
    calibration: Calibration = Field(description="credible intervals and their conformal scaling")


class ScanFigures(Section):
    """What the CT figures show, test images by position."""

    window: tuple[float, float] = Field(description="normalised attenuation shown as black and as white")
    example: Index = Field(description="test image of fig9")
    overlays: tuple[Index, ...] = Field(min_length=1, description="test images of fig10")
    perturbed: tuple[Index, ...] = Field(min_length=1, description="test images of fig11")
    steps: tuple[float, ...] = Field(min_length=3, description="perturbations of fig11 in `unit`")
    unit: Literal["sd", "variance"] = Field(description="standard deviations or variances (ERRATA E11)")
    gate: Level = Field(description="least gate probability of the latents of fig11")
    top: PositiveInt = Field(description="latents of highest and of lowest variance in fig11")

    @model_validator(mode="after")
    def _pictures_can_be_read(self) -> "ScanFigures":
        if self.window[0] >= self.window[1]:
            raise ValueError(f"window must rise from black to white, found {list(self.window)}")
        if 0 not in self.steps:
            raise ValueError("steps must hold 0, the unperturbed reconstruction")
        return self


class Tomography(Section):
    """Computed tomography from slices to figures."""

    image: tuple[PositiveInt, PositiveInt] = Field(description="height and width of the QoI after cropping and binning")
    observation: tuple[PositiveInt, PositiveInt] = Field(description="angles and bins after cropping and binning")
    scan: ScanSettings = Field(description="the scan of one slice")
    data: SliceData = Field(description="slices and split")
    noise: Noise = Field(description="noise data sets")
    methods: dict[str, AnyMethod] = Field(min_length=1, description="the methods by name")
    choices: Choices = Field(description="what the paper leaves open in the objective")
    evaluation: ScanEvaluation = Field(description="evaluation on the test slices")
    figures: ScanFigures = Field(description="what the figures show")

    @model_validator(mode="after")
    def _sizes_fit(self) -> "Tomography":
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
        published = {"side": 0.26, "pixels": 362, "angles": 1000, "bins": 513}
        if self.data.source == "lodopab" and scan.model_dump(include=set(published)) != published:
            raise ValueError(
                f"the scans of data.source=lodopab were made with {published}: leave these of scan as they are"
            )
        if scan.enlarged < scan.pixels:
            raise ValueError(f"scan.enlarged={scan.enlarged} must be at least scan.pixels={scan.pixels}")
        return self

    @model_validator(mode="after")
    def _methods_fit(self) -> "Tomography":
        for name, method in self.methods.items():
            if not (name.isascii() and name.replace("_", "").isalnum()):
                raise ValueError(f"methods.{name}: a name is made of letters, digits and underscores, without accents")
            shapes = {Paired: (self.image, self.observation), Postprocessing: (self.image,)}.get(type(method), ())
            for shape in shapes:
                halvings = 2 ** (len(method.channels) - 1)
                if any(side % halvings for side in shape):
                    raise ValueError(
                        f"methods.{name}.channels halve what they see {len(method.channels) - 1} times, but "
                        f"{shape[0]}x{shape[1]} is not divisible by {halvings}"
                    )
            pairs = getattr(method, "pairs", 1)
            if pairs > self.data.train:
                raise ValueError(f"methods.{name}.pairs={pairs} is more than the data.train={self.data.train} slices")
        return self

    @model_validator(mode="after")
    def _figures_have_methods(self) -> "Tomography":
        trained = {(method.kind, method.trained_on) for method in self.methods.values()}
        if "levels" not in {on for _, on in trained} or ("vsPAIR", "variable") not in trained:
            raise ValueError(
                "methods: fig9 needs one with trained_on=levels, fig10 and fig11 one of kind vsPAIR with "
                "trained_on=variable"
            )
        return self

    @model_validator(mode="after")
    def _evaluation_fits(self) -> "Tomography":
        figures, test = self.figures, self.data.test
        for name in ("overlays", "perturbed"):
            if beyond := [image for image in getattr(figures, name) if image >= test]:
                raise ValueError(f"figures.{name} names test image {beyond[0]}, but data.test={test}")
        latents = [m.latent_x for m in self.methods.values() if isinstance(m, Paired) and m.trained_on == "variable"]
        if figures.top > min(latents):
            raise ValueError(f"figures.top={figures.top} is more than the latent_x={min(latents)} latents of a method")
        if figures.example >= test:
            raise ValueError(f"figures.example names test image {figures.example}, but data.test={test}")
        calibration = self.evaluation.calibration
        images = int(Fraction(str(calibration.share)) * test)
        if images < calibration.images_needed:
            raise ValueError(
                f"evaluation.calibration.share={calibration.share} of data.test={test} leaves {images} images for the "
                f"conformal scaling, but the level {max(calibration.levels)} needs {calibration.images_needed}"
            )
        return self

    def needed(self) -> dict[str, int]:
        """Fewest training and test slices that methods, figures and calibration can do with."""
        calibration, figures = self.evaluation.calibration, self.figures
        shown = 1 + max(figures.example, *figures.overlays, *figures.perturbed)
        fitted = math.ceil(calibration.images_needed / Fraction(str(calibration.share)))
        return {"train": max(getattr(m, "pairs", 1) for m in self.methods.values()), "test": max(shown, fitted)}

    def runs(self) -> list[tuple[str, str]]:
        """Every method with every data set that it is run on, (method, noise)."""
        names = [name for name in self.noise.names() if name != VARIABLE]
        return [
            (method, noise)
            for method, settings in self.methods.items()
            for noise in (names if settings.trained_on == "levels" else [VARIABLE])
        ]
