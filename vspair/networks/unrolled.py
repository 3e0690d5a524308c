"""Learned primal-dual: an unrolled iteration between images and sinograms (Adler and Oektem 2018)."""

from collections.abc import Callable

import torch
from torch import Tensor, nn


def step(inputs: int, width: int, outputs: int) -> nn.Sequential:
    """Update of one iteration: three 3x3 convolutions with biases and a PReLU of one slope between them.

    Arguments:
        inputs: channels that the update sees.
        width: channels inside.
        outputs: channels that are updated.
    """
    return nn.Sequential(
        nn.Conv2d(inputs, width, 3, padding=1),
        nn.PReLU(),
        nn.Conv2d(width, width, 3, padding=1),
        nn.PReLU(),
        nn.Conv2d(width, outputs, 3, padding=1),
    )


class PrimalDual(nn.Module):
    """Unrolled primal-dual iteration with memory, from zero or from a first guess.

        h <- h + D_k(h, A f_2, y),    f <- f + P_k(f, A' h_1),    k = 1 ... K;    x = f_1

    with primal memory f and dual memory h, of which f_2 and h_1 are single channels.

    Arguments:
        iterations: K, each with weights of its own.
        primal: channels of f, at least 2.
        dual: channels of h.
        width: channels inside the updates.

    Raises:
        ValueError: f has fewer than two channels.
    """

    def __init__(self, iterations: int, primal: int, dual: int, width: int):
        super().__init__()
        if primal < 2:
            raise ValueError(f"primal is {primal}: expected at least 2 channels, one projected and one given back")
        self.primal, self.dual = primal, dual
        self.dual_steps = nn.ModuleList(step(dual + 2, width, dual) for _ in range(iterations))
        self.primal_steps = nn.ModuleList(step(primal + 1, width, primal) for _ in range(iterations))

    def forward(
        self,
        observation: Tensor,
        image: tuple[int, int],
        operator: Callable[[Tensor], Tensor],
        adjoint: Callable[[Tensor], Tensor],
        start: Tensor | None = None,
    ) -> Tensor:
        """Images (n, 1, H, W) from observations (n, 1, angles, bins).

        Arguments:
            observation: y, in units of `operator`.
            image: H and W.
            operator: A, (n, 1, H, W) -> (n, 1, angles, bins), of norm about 1.
            adjoint: A', the other way.
            start: what all channels of f begin with, (n, 1, H, W); None for zero.
        """
        f = observation.new_zeros(len(observation), self.primal, *image)
        if start is not None:
            f = f + start
        h = observation.new_zeros(len(observation), self.dual, *observation.shape[2:])
        for dual_step, primal_step in zip(self.dual_steps, self.primal_steps, strict=True):
            h = h + dual_step(torch.cat([h, operator(f[:, 1:2]), observation], dim=1))
            f = f + primal_step(torch.cat([f, adjoint(h[:, :1])], dim=1))
        return f[:, :1]
