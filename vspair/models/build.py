"""From a model's name and settings to the model."""

import pkgutil
from typing import Any, Protocol

from torch import nn


class Settings(Protocol):
    """A model's section of the configuration."""

    def architecture(self) -> dict[str, Any]:
        """Arguments of the model's class that are settings."""


def build(name: str, settings: Settings, **frame: Any) -> nn.Module:
    """The model `name` with fresh weights from torch's global random state.

    The class is found by its name and not by an import, so that the fingerprint of a training covers the one model
    that is trained; the rule names it as an entry.

    Arguments:
        name: class in `vspair.models`, such as `vsPAIR`.
        settings: its sizes.
        frame: what the problem sets: `image`, height and width of the QoI; `observation`, the same of y where it
            differs; `operator` for a method that knows how y comes from x.
    """
    return pkgutil.resolve_name(f"vspair.models:{name}")(**frame, **settings.architecture())
