"""Settings of paired Wasserstein autoencoders: mixtures, objective, the two experiments, what is tried beside them."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, ValidationError, model_validator

from vspair.config.merging import merge
from vspair.config.names import Name
from vspair.config.numbers import (
    Channels,
    Count,
    Distinct,
    Few,
    NonNegative,
    Positive,
    Seed,
    Seeds,
    Share,
    Width,
    require_seeds,
)
from vspair.config.section import Section
from vspair.config.training import Training
from vspair.models.kinds import any_method
from vspair.problems.faults import sentences
from vspair.problems.problem import Problem
from vspair.problems.transport.stacks import JOINED, PLANE, SPHERE, changed, is_stack, plane_stacks, sphere_stack

PAIRS = ("vPAIR", "vsPAIR")
"""Kinds that are compared with the paper's methods in the plane."""


class Mixtures(Section):
    """Random Gaussian mixtures and what is drawn from them (Section 4)."""

    components: Few = Field(description="components of a mixture")
    extent: Positive = Field(description="means are uniform on [-extent, extent] in each coordinate")
    spread: tuple[Positive, Positive] = Field(description="least and greatest spread of a component in a coordinate")
    spread_is: Literal["variance", "deviation"] = Field(description="what `spread` says: variances or their roots")
    weighting: Literal["uniform", "softmax", "equal"] = Field(
        description="weights before division by their sum: uniform on [0, 1], exponentials of normal draws, equal"
    )
    drawn: Literal["each", "once"] = Field(description="mixtures of each seed, or one set for all seeds")
    samples: Count = Field(description="training samples of each distribution")
    seed: Seed = Field(description="seed of the mixtures, together with a run's own, and of batches and noise")

    @model_validator(mode="after")
    def _spread_is_ordered(self) -> "Mixtures":
        if self.spread[0] > self.spread[1]:
            raise ValueError(f"spread must state the least first, found {list(self.spread)}")
        return self


class Objective(Section):
    """What the paper leaves open in Eq. 4, for both experiments."""

    reduction: Literal["mean", "sum"] = Field(description="squared errors of autoencoders over the coordinates")
    divergence: Literal["product", "alone"] = Field(
        description="weight of StatDiv: lambda_joint lambda_WAE, or lambda_WAE alone"
    )


class Networks(Section):
    """Encoders and decoders."""

    widths: tuple[Channels, ...] = Field(min_length=1, max_length=16, description="hidden layers, inwards")
    latent: Width = Field(description="dimension of the latent space")


class Sphere(Section):
    """Transport between two mixtures on the sphere (Section 4.1)."""

    cost: Literal["squared", "euclidean", "geodesic"] = Field(description="c(x, y) of the joint term and the Monge gap")
    bounded: bool = Field(description="whether encoders end in a sigmoid, and so inside the support of the prior")
    weights: Annotated[tuple[tuple[NonNegative, NonNegative], ...], Distinct] = Field(
        min_length=1, max_length=20, description="pairs of lambda_joint and lambda_WAE"
    )
    shown: Count = Field(description="points of fig1")


class Plane(Section):
    """Posterior samples of a mixture in the plane under a linear measurement (Section 4.2)."""

    noise: Positive = Field(description="sigma of the measurement's noise")
    unit_operator: bool = Field(description="whether F has length 1, or is a standard normal draw as it is")
    weights: tuple[NonNegative, NonNegative] = Field(description="lambda_joint and lambda_WAE")
    encoder_noise: Width = Field(description="dimension of the encoders' noise z'")
    pairing: Literal["shuffled", "kept"] = Field(
        description="whether a paired WAE sees y in an order of its own, or beside its x"
    )
    betas: Annotated[tuple[Positive, ...], Distinct] = Field(
        min_length=1, max_length=20, description="weights beta of the conditional VAE's KL term"
    )
    beta: Positive = Field(description="the one of them that is compared with the other methods")
    shown: Count = Field(description="samples of each posterior in fig4")

    @model_validator(mode="after")
    def _beta_is_trained(self) -> "Plane":
        if self.beta not in self.betas:
            raise ValueError(f"beta must be one of betas {list(self.betas)}, found {self.beta:g}")
        return self


