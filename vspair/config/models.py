"""The models: their sizes and the weights of their objectives (Tables 6 to 9)."""

from typing import Annotated, Literal

from pydantic import Field, PositiveFloat, PositiveInt

from vspair.config.section import Section

NonNegative = Annotated[float, Field(ge=0)]


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
    members: Annotated[int, Field(ge=2)] | None = Field(None, description="networks of an ensemble")
    weights: Weights = Field(description="weights of the objective's terms")

    def architecture(self) -> dict:
        """Arguments of the model's class, without those that the model does not have."""
        return self.model_dump(exclude={"weights"}, exclude_none=True)


SIZES = {
    "PAIR": {"latent_y"},
    "vPAIR": {"latent_y", "hidden"},
    "sVAE": {"alpha0", "beta0", "rho_start"},
    "vsPAIR": {"latent_y", "hidden", "alpha0", "beta0", "rho_start", "map_gate"},
    "CVAE": set(),
    "Ensemble": {"members"},
}
"""The settings that each model has beside `channels`, `latent_x` and `weights`: it needs these and takes no others."""

BASELINES = ("CVAE", "Ensemble")
"""Models of ours that the paper does not have, for comparison."""

ModelName = Literal["PAIR", "vPAIR", "sVAE", "vsPAIR", "CVAE", "Ensemble"]


def require_sizes(name: str, model: Model) -> None:
    """Refuse a model that lacks one of its settings or has one that is not its own.

    Raises:
        ValueError: which setting is missing or needless.
    """
    given = set(model.architecture()) - {"channels", "latent_x"}
    if missing := sorted(SIZES[name] - given):
        raise ValueError(f"models.{name} needs {', '.join(missing)}")
    if needless := sorted(given - SIZES[name]):
        raise ValueError(f"models.{name} has no {', '.join(needless)}: remove it")
