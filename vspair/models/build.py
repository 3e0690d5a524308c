"""From a method's settings to the method."""

import pkgutil
from collections.abc import Mapping
from typing import Any

from torch import nn

from vspair.models.kinds import model_path
from vspair.models.method import Method


def build(settings: Method, frame: Mapping[str, Any]) -> nn.Module:
    """A method with fresh weights from torch's global random state.

    The class is found by its kind and not by an import, so that the fingerprint of a training covers the one kind that
    is trained; the rule names it as an entry.

    Arguments:
        settings: kind and sizes.
        frame: what the problem sets: `qoi_shape` and `observation_shape`, of one x and one y, (channels, height, width)
            or (n,); or `operator` for a method that knows how y comes from x.
    """
    return pkgutil.resolve_name(model_path(settings.kind))(**frame, **settings.architecture())
