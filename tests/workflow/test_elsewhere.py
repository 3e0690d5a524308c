"""A problem from a package of somebody else's, as docs/extending.md has it: one module, one yaml, one line of rules."""

import re
import textwrap
from pathlib import Path

import pandas as pd
import pytest

DOCUMENT = (Path(__file__).parents[2] / "docs/extending.md").read_text()
MODULE, SCRIPT = re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)
(SETTINGS,) = re.findall(r"```yaml\n(.*?)```", DOCUMENT, re.DOTALL)
CALL = textwrap.dedent(re.search(r"    found = runs.*?\n    \)\n", DOCUMENT, re.DOTALL)[0])
PACKAGE = {
    "__init__.py": "",
    "settings.py": "import signals\n\n\nclass Settings(signals.Settings):\n    title = 'Again'\n",
    "jobs.py": "from signals import pairs\n",
    "again.yaml": SETTINGS.replace("blurred:", "again:", 1),
    "again.smk": CALL.replace("blurred", "again"),
    "fig_again.py": SCRIPT.replace('["mse"].mean()', '["mse"].mean() * FACTOR').replace(
        "from vspair.files", "from repeated.factors import FACTOR\nfrom vspair.files"
    ),
    "factors.py": "FACTOR = 1.0\n",
}
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
    (info / "entry_points.txt").write_text("[vspair.problems]\nblurred = signals\nagain = repeated\n")
    (folder / "repeated").mkdir()
    for name, text in PACKAGE.items():
        (folder / "repeated" / name).write_text(text)
    return folder


@pytest.fixture(scope="module")
def joined(finished, elsewhere, tmp_path_factory):
    """A finished checkout in whose environment the package was installed; what was planned then, and after its run."""
    project = finished.copy(tmp_path_factory.mktemp("joined") / "project")
    path = {"PYTHONPATH": f"{project.folder}:{elsewhere}"}
    planned = project.planned(**path)
    result = project.snakemake("blurred", "again", **path)
    assert result.returncode == 0, result.stdout + result.stderr
    return project, path, planned


def test_a_problem_that_joins_makes_nothing_else_stale(joined):
    assert joined[2] == {
        "pairs signals",
        *(f"{rule} {method} signals" for rule in ("train", "evaluate") for method in ("PAIR", "CVAE")),
        *("table_blurred", "fig_again"),
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


@pytest.mark.parametrize(
    ("file", "before", "after", "job"),
    [
        ("signals.py", "(x[:, 1:] + x[:, :-1]) / 2", "(x[:, 1:] + x[:, :-1]) / 3", "pairs signals"),
        ("repeated/factors.py", "1.0", "2.0", "fig_again"),
    ],
)
def test_a_change_of_its_formulas_is_seen(joined, elsewhere, file, before, after, job):
    """Of the problem, and of what a script of the package imports from it."""
    project, path, _ = joined
    module = elsewhere / file
    text = module.read_text()
    module.write_text(text.replace(before, after))
    try:
        assert job in project.planned(**path)
        audit = project.run("vspair", "audit", "results/demo", **path)
        assert "stale code" in audit.stdout
        assert str(elsewhere) not in audit.stdout
    finally:
        module.write_text(text)
