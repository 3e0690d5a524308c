"""Settings of the intervention analysis: subsets, networks, training, what is measured, and the open choices."""

from typing import Annotated, ClassVar, Literal, NamedTuple

from pydantic import Field, model_validator

from vspair.config.numbers import Channels, Count, Distinct, Few, Pixels, Positive, Seed, Seeds, require_seeds
from vspair.config.section import Section
from vspair.data.sources import AVAILABLE
from vspair.problems.problem import Problem

Source = Literal["digits", "mnist", "fashion_mnist"]
Model = Literal["dense", "conv"]

CLASSES = 10
"""Of each source."""

FEWEST = {"digits": 174, "mnist": 5421, "fashion_mnist": 6000}
"""Images of the class of a source that has the fewest."""

CHOICES = {
    "error": ("squared", "ssim", "global_ssim"),
    "ratio": ("of_means", "mean_of_ratios"),
    "noise": ("shared", "fresh"),
    "similarity": ("ssim", "global_ssim"),
}
"""The choices that one analysis tries all of, beside the epochs, which are trainings of their own."""


class Stack(NamedTuple):
    """The runs that are trained as one: one for each seed of the data."""

    model: str
    source: str
    classes: int
    epochs: int

    @property
    def name(self) -> str:
        """As files are called: `dense.mnist.10.40`."""
        return ".".join(map(str, self))

    @classmethod
    def parse(cls, name: str) -> "Stack":
        """The stack of a name."""
        model, source, classes, epochs = name.split(".")
        return cls(model, source, int(classes), int(epochs))


class Data(Section):
    """The subsets (section 2.1)."""

    classes: Annotated[tuple[Count, ...], Distinct] = Field(
        min_length=1, max_length=CLASSES, description="numbers of classes of a subset"
    )
    images: Count = Field(description="images of a class")
    seeds: Seeds = Field(description="seeds that classes and images are drawn with, one for each run")

    @model_validator(mode="after")
    def _seeds_differ(self) -> "Data":
        require_seeds(self.seeds)
        return self


class Training(Section):
    """The training loop (section 2.3, Table A.1)."""

    epochs: Annotated[tuple[Count, ...], Distinct] = Field(
        min_length=1, max_length=10, description="passes over a subset, each number a training of its own"
    )
    batch_size: Count = Field(description="images per step")
    learning_rate: Annotated[float, Field(gt=0, le=10)] = Field(description="step size of Adam")
    checkpoint_every: Count = Field(description="epochs between checkpoints")
    seed: Seed = Field(description="of initial weights, order and noise, the same in every run")


class Network(Section):
    """Sizes of the fully connected VAE; of the convolutional one only `latent` can be chosen."""

    hidden: Channels = Field(description="units of the hidden layer of encoder and decoder")
    latent: Few = Field(description="dimensions of the latent space")


class Analysis(Section):
    """What is measured (sections 2.2, 2.4 and 2.5)."""

    pairs: Annotated[int, Field(ge=3, le=5_000)] = Field(
        description="images of a subset whose pairs give its diversity, drawn at random"
    )
    images: Count = Field(description="images of a subset that are intervened on, drawn at random")
    threshold: Positive = Field(description="contribution ratio above which a latent dimension is significant")
    window: Annotated[Pixels, Field(ge=2, le=28)] = Field(description="side of SSIM's window in pixels")
    seed: Seed = Field(description="of these images and of the draws of z")


class Choices(Section):
    """What the text leaves open (deviations V1 to V6); tables show these, `int_table_choices` compares all."""

    epochs: Count = Field(description="epochs after which the tables are made, one of `training.epochs`")
    error: Literal["squared", "ssim", "global_ssim"] = Field(
        description="reconstruction error: mean squared, or 1 - SSIM by window or of the whole image"
    )
    ratio: Literal["of_means", "mean_of_ratios"] = Field(
        description="contribution ratio of mean errors, or mean of each image's ratio"
    )
    noise: Literal["shared", "fresh"] = Field(
        description="one draw of z for the baseline and all interventions of an image, or one for each"
    )
    similarity: Literal["ssim", "global_ssim"] = Field(
        description="SSIM behind the diversity: by window or of the whole image"
    )


class Settings(Problem):
    """Interventions on the latent space of VAEs."""

    title: ClassVar[str] = "Interventions on latents"
    published: ClassVar[str] = "intervention"

    sources: Annotated[tuple[Source, ...], Distinct] = Field(min_length=1, description="sources of the subsets")
    models: Annotated[tuple[Model, ...], Distinct] = Field(
        min_length=1, description="dense: fully connected VAE; conv: convolutional VAE, many times the work"
    )
    data: Data = Field(description="the subsets")
    network: Network = Field(description="sizes of the VAEs")
    training: Training = Field(description="training loop")
    analysis: Analysis = Field(description="what is measured")
    choices: Choices = Field(description="open choices")

    def stacks(self, epochs: int | None = None) -> list[Stack]:
        """Every stack, or those with so many epochs."""
        chosen = self.training.epochs if epochs is None else (epochs,)
        return [
            Stack(model, source, classes, passes)
            for model in self.models
            for source in self.sources
            for classes in self.data.classes
            for passes in chosen
        ]

    def trainings(self, seeds: tuple[int, ...]) -> int:
        """One for each stack and seed of the data; the seeds of the run are not used."""
        return len(self.stacks()) * len(self.data.seeds)

    @model_validator(mode="after")
    def _choices_were_trained(self) -> "Settings":
        if self.choices.epochs not in self.training.epochs:
            raise ValueError(
                f"choices.epochs={self.choices.epochs} must be one of training.epochs={list(self.training.epochs)}"
            )
        return self

    @model_validator(mode="after")
    def _subsets_suffice(self) -> "Settings":
        fewest = min(self.data.classes) * self.data.images
        for name in ("pairs", "images"):
            if (wanted := getattr(self.analysis, name)) > fewest:
                raise ValueError(f"analysis.{name}={wanted} is more than the {fewest} images of the smallest subset")
        return self

    def require_data(self) -> None:
        """Check that the sources have as many classes and images.

        Raises:
            ValueError: they have not.
        """
        if max(self.data.classes) > CLASSES:
            raise ValueError(f"data.classes={max(self.data.classes)} is more than the {CLASSES} of each source")
        for source in self.sources:
            if self.data.images > FEWEST[source]:
                raise ValueError(
                    f"data.images={self.data.images} is more than the {FEWEST[source]} of {AVAILABLE[source]} images "
                    f"that the smallest class of {source} has"
                )
