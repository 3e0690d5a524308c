"""Which latents are used: stuck-on gates (deviation E12) and collapsed latents, counted over all inputs."""

import torch
from torch import Tensor

COLLAPSED_BELOW = 1e-2
"""A latent is collapsed when |z| stays under this ..."""

COLLAPSED_SHARE = 0.95
"""... on this share of the inputs."""


class LatentStatistics:
    """Counts over batches of latent codes and gates, so that no batch is kept.

    All shares are of latents, between 0 and 1, except `gates_at_one`, which is of all pairs of input and latent.
    """

    def __init__(self):
        self._inputs = 0
        self._small: Tensor | int = 0
        self._at_one: Tensor | None = None

    def update(self, codes: Tensor, gates: Tensor | None) -> None:
        """Add a batch: one draw of the codes (batch, latent) and, for sparse latents, omega of the same shape."""
        self._inputs += len(codes)
        self._small = self._small + (codes.abs() < COLLAPSED_BELOW).sum(0)
        if gates is not None:
            at_one = (gates == 1).sum(0)
            self._at_one = at_one if self._at_one is None else self._at_one + at_one

    def summary(self) -> dict[str, float]:
        """Shares by name: `collapsed` and, for sparse latents, `gates_at_one` and `always_at_one` (stuck on).

        Empty if no codes were added.
        """
        if not self._inputs:
            return {}
        shares = {"collapsed": _share(self._small >= COLLAPSED_SHARE * self._inputs)}
        if self._at_one is not None:
            shares["gates_at_one"] = float((self._at_one / self._inputs).mean())
            shares["always_at_one"] = _share(self._at_one == self._inputs)
        return shares


def _share(which: Tensor) -> float:
    return float(which.to(torch.float64).mean())
