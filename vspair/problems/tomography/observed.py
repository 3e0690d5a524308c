"""Posterior predictive check of scans: the misfit of A x to y in units of the noise of photons and the noise added."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from vspair.data.photons import averaged_noise
from vspair.operators.linear import LinearOperator


class ChiSquare:
    """Mean over a scan's entries of (y - E[y | x])^2 / Var[y | x], about 1 for the x that y is of.

    E[y | x] = A x + bias and the variance are those of photons (`averaged_noise`), plus that of the Gaussian noise of
    the scan's level: (p ||A x||)^2 / entries by the convention `relative_norm`, (p mean |A x|)^2 by `mean_abs`.

    Arguments:
        operator: A in metres, for the small image.
        observation: y as stored, in metres, shape (scans, 1, angles, bins).
        level: of the Gaussian noise in percent, shape (scans,).
        convention: of that level (`vspair.data.noise`).
        photons: mean count of a ray with nothing in the way.
        rays: averaged into one entry.
    """

    def __init__(
        self,
        operator: LinearOperator,
        observation: np.ndarray,
        level: Sequence[float],
        convention: str,
        photons: float,
        rays: int,
    ):
        self._operator, self._observation, self._convention = operator, observation, convention
        self._share, self._photons, self._rays = np.asarray(level, np.float64) / 100, photons, rays

    def __call__(self, qoi: Tensor, places: Tensor) -> dict[str, Tensor]:
        """The misfit of images to the scans at these places.

        Arguments:
            qoi: x, shape (n, 1, height, width).
            places: scan of each image, integers (n,).

        Returns:
            `chi_square`, shape (n,), float64.
        """
        chosen = places.cpu().numpy()
        integral = self._operator(qoi).double().cpu().numpy()
        bias, variance = averaged_noise(integral, self._photons, self._rays)
        power = 2 if self._convention == "relative_norm" else 1
        size = (np.abs(integral) ** power).mean((1, 2, 3)) ** (1 / power)
        variance += ((self._share[chosen] * size) ** 2)[:, None, None, None]
        apart = self._observation[chosen] - integral - bias
        return {"chi_square": torch.from_numpy((apart**2 / variance).mean((1, 2, 3)))}