class Scores(Section):
    """How trained networks are scored (Section 4)."""

    batches: Count = Field(description="random batches, and in the plane observations with a posterior each")
    batch_size: Annotated[Count, Field(ge=2)] = Field(description="points of a batch, and samples of a posterior")
    levels: Annotated[tuple[Share, ...], Distinct] = Field(
        min_length=1, max_length=10, description="levels of the central credible intervals"
    )


class Choice(Section):
    """One training with settings that the paper leaves open changed."""

    of: str = Field(description="the stack that is trained so, such as `plane.wae`")
    label: str = Field(description="what a reader sees")
    set: dict[str, str | float | bool] = Field(description="dotted key inside the problem -> value")


class Choices(Section):
    """Shorter trainings of what the paper leaves open; the settings of the problem are among them, unchanged."""

    epochs: Count = Field(description="epochs of each")
    seeds: Count = Field(description="runs of each, the first of `seeds`")
    runs: dict[Name, Choice] = Field(max_length=50, description="what is tried, by name")


class Settings(Problem):
    """Paired Wasserstein autoencoders (Piening and Chung)."""

    title: ClassVar[str] = "Paired Wasserstein autoencoders"
    published: ClassVar[str] = "paired_wae"

    seeds: Seeds = Field(description="runs of every training")
    mixtures: Mixtures = Field(description="random mixtures and samples of them")
    objective: Objective = Field(description="what the paper leaves open in the objective")
    networks: Networks = Field(description="encoders and decoders")
    training: Training = Field(description="the training loop of the paper's methods")
    sphere: Sphere = Field(description="transport between mixtures on the sphere")
    plane: Plane = Field(description="posterior samples in the plane")
    methods: dict[str, any_method()] = Field(description="vPAIR and vsPAIR in the plane, beside the paper's methods")
    scores: Scores = Field(description="how trained networks are scored")
    choices: Choices = Field(description="what the paper leaves open, tried")

    def sphere_stacks(self) -> list[str]:
        """Names of the stacks on the sphere."""
        return [sphere_stack(*pair) for pair in self.sphere.weights]

    def stacks(self) -> list[str]:
        """Names of all stacks, without those of choices."""
        return [*self.sphere_stacks(), *plane_stacks(self.plane.betas), *(f"{PLANE}.{name}" for name in self.methods)]

    def trainings(self, seeds: tuple[int, ...]) -> int:
        """Runs of all stacks and choices; the seeds are the problem's own."""
        return len(self.seeds) * len(self.stacks()) + min(self.choices.seeds, len(self.seeds)) * len(self.choices.runs)

    @model_validator(mode="after")
    def _seeds_differ(self) -> "Settings":
        require_seeds(self.seeds)
        return self

    @model_validator(mode="after")
    def _methods_fit(self) -> "Settings":
        if unknown := set(self.methods) - set(PAIRS):
            raise ValueError(f"methods must be of {', '.join(PAIRS)}, found {min(unknown)}")
        for name, method in self.methods.items():
            if method.kind != name:
                raise ValueError(f"methods.{name}.kind must be {name}, found {method.kind}")
            method.require_fit((2,), (1,))
        return self

    @model_validator(mode="after")
    def _choices_fit(self) -> "Settings":
        whole = self.model_dump(mode="json", exclude={"choices"})
        for name, choice in self.choices.runs.items():
            if not is_stack(choice.of, self.methods):
                raise ValueError(
                    f"choices.runs.{name}.of must be a stack such as {', '.join(self.stacks())}, found {choice.of}"
                )
            for key, value in choice.set.items():
                section, *rest = key.split(".")
                known = section in JOINED and len(rest) == 1 and rest[0] in whole[section]
                if not known:
                    raise ValueError(
                        f"choices.runs.{name}.set names {key!r}: it may change settings of {', '.join(JOINED)}"
                    )
                try:
                    # The section alone: what is checked of the whole does not depend on it.
                    type(getattr(self, section)).model_validate(merge(whole[section], {rest[0]: value}))
                except ValidationError as error:
                    reason = sentences(error, whole[section])
                    raise ValueError(f"choices.runs.{name}.set.{key}: {reason}") from None
        return self

    def part(self, stack: str) -> str:
        """The experiment that a stack or a choice belongs to: `sphere` or `plane`."""
        return SPHERE if changed(stack, self.choices.runs)[0].startswith(f"{SPHERE}.") else PLANE
