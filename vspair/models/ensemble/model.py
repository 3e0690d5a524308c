"""A deep ensemble of encoder-decoders: a baseline of ours on the same backbone (Lakshminarayanan et al., 2017)."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from vspair.distributions import Point
from vspair.models.autoencoder import Autoencoder
from vspair.models.inversion import InverseModel
from vspair.models.method import Shape
from vspair.models.posterior import MemberPosterior
from vspair.objectives.terms import half_squared_error


class Ensemble(InverseModel):
    """Deterministic encoder-decoders y -> x that differ in their initial weights; their spread is the uncertainty.

    Arguments:
        qoi_shape, observation_shape: of one x and one y, (channels, height, width) or (n,).
        channels: widths of the backbone.
        latent_x: width of the bottleneck.
        members: number of encoder-decoders.
    """

    probabilistic = True

    def __init__(
        self, qoi_shape: Shape, observation_shape: Shape, channels: Sequence[int], latent_x: int, members: int
    ):
        super().__init__()
        self.members = nn.ModuleList(
            Autoencoder(Point, observation_shape, channels, latent_x, qoi_shape) for _ in range(members)
        )

    def reconstruct(self, observation: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """The reconstruction of one member per observation, drawn at random, shape (batch, *qoi_shape).

        Arguments:
            observation: y, shape (batch, *observation_shape), in the scale of training.
            generator: source of the draw.

        Raises:
            RuntimeError: the model is in training mode.
        """
        return self.posterior(observation).sample(1, generator)[0]

    @torch.inference_mode()
    def posterior(self, observation: Tensor) -> MemberPosterior:
        """The mixture of all members for observations (batch, *observation_shape).

        Raises:
            RuntimeError: the model is in training mode.
        """
        self._require_evaluation()
        return MemberPosterior(self._reconstructions(observation))

    def terms(self, qoi: Tensor, observation: Tensor, generator: torch.Generator | None = None) -> dict[str, Tensor]:
        """The squared error ||x - d(e(y))||^2 / 2 summed over members, shape (batch,): each learns as if alone.

        Arguments:
            qoi: x, shape (batch, *qoi_shape).
            observation: y, shape (batch, *observation_shape).
            generator: unused, nothing is random.
        """
        errors = [half_squared_error(reconstruction, qoi) for reconstruction in self._reconstructions(observation)]
        return {"reconstruction_qoi": torch.stack(errors).sum(0)}

    def _reconstructions(self, observation: Tensor) -> Tensor:
        return torch.stack([member.decode(member.encode(observation).value) for member in self.members])
