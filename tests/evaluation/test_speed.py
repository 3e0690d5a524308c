"""Time of a reconstruction, by a clock that the method itself puts forward."""

from types import SimpleNamespace

import pytest
import torch

from vspair.evaluation import speed
from vspair.evaluation.speed import inference_seconds


class Slow:
    """Takes as long as it is told, run by run, and notes what it was given."""

    def __init__(self, clock, *seconds):
        self.clock, self.seconds, self.given = clock, iter(seconds), []

    def reconstruct(self, observation, generator):
        self.clock.now += next(self.seconds)
        self.given.append((observation, generator))


@pytest.fixture
def clock(monkeypatch):
    clock = SimpleNamespace(now=50.0)
    monkeypatch.setattr(speed, "time", SimpleNamespace(perf_counter=lambda: clock.now))
    return clock


@pytest.mark.parametrize("seconds", [(100, 3, 1, 8), (0, 8, 3, 1)])
def test_it_is_the_median_over_runs_after_the_first_for_each_image(clock, seconds):
    """Median 3 of three runs over four images; the first run, 100 or 0, would move a median of four, and a mean."""
    observation, generator = torch.zeros(4, 1, 2, 3), torch.Generator()
    method = Slow(clock, *seconds)
    assert inference_seconds(method, observation, generator) == pytest.approx(3 / 4)
    assert len(method.given) == 1 + speed.REPEATS
    assert all(given[0] is observation and given[1] is generator for given in method.given)
