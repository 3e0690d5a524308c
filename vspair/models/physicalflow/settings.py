"""Settings of conditional flow matching behind a filtered back-projection, a baseline of ours."""

from typing import Literal

from pydantic import Field

from vspair.models.flow.settings import Settings as Flow
from vspair.models.parts import Filtered


class Settings(Filtered, Flow):
    """A flow from noise to x whose velocity is told the filtered back-projection of y."""

    kind: Literal["PhysicalFlow"] = Field(description="kind of method, a folder of `vspair.models`")
