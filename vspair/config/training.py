"""Data, objective and training loop of one problem."""

from typing import Literal

from pydantic import Field, PositiveFloat, PositiveInt

from vspair.config.section import Section


class Data(Section):
    """Where the pairs come from and how the holes are made (Section 4.1)."""

    source: Literal["digits", "mnist", "fashion_mnist"] = Field(description="data set of clean images")
    train: PositiveInt = Field(description="training pairs")
    test: PositiveInt = Field(description="test pairs")
    seed: int = Field(ge=0, description="seed of the split and of the holes")
    patches: PositiveInt = Field(description="square holes per image; they may overlap")
    patch_size: PositiveInt = Field(description="side of a hole in pixels")
    scale: Literal["symmetric", "unit", "standardised"] = Field(
        description="grey values seen by the models: [-1, 1], [0, 1] or zero mean and unit variance (ERRATA E5)"
    )


class Choices(Section):
    """What the paper leaves open in the objective (ERRATA E14)."""

    reconstruction_reduction: Literal["sum", "mean"] = Field(description="PAIR's squared error over pixels")
    mapping_reduction: Literal["sum", "mean"] = Field(description="mapping loss over latents or pixels")
    mapping_gradient: Literal["both", "observation", "map"] = Field(
        description="encoders that the mapping loss trains beside the map: both, the observation's, none (map)"
    )
    mapping_space: Literal["latent", "image"] = Field(
        description="PAIR's mapping loss on latents (Eq. 16) or on images (Eq. 14); the others' is on latents"
    )


class Training(Section):
    """The training loop (Table 9)."""

    epochs: PositiveInt = Field(description="passes over the training pairs")
    batch_size: PositiveInt = Field(description="pairs per step")
    learning_rate: PositiveFloat = Field(description="step size of Adam")
    checkpoint_every: PositiveInt = Field(description="epochs between checkpoints")
