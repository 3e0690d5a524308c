"""Any configuration at all: refused in one sentence that names its key, or one that can be planned and held.

Valid settings are changed at places that the classes themselves list, so that a new setting is tried without a word
here. The configurations are the same in each run. They find: a name that leaves the results' folder, a number that no
machine can hold or single precision has not, a value that a receipt does not give back, an exception that is not for a
user.
"""

import json
import math
import re
import sys

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st
from hypothesis.configuration import set_hypothesis_home_dir

from vspair.config import merge
from vspair.config.plain import shown
from vspair.errors import VspairError
from vspair.models.kinds import all_settings
from vspair.problems import configuration
from vspair.problems.configuration import config_class, resolve
from vspair.problems.inverse import InverseProblem
from vspair.problems.needs import least
from vspair.problems.schema import settings as fields
from vspair.problems.studies import Study, parse_run

MOST_BYTES = 2**46
"""Of one job: some arrays of the largest size that is let through."""

PART = re.compile(r"[A-Za-z][\w.,=+-]*", re.ASCII)
WILDCARDS = {"method": re.compile(r"\w+"), "data": re.compile(r"\w[\w.]*"), "run": re.compile(r"[^/]+")}
"""As in `workflow/rules/methods.smk`."""

NUMBERS = (
    *(0, -0.0, 1, -1, 2, 3, 0.5, 1.0, 1e-3, 1e3, 40, 97, 362, 1000),
    *(2**14, 2**16, 2**24, 10**6, 10**9, 10**12, 10**30, 2**31, 2**32, 2**63, -(2**63), 10**400, -(10**30)),
    *(
        1e-35,
        1e-300,
        -1e-300,
        5e-324,
        1e-40,
        1e-8,
        1 - 1e-16,
        1e300,
        1.7976931348623157e308,
        math.inf,
        -math.inf,
        math.nan,
    ),
)
WORDS = (
    *("", " ", "a", "a b", "../../x", "/etc", "(", "[", "{x}", "{", "~", "~/data", "-x", "x/y", ".", "..", "all", "é"),
    *(
        "default",
        "null",
        "true",
        "nan",
        ".inf",
        "1e999",
        "3",
        "3.0",
        " 3 ",
        "1_000",
        "0x10",
        "1e-5",
        "9" * 400,
        "x" * 300,
    ),
    *(
        "x" * 3000,
        "a\nb",
        "\t",
        "\x00",
        "\x1b[31m",
        "\ud800",
        "\u202e",
        "<script>alert(1)</script>",
        "a,b",
        "a=b",
        "PAIR",
    ),
)
PLAIN = (*NUMBERS, *WORDS, None, True, False)
NAMES = (
    "new",
    "ab" * 30,
    "x" * 63 + "y",
    "a b",
    "../../x",
    "(",
    "",
    "-",
    "1",
    "all",
    "x" * 65,
    "x" * 64,
    "é",
    "a\nb",
    "vsPAIR",
    "my-own",
    "{x}",
)
NEW_STUDY = {
    **{"methods": ["vsPAIR"], "design": "grid", "axes": {"training.epochs": [1, 2]}, "base": {}},
    **{"train": 20, "test": 10, "seeds": [0]},
}


def value(now, rng):
    """A value in the place of one that is valid: near it, of another type, or far beyond."""
    ways = [lambda: rng.choice((*PLAIN, [now], [now, now], {"a": now}))]
    if isinstance(now, int | float) and not isinstance(now, bool):
        ways.append(lambda: rng.choice(NUMBERS))
        ways.append(
            lambda: rng.choice([now * factor for factor in (2, 10, 1000, 10**6, -1)] + [now + 1, now - 1, str(now)])
        )
    if isinstance(now, list):
        ways.append(lambda: rng.choices([*now, *PLAIN], k=rng.randrange(5)))
        ways.append(lambda: [*now, rng.choice([*now, *PLAIN])])
        ways.append(lambda: rng.choice([now * 2, now[::-1], list(range(5000)), [[now]], [0.0, -0.0], [1, 1.0]]))
    if isinstance(now, dict):
        ways.append(lambda: rng.choice([{}, [now], {**now, "other": 1}, {1: 2}, {"a": {"b": now}}]))
    return rng.choice(ways)()


def places(tree, path=()):
    """Every key of nested settings, sections among them, with what stands there."""
    for key, value in tree.items():
        yield (*path, key), value
        if isinstance(value, dict):
            yield from places(value, (*path, key))


def listed(tree):
    """Keys that the classes list beside those that are stated: defaults, and each kind's in methods and in studies."""
    for problem in (name for name, part in tree.items() if isinstance(part, dict) and "methods" in part):
        for name, method in tree[problem]["methods"].items():
            for setting in fields(all_settings()[method["kind"]]):
                yield (problem, "methods", name, *setting.key.split(".")), None
        for name in tree[problem].get("studies", ()):
            for setting in fields(Study):
                yield (problem, "studies", name, setting.key), None
    for setting in fields(config_class()):
        yield tuple(setting.key.split(".")), None


def at(path, value):
    first, *rest = path
    return {first: at(rest, value) if rest else value}


