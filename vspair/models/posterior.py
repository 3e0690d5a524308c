"""The approximate posterior over the QoI, of any shape, that a probabilistic model gives for an observation."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from vspair.distributions import Conditioned
from vspair.distributions.recorded import RecordedLogistic

DRAWN_AT_ONCE = 2048
"""Draws of x held at once when draws are streamed: bounds the memory, whatever the number of draws."""

DECODED_AT_ONCE = {"cpu": 64, "cuda": 4096}
"""Codes decoded in one pass on each kind of device: few stay in a CPU's cache, many keep a GPU busy."""


class Posterior(ABC):
    """q(x | y) for a batch of observations, known by its draws.

    Attributes:
        gates: gate probabilities omega, shape (batch, latent); None for a latent that is not sparse.
        latents: number of latents that the draws go through; 0 for a posterior without a latent space.
    """

    gates: Tensor | None = None
    latents: int = 0

    @abstractmethod
    def _draws(self, n: int, generator: torch.Generator | None) -> Iterator[Tensor]:
        """n draws in parts, each of shape (part, batch, *shape of x)."""

    @torch.inference_mode()
    def sample(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """n draws of x, shape (n, batch, *shape of x)."""
        return torch.cat(list(self._draws(n, generator)))

    @torch.inference_mode()
    def moments(self, n: int, generator: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
        """Mean and unbiased variance of n >= 2 draws entry by entry, each (batch, *shape of x), float32.

        The draws are streamed and not kept; the sums are taken in float64.
        """
        total = squares = 0
        for draws in self._draws(n, generator):
            draws = draws.double()
            total = total + draws.sum(0)
            squares = squares + draws.square().sum(0)
        mean = total / n
        variance = (squares - n * mean.square()).clamp(min=0) / (n - 1)
        return mean.float(), variance.float()

    def mean(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """Mean of n draws entry by entry, shape (batch, *shape of x)."""
        return self.moments(n, generator)[0]

    def variance(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """Unbiased variance of n draws entry by entry, shape (batch, *shape of x)."""
        return self.moments(n, generator)[1]


class LatentPosterior(Posterior):
    """A latent distribution pushed through the decoder (Section 3.1).

    Arguments:
        latent: distribution of the code given y, with parameters of shape (batch, latent).
        decode: codes (n, width) -> x of shape (n, *shape of x).
        batch: number of observations.
        latents: number of latents at the front of a code; what follows is a fixed condition.
    """

    def __init__(self, latent, decode: Callable[[Tensor], Tensor], batch: int, latents: int):
        self.latent = latent
        self._decode = decode
        self.batch = batch
        self.latents = latents
        self.gates = getattr(latent, "gate", None)

    @torch.inference_mode()
    def sample_latent(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """n draws of the code, shape (n, batch, width); its first `latents` entries are z_x."""
        return self.latent.rsample(generator, (n,))

    @torch.inference_mode()
    def decode(self, codes: Tensor) -> Tensor:
        """x of shape (n, *shape of x) for codes (n, width), decoded in parts that suit the device."""
        return torch.cat([self._decode(part) for part in codes.split(DECODED_AT_ONCE[codes.device.type])])

    def _draws(self, n: int, generator: torch.Generator | None) -> Iterator[Tensor]:
        at_once = max(1, DRAWN_AT_ONCE // self.batch)
        for start in range(0, n, at_once):
            codes = self.sample_latent(min(at_once, n - start), generator)
            yield self.decode(codes.flatten(0, 1)).unflatten(0, codes.shape[:2])


class RecordedPosterior(LatentPosterior):
    """A latent distribution pushed through a decoder that gives a law of recorded values, of which x is drawn.

    Arguments:
        latent: distribution of [z, y] given y.
        decode: mean of x for codes.
        law: the law of x for codes (n, width).
        batch, latents: as for `LatentPosterior`.
    """

    def __init__(
        self,
        latent: Conditioned,
        decode: Callable[[Tensor], Tensor],
        law: Callable[[Tensor], RecordedLogistic],
        batch: int,
        latents: int,
    ):
        super().__init__(latent, decode, batch, latents)
        self.gates = latent.latent.gate
        self._law = law

    def _draws(self, n: int, generator: torch.Generator | None) -> Iterator[Tensor]:
        at_once = max(1, DECODED_AT_ONCE[self.gates.device.type] // self.batch)
        for start in range(0, n, at_once):
            codes = self.sample_latent(min(at_once, n - start), generator)
            yield self._law(codes.flatten(0, 1)).sample(generator).unflatten(0, codes.shape[:2])


class MemberPosterior(Posterior):
    """The uniform mixture of the reconstructions of an ensemble's members.

    Arguments:
        members: shape (members, batch, *shape of x).
    """

    def __init__(self, members: Tensor):
        self.members = members

    def _draws(self, n: int, generator: torch.Generator | None) -> Iterator[Tensor]:
        count, batch = self.members.shape[:2]
        chosen = torch.randint(count, (n, batch), generator=generator, device=self.members.device)
        every = torch.arange(batch, device=self.members.device)
        for part in chosen.split(max(1, DRAWN_AT_ONCE // batch)):
            yield self.members[part, every]


class QuantilePosterior(Posterior):
    """Independent entries of x, each with a quantile function that is linear between a few quantiles.

    The inner quantiles are those that were learned, exactly. Beyond the outermost the function goes on with the slope
    of the segment there: with the outermost quantiles as ends instead, all that is missing would lie on these two
    values, and no interval could be wider than they are.

    Only intervals entry by entry are meant. Since entries are drawn independently, draws are no plausible x, and what
    looks at several entries together, such as the energy score or a mean over a region, sees that.

    Arguments:
        quantiles: shape (levels, batch, *shape of x), rising along the levels.
        levels: of the quantiles, rising in (0, 1), shape (levels,), two at least.
    """

    def __init__(self, quantiles: Tensor, levels: Tensor):
        self.quantiles, self.levels = quantiles, levels

    def _draws(self, n: int, generator: torch.Generator | None) -> Iterator[Tensor]:
        shape, device = self.quantiles.shape[1:], self.quantiles.device
        at_once = max(1, DRAWN_AT_ONCE // shape[0])
        for start in range(0, n, at_once):
            part = min(at_once, n - start)
            yield self.at(torch.rand((part, *shape), generator=generator, device=device))

    def at(self, share: Tensor) -> Tensor:
        """The quantile function of each entry at shares (n, batch, *shape of x) in [0, 1], same shape."""
        segment = torch.bucketize(share, self.levels[1:-1])
        low, high = self.quantiles.gather(0, segment), self.quantiles.gather(0, segment + 1)
        begin, end = self.levels[segment], self.levels[segment + 1]
        return low + (share - begin) / (end - begin) * (high - low)


class FlowPosterior(Posterior):
    """Normal noise that is carried along a velocity field from time 0 to 1.

        dx/dt = v(x, t, y),    x(0) ~ N(0, spread^2 I)

    by the explicit midpoint rule, whose error is of the order of the squared step.

    Arguments:
        field: v, of states (n, *shape of x), observations (n, *shape of y) and times (n,).
        observation: y, shape (batch, *shape of y).
        shape: of one x.
        spread: standard deviation of the noise.
        steps: of the rule, two evaluations of the field each.
    """

    def __init__(
        self,
        field: Callable[[Tensor, Tensor, Tensor], Tensor],
        observation: Tensor,
        shape: tuple[int, ...],
        spread: float,
        steps: int,
    ):
        self.field, self.observation = field, observation
        self.shape, self.spread, self.steps = tuple(shape), spread, steps

    def _draws(self, n: int, generator: torch.Generator | None) -> Iterator[Tensor]:
        batch, device = len(self.observation), self.observation.device
        at_once = max(1, DRAWN_AT_ONCE // batch)
        for start in range(0, n, at_once):
            part = min(at_once, n - start)
            noise = torch.randn((part * batch, *self.shape), generator=generator, device=device)
            observation = self.observation.expand(part, *self.observation.shape).flatten(0, 1)
            size = DECODED_AT_ONCE[device.type]
            pairs = zip((self.spread * noise).split(size), observation.split(size), strict=True)
            yield torch.cat([self._carried(*pair) for pair in pairs]).unflatten(0, (part, batch))

    def _carried(self, state: Tensor, observation: Tensor) -> Tensor:
        step = 1 / self.steps
        for k in range(self.steps):
            first, middle = (state.new_full((len(state),), (k + half) * step) for half in (0, 0.5))
            there = state + 0.5 * step * self.field(state, observation, first)
            state = state + step * self.field(there, observation, middle)
        return state
