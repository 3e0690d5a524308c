"""Forecasts from records with planted costs: exact where the law holds, unknown where nothing is known."""

import pytest

from vspair.provenance.forecast import Law, Record, Task, estimate, predict, render, summary

LAW = Law(per=("model",), time=(("epochs", "pairs"), ()), size=(("pairs",), ()), free=("rate",))
MACHINE = "a CPU, 2 cores"


def record(seconds, *, model="A", gpu=None, threads=1, start=0.0, size=None, origin="quick", **settings):
    run = {"epochs": 2, "pairs": 100, "width": 8, **settings}
    wildcards = {"model": model, "seed": "0"}
    return Record("train", wildcards, {"width": run["width"]}, run, seconds, start, size, gpu, MACHINE, threads, origin)


def time_of(records, what="time", *, model="A", gpu=0, threads=1, law=LAW, **settings):
    task = Task("train", {"model": model, "seed": "7"}, threads, gpu)
    return predict(task, law, records, {"epochs": 50, "pairs": 4000, "width": 8, **settings}, what, gpu > 0)


def test_linear_costs_are_recovered_exactly():
    # 3 ms for each epoch and pair, at three sizes, and 2 s to start: any wrong factor, or a start that is scaled with
    # the work, gives another number.
    records = [record(0.003 * e * n, start=2.0, epochs=e, pairs=n) for e, n in ((1, 100), (4, 100), (10, 1000))]
    found = time_of(records)
    assert found.amount.low == pytest.approx(0.003 * 50 * 4000 + 2)
    assert found.amount.high == pytest.approx(found.amount.low)
    assert found.amount.expected == pytest.approx(found.amount.low)
    assert len(found.records) == 3


def test_the_range_holds_the_planted_spread_and_the_nearest_size_is_expected():
    units = {0.010: 100, 0.004: 1000, 0.005: 1000, 0.0045: 1000}
    found = time_of([record(unit * 2 * pairs, pairs=pairs) for unit, pairs in units.items()])
    product = 50 * 4000
    assert found.amount.low == pytest.approx(0.004 * product)
    assert found.amount.high == pytest.approx(0.010 * product)
    assert found.amount.expected == pytest.approx(0.0045 * product)


def test_sizes_go_by_their_own_law_and_do_not_depend_on_the_device():
    found = time_of([record(1.0, gpu="a GPU", threads=8, size=5000)], "size")
    assert found.amount.expected == pytest.approx(5000 / 100 * 4000)
    assert time_of([record(1.0, size=None)], "size").reason == "the recorded files are not there"


@pytest.mark.parametrize(
    ("one", "asked", "reason"),
    [
        ({}, {"gpu": 1}, "no record on a GPU"),
        ({"gpu": "a GPU"}, {}, "no record on a CPU"),
        ({"threads": 4}, {}, "no record with 1 threads"),
        ({"model": "B"}, {}, "no record for model A"),
        ({"width": 16}, {}, "width is 8, in the records 16"),
        ({"epochs": None}, {}, "the records do not say how much it was"),
        ({}, {"pairs": None}, "the settings do not say how much there is to do"),
        ({}, {"law": None}, "no cost law for this rule"),
    ],
)
def test_what_a_record_cannot_tell_is_unknown(one, asked, reason):
    found = time_of([record(1.0, **one)], **asked)
    assert found.amount is None
    assert found.reason == reason


def test_records_that_do_not_fit_are_left_out_of_those_that_do():
    found = time_of([record(0.6), record(60.0, gpu="a GPU"), record(600.0, width=16)])
    assert found.amount.expected == pytest.approx(0.6 / 200 * 200_000)
    assert len(found.records) == 1


def test_no_record_at_all():
    assert time_of([]).reason == "no record"


def run_of(records, tasks, gpus=0, **settings):
    settings = {"epochs": 2, "pairs": 100, "width": 8, **settings}
    laws = {"train": LAW, "plot": Law()}
    times, sizes = (estimate(tasks, laws, records, settings, what) for what in ("time", "size"))
    return summary(tasks, times, sizes, cores=2, gpus=gpus)


def test_totals_of_a_run():
    # Two trainings of 1 h on two cores, then a plot of half an hour: 1.5 h, 2.5 core hours.
    tasks = [Task("train", {"model": m}) for m in "AB"] + [Task("plot", {}, before=(0, 1))]
    plot = Record("plot", {}, {}, {}, 1800.0, 0.0, 10, None, MACHINE, 1, "quick")
    found = run_of([record(3600.0, size=100), record(3600.0, model="B", size=200), plot], tasks)
    assert found["wall_hours"]["range"] == pytest.approx([1.5] * 3)
    assert found["wall_hours"]["least"] == pytest.approx(1.5)
    assert found["cpu_core_hours"]["range"] == pytest.approx([2.5] * 3)
    assert found["gpu_hours"] == {"range": [0.0, 0.0, 0.0], "unknown": {}}
    assert found["bytes"]["range"] == pytest.approx([310.0] * 3)
    assert "one record: no range" in render(found)


def test_gpu_hours_are_unknown_without_a_record_on_a_gpu():
    tasks = [Task("train", {"model": "A"}, gpu=1), Task("plot", {}, before=(0,))]
    plot = Record("plot", {}, {}, {}, 36.0, 0.0, 10, None, MACHINE, 1, "quick")
    found = run_of([record(3600.0), plot], tasks, gpus=2)
    assert found["gpu_hours"] == {"range": None, "unknown": {"train": 1}}
    text = render(found)
    assert "GPU hours: unknown (no record for: train)" in text
    assert "no record on a GPU" in text
    with_gpu = run_of([record(7200.0, gpu="a GPU"), plot], tasks, gpus=2)
    assert with_gpu["gpu_hours"]["range"] == pytest.approx([2.0] * 3)
    assert with_gpu["wall_hours"]["range"] == pytest.approx([2.01] * 3)
    assert run_of([record(7200.0, gpu="a GPU"), plot], tasks)["wall_hours"]["unknown"] == {"no GPU to run on": 1}


def test_the_text_names_amounts_in_fitting_units_and_what_stands_on_one_record():
    tasks = [Task("train", {"model": "A"}), Task("train", {"model": "B"}, before=(0,))]
    records = [record(3600.0, size=2_000_000), record(7200.0, size=2_000_000), record(5400.0, model="B", size=100)]
    text = render(run_of(records, tasks))
    assert "CPU core hours: 3 (2.5 to 3.5)" in text
    assert "wall time on 2 cores: 3 h (2.5 h to 3.5 h); no schedule is shorter than 3 h" in text
    assert "disk: 2 MB" in text
    assert "1 of 2 jobs stand on one record" in text
    assert "GPU hours: none" in text