def changes(base, rng):
    """One to three changes, and the keys that they are made at."""
    known = dict([*listed(base), *places(base)])
    # By name first: of the weights of one name there are twenty, of `blocks` one.
    named = {}
    for path in sorted(known):
        named.setdefault(path[-1], []).append(path)
    keys, changed = [], {}
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        path = rng.choice(named[rng.choice(sorted(named))])
        kind = rng.choice(("value",) * 6 + ("name", "unknown"))
        if kind == "name":
            problem, section = rng.choice(("inpainting", "tomography")), rng.choice(("methods", "studies"))
            whole = base[problem]["methods"]["vsPAIR"] if section == "methods" else NEW_STUDY
            path, new = (problem, section, rng.choice(NAMES)), {**whole, **rng.choice(({}, {"methods": ["PAIR"]}))}
        elif kind == "unknown":
            path, new = (*path[:-1], rng.choice(("nothing", *NAMES))), rng.choice(PLAIN)
        else:
            new = value(known[path], rng)
        keys.append(path)
        changed = merge(changed, at(path, new))
    return keys, changed


@pytest.fixture(scope="module")
def base(root, tmp_path_factory):
    """The demo's settings, all stated; its files are read once, and Hypothesis keeps what it must in another folder."""
    set_hypothesis_home_dir(tmp_path_factory.mktemp("hypothesis"))
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("VSPAIR_DATA", raising=False)
        layers = configuration._files(root, "demo")
        patch.setattr(configuration, "_files", lambda root, preset: layers)
        yield resolve(root, {"preset": "demo"}).model_dump(mode="json")
    set_hypothesis_home_dir(None)


def judge(root, keys, settings):
    """Check one configuration; whether it was accepted."""
    try:
        config = resolve(root, {"preset": "demo", **settings})
        # As for targets of all sections together.
        for name in config.problems:
            config.require_data(name)
    except VspairError as error:
        sentence = str(error)
        assert sentence.startswith("configuration: ")
        assert len(sentence.splitlines()) == 1, sentence
        assert len(sentence) < 4000
        assert sentence.isprintable(), ascii(sentence)
        # A fault of two settings together is told with either of them, or their section.
        named = {part for path in keys for part in path} | {repr(part) for path in keys for part in path}
        assert any(part and part in sentence for part in named), (keys, sentence)
        return False
    dumped = config.model_dump(mode="json")
    # What receipts hold is what was resolved: strict JSON, read back as the same configuration.
    handed = json.loads(json.dumps(dumped, allow_nan=False))
    assert config_class().model_validate(handed).model_dump(mode="json") == dumped
    assert all(
        np.isfinite(np.float32(number)) and (np.float32(number) != 0) == (number != 0) for number in numbers(dumped)
    )
    for name, problem in config.problems.items():
        assert problem.trainings(config.seeds) <= 10_000
        if not isinstance(problem, InverseProblem):
            continue
        for run in problem.runs(config.seeds):
            assert WILDCARDS["data"].fullmatch(run.data)
            safe(name, run.method, run.data, f"seed{run.seed}")
        for study, settings_of_study in problem.studies.items():
            for run, method in settings_of_study.runs(problem.methods):
                assert WILDCARDS["run"].fullmatch(run)
                assert parse_run(run) is not None
                safe(name, study, run, method)
        for method in problem.methods:
            assert WILDCARDS["method"].fullmatch(method)
            for rule in ("pairs", "train", "evaluate", "calibrate"):
                need = least(problem, rule, method)
                assert 0 <= need.memory < MOST_BYTES
                assert 0 <= need.disk < MOST_BYTES
    return True


def safe(*parts):
    for part in parts:
        assert PART.fullmatch(part), part
        assert len(part.encode()) <= 255


def numbers(tree):
    if isinstance(tree, dict | list):
        for inner in tree.values() if isinstance(tree, dict) else tree:
            yield from numbers(inner)
    elif isinstance(tree, int | float):
        yield tree


def tried(root, base, count):
    """How many of so many configurations were accepted."""
    accepted = []

    # Nothing is kept between runs, in the checkout least of all, and what is drawn is the same in each.
    @hypothesis.settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    # A generator and no drawn parts: Hypothesis would vary a few of them, and leave most settings untried.
    @hypothesis.given(st.randoms(use_true_random=True))
    def each(rng):
        keys, changed = changes(base, rng)
        hypothesis.note(f"{keys}: {shown(changed)}")
        accepted.append(judge(root, keys, changed))

    each()
    return accepted


def test_any_configuration_is_refused_in_a_sentence_or_can_be_planned(root, base):
    accepted = tried(root, base, 150)
    # Else the test would say nothing about one of the two.
    assert 0.05 < sum(accepted) / len(accepted) < 0.95


@pytest.mark.slow
def test_thousands_of_configurations_are_refused_in_a_sentence_or_can_be_planned(root, base):
    accepted = tried(root, base, 2000)
    assert 0.05 < sum(accepted) / len(accepted) < 0.95


@pytest.mark.slow
def test_every_plain_value_at_every_kind_of_place(root, base):
    """One of each type of field, so that no type has a hole however the draws fall."""
    paths = [
        *(("seeds",), ("threads",), ("data_dir",), ("lock",), ("theory", "noise"), ("determinism", "epochs")),
        *(("inpainting", "image"), ("inpainting", "training", "learning_rate"), ("tomography", "data", "path")),
        *(
            ("tomography", "scan", "photons"),
            ("tomography", "noise", "levels"),
            ("inpainting", "methods", "PAIR", "label"),
        ),
    ]
    for path in paths:
        for value in PLAIN:
            for given in (value, [value], [value, value]):
                judge(root, [path], at(path, given))


def test_hypothesis_leaves_nothing_in_the_checkout(root, base):
    tried(root, base, 3)
    assert not (root / ".hypothesis").exists()
    assert "_hypothesis_pytestplugin" not in sys.modules
