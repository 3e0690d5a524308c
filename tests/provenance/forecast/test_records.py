"""Records from receipts with planted durations, machines and files."""

import json

import pytest

from vspair.provenance.forecast import read_records


def plant(path, *, seconds, machine=None, gpu=0):
    """Replace what a receipt says of its duration and its machine."""
    statement = json.loads(path.read_text())
    predicate = statement["predicate"]
    predicate["buildDefinition"]["internalParameters"]["resources"]["gpu"] = gpu
    for item in predicate["runDetails"]["byproducts"]:
        if item["name"] == "duration":
            item["annotations"] = {"seconds": seconds}
        if item["name"] == "machine" and machine:
            item["annotations"] |= machine
    path.write_text(json.dumps(statement))


@pytest.fixture
def run(complete):
    receipts = sorted(complete.run.rglob("*.receipt.json"))
    for number, path in enumerate(receipts):
        plant(path, seconds=10.0 + number)
    return complete.run


def by_rule(records):
    return {(record.rule, record.wildcards.get("seed")): record for record in records}


def test_a_record_holds_what_its_receipt_says(run):
    records = by_rule(read_records([run])[0])
    assert set(records) == {("prepare", None), ("train", "0"), ("train", "1"), ("table1", None)}
    found = records["train", "0"]
    assert found.seconds == 10.0  # models/0 is the first receipt by name
    assert (found.threads, found.gpu, found.origin) == (1, None, "results/demo")
    assert found.read["training.epochs"] == 3
    assert found.known["training.epochs"] == 3
    assert found.size == sum(path.stat().st_size for path in (run / "models" / "0").iterdir())


def test_a_job_is_on_a_gpu_if_it_asked_for_one(run):
    card = {"gpu": "a GPU", "cpu": "a CPU", "cores": 4}
    plant(run / "models/0/model.receipt.json", seconds=1.0, machine=card, gpu=1)
    plant(run / "models/1/model.receipt.json", seconds=1.0, machine=card, gpu=0)
    records = by_rule(read_records([run])[0])
    assert (records["train", "0"].gpu, records["train", "0"].machine) == ("a GPU", "a GPU, 4 cores")
    assert (records["train", "1"].gpu, records["train", "1"].machine) == (None, "a CPU, 4 cores")


def test_files_that_are_not_there_make_the_size_unknown(run):
    (run / "models/0/model.txt").unlink()
    records = by_rule(read_records([run])[0])
    assert records["train", "0"].size is None
    assert records["train", "1"].size is not None


def test_a_setting_with_two_values_in_one_run_says_nothing(complete):
    complete.train(1, evidence={"configuration": {"training.epochs": 5}})
    records = by_rule(read_records([complete.run])[0])
    assert "training.epochs" not in records["prepare", None].run
    assert records["train", "1"].known["training.epochs"] == 5


def benchmarks(run, times):
    folder = run / "benchmarks"
    folder.mkdir()
    for number, seconds in enumerate(times):
        (folder / f"{number}.tsv").write_text(f"s\th:m:s\n{seconds}\t0:00:01\n")


def test_the_start_of_a_job_is_what_benchmarks_have_beyond_receipts(run):
    # Receipts add up to 10 + 11 + 12 + 13 s, the benchmarks to 10 s more over four jobs.
    benchmarks(run, [12.0, 12.0, 16.0, 16.0])
    assert {record.start for record in read_records([run])[0]} == {2.5}


@pytest.mark.parametrize("times", [[12.0, 12.0], [1.0, 1.0, 1.0, 1.0]])
def test_benchmarks_that_do_not_belong_to_the_receipts_say_nothing(run, times):
    benchmarks(run, times)
    assert {record.start for record in read_records([run])[0]} == {0.0}


def test_a_folder_without_receipts_gives_no_records(tmp_path):
    assert read_records([tmp_path]) == ([], [])
