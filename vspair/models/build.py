"""From a model's name and settings to the model."""

import pkgutil
from collections.abc import Sequence

from torch import nn

from vspair.config.models import Model


def build(name: str, settings: Model, image: Sequence[int]) -> nn.Module:
    """The model `name` with fresh weights from torch's global random state.

    The class is found by its name and not by an import, so that the fingerprint of a training covers the one model
    that is trained; the rule names it as an entry.

    Arguments:
        name: class in `vspair.models`, such as `vsPAIR`.
        settings: its sizes.
        image: height and width.
    """
    return pkgutil.resolve_name(f"vspair.models:{name}")(image=image, **settings.architecture())
