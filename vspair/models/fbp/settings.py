"""Settings of filtered back-projection."""

from typing import ClassVar, Literal

from pydantic import Field

from vspair.config.numbers import Share
from vspair.models.method import Method

Window = Literal["ram-lak", "shepp-logan", "cosine", "hamming", "hann"]


class Settings(Method):
    """Filtered back-projection; it has nothing to learn."""

    physical: ClassVar[bool] = True
    learns: ClassVar[bool] = False
    seeded: ClassVar[bool] = False

    kind: Literal["FBP"] = Field(description="kind of method, a folder of `vspair.models`")
    filter: Window = Field(description="window of the ramp filter")
    cutoff: Share = Field(description="frequency beyond which the filter is 0, as a share of the largest")
