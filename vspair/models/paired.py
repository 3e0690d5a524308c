"""Two autoencoders joined by a latent map: the paired framework (Sections 2.3 and 3.1)."""

from collections.abc import Sequence

import torch
from torch import Tensor

from vspair.distributions import LINKS, SparsityPrior
from vspair.models.autoencoder import Autoencoder
from vspair.models.inversion import InverseModel
from vspair.models.method import Shape
from vspair.models.parts import MappingChoices
from vspair.networks import LinearMap, ParameterMap
from vspair.objectives import gate_entropy, mapping_error, negative_elbo


class PairedAutoencoder(InverseModel):
    """x <-> z_x <- map <- z_y <-> y.

    A subclass names the two latent families, and the loss of each side where it is not an ELBO.

    Arguments:
        qoi_shape, observation_shape: of one x and one y, (channels, height, width) or (n,).
        channels: widths of the backbone.
        latent_x: dimension of the QoI latent.
        latent_y: dimension of the observation latent.
        choices: what the paper leaves open in the objective.
        hidden: width of the latent map's hidden layers; None for a linear map.
    """

    def __init__(
        self,
        qoi_shape: Shape,
        observation_shape: Shape,
        channels: Sequence[int],
        latent_x: int,
        latent_y: int,
        choices: MappingChoices,
        hidden: int | None = None,
    ):
        super().__init__()
        self.latents = latent_x
        self.choices = choices
        self.qoi = Autoencoder(self.qoi_family, qoi_shape, channels, latent_x)
        self.observation = Autoencoder(self.observation_family, observation_shape, channels, latent_y)
        ends = (self.observation_family.heads, latent_y), (self.qoi_family.heads, latent_x)
        self.map = LinearMap(*ends) if hidden is None else ParameterMap(*ends, hidden)
        self.prior = None

    def infer(self, observation: Tensor):
        """Distribution of z_x given y: the map applied to the parameters of q(z_y | y) (Section 3.1)."""
        return self._mapped(self.observation.encode(observation).parameters())

    def decode(self, latent: Tensor) -> Tensor:
        """QoI (batch, *qoi_shape) of codes (batch, latent_x)."""
        return self.qoi.decode(latent)

    def terms(self, qoi: Tensor, observation: Tensor, generator: torch.Generator | None = None) -> dict[str, Tensor]:
        """The named terms of Eq. 15 without weights, each of shape (batch,).

        Arguments:
            qoi: x, shape (batch, *qoi_shape).
            observation: y, shape (batch, *observation_shape).
            generator: source of the latent noise.
        """
        latent_x, latent_y = self.qoi.encode(qoi), self.observation.encode(observation)
        decoded_x = self.qoi.decode(latent_x.rsample(generator))
        decoded_y = self.observation.decode(latent_y.rsample(generator))
        qoi_terms = self.autoencoding_terms(latent_x, decoded_x, qoi, self.prior)
        observation_terms = self.autoencoding_terms(latent_y, decoded_y, observation)
        source, target = latent_y.parameters(), latent_x.parameters()
        if self.choices.mapping_gradient == "map":
            source = source.detach()
        if self.choices.mapping_gradient in ("map", "observation"):
            target = target.detach()
        return {
            **{f"{name}_qoi": value for name, value in qoi_terms.items()},
            **{f"{name}_observation": value for name, value in observation_terms.items()},
            **self.mapping_terms(self._mapped(source), target, qoi, generator),
        }

    def autoencoding_terms(self, latent, decoded: Tensor, target: Tensor, prior=None) -> dict[str, Tensor]:
        """The loss of one side, shapes (batch,): its negative ELBO (see `negative_elbo`)."""
        return negative_elbo(latent, decoded, target, prior)

    def mapping_terms(
        self, predicted, target: Tensor, qoi: Tensor, generator: torch.Generator | None
    ) -> dict[str, Tensor]:
        """The mapping loss on latent parameters (Eq. 16), shape (batch,)."""
        return {"mapping": mapping_error(predicted.parameters(), target, self.choices.mapping_reduction)}

    def _mapped(self, parameters: Tensor):
        return self.qoi_family.from_heads(self.map(parameters))


class SparsePairedAutoencoder(PairedAutoencoder):
    """A paired autoencoder whose QoI latent is sparse, with a learned sparsity level.

    Arguments:
        qoi_shape, observation_shape, channels, latent_x, latent_y, choices, hidden: as for `PairedAutoencoder`.
        alpha0, beta0: shapes of the Beta hyperprior of rho (Eq. 20).
        map_gate: link from the map's third output to the predicted omega (a key of LINKS).
        rho_start: rho before training, in (0, 1).
    """

    def __init__(
        self,
        qoi_shape: Shape,
        observation_shape: Shape,
        channels: Sequence[int],
        latent_x: int,
        latent_y: int,
        choices: MappingChoices,
        hidden: int | None = None,
        alpha0: float = 1.0,
        beta0: float = 1.0,
        map_gate: str = "sigmoid",
        rho_start: float = 0.5,
    ):
        super().__init__(qoi_shape, observation_shape, channels, latent_x, latent_y, choices, hidden)
        self.prior = SparsityPrior(alpha0, beta0, rho_start)
        self.map_gate = LINKS[map_gate]

    def encoder_gates(self, qoi: Tensor, observation: Tensor) -> Tensor:
        """omega of q(z_x | x), shape (batch, latent_x); `observation` is not looked at."""
        return self.qoi.encode(qoi).gate

    def mapping_terms(
        self, predicted, target: Tensor, qoi: Tensor, generator: torch.Generator | None
    ) -> dict[str, Tensor]:
        """The mapping loss with the penalty on undecided gates (Eq. 16), and the hyperprior (Eq. 21)."""
        return {
            **super().mapping_terms(predicted, target, qoi, generator),
            "gate_entropy": gate_entropy(predicted.gate, self.choices.mapping_reduction),
            "hyperprior": self.prior.hyperprior().expand(len(qoi)),
        }

    def _mapped(self, parameters: Tensor):
        return self.qoi_family.from_heads(self.map(parameters), self.map_gate)
