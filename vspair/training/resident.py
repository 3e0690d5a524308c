"""Training pairs on the device."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from vspair.data.pairs import Split
from vspair.data.scales import Scale


@dataclass(frozen=True)
class ResidentPairs:
    """All pairs of a split on the device, scaled once.

    Arguments:
        qoi: x, float32 of shape (pairs, *qoi_shape).
        observation: y, shape (pairs, *observation_shape).
        lost: True where y has lost x, same shape as x; None where nothing is lost or nobody asks for it.
    """

    qoi: Tensor
    observation: Tensor
    lost: Tensor | None = None

    @classmethod
    def of(
        cls,
        split: Split,
        scale: Scale,
        device: str,
        limit: int | None = None,
        observation_scale: Scale | None = None,
    ) -> "ResidentPairs":
        """Move a split, or its first `limit` pairs, to `device` and scale the values there.

        Arguments:
            split: as stored.
            scale: of the QoI.
            device: `cpu` or `cuda`.
            limit: only the first pairs; None for all.
            observation_scale: of the observation; None if it is the QoI's.
        """
        qoi, observation, lost = (
            part if part is None else torch.from_numpy(np.ascontiguousarray(part[:limit])).to(device)
            for part in (split.qoi, split.observation, split.mask)
        )
        scales = (scale, observation_scale or scale)
        qoi, observation = (
            (values.float() - units.offset) / units.unit
            for values, units in zip((qoi, observation), scales, strict=True)
        )
        return cls(qoi, observation, lost)

    def __len__(self) -> int:
        return len(self.qoi)
