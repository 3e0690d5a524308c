"""Total-variation regularised least squares, by the primal-dual hybrid gradient method: a baseline of ours."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from vspair.models.direct import DirectMethod, in_float32
from vspair.operators.ray import RayTransform

GRADIENT_NORM_SQUARED = 8.0
"""Bound on the squared norm of forward differences along two axes (Chambolle 2004)."""

STEP, LONGEST_STEP = 0.07, 10.0
"""Primal step STEP / sqrt(strength), at most LONGEST_STEP: seen to be close to the fastest over strengths from 5e-5 to
5e-2, noise from 0 to 20 % (discs, 88 x 88 pixels)."""


class TV(DirectMethod):
    """Least squares with isotropic total variation and x >= 0, one strength for all images.

        min_{x >= 0}  ||A x - y||^2 / (2 ||A||^2) + strength TV(x),    TV(x) = sum_ij |(grad x)_ij|_2

    with forward differences between pixels, 0 at the far edges. Divided by ||A||^2 the strength does not depend on the
    units of y nor on the number of rays. Solved by a fixed number of steps of Chambolle and Pock (2011) from x = 0.

    Arguments:
        operator: A.
        strengths: candidates, of which `tune` chooses one; a single one is used without.
        iterations: steps.

    Attributes:
        strength: the one in use, a scalar that is saved with the weights; NaN until it is chosen.

    Raises:
        ValueError: there are no strengths, or one is negative or not finite.
    """

    def __init__(self, operator: RayTransform, strengths: Sequence[float], iterations: int = 300):
        super().__init__(operator)
        if not strengths or not all(0 <= strength < math.inf for strength in strengths):
            raise ValueError(f"strengths are {list(strengths)}: expected at least one, all finite and not negative")
        self.strengths = tuple(strengths)
        self.iterations = iterations
        only = self.strengths[0] if len(self.strengths) == 1 else math.nan
        self.register_buffer("strength", torch.tensor(only, dtype=torch.float64))

    def forward(self, observation: Tensor) -> Tensor:
        """Reconstructions (batch, 1, height, width) of observations (batch, 1, angles, bins).

        Raises:
            RuntimeError: no strength has been chosen.
        """
        strength = float(self.strength)
        if math.isnan(strength):
            raise RuntimeError("no strength has been chosen: call tune, or load the weights of a tuned method")
        return in_float32(lambda y: self._minimise(y, strength), observation)

    @torch.inference_mode()
    def tune(self, qoi: Tensor, observation: Tensor) -> list[dict[str, float]]:
        """Choose the strength with the least mean squared error on training pairs.

        Arguments:
            qoi: x, shape (pairs, 1, height, width).
            observation: y, shape (pairs, 1, angles, bins).

        Returns:
            One row per candidate: `strength`, `mse` over all pixels, and `psnr_fixed`, the mean over images in dB with
            range 1.
        """
        rows = []
        for strength in self.strengths:
            estimate = in_float32(lambda y, strength=strength: self._minimise(y, strength), observation)
            errors = (estimate - qoi).square().flatten(1).mean(1).double()
            psnr = -10 * errors.log10().mean()
            rows.append({"strength": strength, "mse": float(errors.mean()), "psnr_fixed": float(psnr)})
        self.strength.fill_(min(rows, key=lambda row: row["mse"])["strength"])
        return rows

    def objective(self, image: Tensor, observation: Tensor, strength: float) -> Tensor:
        """What is minimised, for each image x >= 0, shape (batch,).

        Arguments:
            image: x, shape (batch, 1, height, width).
            observation: y, shape (batch, 1, angles, bins).
            strength: weight of total variation.
        """
        misfit = (self.operator(image) - observation).square().flatten(1).sum(1)
        variation = gradient(image).norm(dim=1).flatten(1).sum(1)
        return misfit / (2 * self.operator.norm() ** 2) + strength * variation

    def _minimise(self, observation: Tensor, strength: float) -> Tensor:
        """Half of the bound tau (sigma_A ||A||^2 + sigma_grad ||grad||^2) <= 1 goes to each of the two dual steps."""
        norm = self.operator.norm()
        tau = min(LONGEST_STEP, STEP / math.sqrt(strength)) if strength else LONGEST_STEP
        sigma_data, sigma_gradient = 0.5 / tau, 0.5 / (tau * GRADIENT_NORM_SQUARED)
        y = observation / norm
        x = y.new_zeros(len(y), 1, *self.operator.geometry.image)
        ahead, p, q = x, torch.zeros_like(y), torch.zeros_like(gradient(x))
        for _ in range(self.iterations):
            p = (p + sigma_data * (self.operator(ahead) / norm - y)) / (1 + sigma_data)
            q = within(q + sigma_gradient * gradient(ahead), strength)
            before = x
            x = (x - tau * (self.operator.adjoint(p) / norm + gradient_adjoint(q))).clamp_(min=0)
            ahead = 2 * x - before
        return x


def gradient(image: Tensor) -> Tensor:
    """Forward differences along both axes, (n, 1, H, W) to (n, 2, H, W), 0 in the last row and column."""
    rows = torch.diff(image, dim=-2, append=image[..., -1:, :])
    columns = torch.diff(image, dim=-1, append=image[..., -1:])
    return torch.cat([rows, columns], dim=1)


def gradient_adjoint(field: Tensor) -> Tensor:
    """The transpose of `gradient`, minus the divergence: (n, 2, H, W) to (n, 1, H, W)."""
    rows, columns = field[:, :1, :-1, :], field[:, 1:, :, :-1]
    first = torch.nn.functional.pad(rows, (0, 0, 1, 0)) - torch.nn.functional.pad(rows, (0, 0, 0, 1))
    second = torch.nn.functional.pad(columns, (1, 0)) - torch.nn.functional.pad(columns, (0, 1))
    return first + second


def within(field: Tensor, radius: float) -> Tensor:
    """Each vector of (n, 2, H, W), if longer than `radius`, shortened to it."""
    return field * (radius / field.norm(dim=1, keepdim=True).clamp(min=radius)) if radius else torch.zeros_like(field)
