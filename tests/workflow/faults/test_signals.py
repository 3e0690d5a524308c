"""Signals to Snakemake and to its jobs at random moments: the run goes on to the same bits."""

import itertools
import os
import signal
import time

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

SIGNALS = {"TERM": signal.SIGTERM, "INT": signal.SIGINT, "KILL": signal.SIGKILL, "STOP": signal.SIGSTOP}
JOBS = ("scan_block", "train", "table_ct")
STOPPED = 2
"""Seconds that a process stands still."""


def disturbed(beginning, moment, seconds, name, stage, script, number):
    """Send a signal to a job, or to Snakemake while a job runs; what is wrong in the end."""
    tiny = beginning(stage)
    running = tiny.started()
    pid = tiny.process(script)
    if pid is None:
        return f"no {script} ran: {tiny.output.read_text()[-500:]}"
    time.sleep(moment(name, seconds[script]))
    target = pid if "job" in name else running.pid
    try:
        # Ctrl+C reaches every process of the terminal; the others are sent to one.
        os.killpg(running.pid, number) if number == signal.SIGINT and target == running.pid else os.kill(target, number)
        if number == signal.SIGSTOP:
            time.sleep(STOPPED)
            os.kill(target, signal.SIGCONT)
    except ProcessLookupError:
        # It had ended by itself: then the run must be as if nothing had been.
        pass
    running.wait(300)
    if number == signal.SIGSTOP and running.returncode:
        return f"ends with {running.returncode}: {tiny.output.read_text()[-500:]}"
    return tiny.finish()


def test_signals_to_jobs(beginning, moment, seconds, side_by_side, told):
    calls = {}
    for script, (name, number) in itertools.product(JOBS, SIGNALS.items()):
        fault = f"{name} to the job {script}"
        calls[fault] = (disturbed, beginning, moment, seconds, fault, script, script, number)
    told("signal to a job", side_by_side(calls))


def test_signals_to_snakemake(beginning, moment, seconds, side_by_side, told):
    """KILL leaves the jobs behind, which go on writing while the same command is given again."""
    calls = {}
    for script, (name, number) in itertools.product(JOBS, SIGNALS.items()):
        fault = f"{name} to Snakemake during {script}"
        calls[fault] = (disturbed, beginning, moment, seconds, fault, script, script, number)
    told("signal to Snakemake", side_by_side(calls))
