"""Two at once in one folder: the one waits or says so in a sentence, and what both leave is whole."""

import time

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


def two_runs(beginning, helpers):
    tiny = beginning("train")
    first = tiny.started()
    assert tiny.process("train") is not None
    second = tiny.run()
    first.wait(300)
    said = second.stdout + second.stderr
    if helpers["TRACEBACK"] in said:
        return f"a traceback: {helpers['last'](said)}"
    if second.returncode == 0 or "lock" not in said:
        return f"no sentence on the lock: {helpers['last'](said)}"
    if first.returncode:
        return f"the first run ends with {first.returncode}"
    return tiny.fault()


def away(tiny):
    """Where another run folder lies: outside the checkout, whose tree would be dirty with it."""
    return tiny.project.folder.parent / "away"


def beside_a_run(beginning, helpers, *command):
    """A command again and again while the run goes on: never a traceback, and the run ends as it should."""
    tiny = beginning("train")
    if command[0] == "join":
        other = beginning("nothing")
        other.results.rename(away(tiny))
    running = tiny.started()
    while running.poll() is None:
        result = tiny.command(*command)
        said = result.stdout + result.stderr
        if helpers["TRACEBACK"] in said:
            running.wait(300)
            return f"a traceback: {helpers['last'](said)}"
        if result.returncode == 2 and not result.stderr.startswith("error: "):
            return f"no sentence: {helpers['last'](said)}"
        time.sleep(0.2)
    if running.returncode and command[0] != "join":
        return f"the run ends with {running.returncode}: {tiny.output.read_text()[-500:]}"
    return tiny.finish()


def at_once(beginning, helpers, *command):
    """The same command four times at once."""
    tiny = beginning("nothing")
    if command[0] == "join":
        other = beginning("nothing")
        other.results.rename(away(tiny))
        (tiny.results / "tables").rename(away(tiny).with_name("tables"))
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: tiny.command(*command), range(4)))
    for result in found:
        if helpers["TRACEBACK"] in result.stderr:
            return f"a traceback: {helpers['last'](result.stderr)}"
        if result.returncode == 2 and not result.stderr.startswith("error: "):
            return f"no sentence: {helpers['last'](result.stdout + result.stderr)}"
    if all(result.returncode for result in found):
        return f"none came through: {helpers['last'](found[0].stdout + found[0].stderr)}"
    return tiny.fault()


def test_two_at_once(beginning, helpers, side_by_side, told):
    report = ("report", "results/demo")
    calls = {
        "two runs": (two_runs, beginning, helpers),
        "audit and run": (beside_a_run, beginning, helpers, "audit", "results/demo"),
        "report and run": (beside_a_run, beginning, helpers, *report),
        "join and run": (beside_a_run, beginning, helpers, "join", "../away", "results/demo"),
        "four reports": (at_once, beginning, helpers, *report),
        "four signatures": (at_once, beginning, helpers, "audit", "results/demo", "--sign-off", "A. Reviewer"),
        "four joins": (at_once, beginning, helpers, "join", "../away", "results/demo"),
    }
    told("two at once", side_by_side(calls))
