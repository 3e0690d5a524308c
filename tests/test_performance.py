"""Counts in docs/performance.md that do not depend on the machine are those of the code."""

import importlib
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).parents[1]
ROW = re.compile(r"^\| ([\w ]+) \| ([\d,]+) \| ([\d,]+) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|", re.MULTILINE)


@pytest.fixture
def floors(monkeypatch):
    """The benchmark of that name, as a module."""
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    yield importlib.import_module("floors")
    for name in ("floors", "subjects"):
        sys.modules.pop(name, None)


@pytest.mark.slow
def test_the_documents_counts_are_the_codes(floors):
    """An operation more in a step, or another tensor read, is seen here and not in a timing."""
    text = (ROOT / "docs/performance.md").read_text(encoding="utf-8").partition("## What machines allow")[0]
    told = {name: numbers for name, *numbers in ROW.findall(text)}
    assert list(told) == [*floors.MNIST, "CT vsPAIR", "CT LPD", "CT UNet"]
    for name, numbers in told.items():
        subject = floors.subject(name)
        full, half = floors.work_of(subject), floors.work_of(subject, "bfloat16")
        assert numbers == [
            f"{full.parameters:,}",
            f"{full.operations:,}",
            f"{full.arithmetic / 1e9:.1f}",
            f"{full.bytes / 1e9:.2f}",
            f"{half.bytes / 1e9:.2f}",
        ], name


def test_counted_work_is_that_of_a_step_by_hand(floors):
    """A linear map of 3 to 2 numbers on 5 pairs, whose arithmetic, bytes and launches can be written down."""
    from torch import nn

    class Line(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(3, 2, bias=False)

        def terms(self, qoi, observation, generator):
            return {"error": self.layer(observation).sum(1)}

    settings = SimpleNamespace(factors=lambda: {"error": 1.0})
    work = floors.work_of(SimpleNamespace(batch_size=5, shapes=((2,), (3,)), build=Line, settings=settings))
    assert work.parameters == 6
    # Forward and the weight's gradient; the observation needs none.
    assert work.arithmetic == 2 * (2 * 5 * 3 * 2)
    # mm; sum; times the factor; 0 + that; mean; and backwards ones, mean, factor, (sum is a view), mm; Adam.
    assert work.operations == 5 + 4 + floors.ADAM_LAUNCHES
