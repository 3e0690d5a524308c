"""The four models of the main paper (Table 2); `zoo` shows in one place how they differ."""

from vspair.models.build import build
from vspair.models.paired import PairedAutoencoder, SparsePairedAutoencoder
from vspair.models.posterior import Posterior
from vspair.models.single import SingleAutoencoder
from vspair.models.zoo import PAIR, sVAE, vPAIR, vsPAIR

__all__ = [
    "PAIR",
    "PairedAutoencoder",
    "Posterior",
    "SingleAutoencoder",
    "SparsePairedAutoencoder",
    "build",
    "sVAE",
    "vPAIR",
    "vsPAIR",
]
