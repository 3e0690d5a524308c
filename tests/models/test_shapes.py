"""Vectors, images of several channels, and one of each: every kind that knows shapes alone takes them."""

from itertools import pairwise

import pytest
import torch

from vspair.training import ResidentPairs, train_model
from vspair.training.memory import memory_needed

pytestmark = pytest.mark.usefixtures("one_thread")

VECTORS, CHANNELS = ((7,), (5,)), ((3, 8, 8), (2, 8, 8))
KINDS = ("PAIR", "vPAIR", "sVAE", "vsPAIR", "CVAE", "Ensemble", "Flow")
ONE_GRID = ("CVAE", "Flow")
CASES = [
    *((kind, *shapes) for kind in KINDS for shapes in (VECTORS, CHANNELS)),
    *((kind, *shapes) for kind in KINDS if kind not in ONE_GRID for shapes in (((7,), (2, 8, 4)), ((2, 8, 4), (7,)))),
]


def pairs(*shapes, n=8):
    """x and y that are linear in two common factors each."""
    generator = torch.Generator().manual_seed(0)
    factors = torch.randn(n, 2, generator=generator)
    return [torch.einsum("nf,f...->n...", factors, torch.randn(2, *shape, generator=generator)) for shape in shapes]


@pytest.mark.parametrize(("kind", "qoi", "observation"), CASES)
def test_a_kind_learns_reconstructs_and_samples_in_any_shape(settings, kind, qoi, observation):
    """Eight steps; catches parts that do not take part, whose gradients would be missing or zero."""
    chosen, frame = settings(kind), {"qoi_shape": qoi, "observation_shape": observation}
    chosen.require_fit(qoi, observation)
    x, y = pairs(qoi, observation)
    loop = chosen.training.model_copy(update={"epochs": 8, "batch_size": 8})
    model, history = train_model(chosen, frame, ResidentPairs(x, y), 1, loop)
    assert history[-1]["total"] < history[0]["total"]
    assert all(parameter.grad.abs().sum() > 0 for parameter in model.parameters())
    assert model.reconstruct(y, torch.Generator().manual_seed(1)).shape == x.shape
    if chosen.probabilistic:
        posterior = model.posterior(y)
        assert posterior.sample(3, torch.Generator().manual_seed(1)).shape == (3, *x.shape)
        assert all(moment.shape == x.shape for moment in posterior.moments(3, torch.Generator().manual_seed(1)))


@pytest.mark.parametrize("qoi", [(7,), (3, 8, 8)])
def test_pairs_mapping_space_image_is_the_qoi_whatever_its_shape(build, qoi):
    model = build("PAIR", qoi, (5,), choices={"mapping_space": "image"})
    x, y = pairs(qoi, (5,))
    expected = (model.reconstruct(y) - x).square().flatten(1).sum(1)
    torch.testing.assert_close(model.terms(x, y)["mapping"].detach(), expected)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_memory_of_vectors_is_known(build, precision):
    """Weights by hand: encoders and decoder of widths 4 and 8, with 2 heads; the code of y beside z."""
    needed = memory_needed(lambda: build("CVAE", *VECTORS), *VECTORS, 16, precision)

    def dense(*sizes):
        return sum(before * after + after for before, after in pairwise(sizes))

    weights = dense(7 + 5, 4, 8, 2 * 5) + dense(5, 4, 8, 3 * 5) + dense(2 * 5, 8, 4, 7)
    assert needed.weights == needed.gradients == 4 * weights
    assert needed.activations > 0
