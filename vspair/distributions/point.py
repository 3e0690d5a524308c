"""A deterministic latent code, seen as a distribution with all its mass at one point."""

import torch
from torch import Tensor


class Point:
    """The latent code of a deterministic autoencoder.

    Arguments:
        value: the code z, shape (*batch, latent).
    """

    heads = 1
    """Number of linear heads that an encoder needs for this family (Table 6)."""

    def __init__(self, value: Tensor):
        self.value = value

    @classmethod
    def from_heads(cls, heads: Tensor) -> "Point":
        """Read the code from an encoder's output, shape (*batch, 1, latent)."""
        return cls(heads.squeeze(-2))

    def parameters(self) -> Tensor:
        """What a latent map predicts: z, shape (*batch, 1, latent)."""
        return self.value.unsqueeze(-2)

    def rsample(self, generator: torch.Generator | None = None, sample_shape: tuple[int, ...] = ()) -> Tensor:
        """The code itself, shape (*sample_shape, *batch, latent); no randomness is drawn."""
        return self.value.expand(*sample_shape, *self.value.shape)
