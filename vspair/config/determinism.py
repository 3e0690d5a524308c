"""The determinism check: how short its trainings are."""

from typing import Annotated

from pydantic import Field

from vspair.config.numbers import Few
from vspair.config.section import Section


class Determinism(Section):
    """Trainings with every setting of the real ones but their length, compared bit by bit."""

    epochs: Annotated[Few, Field(ge=2)] = Field(description="epochs of a short training; it is resumed after the first")
    batches: Few = Field(description="batches in an epoch, the last one half full, of the first training pairs")

    def pairs(self, batch_size: int) -> int:
        """Training pairs that give so many batches, the last one half full (one pair at least)."""
        return self.batches * batch_size - batch_size // 2
