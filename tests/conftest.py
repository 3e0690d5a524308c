"""Small versions of every model, shared by the tests of all layers; a new model joins `SMALL` and `TERMS`."""

import importlib.util
import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

SMALL = {
    "PAIR": {"channels": (4, 8), "latent_x": 5, "latent_y": 3},
    "vPAIR": {"channels": (4, 8), "latent_x": 5, "latent_y": 3, "hidden": 7},
    "sVAE": {"channels": (4, 8), "latent_x": 12, "alpha0": 1.0, "beta0": 9.0},
    "vsPAIR": {"channels": (4, 8), "latent_x": 12, "latent_y": 3, "hidden": 7, "alpha0": 1.0, "beta0": 9.0},
    "CVAE": {"channels": (4, 8), "latent_x": 5},
    "Ensemble": {"channels": (4, 8), "latent_x": 5, "members": 3},
}
TERMS = {
    "PAIR": {"reconstruction_qoi", "reconstruction_observation", "mapping"},
    "vPAIR": {"reconstruction_qoi", "kl_qoi", "reconstruction_observation", "kl_observation", "mapping"},
    "sVAE": {"reconstruction_qoi", "kl_slab_qoi", "kl_gate_qoi", "hyperprior"},
    "vsPAIR": {
        *("reconstruction_qoi", "kl_slab_qoi", "kl_gate_qoi", "reconstruction_observation", "kl_observation"),
        *("mapping", "gate_entropy", "hyperprior"),
    },
    "CVAE": {"reconstruction_qoi", "kl_qoi"},
    "Ensemble": {"reconstruction_qoi"},
}
PROBABILISTIC = ("vPAIR", "sVAE", "vsPAIR", "CVAE", "Ensemble")
LATENT = ("vPAIR", "sVAE", "vsPAIR", "CVAE")
PAIRED = ("PAIR", "vPAIR", "vsPAIR")
SPARSE = ("sVAE", "vsPAIR")


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory):
    """Remembered checksums of the tests stay with the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def root():
    return ROOT


@pytest.fixture(scope="session")
def example():
    """The made-up run that the report's page is tested with, as a file and in a browser."""
    spec = importlib.util.spec_from_file_location("report_example", ROOT / "tests/browser/example.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(params=list(SMALL))
def model_name(request):
    """Each model in turn."""
    return request.param


@pytest.fixture(params=PROBABILISTIC)
def probabilistic_name(request):
    """Each model with a posterior in turn."""
    return request.param


@pytest.fixture(params=LATENT)
def latent_name(request):
    """Each model whose posterior has a latent space in turn."""
    return request.param


@pytest.fixture(params=PAIRED)
def paired_name(request):
    """Each model with a latent map in turn."""
    return request.param


@pytest.fixture(scope="session")
def sparse_names():
    return SPARSE


@pytest.fixture(scope="session")
def architectures():
    """Arguments of each small model's class, without the image."""
    return SMALL


@pytest.fixture(scope="session")
def term_names():
    """Names of each model's terms, written by hand from Eq. 4, 11, 13, 15, 16 and 21."""
    return TERMS


@pytest.fixture(scope="session")
def build():
    """Build a small model by name with seeded weights, in evaluation mode."""
    import torch

    from vspair import models
    from vspair.training import initialised

    torch.set_num_threads(1)

    def build(name, image=(8, 8), seed=0):
        return initialised(lambda: getattr(models, name)(image, **SMALL[name]), seed).eval()

    return build


@pytest.fixture(scope="session")
def choices():
    """The open choices of the objective, each of which a keyword can change."""
    from vspair.config import Choices

    default = {
        "reconstruction_reduction": "sum",
        "mapping_reduction": "sum",
        "mapping_gradient": "both",
        "mapping_space": "latent",
    }
    return lambda **changes: Choices(**default | changes)


@pytest.fixture(scope="session")
def batch():
    """Six seeded pairs of 8x8 images; the observation has lost a corner."""
    import torch

    qoi = torch.rand(6, 1, 8, 8, generator=torch.Generator().manual_seed(3)) * 2 - 1
    observation = qoi.clone()
    observation[..., :4, :4] = -1
    return qoi, observation


@pytest.fixture
def without_noise(monkeypatch):
    """Every draw of a latent is its distribution's mean, so that terms and draws can be computed by hand."""
    from vspair.distributions import Gaussian, SpikeSlab

    def mean(self, generator=None, sample_shape=()):
        return self.mean.expand(*sample_shape, *self.mean.shape)

    for family in (Gaussian, SpikeSlab):
        monkeypatch.setattr(family, "rsample", mean)


@pytest.fixture
def real_data():
    """Folder with real data in torchvision's layout."""
    folder = os.environ.get("VSPAIR_DATA")
    if not folder:
        pytest.skip("VSPAIR_DATA does not name a folder with MNIST/raw")
    return Path(folder)
