"""The four models of the main paper (Table 2), which `zoo` compares in one place, and two baselines of ours."""

from vspair.models.build import build
from vspair.models.cvae import CVAE
from vspair.models.ensemble import Ensemble
from vspair.models.paired import PairedAutoencoder, SparsePairedAutoencoder
from vspair.models.posterior import LatentPosterior, MemberPosterior, Posterior
from vspair.models.single import SingleAutoencoder
from vspair.models.zoo import PAIR, sVAE, vPAIR, vsPAIR

__all__ = [
    "CVAE",
    "PAIR",
    "Ensemble",
    "LatentPosterior",
    "MemberPosterior",
    "PairedAutoencoder",
    "Posterior",
    "SingleAutoencoder",
    "SparsePairedAutoencoder",
    "build",
    "sVAE",
    "vPAIR",
    "vsPAIR",
]
