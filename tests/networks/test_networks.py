import pytest
import torch
from torch import nn

from vspair.networks import Decoder, Encoder, LinearMap, ParameterMap


def count(module):
    return sum(p.numel() for p in module.parameters())


@pytest.mark.parametrize("heads", [1, 2, 3])
def test_an_encoder_gives_its_heads_for_every_latent(heads):
    encoder = Encoder((12, 8), (2, 3, 4), 5, heads)
    assert encoder(torch.zeros(7, 1, 12, 8)).shape == (7, heads, 5)


def test_an_encoder_looks_at_all_its_images():
    """Catches a second image that is taken in and lost."""
    encoder = Encoder((12, 8), (2, 3, 4), 5, 2, inputs=2)
    pair = torch.zeros(7, 2, 12, 8, requires_grad=True)
    found = encoder(pair)
    assert found.shape == (7, 2, 5)
    found.square().sum().backward()
    assert (pair.grad.abs().sum((0, 2, 3)) > 0).all()


def test_a_decoder_gives_images_back():
    assert Decoder((12, 8), (2, 3, 4), 5)(torch.zeros(7, 5)).shape == (7, 1, 12, 8)


def test_the_encoder_has_the_layers_of_table_6():
    """Flatten gives 64 x 7 x 7 = 3,136; the layout inside a block is Eq. 34 with biases as in deviation E3."""
    encoder = Encoder((28, 28), (16, 32, 64), 784, 3)
    assert encoder.features(torch.zeros(2, 1, 28, 28)).shape == (2, 3136)
    assert [type(layer) for layer in encoder.features[1]] == [
        *(nn.Conv2d, nn.BatchNorm2d, nn.SiLU, nn.Conv2d, nn.BatchNorm2d, nn.AvgPool2d)
    ]
    convolutions = [m for m in encoder.modules() if isinstance(m, nn.Conv2d)]
    assert [(c.in_channels, c.out_channels) for c in convolutions] == [(1, 16), (16, 32), (32, 32), (32, 64), (64, 64)]
    assert [c.bias is not None for c in convolutions] == [True, False, False, False, False]
    assert all((c.kernel_size, c.stride, c.padding) == ((3, 3), (1, 1), (1, 1)) for c in convolutions)


def test_the_decoder_has_the_layers_of_table_7():
    decoder = Decoder((28, 28), (16, 32, 64), 784)
    assert decoder.expand(torch.zeros(2, 784)).shape == (2, 64, 7, 7)
    assert [type(layer) for layer in decoder.image[0]] == [
        *(nn.Upsample, nn.Conv2d, nn.BatchNorm2d, nn.SiLU, nn.Conv2d)
    ]
    convolutions = [m for m in decoder.modules() if isinstance(m, nn.Conv2d)]
    assert [(c.in_channels, c.out_channels) for c in convolutions] == [(64, 64), (64, 32), (32, 32), (32, 16), (16, 1)]
    assert [c.bias is not None for c in convolutions] == [False, False, False, False, True]


def test_an_image_that_cannot_be_halved_is_refused():
    with pytest.raises(ValueError, match=r"\(30, 28\) cannot be halved 2 times"):
        Encoder((30, 28), (16, 32, 64), 4, 1)


def test_the_maps_have_the_papers_sizes():
    """D.1.1 prints 1,056, 12,736 and 2,644,560; the last needs an input of 64 (deviation E2)."""
    with torch.device("meta"):
        maps = LinearMap((1, 32), (1, 32)), ParameterMap((2, 32), (2, 32), 64), ParameterMap((2, 32), (3, 784), 816)
    assert [count(each) for each in maps] == [1_056, 12_736, 2_644_560]


@pytest.mark.parametrize("build", [LinearMap, lambda *sizes: ParameterMap(*sizes, 9)])
def test_a_map_takes_every_parameter_to_every_parameter(build):
    """Catches heads mapped one by one: each output must depend on each input."""
    mapping = build((2, 3), (3, 4)).double()
    parameters = torch.randn(1, 2, 3, generator=torch.Generator().manual_seed(0)).double()
    assert mapping(parameters).shape == (1, 3, 4)
    jacobian = torch.autograd.functional.jacobian(mapping, parameters)
    assert (jacobian != 0).all()


def test_the_parameter_map_is_linear_norm_relu_twice_and_linear():
    layers = ParameterMap((2, 3), (3, 4), 9).layers
    assert [type(layer) for layer in layers] == [*[nn.Linear, nn.LayerNorm, nn.ReLU] * 2, nn.Linear]
