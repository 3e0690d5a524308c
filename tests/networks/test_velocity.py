"""Networks of velocities: at rest at first, told the time, and blind to the other images of a batch."""

import math

import numpy as np
import pytest
import torch

from vspair.networks.velocity import VelocityUNet, normalised, velocity, waves

pytestmark = pytest.mark.usefixtures("one_thread")

IMAGES, VECTORS = ((1, 8, 12), (2, 8, 12)), ((3,), (5,))


def random(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def awake(qoi, observation, channels=(4, 6)):
    """A network with its last layer as large as the others."""
    torch.manual_seed(3)
    network = velocity(qoi, observation, channels).eval()
    assert not any(parameter.any() for parameter in network.last.parameters())
    torch.nn.init.normal_(network.last.weight)
    return network


def test_a_time_is_seen_through_waves():
    t = torch.tensor([0.0, 0.3, 1.0])
    found = waves(t).numpy()
    k = np.arange(1, 9)
    np.testing.assert_allclose(found[1], [*np.cos(np.pi * k * 0.3), *np.sin(np.pi * k * 0.3)], atol=1e-5)
    # No two times in [0, 1] look alike: the first wave falls from 1 to -1.
    assert found[:, 0].tolist() == pytest.approx([1, math.cos(0.3 * math.pi), -1])


@pytest.mark.parametrize("shapes", [IMAGES, VECTORS])
def test_it_begins_at_rest(shapes):
    state, observation = (random(4, *shape) for shape in shapes)
    found = velocity(*shapes, (4, 6))(state, observation, torch.rand(4))
    assert torch.equal(found, torch.zeros_like(state))


@pytest.mark.parametrize("shapes", [IMAGES, VECTORS])
@pytest.mark.parametrize("part", [0, 1, 2])
def test_it_depends_on_state_observation_and_time_of_its_own_pair_alone(shapes, part):
    """Catches a time that normalisation takes out again, and statistics of the batch."""
    network = awake(*shapes)
    inputs = [random(4, *shapes[0]), random(4, *shapes[1], seed=1), torch.tensor([0.1, 0.4, 0.5, 0.9])]
    before = network(*inputs)
    inputs[part] = inputs[part].clone()
    inputs[part][2] = 0.25
    change = (network(*inputs) - before).flatten(1).abs().amax(1)
    assert change[2] > 1e-3
    assert change[[0, 1, 3]].max() < 1e-5


def test_widths_are_those_of_its_levels():
    network = VelocityUNet((16, 24), 3, 1, (4, 6, 8))
    coarsest = []
    network.down[-1].register_forward_hook(lambda module, inputs, output: coarsest.append(output.shape))
    assert network(random(2, 1, 16, 24), random(2, 2, 16, 24), torch.rand(2)).shape == (2, 1, 16, 24)
    assert coarsest == [(2, 8, 2, 3)]


@pytest.mark.parametrize("shapes", [IMAGES, VECTORS])
def test_velocities_are_float32_in_mixed_precision(shapes):
    network = awake(*shapes)
    inputs = random(4, *shapes[0]), random(4, *shapes[1], seed=1), torch.rand(4)
    full = network(*inputs)
    with torch.autocast("cpu", torch.bfloat16):
        mixed = network(*inputs)
    assert mixed.dtype == torch.float32
    assert 0 < (mixed - full).norm() < 0.05 * full.norm()


def test_every_image_is_normalised_by_itself_and_nothing_stays_nothing():
    features = torch.tensor([1.0, 100.0, 0.0]).view(3, 1, 1, 1) * random(3, 4, 5, 6)
    found = normalised(features)
    assert found.square().mean((1, 2, 3)).tolist() == pytest.approx([1, 1, 0], abs=1e-4)
    torch.testing.assert_close(found[1], features[1] / features[1].square().mean().sqrt())


def test_an_image_that_cannot_be_halved_for_patches_too_is_refused():
    with pytest.raises(ValueError, match="halved 2 times"):
        velocity((1, 8, 6), (1, 8, 6), (4, 4))
