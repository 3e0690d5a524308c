import pytest
import torch
from torch import nn

from vspair.networks import Decoder, Encoder, LinearMap, ParameterMap, decoder, encoder
from vspair.networks.convolutional import UpsampledConv2d


def count(module):
    return sum(p.numel() for p in module.parameters())


@pytest.mark.parametrize("heads", [1, 2, 3])
@pytest.mark.parametrize("shape", [(1, 12, 8), (2, 12, 8), (6,)])
def test_encoder_and_decoder_take_a_shape_and_give_it_back(shape, heads):
    """Every channel, or entry, is looked at: catches one that is taken in and lost."""
    torch.manual_seed(0)
    given = torch.randn(7, *shape, requires_grad=True)
    found = encoder(shape, (2, 3, 4), 5, heads)(given)
    assert found.shape == (7, heads, 5)
    found.square().sum().backward()
    assert (given.grad.abs().transpose(0, 1).flatten(1).sum(1) > 0).all()
    assert decoder(shape, (2, 3, 4), 5)(found[:, 0]).shape == (7, *shape)


def test_vectors_go_through_linear_layers_of_the_same_widths():
    """SiLU after every layer but the last, by hand."""
    there, back = encoder((6,), (3, 4), 5, 2), decoder((6,), (3, 4), 5)
    for network, sizes in ((there, [(6, 3), (3, 4), (4, 10)]), (back, [(5, 4), (4, 3), (3, 6)])):
        linear = [layer for layer in network.modules() if isinstance(layer, nn.Linear)]
        assert [(layer.in_features, layer.out_features) for layer in linear] == sizes
        values = given = torch.linspace(-2, 2, 3 * sizes[0][0]).reshape(3, -1)
        for layer in linear:
            values = layer(values if layer is linear[0] else nn.functional.silu(values))
        torch.testing.assert_close(network(given).flatten(1), values)


def test_a_shape_of_neither_is_refused():
    with pytest.raises(ValueError, match=r"expected a shape \(n,\) or \(channels, height, width\), found \(8, 8\)"):
        encoder((8, 8), (2, 3), 5, 1)


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
    assert [type(layer) for layer in decoder.image[0]] == [*(UpsampledConv2d, nn.BatchNorm2d, nn.SiLU, nn.Conv2d)]
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
