"""vsPAIR+: a vsPAIR whose latent explains what the observation leaves open, with samples of recorded values; ours.

Three things differ from vsPAIR, each a setting of its own, so that an ablation can take it away:

- the latent map learns by the likelihood of the encoder's draws, since Eq. 16 cannot reach Eq. 19 (deviation D8);
- encoder and decoder see y beside x and z, so that z need not carry what y shows;
- the decoder gives a law of recorded values (`RecordedLogistic`) in the place of a mean with unit variance.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from vspair.distributions import LINKS, Conditioned, Gaussian, SparsityPrior, SpikeSlab
from vspair.distributions.recorded import RecordedLogistic
from vspair.models.autoencoder import Autoencoder
from vspair.models.inversion import InverseModel
from vspair.models.method import Shape
from vspair.models.posterior import LatentPosterior, RecordedPosterior
from vspair.networks import Decoder, ParameterMap, encoder
from vspair.networks.conditional import ConditionalDecoder
from vspair.objectives import half_squared_error, mapping_error, negative_elbo
from vspair.objectives.divergence import spike_slab_divergence

GATE = LINKS["sigmoid"]


class vsPAIRplus(InverseModel):  # noqa: N801 (the paper's spelling)
    """q(z | x, y), a map from q(z_y | y) to p(z | y), and p(x | z, y), with a spike-and-slab z; x and y of one grid.

    Arguments:
        qoi_shape, observation_shape: of one x and one y, (channels, height, width), of one height and width.
        channels: widths of the backbone.
        latent_x, latent_y: dimensions of z and z_y.
        hidden: width of the latent map's hidden layers.
        bounds, step: of recorded values (`RecordedLogistic`), in the scale of the model.
        alpha0, beta0, rho_start: of the sparsity prior (`SparsityPrior`).
        mapping: `divergence`, or `parameters` for Eq. 16.
        condition: `observation` if encoder and decoder of x see y, else `none`.
        likelihood: `recorded`, or `unit` for a Gaussian of unit variance (Eq. 11), whose draws are its means.
    """

    qoi_family = SpikeSlab

    def __init__(
        self,
        qoi_shape: Shape,
        observation_shape: Shape,
        channels: Sequence[int],
        latent_x: int,
        latent_y: int,
        hidden: int,
        bounds: tuple[float | None, float | None],
        step: float,
        alpha0: float = 1.0,
        beta0: float = 1.0,
        rho_start: float = 0.5,
        mapping: str = "divergence",
        condition: str = "observation",
        likelihood: str = "recorded",
    ):
        super().__init__()
        self.latents, self._shown = latent_x, tuple(observation_shape)
        self._bounds, self._step = tuple(bounds), step
        self._by_parameters, self._conditional = mapping == "parameters", condition == "observation"
        self._recorded = likelihood == "recorded"
        seen, made = observation_shape[0] if self._conditional else 0, (2 if self._recorded else 1) * qoi_shape[0]
        self.encoder = encoder((qoi_shape[0] + seen, *qoi_shape[1:]), channels, latent_x, SpikeSlab.heads)
        self.decoder = (
            ConditionalDecoder(qoi_shape[1:], channels, latent_x, seen, made)
            if self._conditional
            else Decoder(qoi_shape[1:], channels, latent_x, made)
        )
        self.observation = Autoencoder(Gaussian, observation_shape, channels, latent_y)
        self.map = ParameterMap((Gaussian.heads, latent_y), (SpikeSlab.heads, latent_x), hidden)
        self.prior = SparsityPrior(alpha0, beta0, rho_start)

    def infer(self, observation: Tensor) -> Conditioned:
        """Distribution of [z, c(y)] given y: z ~ p(z | y), the map applied to the parameters of q(z_y | y)."""
        return Conditioned(self._mapped(self.observation.encode(observation)), self.shown(observation).flatten(1))

    def shown(self, observation: Tensor) -> Tensor:
        """c(y), what encoder and decoder of x see of y, on the grid of x: here y itself."""
        return observation

    def decode(self, latent: Tensor) -> Tensor:
        """The mean of x for codes [z, c(y)], shape (batch, latent_x + size of c) -> (batch, *qoi_shape)."""
        return self.law(latent).mean if self._recorded else self._heads(latent)

    def law(self, latent: Tensor) -> RecordedLogistic:
        """p(x | z, y) for codes [z, c(y)]; arguments as for `decode`."""
        return RecordedLogistic(*self._heads(latent).chunk(2, dim=1), self._bounds, self._step)

    @torch.inference_mode()
    def posterior(self, observation: Tensor) -> LatentPosterior:
        """The approximate posterior q(x | y) for observations (batch, *observation_shape).

        Raises:
            RuntimeError: the model is in training mode.
        """
        self._require_evaluation()
        latent, batch = self.infer(observation), len(observation)
        if self._recorded:
            return RecordedPosterior(latent, self.decode, self.law, batch, self.latents)
        posterior = LatentPosterior(latent, self.decode, batch, self.latents)
        posterior.gates = latent.latent.gate
        return posterior

    def encoder_gates(self, qoi: Tensor, observation: Tensor) -> Tensor:
        """omega of q(z | x, y), shape (batch, latent_x)."""
        return self._encoded(qoi, self.shown(observation)).gate

    def terms(self, qoi: Tensor, observation: Tensor, generator: torch.Generator | None = None) -> dict[str, Tensor]:
        """The named terms of the objective without weights, each of shape (batch,).

        Arguments:
            qoi: x, shape (batch, *qoi_shape).
            observation: y, shape (batch, *observation_shape).
            generator: source of the latent noise.
        """
        shown, latent_y = self.shown(observation), self.observation.encode(observation)
        latent = self._encoded(qoi, shown)
        code = Conditioned(latent, shown.flatten(1)).rsample(generator)
        decoded_y = self.observation.decode(latent_y.rsample(generator))
        seen = negative_elbo(latent_y, decoded_y, observation)
        return {
            "reconstruction_qoi": self._misfit(code, qoi),
            **{f"{name}_qoi": value for name, value in latent.kl(self.prior).items()},
            **{f"{name}_observation": value for name, value in seen.items()},
            **self._mapping_terms(latent, self._mapped(latent_y)),
            "hyperprior": self.prior.hyperprior().expand(len(qoi)),
        }

    def _misfit(self, code: Tensor, qoi: Tensor) -> Tensor:
        if self._recorded:
            return -self.law(code).log_probability(qoi).flatten(1).sum(1)
        return half_squared_error(self.decode(code), qoi)

    def _mapping_terms(self, encoded: SpikeSlab, mapped: SpikeSlab) -> dict[str, Tensor]:
        if self._by_parameters:
            return {"mapping": mapping_error(mapped.parameters(), encoded.parameters(), "sum")}
        return {f"mapping_{part}": value for part, value in spike_slab_divergence(encoded, mapped).items()}

    def _heads(self, latent: Tensor) -> Tensor:
        """What the decoder makes of codes [z, c(y)]."""
        code, shown = latent[:, : self.latents], latent[:, self.latents :]
        return self.decoder(code, shown.unflatten(1, self._shown)) if self._conditional else self.decoder(code)

    def _encoded(self, qoi: Tensor, shown: Tensor) -> SpikeSlab:
        seen = torch.cat([qoi, shown], dim=1) if self._conditional else qoi
        return SpikeSlab.from_heads(self.encoder(seen), GATE)

    def _mapped(self, latent_y: Gaussian) -> SpikeSlab:
        return SpikeSlab.from_heads(self.map(latent_y.parameters()), GATE)
