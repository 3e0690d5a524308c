"""A quantity recorded in steps between bounds: a logistic law whose mass goes to the recorded values."""

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid, softplus

LOG_SCALE_LIMITS = (-8.0, 4.0)
"""Of log s: no scale is finer than a grey value in 8 bits needs, and none wider than any range of x."""


class RecordedLogistic:
    """Logistic(m, s) entry by entry, recorded in steps of 2 r; what lies beyond a bound is recorded at the bound.

        P(x) = F((x + r - m) / s) - F((x - r - m) / s),    F(a) = 1 / (1 + exp(-a)),

    with F(-inf) at the lower bound and F(inf) at the upper one (the discretised logistic likelihood of Salimans et al.,
    PixelCNN++, 2017). A density has no bound where x is known exactly, and no mass at black; this has both.

    Arguments:
        mean: m, any shape.
        log_scale: log s, same shape; beyond `LOG_SCALE_LIMITS` it counts as the limit.
        bounds: lower and upper one, in the unit of x; None for none.
        step: 2 r > 0, in the unit of x.
    """

    def __init__(self, mean: Tensor, log_scale: Tensor, bounds: tuple[float | None, float | None], step: float):
        self.location, self.scale = mean, log_scale.clamp(*LOG_SCALE_LIMITS).exp()
        self.bounds, self.half = bounds, step / 2

    def log_probability(self, value: Tensor) -> Tensor:
        """log P(x) entry by entry, at most 0.

        Arguments:
            value: x, of the shape of the parameters.
        """
        low, high = self.bounds
        centred = value - self.location
        # F(a) - F(b) = F(a) F(-b) (1 - exp(b - a)): no difference of two numbers close to 1 is taken.
        below, above = logsigmoid((centred + self.half) / self.scale), logsigmoid((self.half - centred) / self.scale)
        found = above + below + torch.log(-torch.expm1(-2 * self.half / self.scale))
        if low is not None:
            found = torch.where(value <= low + self.half, below, found)
        if high is not None:
            found = torch.where(value >= high - self.half, above, found)
        return found

    @property
    def mean(self) -> Tensor:
        """The mean of the law cut at its bounds, without the steps, shape of the parameters.

        E = l + integral of P(X > t) from l to h = l + s softplus((m - l) / s) - s softplus((m - h) / s)
        """
        low, high = self.bounds
        found = self.location
        if low is not None:
            found = low + self.scale * softplus((self.location - low) / self.scale)
        if high is not None:
            found = found - self.scale * softplus((self.location - high) / self.scale)
        return found

    def sample(self, generator: torch.Generator | None = None) -> Tensor:
        """One draw for each entry, cut at the bounds, without the steps."""
        like = self.location
        uniform = torch.rand(like.shape, generator=generator, device=like.device, dtype=like.dtype)
        # Neither end of the interval has a finite quantile.
        drawn = like + self.scale * torch.logit(uniform, eps=1e-6)
        return drawn if self.bounds == (None, None) else drawn.clamp(*self.bounds)
