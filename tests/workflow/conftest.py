"""A copy of the project in a repository of its own, run with the real Snakemake at tiny size."""

import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PARTS = ("config", "workflow", "scripts", "vspair", "envs")
TINY = """
preset: demo
inpainting:
  compare: [PAIR, vPAIR, sVAE, vsPAIR, vsPAIRplus, CVAE, Ensemble]
  data: {train: 96, test: 40}
  training: {epochs: 2}
  evaluation:
    samples: 3
    calibration: {samples: 39}
    repeated: {draws: 4}
    localisation: {images: 6, levels: [-2, 2]}
    gates: {images: 6, top: 3}
  figures: {scatter: 24}
  methods:
    PAIR: {channels: [2, 4], latent_x: 4, latent_y: 4}
    vPAIR: {channels: [2, 4], latent_x: 4, latent_y: 4, hidden: 8}
    sVAE: {channels: [2, 4], latent_x: 12}
    vsPAIR: {channels: [2, 4], latent_x: 12, latent_y: 4, hidden: 8}
    vsPAIRplus: {channels: [2, 4], latent_x: 12, latent_y: 4, hidden: 8}
    CVAE: {channels: [2, 4], latent_x: 4}
    Ensemble: {channels: [2, 4], latent_x: 4, members: 2}
  studies:
    hyperprior:
      axes: {methods.vsPAIR.alpha0: [1, 64], methods.vsPAIR.beta0: [1]}
      base: {training.epochs: 1, methods.vsPAIR.latent_y: 5}
      train: 64
      test: 24
    lambda3: {base: {training.epochs: 1, methods.vsPAIR.latent_y: 5}, train: 64, test: 24}
    choices:
      methods: [PAIR, vsPAIR]
      base: {training.epochs: 1}
      train: 64
      test: 24
    plus: {axes: {methods.vsPAIRplus.likelihood: []}, base: {training.epochs: 1}, train: 64, test: 24}
tomography:
  compare: [LPD, vsPAIR, FBP, TV, UNet, vsPAIR_sparse, PhysicalFlow]
  image: [20, 20]
  observation: [24, 20]
  scan: {pixels: 44, enlarged: 56, angles: 50, bins: 41, binning: 2}
  data: {train: 24, test: 40}
  methods:
    LPD: {iterations: 1, width: 4, training: {epochs: 1}}
    vsPAIR: {channels: [2, 4], latent_x: 8, latent_y: 4, training: {epochs: 1}}
    TV: {strengths: [1.0e-3, 1.0e-2], iterations: 5, pairs: 4}
    UNet: {channels: [2, 4], training: {epochs: 1}}
    UNetEnsemble: {channels: [2, 4]}
    QuantileUNet: {channels: [2, 4]}
    PhysicalCVAE: {channels: [2, 4]}
    PhysicalFlow: {channels: [2, 4], steps: 1, training: {epochs: 1}}
    vsPAIR_sparse: {channels: [2, 4], latent_x: 8, latent_y: 4, training: {epochs: 1}}
  evaluation: {samples: 3, calibration: {samples: 39}, repeated: {draws: 4}}
  figures: {gate: 0.3}
interventions:
  data: {classes: [1, 2], images: 12, seeds: [1, 2]}
  network: {hidden: 8, latent: 3}
  training: {epochs: [1], batch_size: 8}
  analysis: {pairs: 6, images: 10}
  choices: {epochs: 1}
transport:
  seeds: [3, 4]
  mixtures: {samples: 96}
  networks: {widths: [8, 6]}
  training: {epochs: 2, batch_size: 32}
  sphere: {weights: [[10, 10]], shown: 12}
  plane: {shown: 12}
  methods: {vPAIR: {channels: [4, 4], hidden: 4}, vsPAIR: {channels: [4, 4], hidden: 4}}
  scores: {batches: 3, batch_size: 20}
"""


TABLES = (
    *("table3", "table4", "table5", "table8"),
    *("table_fig7", "table_uq", "table_speed", "table_fig12", "table_lambda3", "table_choices"),
    "table_plus",
    *("table_ct", "table_ct_cost", "table_ct_uq", "table_ct_speed"),
    *("int_table31", "int_table32", "int_table33", "int_table_choices"),
    *("wae_table1", "wae_table2", "wae_table3", "wae_table_pair", "wae_table_choices"),
)
FIGURES = (
    *("fig3", "fig4", "fig5", "fig6", "fig7", "fig8", "fig9", "fig10", "fig11", "fig12"),
    *("fig_calibration", "fig_reliability", "fig_repeated", "fig_lambda3", "fig_training", "fig_theory"),
    *("fig_ct_noise", "fig_ct_reliability", "fig_ct_repeated"),
    *("fig_posterior", "fig_ct_posterior"),
    *("int_fig31", "int_fig32", "int_fig_gates", "wae_fig1", "wae_fig4"),
)


@pytest.fixture(scope="session")
def tables():
    """Names of all tables."""
    return TABLES


