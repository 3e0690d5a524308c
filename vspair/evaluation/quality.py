"""Quality of reconstructions (definitions: docs/definitions.md): PSNR, relative error, and SSIM for images."""

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from vspair.errors import VspairError

WINDOW = 7
"""Side of SSIM's square window in pixels, scikit-image's default."""

K1, K2 = 0.01, 0.03
"""Constants of SSIM, by its authors and in scikit-image."""


def fidelity(reconstruction: Tensor, qoi: Tensor) -> dict[str, Tensor]:
    """How near each reconstruction is to its QoI, entry by entry, whatever its shape.

        psnr = 20 log10(R) - 10 log10(mean squared error),    rre = norm(x_hat - x) / norm(x)

    R is the QoI's own range max x - min x in `psnr` (dival's convention) and 1 in `psnr_fixed`. All is computed in
    float64.

    A perfect reconstruction has psnr inf, and so has a mean over images that holds one. Where x is constant, `psnr` is
    NaN; where x is zero, `rre` is NaN too.

    Arguments:
        reconstruction: x_hat, shape (images, *shape).
        qoi: x, same shape and device.

    Returns:
        `psnr`, `psnr_fixed` (dB) and `rre`, each of shape (images,), float64.

    Raises:
        ValueError: the shapes differ.
    """
    if reconstruction.shape != qoi.shape:
        raise ValueError(f"reconstruction {tuple(reconstruction.shape)} and qoi {tuple(qoi.shape)} differ in shape")
    truth = qoi.double()
    squared_error = (reconstruction.double() - truth).square().flatten(1)
    loss = -10 * squared_error.mean(1).log10()
    return {
        "psnr": 20 * _own_range(truth).log10() + loss,
        "psnr_fixed": loss,
        "rre": squared_error.sum(1).sqrt() / _or_nan(truth.flatten(1).norm(dim=1)),
    }


def quality(reconstruction: Tensor, qoi: Tensor) -> dict[str, Tensor]:
    """Quality of each reconstructed image against its QoI: `fidelity` and structural similarity.

    `ssim` has the range of `psnr`, so that it is NaN where that is, and `ssim_fixed` that of `psnr_fixed`.

    Arguments:
        reconstruction: x_hat, shape (images, channels, height, width).
        qoi: x, same shape and device.

    Returns:
        `psnr`, `psnr_fixed` (dB), `ssim`, `ssim_fixed` (at most 1) and `rre`, each of shape (images,), float64.
        The work takes some ten times the memory of the images in float64: many images are better given in batches.

    Raises:
        VspairError: x is no image, or smaller than SSIM's window.
        ValueError: the shapes differ.
    """
    found = fidelity(reconstruction, qoi)
    estimate, truth = reconstruction.double(), qoi.double()
    own = _own_range(truth)
    ssim = {
        "ssim": similarity(estimate, truth, own),
        "ssim_fixed": similarity(estimate, truth, torch.ones_like(own)),
    }
    return {name: (found | ssim)[name] for name in ("psnr", "psnr_fixed", "ssim", "ssim_fixed", "rre")}


def similarity(reconstruction: Tensor, qoi: Tensor, data_range: Tensor) -> Tensor:
    """Structural similarity of each image as scikit-image's `structural_similarity` has it by default, shape (images,).

        S = (2 m_a m_b + C1) (2 v_ab + C2) / ((m_a^2 + m_b^2 + C1) (v_a + v_b + C2)),    C_k = (K_k R)^2

    with mean m, unbiased variance v and covariance v_ab in a uniform window of 7 x 7 pixels, averaged over all places
    where the window lies inside the image, and over channels.

    Arguments:
        reconstruction: a, shape (images, channels, height, width); float64 keeps the differences of squares exact
            enough.
        qoi: b, same shape.
        data_range: R, shape (images,).

    Raises:
        VspairError: these are no images, or smaller than the window.
    """
    if qoi.ndim != 4:
        raise VspairError(
            f"expected images (n, channels, height, width) for SSIM, which compares neighbouring pixels, found the QoI "
            f"as {tuple(qoi.shape)}: measure other shapes with `fidelity`"
        )
    height, width = qoi.shape[-2:]
    if min(height, width) < WINDOW:
        raise VspairError(
            f"expected images of at least {WINDOW} x {WINDOW} pixels, the window of SSIM, found {height} x {width} in "
            "the QoI: evaluate larger images"
        )
    first, second = (((k * data_range) ** 2)[:, None, None, None] for k in (K1, K2))
    mean_a, mean_b = _local_mean(reconstruction), _local_mean(qoi)
    unbiased = WINDOW**2 / (WINDOW**2 - 1)
    variances = _local_mean(reconstruction**2) + _local_mean(qoi**2) - mean_a**2 - mean_b**2
    covariance = _local_mean(reconstruction * qoi) - mean_a * mean_b
    similar = (2 * mean_a * mean_b + first) * (2 * unbiased * covariance + second)
    most = (mean_a**2 + mean_b**2 + first) * (unbiased * variances + second)
    return (similar / most).flatten(1).mean(1)


def _local_mean(images: Tensor) -> Tensor:
    # One direction after the other: 14 additions a pixel in the place of 49.
    return avg_pool2d(avg_pool2d(images, (WINDOW, 1), stride=1), (1, WINDOW), stride=1)


def _own_range(truth: Tensor) -> Tensor:
    """max x - min x of each x; NaN where it is constant."""
    lowest, highest = truth.flatten(1).aminmax(dim=1)
    return _or_nan(highest - lowest)


def _or_nan(scale: Tensor) -> Tensor:
    """A scale that something is to be divided by or compared with, NaN where it is zero."""
    return torch.where(scale > 0, scale, torch.nan)
