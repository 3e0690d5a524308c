"""The convolution that up-samples, against torch's own two operations."""

import pytest
import torch
from torch import nn

from vspair.networks.convolutional import UpsampledConv2d


@pytest.mark.parametrize("shape", [(2, 3, 7, 5), (1, 3, 1, 1)])
def test_convolution_on_the_coarse_grid_is_that_of_the_enlarged_image(shape):
    """Values and both gradients, in float64, against torch's own up-sampling and convolution, border included."""
    torch.manual_seed(0)
    layer = UpsampledConv2d(3, 4).double()
    images = [torch.randn(shape, dtype=torch.float64, requires_grad=True)]
    images.append(images[0].detach().clone().requires_grad_())
    weight = layer.weight.detach().clone().requires_grad_()
    enlarged = nn.functional.interpolate(images[1], scale_factor=2, mode="nearest")
    values = layer(images[0]), nn.functional.conv2d(enlarged, weight, padding=1)
    torch.testing.assert_close(*values)
    towards = torch.randn_like(values[0])
    for value in values:
        value.backward(towards)
    torch.testing.assert_close(images[0].grad, images[1].grad)
    torch.testing.assert_close(layer.weight.grad, weight.grad)


def test_convolution_on_the_coarse_grid_starts_as_torchs_does():
    made = []
    for layer in (lambda: UpsampledConv2d(3, 4), lambda: nn.Conv2d(3, 4, 3, padding=1, bias=False)):
        torch.manual_seed(5)
        made.append(layer().state_dict())
    assert list(made[0]) == list(made[1]) == ["weight"]
    assert torch.equal(made[0]["weight"], made[1]["weight"])
