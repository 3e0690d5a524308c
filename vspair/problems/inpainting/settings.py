"""Settings of blind inpainting: images and holes, the search for localised latents, what the figures show."""

import math
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from vspair.config.evaluation import Evaluation
from vspair.config.numbers import Count, Distinct, Few, Index, Multiple, Percent, Pixels, Seed
from vspair.config.section import Section
from vspair.data.sources import AVAILABLE, SHAPES, check_file, raw_files
from vspair.models.method import Shape
from vspair.problems.inverse import InverseProblem

MOST_LOST = 4
"""Pixels of all holes in images: since holes overlap, so many still leave some pixels of nearly every image."""

MOST_SHOWN = 50
"""Lines or columns of pictures in a figure."""


class Data(Section):
    """Where the pairs come from and how the holes are made (Section 4.1)."""

    source: Literal["digits", "mnist", "fashion_mnist"] = Field(description="data set of clean images")
    train: Count = Field(description="training pairs")
    test: Count = Field(description="test pairs")
    seed: Seed = Field(description="seed of the split and of the holes")
    patches: Few = Field(description="square holes per image; they may overlap")
    patch_size: Pixels = Field(description="side of a hole in pixels")
    scale: Literal["symmetric", "unit", "standardised"] = Field(
        description="grey values seen by the methods: [-1, 1], [0, 1] or zero mean and unit variance (deviation E5)"
    )


class Localisation(Section):
    """The search for latents whose perturbation acts inside the holes (Section 4.1)."""

    images: Count = Field(description="test images searched, the first ones")
    levels: Annotated[tuple[Multiple, ...], Distinct] = Field(
        min_length=1, max_length=MOST_SHOWN, description="perturbations in multiples of the latent's value"
    )

    @model_validator(mode="after")
    def _every_level_perturbs(self) -> "Localisation":
        if 0 in self.levels:
            raise ValueError("levels must not hold 0, which perturbs nothing")
        return self


class Gates(Section):
    """Interventions on the gates of sparse methods (ours, after Mueller et al.)."""

    images: Count = Field(description="test images, the first ones")
    top: Few = Field(description="gates of an image that are fixed one by one, the most undecided ones")
    samples: Count = Field(description="posterior draws for each image")


class LatentEvaluation(Evaluation):
    """Evaluation on the test pairs (Section 4.1)."""

    localisation: Localisation = Field(description="search for localised latents")
    gates: Gates = Field(description="interventions on the gates of sparse methods")


class Figures(Section):
    """What the figures show."""

    percentiles: Annotated[tuple[Percent, ...], Distinct] = Field(
        min_length=1,
        max_length=MOST_SHOWN,
        description="difficulty of fig3's test cases, in percent of the mean squared error's distribution",
    )
    examples: Annotated[tuple[Index, ...], Distinct] = Field(
        min_length=1, max_length=MOST_SHOWN, description="test images of fig4 by position; fig5 perturbs the first"
    )
    levels: Annotated[tuple[Multiple, ...], Distinct] = Field(
        min_length=3,
        max_length=MOST_SHOWN,
        description="perturbations shown in fig5 and fig6, in multiples of the latent's value",
    )
    localised: Annotated[tuple[Percent, ...], Distinct] = Field(
        min_length=1,
        max_length=MOST_SHOWN,
        description="test images of fig6, in percent of the localisation ratio's distribution",
    )
    scatter: Count = Field(description="test images in fig7's scatter plot, drawn at random")

    @model_validator(mode="after")
    def _unperturbed_is_shown(self) -> "Figures":
        if 0 not in self.levels:
            raise ValueError("levels must hold 0, the unperturbed reconstruction")
        return self


