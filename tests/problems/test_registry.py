"""Problems of other packages are found by their entry points, with their settings, presets and jobs."""

import sys
from importlib import invalidate_caches

import pytest

from vspair.errors import VspairError
from vspair.problems import registry
from vspair.problems.configuration import config_class, resolve

MODULE = '''
from typing import ClassVar

from pydantic import Field, PositiveInt

from vspair.config.section import Section
from vspair.problems.inverse import InverseProblem


class Data(Section):
    train: PositiveInt = Field(description="training pairs")


class Settings(InverseProblem):
    """A line through points."""

    title: ClassVar[str] = "Lines"
    data: Data = Field(description="the pairs")

    def datasets(self):
        return ("points",)

    def shapes(self):
        return (2,), (5,)


def pairs(values, data, folder, seed):
    return values["data.train"]
'''
FILE = """
lines:
  training: {batch_size: 4, learning_rate: 1.0e-3, checkpoint_every: 1}
  methods:
    Ensemble: {channels: [4, 8], latent_x: 2, members: 2, weights: {lambda1: 1.0}}
  evaluation:
    samples: 2
    batch_size: 4
    calibration: {samples: 19, levels: [0.9], share: 0.5, scaling_level: 0.9}
presets:
  demo: {data: {train: 7}, training: {epochs: 2}}
  paper: {data: {train: 70}, training: {epochs: 20}}
"""


@pytest.fixture
def caches():
    """What was found before or during a test holds for it alone."""

    def clear():
        invalidate_caches()
        for cached in (registry.installed, registry.is_package, registry._defined, config_class):
            cached.cache_clear()

    clear()
    yield
    for name in ("lines_of_mine", "others"):
        sys.modules.pop(name, None)
    clear()


@pytest.fixture
def install(tmp_path, monkeypatch, caches):
    """A package in a folder of its own, as pip would leave it: a module, its yaml and its entry point."""

    def install(name="lines", module="lines_of_mine", text=MODULE, file=FILE):
        folder = tmp_path / module
        info = folder / f"{module}-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[vspair.problems]\n{name} = {module}\n")
        (folder / f"{module}.py").write_text(text)
        (folder / f"{name}.yaml").write_text(file)
        monkeypatch.syspath_prepend(str(folder))
        invalidate_caches()
        return folder

    return install


def test_a_problem_of_another_package_stands_beside_ours(root, install):
    folder = install()
    *ours, other = registry.installed()
    assert {"inpainting", "tomography"} <= set(ours) and other == "lines"
    problem = resolve(root, {"lines": {"training": {"batch_size": 3}}}).problems["lines"]
    assert (problem.title, problem.data.train) == ("Lines", 7)
    training = problem.methods["Ensemble"].training
    assert (training.epochs, training.batch_size, training.checkpoint_every) == (2, 3, 1)
    assert [*problem.runs((0,))] == [("Ensemble", "points", 0)]
    assert resolve(root, {"preset": "paper"}).lines.data.train == 70
    assert registry.folder("lines") == folder
    assert registry.folder("inpainting") is None


def test_a_preset_that_a_problem_does_not_change_leaves_it_as_it_is(root, install):
    install(
        file=FILE.replace("lines:", "lines:\n  data: {train: 5}", 1).replace(
            "batch_size: 4,", "epochs: 1, batch_size: 4,"
        )
    )
    assert resolve(root, {"preset": "quick"}).lines.data.train == 5


def test_jobs_are_the_problems_own_or_the_defaults(install):
    install()
    assert registry.job_path("lines", "pairs") == "lines_of_mine:pairs"
    assert registry.job_path("lines", "groups") == "vspair.problems.defaults:groups"
    assert registry.job_function("lines", "pairs")({"data.train": 3}, "points", None, 0) == 3
    assert registry.job_path("tomography", "frame") == "vspair.problems.tomography.jobs:frame"


def test_a_wrong_setting_of_another_packages_problem_is_named(root, install):
    install()
    with pytest.raises(VspairError, match=r"lines.data.train: must be greater than 0, found 0"):
        resolve(root, {"lines": {"data": {"train": 0}}})


@pytest.mark.parametrize(
    ("text", "absent"),
    [
        (MODULE.replace("class Settings(", "class Setup("), "Settings"),
        (MODULE.replace("def shapes(self):", "def sizes(self):"), "shapes"),
        (MODULE.replace("def shapes(", "def sizes(").replace("def datasets(", "def sets("), "datasets, shapes"),
    ],
)
def test_a_problem_that_leaves_out_what_every_problem_says_is_refused(root, install, text, absent):
    install(text=text)
    with pytest.raises(
        VspairError, match=f"expected lines_of_mine of the problem lines to define {absent}, found none"
    ):
        resolve(root, {})


def test_two_problems_of_one_name_are_refused(install):
    install()
    install(module="others")
    with pytest.raises(VspairError, match=r"expected one problem called lines, found .* and .*: rename one"):
        registry.installed()


@pytest.mark.parametrize("look", [registry.jobs_module, lambda name: registry.job_path(name, "pairs")])
def test_a_problem_that_is_not_there_is_refused(look):
    with pytest.raises(VspairError, match=r"expected a problem of inpainting, .*tomography.*, found 'seismic'"):
        look("seismic")
