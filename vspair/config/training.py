"""The training loop's settings."""

from pydantic import Field, PositiveFloat, PositiveInt

from vspair.config.section import Section


class Training(Section):
    """The training loop (Table 9)."""

    epochs: PositiveInt = Field(description="passes over the training pairs")
    batch_size: PositiveInt = Field(description="pairs per step")
    learning_rate: PositiveFloat = Field(description="step size of Adam")
    checkpoint_every: PositiveInt = Field(description="epochs between checkpoints")