class Settings(InverseProblem):
    """Blind inpainting (Section 4.1)."""

    title: ClassVar[str] = "Blind inpainting"
    lost_by_place: ClassVar[bool] = True
    pairs_keys: ClassVar[tuple[str, ...]] = ("image", "data")
    frame_keys: ClassVar[tuple[str, ...]] = ("data.scale",)

    image: tuple[Pixels, Pixels] = Field(description="height and width of the images in pixels")
    data: Data = Field(description="where the pairs come from and how the holes are made")
    evaluation: LatentEvaluation = Field(description="evaluation on the test pairs")
    figures: Figures = Field(description="what the figures show")

    def datasets(self) -> tuple[str, ...]:
        """One, with the name of the source."""
        return (self.data.source,)

    def shapes(self) -> tuple[Shape, Shape]:
        """Of an image and of the image with holes."""
        return (1, *self.image), (1, *self.image)

    def pairs_made(self) -> int:
        """Of the data set."""
        return self.data.train + self.data.test

    def raw_files(self) -> list[str]:
        """The source's files, relative to the data folder."""
        return raw_files(self.data.source)

    def check_raw_file(self, path: Path) -> None:
        """Check a raw file against its published size and checksum.

        Raises:
            VspairError: it is missing, truncated, compressed or different.
        """
        check_file(self.data.source, path)

    @model_validator(mode="after")
    def _holes_fit(self) -> "Settings":
        if self.data.patch_size > min(self.image):
            raise ValueError(
                f"a hole of data.patch_size={self.data.patch_size} pixels does not fit into an image of "
                f"{self.image[0]}x{self.image[1]}"
            )
        pixels, holes = math.prod(self.image), self.data.patches * self.data.patch_size**2
        if self.data.patch_size**2 == pixels or holes > MOST_LOST * pixels:
            raise ValueError(
                f"data.patches={self.data.patches} of data.patch_size={self.data.patch_size} leave nothing of an image "
                f"of {self.image[0]}x{self.image[1]}: together they must be at most {MOST_LOST} times its pixels, and "
                "one smaller than it"
            )
        return self

    @model_validator(mode="after")
    def _bounds_are_of_the_scale(self) -> "Settings":
        edges = {"symmetric": (-1, 1), "unit": (0, 1)}.get(self.data.scale, (None, None))
        for name, method in self.compared.items():
            bounds = getattr(method, "bounds", edges)
            if any(bound not in (None, edge) for bound, edge in zip(bounds, edges, strict=True)):
                raise ValueError(
                    f"methods.{name}.bounds={list(bounds)} are black and white, which are {list(edges)} with "
                    f"data.scale={self.data.scale}: set bounds to these and step to one grey level, or bounds to null, "
                    f"or leave {name} out of compare"
                )
        return self

    def require_data(self) -> None:
        """Check that the source has as many images, of this size, and evaluation, figures and studies want no more.

        Raises:
            ValueError: there are not.
        """
        source, wanted = self.data.source, self.pairs_made()
        if wanted > AVAILABLE[source]:
            raise ValueError(
                f"data.train={self.data.train} and data.test={self.data.test} are more than the {AVAILABLE[source]} "
                f"images of data.source={source}"
            )
        if source in SHAPES and self.image != SHAPES[source]:
            height, width = SHAPES[source]
            raise ValueError(f"image must be [{height}, {width}] with data.source={source}, found {list(self.image)}")
        if beyond := [image for image in self.figures.examples if image >= self.data.test]:
            raise ValueError(f"figures.examples names test image {beyond[0]}, but data.test={self.data.test}")
        for name, wanted in (
            ("evaluation.localisation.images", self.evaluation.localisation.images),
            ("evaluation.gates.images", self.evaluation.gates.images),
            ("figures.scatter", self.figures.scatter),
        ):
            if wanted > self.data.test:
                raise ValueError(f"{name}={wanted} is more than the data.test={self.data.test} test images")
        for name, method in self.compared.items():
            if hasattr(method, "rho_start") and (top := self.evaluation.gates.top) > method.latent_x:
                raise ValueError(
                    f"evaluation.gates.top={top} is more than the latent_x={method.latent_x} latents of methods.{name}"
                )
        self.evaluation.require_images(self.data.test)
        for name, study in self.studies.items():
            if study.train > self.data.train or study.test > self.data.test:
                raise ValueError(
                    f"studies.{name} wants {study.train} training and {study.test} test pairs, data has "
                    f"{self.data.train} and {self.data.test}"
                )
