"""How short the trainings of the determinism check are."""

import pytest

from vspair.config import Determinism


@pytest.mark.parametrize(
    ("batches", "batch_size", "pairs"), [(4, 16, 56), (4, 2, 7), (4, 1, 4), (1, 4, 2), (1, 1, 1), (2, 5, 8)]
)
def test_the_last_batch_is_half_full(batches, batch_size, pairs):
    """By hand; a full last batch would leave out how a real epoch usually ends."""
    assert Determinism(epochs=2, batches=batches).pairs(batch_size) == pairs
    assert -(-pairs // batch_size) == batches
