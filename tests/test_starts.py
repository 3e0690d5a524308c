"""What jobs and plans must not import: starts are most of a small job, and some of these cost as much as torch."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from vspair.config import Training
from vspair.data import clean_images, make_pairs, write_pairs

ROOT = Path(__file__).parents[1]
COMPILERS = ("torch._dynamo", "torch._inductor", "sympy", "numba")
LIBRARIES = (
    *("scipy.stats", "scipy.optimize", "sklearn", "scoringrules", "h5py", "pydicom", "torchvision", "torchmetrics"),
    *("matplotlib", "seaborn", "jinja2", "yaml", "dival", "odl", "snakemake"),
)

# As the scripts do, in one process: what one of them needed would be there for the next.
JOBS = """
import json, logging, sys
from pathlib import Path

import numpy as np

heavy, imports, values, pairs, folder = json.loads(sys.stdin.read())
found = {}

def note(what):
    found[what] = [name for name in heavy if name in sys.modules]

for script, lines in imports.items():
    exec(lines)
    note(f"imports of {script}")

from vspair.devices import configure
from vspair.evaluation import calibrate, evaluate, inference_seconds, localise, parts_of
from vspair.files import sha256
from vspair.problems.learning import learn
from vspair.problems.registry import job_function
from vspair.problems.setting import described_by, open_setting
from vspair.provenance.receipt import building, lookup
from vspair.provenance.receipt.versions import versions
from vspair.training import Checkpoint, generator_for, save_weights

note("receipt")
configure("cpu", 1)
setting = open_setting("inpainting", "mine", values, pairs, "cpu")
checkpoint = Checkpoint(Path(folder) / "checkpoint.safetensors", {})
model, history, cost = learn(setting, 1, checkpoint)
assert len(history) == 3 and checkpoint.path.exists()
learn(setting, 1, checkpoint)
save_weights(Path(folder) / "weights.safetensors", model)
note("training")

model, test = setting.model(Path(folder) / "weights.safetensors"), setting.pairs(setting.stored.test)
quality = job_function("inpainting", "quality")
result = evaluate(model, test.qoi, test.observation, test.lost, 4, 8, generator_for("cpu", 1, "evaluation"), quality)
inference_seconds(model, test.observation, generator_for("cpu", 1, "evaluation", 4))
result.images.mean(), described_by("inpainting", setting.stored.test)
result.images.to_csv(Path(folder) / "images.csv", float_format="%.8g")
note("evaluation")

calibrate(
    model, test.qoi, test.observation, test.lost, samples=39, levels=(0.5,), scaling_level=0.5, delta=0.1, batch_size=8,
    parts=parts_of(None, len(test), 0.5, "group", np.random.default_rng(0)), resolution=0.01,
    generator=generator_for("cpu", 1, "evaluation", 1),
)
note("calibration")
localise(model, test.observation, test.lost, (-2.0, 2.0), 4, 8, generator_for("cpu", 1, "evaluation", 2))
note("localisation")
versions()
note("end")
print(json.dumps(found))
"""


def imports(text):
    """The imports at the top level of a script."""
    nodes = [node for node in ast.parse(text).body if isinstance(node, ast.Import | ast.ImportFrom)]
    return "\n".join(ast.unparse(node) for node in nodes)


def in_a_process(code, *given):
    result = subprocess.run(
        [sys.executable, "-c", code], input=json.dumps(given), capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


@pytest.fixture
def pairs(tmp_path):
    clean, labels = clean_images("digits", None, (16, 16))
    write_pairs(tmp_path / "pairs.safetensors", make_pairs(clean, labels, 16, 12, patches=3, patch_size=5, seed=1))
    return str(tmp_path / "pairs.safetensors")


def test_a_torch_job_imports_neither_a_compiler_nor_what_it_does_not_use(settings, pairs, tmp_path):
    """From the first line to the receipt, the first step of the optimiser and a checkpoint among them."""
    loop = Training(epochs=3, batch_size=8, learning_rate=1e-3, checkpoint_every=2)
    method = settings("vsPAIR", training=loop.model_dump()).model_dump(mode="json")
    values = {"inpainting.methods.mine": method, "inpainting.data.scale": "symmetric"}
    scripts = ("train", "evaluate", "calibrate", "latents", "localise", "study", "determinism_run")
    lines = {name: imports((ROOT / f"scripts/{name}.py").read_text()) for name in scripts}
    found = in_a_process(JOBS, [*COMPILERS, *LIBRARIES], lines, values, pairs, str(tmp_path))
    assert {stage: heavy for stage, heavy in found.items() if heavy} == {}
    assert {"training", "calibration", "end"} < found.keys()


def test_a_plan_imports_no_torch_and_no_library_of_data_or_figures():
    """What the files of the workflow import, and the configuration with all that checks it."""
    files = [ROOT / "workflow/Snakefile", *(ROOT / "workflow/rules").glob("*.smk")]
    lines = {line for file in files for line in re.findall(r"^from vspair.*$", file.read_text(), re.MULTILINE)}
    assert len(lines) > 8
    heavy = ["torch", *COMPILERS, *(name for name in LIBRARIES if name not in ("yaml", "snakemake")), "pandas", "scipy"]
    code = (
        "import json, sys\nfrom pathlib import Path\nheavy, lines = json.loads(sys.stdin.read())\n"
        "for line in lines:\n    exec(line)\n"
        "from vspair.problems.configuration import resolve\nresolve(Path.cwd(), {'preset': 'paper'})\n"
        "print(json.dumps([name for name in heavy if name in sys.modules]))"
    )
    assert in_a_process(code, heavy, sorted(lines)) == []
