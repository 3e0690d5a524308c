"""What starts cost before any work is done, in CPU-seconds, side by side with what cannot be avoided.

python benchmarks/starts.py [--rounds 5] [--json PATH]

- Snakemake with nothing to do, and its dry run of the paper's full grid, beside Snakemake with an empty Snakefile;
- what each kind of torch job imports, from first line to receipt, beside `import torch`;
- what each figure imports beside `import matplotlib.figure`.

What jobs import is read from the processes of one finished run at the size of the tests, which takes minutes; then it
is imported again, alone, in the same order. A script that Snakemake starts also imports Snakemake, which is left out.
"""

import argparse
import importlib.util
import json
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
SETTLED = 62
"""Seconds after which the state of a new file is trusted (`vspair.provenance.code.remembered`)."""

PAPER = ("--config", "preset=paper", "tomography={data: {download: true}}")
TARGETS = {"nothing to do": 1.3, "dry run of preset=paper": 2.0, "torch": 1.4}

# Run by every process of Python in the folder, it writes down what a job has imported when it ends.
HOOK = """
import sys
if sys.argv and ".snakemake/scripts/" in sys.argv[0]:
    import atexit, json, pathlib, uuid
    def note():
        name = sys.argv[0].rsplit("/", 1)[1].split(".", 1)[1].removesuffix(".py")
        path = pathlib.Path(__file__).parent / f"{name}.{uuid.uuid4().hex}.json"
        path.write_text(json.dumps(list(sys.modules)))
    atexit.register(note)
"""

AGAIN = """
import contextlib, importlib, json, sys
for name in json.load(open(sys.argv[1])):
    with contextlib.suppress(Exception):
        importlib.import_module(name)
if "vspair.provenance.recording" in sys.modules:
    # As the frame of every job does at its end.
    import atexit, gc
    atexit.register(gc.freeze)
"""


def cpu_seconds(*command, folder=ROOT):
    """CPU-seconds of a process and of all that it starts."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, "PYTHONPATH": str(folder), "OMP_WAIT_POLICY": "passive", "OMP_NUM_THREADS": "1"}
    result = subprocess.run(
        [sys.executable, *command], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if result.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{result.stdout}{result.stderr}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def compared(what, command, baseline, rounds, target=None):
    """One line of the results: both commands in turns, after one of each that does not count."""
    cpu_seconds(*command[1:], folder=command[0]), cpu_seconds(*baseline[1:], folder=baseline[0])
    pairs = [
        (cpu_seconds(*command[1:], folder=command[0]), cpu_seconds(*baseline[1:], folder=baseline[0]))
        for _ in range(rounds)
    ]
    ratios = sorted(one / other for one, other in pairs)
    found = {
        "what": what,
        "cpu_seconds": statistics.median(one for one, _ in pairs),
        "baseline_cpu_seconds": statistics.median(other for _, other in pairs),
        "ratio_median": statistics.median(ratios),
        "ratio_lowest": ratios[0],
        "ratio_highest": ratios[-1],
        "target": target,
    }
    print(
        "{what:28} {cpu_seconds:5.2f} s, baseline {baseline_cpu_seconds:5.2f} s, ratio {ratio_median:.2f} "
        "({ratio_lowest:.2f} to {ratio_highest:.2f})".format(**found)
        + (f", at most {target}" if target else ""),
        flush=True,
    )
    return found


def project(folder, settings=None):
    """A copy of the project in a repository of its own, with settings of its own or the default ones."""
    for part in ("config", "workflow", "scripts", "vspair", "envs"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "profiles").symlink_to("workflow/profiles")
    shutil.copy(ROOT / ".gitignore", folder)
    if settings:
        (folder / "config/config.yaml").write_text(settings)
    git = ["git", "-C", str(folder), "-c", "user.name=b", "-c", "user.email=b@example.org"]
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "state"]):
        subprocess.run([*git, *command], check=True)
    return folder


def tiny():
    """The settings of the tests of the workflow."""
    spec = importlib.util.spec_from_file_location("tests_of_the_workflow", ROOT / "tests/workflow/conftest.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.TINY


def finished(folder):
    """A finished run; script -> the modules that its processes had imported, in order."""
    hook = folder.with_name("hook")
    hook.mkdir()
    (hook / "sitecustomize.py").write_text(HOOK)
    project(folder, tiny())
    environment = {**os.environ, "PYTHONPATH": f"{folder}:{hook}", "OMP_WAIT_POLICY": "passive"}
    command = [sys.executable, "-m", "snakemake", "--cores", "2"]
    subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=True)
    found = {}
    for path in sorted(hook.glob("*.json")):
        modules = found.setdefault(path.name.split(".")[0], {})
        modules.update(dict.fromkeys(json.loads(path.read_text())))
    return {name: [module for module in modules if _counts(module)] for name, modules in found.items()}


def _counts(module):
    top = module.split(".")[0]
    return top not in ("__main__", "sitecustomize", "snakemake") and not top.startswith("snakemake_")


def main():
    """Print one line per start and, with --json, write them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    rounds, results = arguments.rounds, []
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        empty, fresh = place / "empty", project(place / "fresh")
        (empty / "workflow").mkdir(parents=True)
        (empty / "workflow/Snakefile").touch()
        jobs = finished(place / "finished")
        time.sleep(SETTLED)
        print(f"{platform.machine()}, Python {platform.python_version()}, {rounds} rounds in turns")
        snakemake = ("-m", "snakemake", "--cores", "2")
        nothing = (empty, *snakemake)
        for what, command in (
            ("nothing to do", (place / "finished", *snakemake)),
            ("dry run of preset=paper", (fresh, *snakemake, "--dry-run", "--quiet", "all", *PAPER)),
        ):
            results.append(compared(what, command, nothing, rounds, TARGETS[what]))
        for name, modules in jobs.items():
            torch, figure = "torch" in modules, name.startswith("fig")
            if not torch and not figure:
                continue
            (place / f"{name}.json").write_text(json.dumps(modules))
            command = (place / "finished", "-c", AGAIN, str(place / f"{name}.json"))
            baseline = (empty, "-c", "import torch" if torch else "import matplotlib.figure")
            results.append(compared(name, command, baseline, rounds, TARGETS["torch"] if torch else None))
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
