"""Settings of the conditional VAE behind a filtered back-projection, a baseline of ours."""

from typing import Literal

from pydantic import Field

from vspair.models.cvae.settings import Settings as Conditional
from vspair.models.parts import Filtered


class Settings(Filtered, Conditional):
    """A conditional VAE that is told the filtered back-projection of y."""

    kind: Literal["PhysicalCVAE"] = Field(description="kind of method, a folder of `vspair.models`")
