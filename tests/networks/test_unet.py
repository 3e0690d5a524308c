import pytest
import torch
from torch import nn

from vspair.networks.unet import ResidualUNet


def seeded(image, channels):
    """A network in evaluation mode whose correction is not zero."""
    torch.manual_seed(1)
    network = ResidualUNet(image, channels).eval()
    nn.init.normal_(network.correction.weight)
    return network


def images(n=3, image=(16, 24)):
    return torch.randn(n, 1, *image, generator=torch.Generator().manual_seed(2))


def test_it_starts_as_the_identity():
    x = images()
    torch.testing.assert_close(ResidualUNet((16, 24), (4, 6, 8))(x), x, rtol=0, atol=0)


def test_its_weights_are_those_counted_by_hand():
    """Convolutions without biases in pairs with two normalisations, transposed ones and the last with biases."""

    def pair(inputs, outputs):
        return 9 * inputs * outputs + 9 * outputs**2 + 4 * outputs

    down = pair(1, 4) + pair(4, 6) + pair(6, 8)
    up = (8 * 6 * 4 + 6) + pair(12, 6) + (6 * 4 * 4 + 4) + pair(8, 4)
    network = ResidualUNet((16, 24), (4, 6, 8))
    assert sum(p.numel() for p in network.parameters()) == down + up + 4 + 1


def test_every_layer_takes_part():
    """Catches a skip or a level that is built and not used: the gradient reaches every weight."""
    network = seeded((16, 24), (4, 6, 8))
    network(images()).square().sum().backward()
    assert all(parameter.grad.abs().sum() > 0 for parameter in network.parameters())


def test_it_sees_as_far_as_its_coarsest_level_and_no_further():
    """A change of one pixel is seen beyond the reach of the fine level's four convolutions, but not at the border."""
    network = seeded((64, 64), (8, 8, 8))
    x = images(1, (64, 64))
    changed = x.clone()
    changed[..., 32, 32] += 1
    moved = (network(changed) - network(x)).abs()[0, 0] > 1e-6
    assert moved[32, 32 + 5 :].any()
    assert not moved[0].any()


def test_images_do_not_meet_in_evaluation():
    network = seeded((16, 24), (4, 6, 8))
    x = images()
    torch.testing.assert_close(network(x)[1:2], network(x[1:2]), rtol=1e-5, atol=1e-5)


def test_an_image_that_cannot_be_halved_is_refused():
    with pytest.raises(ValueError, match=r"\(16, 18\) cannot be halved 2 times"):
        ResidualUNet((16, 18), (4, 6, 8))
