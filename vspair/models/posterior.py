"""The approximate posterior over images that a probabilistic model gives for an observation."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

DECODED_AT_ONCE = 2048
"""Images decoded in one pass when draws are streamed: bounds the memory, whatever the number of draws."""


class Posterior:
    """q(x | y): a latent distribution pushed through the decoder (Section 3.1).

    Arguments:
        latent: distribution of z_x given y, with parameters of shape (batch, latent).
        decode: codes (n, latent) -> images (n, channels, height, width).
        batch: number of observations.
    """

    def __init__(self, latent, decode: Callable[[Tensor], Tensor], batch: int):
        self.latent = latent
        self.decode = decode
        self.batch = batch

    @property
    def gates(self) -> Tensor | None:
        """Gate probabilities omega, shape (batch, latent); None for a latent that is not sparse."""
        return getattr(self.latent, "gate", None)

    @torch.inference_mode()
    def sample_latent(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """n draws of the code z_x, shape (n, batch, latent)."""
        return self.latent.rsample(generator, (n,))

    @torch.inference_mode()
    def sample(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """n draws of the image x, shape (n, batch, channels, height, width)."""
        return torch.cat(list(self._draws(n, generator)))

    @torch.inference_mode()
    def moments(self, n: int, generator: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
        """Pixel-wise mean and unbiased variance of n >= 2 draws, each (batch, channels, height, width), float32.

        The draws are streamed and not kept; the sums are taken in float64.
        """
        total = squares = 0
        for images in self._draws(n, generator):
            images = images.double()
            total = total + images.sum(0)
            squares = squares + images.square().sum(0)
        mean = total / n
        variance = (squares - n * mean.square()).clamp(min=0) / (n - 1)
        return mean.float(), variance.float()

    def mean(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """Pixel-wise mean of n draws, shape (batch, channels, height, width)."""
        return self.moments(n, generator)[0]

    def variance(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """Pixel-wise unbiased variance of n draws, shape (batch, channels, height, width)."""
        return self.moments(n, generator)[1]

    def _draws(self, n: int, generator: torch.Generator | None) -> Iterator[Tensor]:
        at_once = max(1, DECODED_AT_ONCE // self.batch)
        for start in range(0, n, at_once):
            codes = self.sample_latent(min(at_once, n - start), generator)
            yield self.decode(codes.flatten(0, 1)).unflatten(0, codes.shape[:2])
