"""Small versions of every kind of method, shared by the tests of all layers; a new one joins `SMALL` and `TERMS`."""

import importlib.util
import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

PAIRED_SIZES = {"channels": (4, 8), "latent_x": 5, "latent_y": 3}
SPARSITY = {"channels": (4, 8), "latent_x": 12, "alpha0": 1.0, "beta0": 9.0, "rho_start": 0.5}
SMALL = {
    "PAIR": PAIRED_SIZES,
    "vPAIR": PAIRED_SIZES | {"hidden": 7},
    "sVAE": SPARSITY,
    "vsPAIR": SPARSITY | {"latent_y": 3, "hidden": 7, "map_gate": "sigmoid"},
    "vsPAIRplus": SPARSITY | {"latent_y": 3, "hidden": 7, "bounds": (-1.0, 1.0), "step": 0.05},
    "CVAE": {"channels": (4, 8), "latent_x": 5},
    "Ensemble": {"channels": (4, 8), "latent_x": 5, "members": 3},
    "Flow": {"channels": (4, 8), "steps": 3, "spread": 0.7},
    "LPD": {"iterations": 2, "primal": 3, "dual": 3, "width": 8, "start": "zero"},
    "UNet": {"channels": (8, 16), "filter": "hann", "cutoff": 0.9},
    "UNetEnsemble": {"channels": (8, 16), "members": 3, "filter": "hann", "cutoff": 0.9},
    "QuantileUNet": {"channels": (8, 16), "levels": (0.1, 0.3, 0.5, 0.9), "filter": "hann", "cutoff": 0.9},
    "PhysicalCVAE": {"channels": (4, 8), "latent_x": 5, "filter": "hann", "cutoff": 0.9},
    "PhysicalFlow": {"channels": (4, 8), "steps": 3, "spread": 0.2, "filter": "hann", "cutoff": 0.9},
    "FBP": {"filter": "hann", "cutoff": 1.0},
    "TV": {"strengths": (1e-3, 1e-1, 1e-4), "iterations": 20, "pairs": 3},
}
SHARED = {
    "weights": {
        **{"lambda1": 1.2, "lambda2": 0.5, "lambda3": 0.8, "lambda_rho": 1.4},
        **{"gamma_x": 0.9, "gamma_y": 0.1, "lambda_b": 0.05, "lambda_q": 1.7},
    },
    "choices": {
        **{"reconstruction_reduction": "sum", "mapping_reduction": "sum"},
        **{"mapping_gradient": "both", "mapping_space": "latent"},
    },
}
"""Of these each kind takes its own; all weights differ, so that two that are swapped do not pass."""

LOOP = {"epochs": 2, "batch_size": 4, "learning_rate": 1e-2, "checkpoint_every": 1}
TERMS = {
    "PAIR": {"reconstruction_qoi", "reconstruction_observation", "mapping"},
    "vPAIR": {"reconstruction_qoi", "kl_qoi", "reconstruction_observation", "kl_observation", "mapping"},
    "sVAE": {"reconstruction_qoi", "kl_slab_qoi", "kl_gate_qoi", "hyperprior"},
    "vsPAIR": {
        *("reconstruction_qoi", "kl_slab_qoi", "kl_gate_qoi", "reconstruction_observation", "kl_observation"),
        *("mapping", "gate_entropy", "hyperprior"),
    },
    "vsPAIRplus": {
        *("reconstruction_qoi", "kl_slab_qoi", "kl_gate_qoi", "reconstruction_observation", "kl_observation"),
        *("mapping_slab", "mapping_gate", "hyperprior"),
    },
    "CVAE": {"reconstruction_qoi", "kl_qoi"},
    "Ensemble": {"reconstruction_qoi"},
    "Flow": {"velocity"},
}
PROBABILISTIC = ("vPAIR", "sVAE", "vsPAIR", "vsPAIRplus", "CVAE", "Ensemble", "Flow")
LATENT = ("vPAIR", "sVAE", "vsPAIR", "vsPAIRplus", "CVAE")
PAIRED = ("PAIR", "vPAIR", "vsPAIR")
SPARSE = ("sVAE", "vsPAIR", "vsPAIRplus")


HARNESS: dict[tuple[str, ...], list[tuple]] = {}
"""Tables of what the harness tried: names of the columns -> lines."""


@pytest.fixture(scope="session")
def noted():
    """Notes a line of a table that stands at the end of the tests' output, by the names of its columns."""
    return lambda columns, line: HARNESS.setdefault(tuple(columns), []).append(tuple(line))


def pytest_terminal_summary(terminalreporter):
    """What the harness tried, and how much of it was lost."""
    from tabulate import tabulate

    for columns, lines in HARNESS.items():
        sums = ("all", *(sum(numbers) for numbers in list(zip(*lines, strict=True))[1:]))
        terminalreporter.section(f"tried by {columns[0]}")
        terminalreporter.write_line(tabulate([*lines, sums], columns))


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


@pytest.fixture(params=list(TERMS))
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
def settings():
    """Settings of a small method of a kind, of which keywords change some, such as `choices={...}`."""
    from vspair.config import merge
    from vspair.models.kinds import all_settings, settings_of

    def settings(kind, **changes):
        own = all_settings()[kind].model_fields
        values = {"kind": kind, **SMALL[kind], **({"training": LOOP} if "training" in own else {})}
        for part in SHARED.keys() & own.keys():
            fields = own[part].annotation.model_fields
            values[part] = {name: value for name, value in SHARED[part].items() if name in fields}
        return settings_of(merge(values, changes))

    return settings


@pytest.fixture(scope="session")
def term_names():
    """Names of each model's terms, written by hand from Eq. 4, 11, 13, 15, 16 and 21."""
    return TERMS


@pytest.fixture(scope="session")
def one_thread():
    """Small models are faster with one thread than with several, most of all where other processes run."""
    import torch

    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def build(settings, one_thread):
    """Build a small model by its kind with seeded weights, in evaluation mode; keywords change its settings."""
    from vspair.models.build import build as built
    from vspair.training import initialised

    def build(kind, qoi=(1, 8, 8), observation=None, seed=0, **changes):
        frame = {"qoi_shape": qoi, "observation_shape": observation or qoi}
        return initialised(lambda: built(settings(kind, **changes), frame), seed).eval()

    return build


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
    """Every draw of a law is its mean, so that terms and draws can be computed by hand.

    A flow is trained halfway from zero.
    """
    import torch

    from vspair.distributions import Gaussian, SpikeSlab
    from vspair.distributions.recorded import RecordedLogistic
    from vspair.models.flow.model import Flow

    def mean(self, generator=None, sample_shape=()):
        return self.mean.expand(*sample_shape, *self.mean.shape)

    for family in (Gaussian, SpikeSlab):
        monkeypatch.setattr(family, "rsample", mean)
    monkeypatch.setattr(RecordedLogistic, "sample", lambda self, generator=None: self.mean)

    def halfway(self, qoi, generator=None):
        return torch.zeros_like(qoi), qoi.new_full((len(qoi),), 0.5)

    monkeypatch.setattr(Flow, "_drawn", halfway)


@pytest.fixture
def real_data():
    """Folder with real data in torchvision's layout."""
    folder = os.environ.get("VSPAIR_DATA")
    if not folder:
        pytest.skip("VSPAIR_DATA does not name a folder with MNIST/raw")
    return Path(folder)
