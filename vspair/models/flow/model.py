"""Conditional flow matching, a baseline of ours (Lipman et al. 2023; Tong et al. 2024, independent coupling)."""

from collections.abc import Sequence

import torch
from torch import Tensor

from vspair.models.inversion import InverseModel
from vspair.models.method import Shape
from vspair.models.posterior import FlowPosterior
from vspair.networks.velocity import velocity
from vspair.objectives.terms import half_squared_error


class Flow(InverseModel):
    """Draws of x given y by a flow from noise whose velocity v is learned by regression.

        min E ||v(x_t, t, y) - (x - e)||^2,    x_t = (1 - t) e + t x,    e ~ N(0, spread^2 I),    t ~ U(0, 1)

    The minimiser E[x - e given x_t, y] carries e to draws of p(x given y) (see `FlowPosterior`). All parts are divided
    by `spread` before the network sees them, so that with a spread like that of x its numbers are about 1; nothing else
    is learned about the scale.

    Arguments:
        qoi_shape, observation_shape: of one x and one y: (channels, height, width) of one height and width, or (n,).
        channels: widths of the network (see `velocity`).
        steps: midpoint steps of a draw.
        spread: standard deviation of the noise.
    """

    probabilistic = True

    def __init__(self, qoi_shape: Shape, observation_shape: Shape, channels: Sequence[int], steps: int, spread: float):
        super().__init__()
        self.shape, self.steps, self.spread = tuple(qoi_shape), steps, spread
        self.network = velocity(qoi_shape, observation_shape, channels)

    def field(self, state: Tensor, observation: Tensor, time: Tensor) -> Tensor:
        """v of states (n, *qoi_shape), observations (n, *observation_shape) and times (n,), shape (n, *qoi_shape)."""
        return self.spread * self.network(state / self.spread, observation / self.spread, time)

    def reconstruct(self, observation: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """One draw of x for each observation, shape (batch, *qoi_shape).

        Arguments:
            observation: y, shape (batch, *observation_shape), in the scale of training.
            generator: source of the draw.

        Raises:
            RuntimeError: the model is in training mode.
        """
        return self.posterior(observation).sample(1, generator)[0]

    def posterior(self, observation: Tensor) -> FlowPosterior:
        """The law of the flow's ends for observations (batch, *observation_shape).

        Raises:
            RuntimeError: the model is in training mode.
        """
        self._require_evaluation()
        return FlowPosterior(self.field, observation, self.shape, self.spread, self.steps)

    def terms(self, qoi: Tensor, observation: Tensor, generator: torch.Generator | None = None) -> dict[str, Tensor]:
        """||v - (x - e)||^2 / 2 at one time for each pair, shape (batch,).

        Arguments:
            qoi: x, shape (batch, *qoi_shape).
            observation: y, shape (batch, *observation_shape).
            generator: source of noise and times.
        """
        noise, time = self._drawn(qoi, generator)
        state = torch.lerp(noise, qoi, time.view(-1, *[1] * (qoi.ndim - 1)))
        return {"velocity": half_squared_error(self.field(state, observation, time), qoi - noise)}

    def _drawn(self, qoi: Tensor, generator: torch.Generator | None) -> tuple[Tensor, Tensor]:
        like = {"generator": generator, "device": qoi.device, "dtype": qoi.dtype}
        return self.spread * torch.randn(qoi.shape, **like), torch.rand(len(qoi), **like)
