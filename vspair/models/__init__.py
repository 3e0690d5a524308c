"""The main paper's models (Table 2), which `zoo` compares in one place, and baselines."""

from vspair.models.build import build
from vspair.models.cvae import CVAE
from vspair.models.ensemble import Ensemble
from vspair.models.fbp import FBP
from vspair.models.lpd import LPD
from vspair.models.paired import PairedAutoencoder, SparsePairedAutoencoder
from vspair.models.posterior import LatentPosterior, MemberPosterior, Posterior
from vspair.models.postprocessing import UNet
from vspair.models.single import SingleAutoencoder
from vspair.models.tv import TV
from vspair.models.zoo import PAIR, sVAE, vPAIR, vsPAIR

__all__ = [
    "CVAE",
    "FBP",
    "LPD",
    "PAIR",
    "TV",
    "Ensemble",
    "LatentPosterior",
    "MemberPosterior",
    "PairedAutoencoder",
    "Posterior",
    "SingleAutoencoder",
    "SparsePairedAutoencoder",
    "UNet",
    "build",
    "sVAE",
    "vPAIR",
    "vsPAIR",
]
