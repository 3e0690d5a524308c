"""Energy score of posterior samples: whether whole images are like the truth, and not only their pixels."""

from torch import Tensor


class EnergyScore:
    """Energy score of images, which sees how their pixels depend on each other (Gneiting and Raftery, 2007).

        ES = E ||X - x|| - E ||X - X'|| / 2,    X, X' independent draws,

    with ||v||^2 the mean of squares, so that the score has the unit of x and one pixel gives the CRPS. As there the
    estimate is the fair one, over the S (S - 1) pairs of samples.

    Arguments:
        samples: shape (S, images, pixels).
        qoi: x, shape (images, pixels).
    """

    def __init__(self, samples: Tensor, qoi: Tensor):
        mean = samples.mean(0)
        deviations, error = (samples - mean).transpose(0, 1).double(), (qoi - mean).double()
        products = deviations @ deviations.mT / qoi.shape[1]
        self._square = products.diagonal(dim1=1, dim2=2)
        apart = self._square[:, :, None] + self._square[:, None] - 2 * products
        count = len(samples)
        self._spread = apart.clamp(min=0).sqrt().sum((1, 2)) / (count * (count - 1))
        self._along = (deviations @ error[..., None])[..., 0] / qoi.shape[1]
        self._error = error.square().mean(1)

    def at(self, factor: float = 1.0) -> Tensor:
        """The score of samples pulled away from their mean, m + lambda (x_s - m); shape (images,), float64."""
        square = factor**2 * self._square - 2 * factor * self._along + self._error[:, None]
        return square.clamp(min=0).sqrt().mean(1) - factor * self._spread / 2
