"""How long the imports of each script take: one that only draws should stay under a second.

python benchmarks/imports.py [--rounds 5]
"""

import argparse
import ast
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]


def import_lines(script):
    """The module-level imports of a script, as source."""
    tree = ast.parse(script.read_text(encoding="utf-8"))
    return "\n".join(ast.unparse(node) for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom))


def seconds(code):
    """Wall time of a fresh Python that runs `code`."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
    return time.perf_counter() - started


def main():
    """Print one line per script."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    bare = statistics.median(seconds("pass") for _ in range(rounds))
    print(f"{'python alone':18} {bare:.2f} s")
    for script in sorted(ROOT.glob("scripts/*.py")):
        code = import_lines(script)
        seconds(code)
        times = [seconds(code) for _ in range(rounds)]
        print(f"{script.name:18} {statistics.median(times):.2f} s ({min(times):.2f} to {max(times):.2f})", flush=True)


if __name__ == "__main__":
    main()
