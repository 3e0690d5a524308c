"""The training loop's settings."""

from typing import Annotated

from pydantic import Field

from vspair.config.numbers import Count
from vspair.config.section import Section


class Training(Section):
    """The training loop (Table 9)."""

    epochs: Count = Field(description="passes over the training pairs")
    batch_size: Count = Field(description="pairs per step")
    learning_rate: Annotated[float, Field(gt=0, le=10)] = Field(description="step size of Adam")
    checkpoint_every: Count = Field(description="epochs between checkpoints")
