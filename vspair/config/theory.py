"""The linear-Gaussian check of Theorems 1 and 2 (Section 3.2)."""

from typing import Annotated

from pydantic import Field, model_validator

from vspair.config.numbers import Count, Few, Seed
from vspair.config.section import Section

Deviation = Annotated[float, Field(ge=1e-3, le=1e3)]
"""Standard deviation beside which x and y, of about 1, and products of matrices are still seen."""


class Theory(Section):
    """A random linear-Gaussian inverse problem and the latent maps that are trained on its samples."""

    qoi: Few = Field(description="dimension of x")
    observation: Few = Field(description="dimension of y; below that of x the problem is ill-posed")
    latent_x: Annotated[Few, Field(ge=2)] = Field(description="dimension of the QoI latent; two of it are drawn")
    latent_y: Few = Field(description="dimension of the observation latent")
    noise: Deviation = Field(description="standard deviation of the noise in y")
    spread: Deviation = Field(description="standard deviation of q(z_x given x), on average over latents")
    pairs: Annotated[Count, Field(ge=100)] = Field(description="training pairs of the latent maps")
    observations: Few = Field(description="new observations at which the maps meet the closed forms")
    samples: Annotated[Count, Field(ge=100)] = Field(description="posterior draws for the first of them")
    iterations: Count = Field(description="largest number of L-BFGS iterations")
    seed: Seed = Field(description="seed of problem, pairs and draws")

    @model_validator(mode="after")
    def _observation_latent_is_large_enough(self) -> "Theory":
        if self.latent_y < self.observation:
            raise ValueError(
                f"latent_y={self.latent_y} must be at least observation={self.observation}, "
                "else the encoder of y loses what the closed forms use"
            )
        return self
