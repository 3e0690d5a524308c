"""A problem from a package of somebody else's: one module, one yaml file and one line of rules."""

import pandas as pd
import pytest

MODULE = '''"""Blurred signals."""

from typing import ClassVar

import numpy as np
from pydantic import Field, PositiveInt

from vspair.config import Section
from vspair.data.pairs import Pairs, Split
from vspair.problems.settings import ProblemSettings


class Data(Section):
    """Signals and their noise."""

    train: PositiveInt = Field(description="training pairs")
    test: PositiveInt = Field(description="test pairs")
    seed: int = Field(description="seed of signals and noise")
    noise: float = Field(description="standard deviation of the noise")


class Settings(ProblemSettings):
    """Signals seen through a moving average of two."""

    title: ClassVar[str] = "Blurred signals"

    data: Data = Field(description="signals and their noise")

    def datasets(self):
        return ("signals",)

    def shapes(self):
        return (16,), (15,)


def pairs(values, data, folder, seed):
    settings = Data.model_validate(values["data"])
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(settings.train + settings.test, 16)).astype(np.float32)
    y = ((x[:, 1:] + x[:, :-1]) / 2 + settings.noise * rng.normal(size=(len(x), 15))).astype(np.float32)
    index = np.arange(len(x))
    parts = (slice(None, settings.train), slice(settings.train, None))
    return Pairs(*(Split(x[part], y[part], None, index[part], index[part]) for part in parts))
'''
SETTINGS = """
blurred:
  data: {train: 64, test: 40, seed: 1, noise: 0.1}
  training: {epochs: 2, batch_size: 16, learning_rate: 1.0e-3, checkpoint_every: 1}
  choices: {reconstruction_reduction: sum, mapping_reduction: sum, mapping_gradient: both, mapping_space: image}
  methods:
    PAIR: {channels: [8, 8], latent_x: 4, latent_y: 4, weights: {lambda1: 1.0, lambda2: 0.5, lambda3: 1.0}}
    CVAE: {channels: [8, 8], latent_x: 4, weights: {lambda1: 1.0, gamma_x: 1.0}}
  evaluation: {samples: 4, batch_size: 20, calibration: {samples: 39, levels: [0.5, 0.9], share: 0.5, scaling_level: 0.9}}
presets: {demo: {training: {epochs: 1}}}
"""
TABLE = "results/demo/tables/table_blurred.csv"


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """A folder with an installed package that brings a problem."""
    folder = tmp_path_factory.mktemp("elsewhere")
    (folder / "signals.py").write_text(MODULE)
    (folder / "blurred.yaml").write_text(SETTINGS)
    (folder / "blurred.smk").write_text('table_of_methods("table_blurred", "blurred")\n')
    info = folder / "signals-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: signals\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[vspair.problems]\nblurred = signals\n")
    return folder


@pytest.fixture(scope="module")
def joined(finished, elsewhere, tmp_path_factory):
    """A finished checkout in whose environment the package was installed; what was planned then, and after its run."""
    project = finished.copy(tmp_path_factory.mktemp("joined") / "project")
    path = {"PYTHONPATH": f"{project.folder}:{elsewhere}"}
    planned = project.planned(**path)
    result = project.snakemake("blurred", **path)
    assert result.returncode == 0, result.stdout + result.stderr
    return project, path, planned


def test_a_problem_that_joins_makes_nothing_else_stale(joined):
    assert joined[2] == {
        "pairs signals",
        *(f"{rule} {method} signals" for rule in ("train", "evaluate") for method in ("PAIR", "CVAE")),
        *("table_blurred", "blurred"),
    }


def test_its_table_is_the_mean_of_its_test_pairs_and_its_audit_is_clean(joined):
    project, path, _ = joined
    table = pd.read_csv(project.folder / TABLE).set_index(["row", "column"])["value"]
    images = pd.read_csv(project.folder / "results/demo/blurred/evaluations/PAIR/signals/seed0/images.csv")
    assert len(images) == 40
    assert table["PAIR, signals", "mse"] == pytest.approx(images["mse"].mean(), rel=1e-6)
    assert ("CVAE (ours), signals", "mse30") in table.index
    audit = project.run("vspair", "audit", "results/demo", **path)
    assert audit.returncode == 0, audit.stdout + audit.stderr
    why = project.run("vspair", "why", TABLE, "--cell", "PAIR, signals", "mse", **path)
    assert "blurred/pairs/signals.safetensors" in why.stdout, why.stderr


def test_a_change_of_its_formula_is_seen(joined, elsewhere):
    project, path, _ = joined
    module = elsewhere / "signals.py"
    text = module.read_text()
    module.write_text(text.replace("(x[:, 1:] + x[:, :-1]) / 2", "(x[:, 1:] + x[:, :-1]) / 3"))
    try:
        assert "pairs signals" in project.planned(**path)
        audit = project.run("vspair", "audit", "results/demo", **path)
        assert "stale code" in audit.stdout
        assert str(elsewhere) not in audit.stdout
    finally:
        module.write_text(text)
