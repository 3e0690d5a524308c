"""What one inverse problem's configuration holds: data, models, objective, training, evaluation, figures."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt, model_validator

NonNegative = Annotated[float, Field(ge=0)]


class Section(BaseModel):
    """A part of the configuration: unknown keys are errors, numbers are finite, values are fixed."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


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
    mapping_space: Literal["latent", "image"] = Field(description="mapping loss on latents (Eq. 16) or images (Eq. 14)")


class Weights(Section):
    """Weights of the objective's terms (Table 9)."""

    lambda1: NonNegative = Field(1.0, description="QoI autoencoder")
    lambda2: NonNegative = Field(0.0, description="observation autoencoder")
    lambda3: NonNegative = Field(0.0, description="latent mapping loss")
    lambda_rho: NonNegative = Field(0.0, description="Beta hyperprior of rho")
    gamma_x: NonNegative = Field(1.0, description="KL terms inside the QoI ELBO")
    gamma_y: NonNegative = Field(1.0, description="KL terms inside the observation ELBO")
    lambda_b: NonNegative = Field(0.0, description="penalty on undecided gates inside the mapping loss")


class Model(Section):
    """One model: its sizes and its weights (Tables 6 to 9)."""

    channels: tuple[PositiveInt, ...] = Field(min_length=2, description="widths of the convolutional backbone")
    latent_x: PositiveInt = Field(description="dimension of the QoI latent")
    latent_y: PositiveInt | None = Field(None, description="dimension of the observation latent")
    hidden: PositiveInt | None = Field(None, description="hidden width of the latent map's MLP")
    alpha0: PositiveFloat | None = Field(None, description="first shape of the Beta hyperprior")
    beta0: PositiveFloat | None = Field(None, description="second shape of the Beta hyperprior")
    rho_start: Annotated[float, Field(gt=0, lt=1)] | None = Field(None, description="rho before training")
    map_gate: Literal["sigmoid", "clamped_exponential"] | None = Field(
        None, description="link from the latent map's output to the predicted gate probability"
    )
    weights: Weights = Field(description="weights of the objective's terms")

    def architecture(self) -> dict:
        """Arguments of the model's class, without those that the model does not have."""
        return self.model_dump(exclude={"weights"}, exclude_none=True)


SIZES = {
    "PAIR": {"latent_y"},
    "vPAIR": {"latent_y", "hidden"},
    "sVAE": {"alpha0", "beta0", "rho_start"},
    "vsPAIR": {"latent_y", "hidden", "alpha0", "beta0", "rho_start", "map_gate"},
}
"""The settings that each model has beside `channels`, `latent_x` and `weights`: it needs these and takes no others."""


def _require_sizes(name: str, model: Model) -> None:
    given = set(model.architecture()) - {"channels", "latent_x"}
    if missing := sorted(SIZES[name] - given):
        raise ValueError(f"models.{name} needs {', '.join(missing)}")
    if needless := sorted(given - SIZES[name]):
        raise ValueError(f"models.{name} has no {', '.join(needless)}: remove it")


class Training(Section):
    """The training loop (Table 9)."""

    epochs: PositiveInt = Field(description="passes over the training pairs")
    batch_size: PositiveInt = Field(description="pairs per step")
    learning_rate: PositiveFloat = Field(description="step size of Adam")
    checkpoint_every: PositiveInt = Field(description="epochs between checkpoints")


class Evaluation(Section):
    """Evaluation on the test pairs (Section 4.1)."""

    samples: int = Field(ge=2, description="posterior samples per image")
    batch_size: PositiveInt = Field(description="observations evaluated at once")


class Figure(Section):
    """What the figures show."""

    percentiles: tuple[Annotated[float, Field(ge=0, le=100)], ...] = Field(
        min_length=1, description="difficulty of fig3's test cases, in percent of the mean squared error's distribution"
    )


class Problem(Section):
    """One inverse problem from data to figures."""

    image: tuple[PositiveInt, PositiveInt] = Field(description="height and width of the images in pixels")
    data: Data = Field(description="where the pairs come from and how the holes are made")
    models: dict[Literal["PAIR", "vPAIR", "sVAE", "vsPAIR"], Model] = Field(
        min_length=1, description="the models by name, each with its sizes and weights"
    )
    choices: Choices = Field(description="what the paper leaves open in the objective")
    training: Training = Field(description="the training loop")
    evaluation: Evaluation = Field(description="evaluation on the test pairs")
    figures: Figure = Field(description="what the figures show")

    @model_validator(mode="after")
    def _sizes_fit(self) -> "Problem":
        if self.data.patch_size > min(self.image):
            raise ValueError(
                f"a hole of data.patch_size={self.data.patch_size} pixels does not fit into an image of "
                f"{self.image[0]}x{self.image[1]}"
            )
        for name, model in self.models.items():
            _require_sizes(name, model)
            halvings = 2 ** (len(model.channels) - 1)
            if any(side % halvings for side in self.image):
                raise ValueError(
                    f"models.{name}.channels halve the image {len(model.channels) - 1} times, "
                    f"but image={self.image[0]}x{self.image[1]} is not divisible by {halvings}"
                )
        return self
