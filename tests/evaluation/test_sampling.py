"""Cost of posterior draws: operations by hand, and seconds by a clock that the method itself puts forward."""

from types import SimpleNamespace

import pytest
import torch
from scipy.sparse import csr_array
from torch import nn

from vspair.evaluation import speed
from vspair.evaluation.sampling import DRAWS, TOGETHER, sampling_cost
from vspair.models.posterior import Posterior
from vspair.operators.matrices import MatrixOperator

ROWS, COLUMNS, ENTRIES = 6, 8, 5


class Sampler:
    """Sees y through a sparse matrix once, and decodes every draw by a linear layer and a convolution."""

    def __init__(self, clock):
        matrix = torch.zeros(ROWS, COLUMNS)
        matrix.view(-1)[torch.arange(ENTRIES) * 9] = 2.0
        self.operator = MatrixOperator(csr_array(matrix.numpy()))
        self.decoder = nn.Sequential(
            nn.Linear(ROWS, 3 * 4 * 4), nn.Unflatten(1, (3, 4, 4)), nn.Conv2d(3, 2, 3, padding=1)
        )
        self.clock, self.asked = clock, []

    def posterior(self, observation):
        sampler, code = self, self.operator(observation)

        class Drawn(Posterior):
            def _draws(self, n, generator):
                sampler.asked.append((len(observation), n))
                sampler.clock.now += len(observation) * len(sampler.asked)
                noise = torch.randn(n, *code.shape, generator=generator)
                yield sampler.decoder((code + noise).flatten(0, 1)).unflatten(0, (n, len(observation)))

        return Drawn()


@pytest.fixture
def clock(monkeypatch):
    clock = SimpleNamespace(now=50.0)
    monkeypatch.setattr(speed, "time", SimpleNamespace(perf_counter=lambda: clock.now))
    return clock


def test_operations_are_those_of_each_layer_and_of_the_entries_of_a_sparse_matrix(clock):
    """Two for each multiplication; a product counted as dense would have 48 in the place of 5."""
    found = sampling_cost(Sampler(clock), torch.rand(3, COLUMNS), torch.Generator())
    linear, convolution = ROWS * 48, 4 * 4 * 9 * 3 * 2
    assert found["sampling_gflop"] * 1e9 == pytest.approx(2 * (ENTRIES + DRAWS * (linear + convolution)))


def test_seconds_are_of_one_image_alone_and_of_one_in_a_batch(clock):
    """The k-th call takes k seconds an image: 1 is counted, 2 warms up, 3 to 5 are timed, 6 warms up, then 7 to 9."""
    sampler = Sampler(clock)
    found = sampling_cost(sampler, torch.rand(40, COLUMNS), torch.Generator())
    assert sampler.asked == [(1, DRAWS)] * 5 + [(TOGETHER, DRAWS)] * 4
    assert found["sampling_seconds"] == pytest.approx(4)
    assert found["sampling_seconds_batched"] == pytest.approx(8)
    assert (found["sampling_batch"], found["sampling_draws"]) == (TOGETHER, DRAWS)


def test_a_batch_has_no_more_images_than_there_are(clock):
    assert sampling_cost(Sampler(clock), torch.rand(3, COLUMNS), torch.Generator())["sampling_batch"] == 3
