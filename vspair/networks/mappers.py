"""Maps between latent spaces: parameters of q(z_y | y) -> parameters of q(z_x | x) (Section 3.1, D.1.1)."""

from torch import Tensor, nn

from vspair.networks.factored import linear
from vspair.networks.outputs import at_least_float32


class LinearMap(nn.Module):
    """One affine layer from all observation parameters to all QoI parameters.

    Arguments:
        inputs: heads and dimension of the observation latent.
        outputs: heads and dimension of the QoI latent.
    """

    def __init__(self, inputs: tuple[int, int], outputs: tuple[int, int]):
        super().__init__()
        self.layers = linear(inputs[0] * inputs[1], outputs[0] * outputs[1])
        self.shape = outputs

    def forward(self, parameters: Tensor) -> Tensor:
        """Map (batch, heads_y, latent_y) to (batch, heads_x, latent_x)."""
        return at_least_float32(self.layers(parameters.flatten(1))).unflatten(-1, self.shape)


class ParameterMap(nn.Module):
    """Three-layer MLP with LayerNorm and ReLU after both hidden layers (D.1.1; deviation E2 for its input).

    Arguments:
        inputs: heads and dimension of the observation latent.
        outputs: heads and dimension of the QoI latent.
        hidden: width of the two hidden layers.
    """

    def __init__(self, inputs: tuple[int, int], outputs: tuple[int, int], hidden: int):
        super().__init__()
        self.layers = nn.Sequential(
            linear(inputs[0] * inputs[1], hidden),
            nn.LayerNorm(hidden),
            nn.ReLU(),
            linear(hidden, hidden),
            nn.LayerNorm(hidden),
            nn.ReLU(),
            linear(hidden, outputs[0] * outputs[1]),
        )
        self.shape = outputs

    def forward(self, parameters: Tensor) -> Tensor:
        """Map (batch, heads_y, latent_y) to (batch, heads_x, latent_x)."""
        return at_least_float32(self.layers(parameters.flatten(1))).unflatten(-1, self.shape)
