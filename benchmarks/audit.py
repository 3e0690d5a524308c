"""Time of `python -m vspair audit` for a synthetic run, beside `sha256sum --check` and, where named, `dvc status`.

python benchmarks/audit.py [--outputs 1000] [--kilobytes 10] [--rounds 3] [--dvc PATH]

The run has one output and one receipt for each job, in chains of four jobs, in a copy of this project with a commit of
its own. The same graph is given to DVC as stages of one dvc.yaml.
"""

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import types
from pathlib import Path

import yaml

from vspair.commands.settings import resolved
from vspair.files import sha256
from vspair.provenance import fingerprint, recorded
from vspair.provenance.run.chain import LEDGER
from vspair.provenance.run.checksums import SETTLED_NS
from vspair.provenance.run.ledger import COLUMNS

ROOT = Path(__file__).parents[1]
RUN = "results/demo"
DEPTH = 4
KEYS = ["precision", "tomography.image", "tomography.scan"]
SCRIPTS = ("pairs", "train", "evaluate", "table3")


def git(folder, *arguments):
    """Run git in a folder and give its output."""
    identity = ["-c", "user.name=benchmark", "-c", "user.email=benchmark@example.org", "-c", "commit.gpgsign=false"]
    command = ["git", "-C", str(folder), *identity, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def project(folder):
    """A copy of the project's files as they are now, committed."""
    for name in git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0"):
        if name and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "benchmark")


def name_of(chain, depth):
    """An output's path in the run folder."""
    return f"{SCRIPTS[depth]}/{chain}.bin"


def jobs(outputs):
    """(output, input or None, script) of every job, chain by chain."""
    for chain in range(outputs // DEPTH):
        for depth in range(DEPTH):
            before = name_of(chain, depth - 1) if depth else None
            yield name_of(chain, depth), before, f"scripts/{SCRIPTS[depth]}.py"


def make(root, outputs, size):
    """Run the synthetic jobs, with random contents of `size` bytes, and a last one that vouches for them."""
    configuration = resolved(root, "demo", []).select(KEYS)
    for output, before, script in jobs(outputs):
        job(root, script, [before] if before else [], output, os.urandom(size), configuration)
    ends = [name_of(chain, DEPTH - 1) for chain in range(outputs // DEPTH)]
    job(root, "scripts/ledger.py", ends, LEDGER, ",".join(COLUMNS).encode(), {})


def job(root, script, inputs, output, content, configuration):
    """One job, through the frame that writes receipts."""
    path = root / RUN / output
    evidence = {
        "script": script,
        "entries": [],
        "fingerprint": fingerprint(root, script),
        "configuration": configuration,
        "seed": None,
        "stochastic": False,
        "preset": "demo",
        "results": RUN,
    }
    snakemake = types.SimpleNamespace(
        input=[str(root / RUN / name) for name in inputs],
        output={"file": str(path), "receipt": str(path.with_suffix(".receipt.json"))},
        params={"evidence": evidence},
        wildcards={},
        threads=1,
        resources={"gpu": 0},
        rule=Path(script).stem,
        log=[],
        config={"local": {"data_dir": "data", "settings": {}}},
    )
    with recorded(snakemake, root):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def dvc_stages(root, dvc, outputs):
    """Give DVC the same files and links, and let it note their checksums."""
    stages = {
        output.replace("/", "_").removesuffix(".bin"): {
            "cmd": "true",
            "deps": [script, *([f"{RUN}/{before}"] if before else [])],
            "outs": [f"{RUN}/{output}"],
        }
        for output, before, script in jobs(outputs)
    }
    subprocess.run([dvc, "init", "-q"], cwd=root, check=True)
    (root / "dvc.yaml").write_text(yaml.safe_dump({"stages": stages}), encoding="utf-8")
    subprocess.run([dvc, "commit", "-q", "-f"], cwd=root, check=True)


def seconds(command, root, rounds):
    """Median wall time of a command that must succeed, its range, and the median of its CPU time."""
    walls, works = [], []
    for _ in range(rounds):
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        done = subprocess.run(
            command,
            cwd=root,
            env=os.environ | {"PYTHONPATH": str(root), "XDG_CACHE_HOME": str(root / "cache")},
            capture_output=True,
            text=True,
            check=False,
        )
        walls.append(time.perf_counter() - started)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        works.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        if done.returncode:
            sys.exit(f"{command} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    wall, work = statistics.median(walls), statistics.median(works)
    return f"{wall:6.2f} s ({min(walls):.2f} to {max(walls):.2f}), CPU {work:.2f} s"


def main():
    """Print one line per command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--outputs", type=int, default=1000)
    parser.add_argument("--kilobytes", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--dvc", help="the command dvc, from an environment of its own")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="vspair-audit-") as folder:
        root = Path(folder)
        project(root)
        started = time.perf_counter()
        make(root, options.outputs, int(1000 * options.kilobytes))
        load = os.getloadavg()[0]
        each = (time.perf_counter() - started) / options.outputs
        sums = "".join(f"{sha256(root / RUN / output)}  {RUN}/{output}\n" for output, *_ in jobs(options.outputs))
        (root / RUN / "logs").mkdir()
        (root / RUN / "logs" / "SHA256SUMS").write_text(sums, encoding="utf-8")
        audit = [sys.executable, "-m", "vspair", "audit", RUN]
        size = f"{options.kilobytes:g} kB"
        print(f"{options.outputs} jobs with one output of {size}: {1000 * each:.0f} ms each to make; load {load:.1f}")
        print(f"{'audit --full':30} {seconds([*audit, '--full'], root, options.rounds)}", flush=True)
        # Checksums are remembered of files that have settled.
        time.sleep(SETTLED_NS / 1e9)
        seconds(audit, root, 1)
        print(f"{'audit, checksums remembered':30} {seconds(audit, root, options.rounds)}", flush=True)
        check = ["sha256sum", "--check", "--quiet", f"{RUN}/logs/SHA256SUMS"]
        print(f"{'sha256sum --check':30} {seconds(check, root, options.rounds)}", flush=True)
        if options.dvc:
            dvc_stages(root, options.dvc, options.outputs)
            print(f"{'dvc status':30} {seconds([options.dvc, 'status'], root, options.rounds)}", flush=True)


if __name__ == "__main__":
    main()
