"""How short the trainings of the determinism check are."""

from pathlib import Path

import pytest

from vspair.config import Determinism, resolve
from vspair.errors import VspairError

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("batches", "batch_size", "pairs"), [(4, 16, 56), (4, 2, 7), (4, 1, 4), (1, 4, 2), (1, 1, 1), (2, 5, 8)]
)
def test_the_last_batch_is_half_full(batches, batch_size, pairs):
    """By hand; a full last batch would leave out how a real epoch usually ends."""
    assert Determinism(epochs=2, batches=batches).pairs(batch_size) == pairs
    assert -(-pairs // batch_size) == batches


def test_one_epoch_leaves_nothing_to_resume():
    with pytest.raises(VspairError, match=r"determinism.epochs: .*greater than or equal to 2, found 1"):
        resolve(ROOT, {"determinism": {"epochs": 1}})