@pytest.fixture(scope="session")
def papers():
    """Settings of the paper's preset, by those of its slices; with LoDoPaB's scan, of which `TINY` makes another."""
    scan = "{pixels: 362, enlarged: 1000, angles: 1000, bins: 513, binning: 4}"
    # A study of this preset alone, which has more pairs than `TINY`.
    fewer = "inpainting={studies: {alternatives: {train: 64, test: 24}}}"
    return lambda slices="{}": ("preset=paper", fewer, f"tomography={{data: {slices}, scan: {scan}}}")


@pytest.fixture(scope="session")
def figures():
    """Names of all figures."""
    return FIGURES


@dataclass(frozen=True)
class Project:
    """A project folder and ways to use it as a user would."""

    folder: Path

    def run(self, *command: str, **environment: str) -> subprocess.CompletedProcess:
        """Run a command of the environment's Python in the folder."""
        inherited = {key: value for key, value in os.environ.items() if key not in ("VSPAIR_DATA", "PYTHONPATH")}
        return subprocess.run(
            [sys.executable, "-m", *command],
            cwd=self.folder,
            env={**inherited, "PYTHONPATH": str(self.folder), "OMP_WAIT_POLICY": "passive", **environment},
            capture_output=True,
            text=True,
            timeout=1000,
            check=False,
        )

    def snakemake(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
        """Run Snakemake on two cores."""
        return self.run("snakemake", "--cores", "2", *arguments, **environment)

    def planned(self, *arguments: str, **environment: str) -> set[str]:
        """Jobs that a dry run plans, such as `train vsPAIR digits`, without the rules that only collect.

        In the name are the rule and, of its wildcards, the method and the data set.
        """
        result = self.snakemake("--dry-run", *arguments, **environment)
        assert result.returncode == 0, result.stdout + result.stderr
        jobs = re.findall(
            r"^(?:local)?(?:rule|checkpoint) (\w+):\n((?:    .*\n)*)", result.stdout + result.stderr, re.MULTILINE
        )
        return {f"{rule} {_subject(body)}".strip() for rule, body in jobs} - {
            "all",
            "inpainting",
            "tomography",
            "interventions",
            "transport",
            "ledger",
        }

    def edit(self, name: str, before: str, after: str) -> None:
        """Replace a text that stands in a file exactly once."""
        path = self.folder / name
        text = path.read_text()
        assert text.count(before) == 1, f"{before!r} stands {text.count(before)} times in {name}"
        path.write_text(text.replace(before, after))

    def commit(self) -> None:
        """Commit all that git does not ignore."""
        git = ["git", "-C", str(self.folder), "-c", "user.name=t", "-c", "user.email=t@example.org"]
        subprocess.run([*git, "add", "-A"], check=True)
        subprocess.run([*git, "commit", "-qm", "state"], check=True)

    def copy(self, folder: Path) -> "Project":
        """A copy with all times kept, so that nothing becomes stale by copying."""
        return Project(Path(shutil.copytree(self.folder, folder, symlinks=True)))


def _subject(body: str) -> str:
    line = re.search(r"wildcards: (.*)", body)
    wildcards = dict(wildcard.split("=", 1) for wildcard in line[1].split(", ")) if line else {}
    return " ".join(wildcards[key] for key in ("method", "data") if key in wildcards)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Mark the tests that start from one run of everything, so that they can go together."""
    for item in items:
        if "finished" in getattr(item, "fixturenames", ()):
            item.add_marker("finished")


@pytest.fixture(scope="session")
def pool():
    """Runs two calls at a time: what Snakemake does before the first job takes seconds, on one core."""
    with ThreadPoolExecutor(2) as pool:
        yield pool


@pytest.fixture(scope="session")
def fresh(tmp_path_factory) -> Project:
    """A clean checkout at tiny size, nothing run yet. Not to be changed."""
    folder = tmp_path_factory.mktemp("fresh") / "project"
    for part in PARTS:
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "profiles").symlink_to("workflow/profiles")
    shutil.copy(ROOT / ".gitignore", folder)
    (folder / "config/config.yaml").write_text(TINY)
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    project = Project(folder)
    project.commit()
    return project


@pytest.fixture(scope="session")
def finished(fresh, tmp_path_factory) -> Project:
    """A checkout with everything run. Not to be changed."""
    project = fresh.copy(tmp_path_factory.mktemp("finished") / "project")
    result = project.snakemake()
    assert result.returncode == 0, result.stdout + result.stderr
    return project


@pytest.fixture(scope="session")
def results(finished) -> Path:
    """Folder of the finished run's results. Not to be changed."""
    return finished.folder / "results/demo"


@pytest.fixture
def untouched(fresh, tmp_path) -> Project:
    """A clean checkout to change."""
    return fresh.copy(tmp_path / "project")


@pytest.fixture
def project(finished, tmp_path) -> Project:
    """A finished checkout to change."""
    return finished.copy(tmp_path / "project")
