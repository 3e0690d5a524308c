"""Paired Wasserstein autoencoders: two of one latent space, which draw from a coupling (Piening and Chung)."""

from collections.abc import Callable, Iterator, Sequence
from typing import Literal

import torch
from torch import Tensor, nn

from vspair.distributions.mixture import on_sphere
from vspair.models.posterior import DRAWN_AT_ONCE, Posterior
from vspair.networks.perceptron import Perceptron
from vspair.objectives.costs import squared
from vspair.objectives.energy import energy_distance
from vspair.objectives.terms import Reduction, squared_error

Prior = Literal["uniform", "normal"]
"""The latent prior xi: uniform on [0, 1]^latent, or standard normal."""


class MeasurementCost(nn.Module):
    """c_F(x, y) = ||F x - y||^2: what an observation y misses of a measurement of x (Section 3).

    Arguments:
        operator: F, shape (o, d).
    """

    def __init__(self, operator: Tensor):
        super().__init__()
        # A buffer: runs that are trained together have an operator each.
        self.register_buffer("operator", operator.clone())

    def forward(self, qoi: Tensor, observation: Tensor) -> Tensor:
        """Costs of x (..., d) and y (..., o), shape (...)."""
        return squared(qoi @ self.operator.mT, observation)


class WassersteinAutoencoder(nn.Module):
    """Encoder E(x, z') and decoder D(z) of one distribution (Eq. 3).

    Arguments:
        size: length of x.
        widths: of the encoder's hidden layers, from x inwards; the decoder's are the same outwards.
        latent: length of z.
        noise: length of z' ~ N(0, I), which the encoder sees beside x; 0 for a deterministic encoder.
        spherical: whether the decoder's output is divided by its length, and so on the unit sphere.
        bounded: whether the encoder ends in a sigmoid, and so in (0, 1)^latent.
    """

    def __init__(self, size: int, widths: Sequence[int], latent: int, noise: int, spherical: bool, bounded: bool):
        super().__init__()
        self.noise, self.spherical, self.bounded = noise, spherical, bounded
        self.encoder = Perceptron((size + noise, *widths, latent))
        self.decoder = Perceptron((latent, *reversed(widths), size))

    def encode(self, values: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """One draw of the code of each x, (n, size) to (n, latent)."""
        if self.noise:
            values = torch.cat([values, _normal((len(values), self.noise), values, generator)], -1)
        codes = self.encoder(values)
        return codes.sigmoid() if self.bounded else codes

    def decode(self, codes: Tensor) -> Tensor:
        """Codes (..., latent) to values (..., size)."""
        decoded = self.decoder(codes)
        return on_sphere(decoded) if self.spherical else decoded


class PairedWAE(nn.Module):
    """Decoders D_mu and D_nu of one z whose pairs have law mu and nu each and are cheap together (Eq. 4).

    Arguments:
        qoi, observation: lengths of x ~ mu and y ~ nu.
        widths, latent, noise, spherical, bounded: as for `WassersteinAutoencoder`, of both.
        prior: xi, law of z.
        cost: c(x, y) of points (n, qoi) and (n, observation), shape (n,).
        reduction: squared errors of an autoencoder summed or averaged over the coordinates.
        autoencoding, matching: whether `terms` holds those of the autoencoders and of StatDiv; those of no weight are
            left out, which saves their time.
    """

    def __init__(
        self,
        qoi: int,
        observation: int,
        widths: Sequence[int],
        latent: int,
        noise: int,
        spherical: bool,
        bounded: bool,
        prior: Prior,
        cost: Callable[[Tensor, Tensor], Tensor],
        reduction: Reduction = "sum",
        autoencoding: bool = True,
        matching: bool = True,
    ):
        super().__init__()
        self.latents, self.law, self.reduction = latent, prior, reduction
        self.autoencoding, self.matching = autoencoding, matching
        self.qoi = WassersteinAutoencoder(qoi, widths, latent, noise, spherical, bounded)
        self.observation = WassersteinAutoencoder(observation, widths, latent, noise, spherical, bounded)
        self.cost = cost

    def terms(self, qoi: Tensor, observation: Tensor, generator: torch.Generator | None = None) -> dict[str, Tensor]:
        """The named terms of Eq. 4 without weights, each of shape (batch,).

        `cost` is c(D_mu(z), D_nu(z)) of draws z ~ xi, `reconstruction_*` is ||x - D(E(x, z'))||^2, and `divergence_*`
        is the energy distance of the batch of codes and the draws of xi, of which every entry is the one value.

        Arguments:
            qoi: x ~ mu, shape (batch, qoi).
            observation: y ~ nu, shape (batch, observation); which y stands beside which x says nothing.
            generator: source of z and z'.
        """
        draws = self.draws(len(qoi), qoi, generator)
        terms = {"cost": self.cost(self.qoi.decode(draws), self.observation.decode(draws))}
        if self.autoencoding:
            for name, side, values in (("qoi", self.qoi, qoi), ("observation", self.observation, observation)):
                codes = side.encode(values, generator)
                terms[f"reconstruction_{name}"] = squared_error(side.decode(codes), values, self.reduction)
                if self.matching:
                    terms[f"divergence_{name}"] = energy_distance(codes, draws).expand(len(values))
        return terms

    def draws(self, n: int, like: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """n draws of z ~ xi, shape (n, latent), of the type and on the device of `like`."""
        if self.law == "normal":
            return _normal((n, self.latents), like, generator)
        return torch.rand(n, self.latents, generator=generator, device=like.device, dtype=like.dtype)

    @torch.inference_mode()
    def generate(self, n: int, generator: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
        """n draws of the learned coupling (D_mu, D_nu)_# xi, shapes (n, qoi) and (n, observation)."""
        codes = self.draws(n, next(self.parameters()), generator)
        return self.qoi.decode(codes), self.observation.decode(codes)

    @torch.inference_mode()
    def mapped(self, qoi: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """M(x) = D_nu(E_mu(x)) of x (n, qoi), shape (n, observation)."""
        return self.observation.decode(self.qoi.encode(qoi, generator))

    @torch.inference_mode()
    def mapped_back(self, observation: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """M(y) = D_mu(E_nu(y)) of y (n, observation), shape (n, qoi)."""
        return self.qoi.decode(self.observation.encode(observation, generator))

    def posterior(self, observation: Tensor) -> "CouplingPosterior":
        """The law of x given y in the learned coupling, for observations (batch, observation)."""
        return CouplingPosterior(self, observation)


class CouplingPosterior(Posterior):
    """(D_mu o E_nu(y, .))_# xi': draws of the code of y, decoded as x (Section 3).

    Arguments:
        model: a paired WAE; with deterministic encoders all draws for a y are equal.
        observation: y, shape (batch, observation).
    """

    def __init__(self, model: PairedWAE, observation: Tensor):
        self._model, self._observation = model, observation
        self.latents = model.latents

    def _draws(self, n: int, generator: torch.Generator | None) -> Iterator[Tensor]:
        batch = len(self._observation)
        at_once = max(1, DRAWN_AT_ONCE // batch)
        for start in range(0, n, at_once):
            part = min(at_once, n - start)
            repeated = self._observation.expand(part, *self._observation.shape).flatten(0, 1)
            yield self._model.mapped_back(repeated, generator).unflatten(0, (part, batch))


def _normal(shape: tuple[int, int], like: Tensor, generator: torch.Generator | None) -> Tensor:
    # Not in place: noise that runs share cannot be written into a tensor that each has of its own.
    return torch.randn(shape, generator=generator, device=like.device, dtype=like.dtype)
