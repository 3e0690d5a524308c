"""The answer of `why` as text: of a cell first what it is and what was behind it, then the tree, then the command."""

from collections.abc import Sequence

from vspair.printable import first_few

_NAMED = 3
"""How many of a list of files or numbers the text names; all of them are in the JSON."""


def render(answer: dict) -> str:
    """The answer of `why` for people."""
    lines = _cell(answer["cell"], answer["behind"], answer["file"]) if "cell" in answer else []
    lines += _tree(answer["chain"], "")
    damaged = [f"{receipt['file']}  damaged receipt  {receipt['sentence']}" for receipt in answer["damaged"]]
    return "\n".join([*lines, "", *damaged, f"remake it with: {answer['command']}"])


def _cell(cell: dict, behind: dict, file: str) -> list[str]:
    where = f"cell: row {cell['row']}, column {cell['column']} of {file}"
    lines = [where, *_number(cell), *_published(cell)]
    lines += _source(cell, behind["metrics"])
    for key in ("checkpoints", "data", "locks"):
        if behind[key]:
            lines += [f"  {key}:", *_shortened([f"    {_file(file)}" for file in behind[key]], "    ")]
    for key in ("seeds", "commits", "machines"):
        lines.append(f"  {key}: {', '.join(map(str, behind[key])) or 'none'}")
    return [*lines, ""]


def _number(cell: dict) -> list[str]:
    if cell["verdict"] == "not run":
        return ["  value: not run: these results hold no number of ours for this published one"]
    if cell["value"] is None:
        return ["  value: not defined for these results"]
    spread = "" if cell["sd"] is None else f" ± {_text(cell['sd'])}"
    seeds = "" if cell["n"] is None else f" ({cell['n']} {'value' if cell['n'] == 1 else 'values'})"
    unit = cell["unit"] and f" {cell['unit']}"
    return [f"  value: {_text(cell['value'])}{spread}{unit}{seeds}"]


def _source(cell: dict, metrics: Sequence[dict]) -> list[str]:
    if not (cell["key"] or metrics):
        return []
    how = {"mean": "mean of the column ", "value": "value at "}.get(cell["statistic"], "")
    several = ", each of" if cell["statistic"] and len(metrics) > 1 else " of"
    found = f"{how}{cell['key']}{several if metrics else ''}" if cell["key"] else "its receipt does not say which of"
    return [f"  from: {found}", *(f"    {_file(metric)}  {_job(metric)}" for metric in metrics)]


def _published(cell: dict) -> list[str]:
    if cell["published"] is None:
        return []
    stands = cell.get("published_in")
    where = (
        f", in {stands['file'].partition(':')[2]}, {stands['table']}  sha256 {stands['sha256'][:12]}" if stands else ""
    )
    tolerance = "" if cell["tolerance"] is None else f" ± {cell['tolerance']:g}"
    return [f"  published: {_text(cell['published'])}{tolerance}{where}", f"  verdict: {cell['verdict']}"]


def _text(value: object) -> str:
    return f"{value:.8g}" if isinstance(value, float) else str(value)


def _file(file: dict) -> str:
    return f"{file['file']}  sha256 {file['sha256'][:12]}"


def _job(job: dict) -> str:
    wildcards = " ".join(f"{key}={value}" for key, value in sorted(job["wildcards"].items()))
    return f"rule {job['rule']}" + (f" ({wildcards})" if wildcards else "")


def _shortened(lines: Sequence[str], indent: str) -> list[str]:
    more = len(lines) - _NAMED
    return [*lines[:_NAMED], *([f"{indent}and {more} more"] if more > 0 else [])]


def _tree(node: dict, indent: str) -> list[str]:
    state = f"NO LONGER TRUE: {', '.join(node['breaks'])}" if node["breaks"] else "still true"
    head = f"{indent}{_file(node)}"
    if node.get("repeated"):
        return [f"{head}  {state}  rule {node['rule']}, shown above"]
    if "rule" not in node:
        return [f"{head}  not made here  {state}"]
    below = [line for item in node["inputs"] for line in _tree(item, indent + "  ")]
    return [f"{head}  {state}", *(f"{indent}  [{line}]" for line in (_facts(node), _code(node))), *below]


def _facts(node: dict) -> str:
    machine = " + ".join(str(node["machine"][key]) for key in ("cpu", "gpu") if node["machine"].get(key))
    return ", ".join([_job(node), f"seed {node['seed']}", machine, node["started"], f"{node['seconds']} s"])


def _code(node: dict) -> str:
    clean = node["remedy"] is None
    tree = f"commit {node['commit'][:12]}" if clean else f"made with {node['tree']} ({node['remedy']})"
    # The script first: the others are what it reaches.
    files = sorted(node["files"], key=lambda file: file != node["script"])
    sources = f"{len(files)} source files: {first_few(files, _NAMED)}" if files else f"script {node['script']}"
    return f"code {node['fingerprint'][:12]}, {tree}, lock {node['lock_file']} {node['lock'][:12]}, {sources}"
