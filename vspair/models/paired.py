"""Two autoencoders joined by a latent map: the paired framework (Sections 2.3 and 3.1)."""

from collections.abc import Sequence

import torch
from torch import Tensor

from vspair.config.training import Choices
from vspair.distributions import LINKS, SparsityPrior
from vspair.models.autoencoder import Autoencoder
from vspair.models.inversion import InverseModel
from vspair.networks import LinearMap, ParameterMap
from vspair.objectives.terms import gate_entropy, mapping_error, squared_error


class PairedAutoencoder(InverseModel):
    """x <-> z_x <- map <- z_y <-> y.

    A subclass names the two latent families and the autoencoding loss of both sides (see `zoo`).

    Arguments:
        image: height and width of the QoI.
        channels: widths of the backbone.
        latent_x: dimension of the QoI latent.
        latent_y: dimension of the observation latent.
        hidden: width of the latent map's hidden layers; None for a linear map.
        observation: height and width of the observation; None if they are the QoI's.
    """

    def __init__(
        self,
        image: Sequence[int],
        channels: Sequence[int],
        latent_x: int,
        latent_y: int,
        hidden: int | None = None,
        observation: Sequence[int] | None = None,
    ):
        super().__init__()
        self.latents = latent_x
        self.qoi = Autoencoder(self.qoi_family, image, channels, latent_x)
        self.observation = Autoencoder(self.observation_family, observation or image, channels, latent_y)
        ends = (self.observation_family.heads, latent_y), (self.qoi_family.heads, latent_x)
        self.map = LinearMap(*ends) if hidden is None else ParameterMap(*ends, hidden)
        self.prior = None

    def infer(self, observation: Tensor):
        """Distribution of z_x given y: the map applied to the parameters of q(z_y | y) (Section 3.1)."""
        return self._mapped(self.observation.encode(observation).parameters())

    def decode(self, latent: Tensor) -> Tensor:
        """QoI images (batch, 1, height, width) of codes (batch, latent_x)."""
        return self.qoi.decode(latent)

    def terms(
        self, qoi: Tensor, observation: Tensor, choices: Choices, generator: torch.Generator | None = None
    ) -> dict[str, Tensor]:
        """The named terms of Eq. 15 without weights, each of shape (batch,).

        Arguments:
            qoi: x, shape (batch, 1, height, width).
            observation: y, shape (batch, 1, height, width).
            choices: what the paper leaves open (ERRATA E14).
            generator: source of the latent noise.
        """
        latent_x, latent_y = self.qoi.encode(qoi), self.observation.encode(observation)
        decoded_x = self.qoi.decode(latent_x.rsample(generator))
        decoded_y = self.observation.decode(latent_y.rsample(generator))
        qoi_terms = self.autoencoding_loss(latent_x, decoded_x, qoi, choices, self.prior)
        observation_terms = self.autoencoding_loss(latent_y, decoded_y, observation, choices)
        source, target = latent_y.parameters(), latent_x.parameters()
        if choices.mapping_gradient == "map":
            source = source.detach()
        if choices.mapping_gradient in ("map", "observation"):
            target = target.detach()
        return {
            **{f"{name}_qoi": value for name, value in qoi_terms.items()},
            **{f"{name}_observation": value for name, value in observation_terms.items()},
            **self.mapping_terms(self._mapped(source), target, qoi, choices, generator),
        }

    def mapping_terms(
        self, predicted, target: Tensor, qoi: Tensor, choices: Choices, generator: torch.Generator | None
    ) -> dict[str, Tensor]:
        """The mapping loss on latent parameters (Eq. 16), shapes (batch,).

        A deterministic pair may have it on images (Eq. 14), as `choices` says; for distributions the paper is clear.
        """
        if choices.mapping_space == "image" and not self.probabilistic:
            decoded = self.decode(predicted.rsample(generator))
            return {"mapping": squared_error(decoded, qoi, choices.mapping_reduction)}
        return {"mapping": mapping_error(predicted.parameters(), target, choices.mapping_reduction)}

    def _mapped(self, parameters: Tensor):
        return self.qoi_family.from_heads(self.map(parameters))


class SparsePairedAutoencoder(PairedAutoencoder):
    """A paired autoencoder whose QoI latent is sparse, with a learned sparsity level.

    Arguments:
        image, channels, latent_x, latent_y, hidden, observation: as for `PairedAutoencoder`.
        alpha0, beta0: shapes of the Beta hyperprior of rho (Eq. 20).
        map_gate: link from the map's third output to the predicted omega (a key of LINKS).
        rho_start: rho before training, in (0, 1).
    """

    def __init__(
        self,
        image: Sequence[int],
        channels: Sequence[int],
        latent_x: int,
        latent_y: int,
        hidden: int | None = None,
        alpha0: float = 1.0,
        beta0: float = 1.0,
        map_gate: str = "sigmoid",
        rho_start: float = 0.5,
        observation: Sequence[int] | None = None,
    ):
        super().__init__(image, channels, latent_x, latent_y, hidden, observation)
        self.prior = SparsityPrior(alpha0, beta0, rho_start)
        self.map_gate = LINKS[map_gate]

    def encoder_gates(self, qoi: Tensor, observation: Tensor) -> Tensor:
        """omega of q(z_x | x), shape (batch, latent_x); `observation` is not looked at."""
        return self.qoi.encode(qoi).gate

    def mapping_terms(
        self, predicted, target: Tensor, qoi: Tensor, choices: Choices, generator: torch.Generator | None
    ) -> dict[str, Tensor]:
        """The mapping loss with the penalty on undecided gates (Eq. 16), and the hyperprior (Eq. 21)."""
        return {
            **super().mapping_terms(predicted, target, qoi, choices, generator),
            "gate_entropy": gate_entropy(predicted.gate, choices.mapping_reduction),
            "hyperprior": self.prior.hyperprior().expand(len(qoi)),
        }

    def _mapped(self, parameters: Tensor):
        return self.qoi_family.from_heads(self.map(parameters), self.map_gate)
