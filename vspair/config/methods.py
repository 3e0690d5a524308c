"""The methods that are compared on CT scans: their sizes, weights and trainings (Tables 10 to 12, Appendix D.2)."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, PositiveFloat, PositiveInt

from vspair.config.models import NonNegative, Weights
from vspair.config.section import Section
from vspair.config.training import Training

Window = Literal["ram-lak", "shepp-logan", "cosine", "hamming", "hann"]
Share = Annotated[float, Field(gt=0, le=1)]


class Method(Section):
    """What all methods have in common."""

    physical: ClassVar[bool] = True
    """Whether the method is given the operator, and not the sizes of QoI and observation alone."""

    learns: ClassVar[bool] = True
    """Whether it learns or chooses something from training pairs."""

    seeded: ClassVar[bool] = True
    """Whether a run depends on its seed."""

    probabilistic: ClassVar[bool] = False
    """Whether it has a posterior, and an objective with open choices (ERRATA E14)."""

    trained_on: Literal["levels", "variable"] = Field(
        "levels", description="one run on each noise level's data set, or one on the variable data set"
    )

    def architecture(self) -> dict[str, Any]:
        """Arguments of the method's class."""
        return self.model_dump(exclude={"kind", "trained_on", "weights", "training", "pairs"})


class Filtered(Method):
    """Filtered back-projection."""

    learns: ClassVar[bool] = False
    seeded: ClassVar[bool] = False

    kind: Literal["FBP"] = Field(description="class of the method in `vspair.models`")
    filter: Window = Field(description="window of the ramp filter")
    cutoff: Share = Field(description="frequency beyond which the filter is 0, as a share of the largest")


class Variational(Method):
    """Least squares with total variation."""

    seeded: ClassVar[bool] = False

    kind: Literal["TV"] = Field(description="class of the method in `vspair.models`")
    strengths: tuple[NonNegative, ...] = Field(min_length=1, description="weights of total variation to choose from")
    iterations: PositiveInt = Field(description="primal-dual iterations")
    pairs: PositiveInt = Field(description="training pairs that the weight is chosen on, the first ones")


class Unrolled(Method):
    """Learned primal-dual (ERRATA E8)."""

    kind: Literal["LPD"] = Field(description="class of the method in `vspair.models`")
    iterations: PositiveInt = Field(description="unrolled iterations")
    primal: Annotated[int, Field(ge=2)] = Field(description="channels of the primal memory")
    dual: PositiveInt = Field(description="channels of the dual memory")
    width: PositiveInt = Field(description="channels inside the blocks")
    start: Literal["zero", "fbp"] = Field(description="what the iterations start from")
    weights: Weights = Field(description="weights of the objective's terms")
    training: Training = Field(description="the training loop")


class Postprocessing(Method):
    """A U-Net that mends a filtered back-projection."""

    kind: Literal["UNet"] = Field(description="class of the method in `vspair.models`")
    channels: tuple[PositiveInt, ...] = Field(min_length=2, description="widths from the image inwards")
    filter: Window = Field(description="window of the ramp filter")
    cutoff: Share = Field(description="frequency beyond which the filter is 0, as a share of the largest")
    weights: Weights = Field(description="weights of the objective's terms")
    training: Training = Field(description="the training loop")


class Paired(Method):
    """vsPAIR with a linear latent map (Tables 10 to 12)."""

    physical: ClassVar[bool] = False
    probabilistic: ClassVar[bool] = True

    kind: Literal["vsPAIR"] = Field(description="class of the method in `vspair.models`")
    channels: tuple[PositiveInt, ...] = Field(min_length=2, description="widths of the convolutional backbone")
    latent_x: PositiveInt = Field(description="dimension of the QoI latent")
    latent_y: PositiveInt = Field(description="dimension of the observation latent")
    map_gate: Literal["sigmoid", "clamped_exponential"] = Field(
        description="link from the latent map's output to the predicted gate probability"
    )
    alpha0: PositiveFloat = Field(description="first shape of the Beta hyperprior")
    beta0: PositiveFloat = Field(description="second shape of the Beta hyperprior")
    rho_start: Annotated[float, Field(gt=0, lt=1)] = Field(description="rho before training")
    weights: Weights = Field(description="weights of the objective's terms")
    training: Training = Field(description="the training loop")


KINDS = (Filtered, Variational, Unrolled, Postprocessing, Paired)

AnyMethod = Annotated[Filtered | Variational | Unrolled | Postprocessing | Paired, Field(discriminator="kind")]
"""Any method's settings, told apart by `kind`."""
