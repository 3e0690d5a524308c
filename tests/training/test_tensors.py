"""Tensors in files: read by safetensors' own reader, and never held twice."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file

from vspair.training.tensors import CODES, header_of, read_into, write_tensors


def tensors():
    """One of each type and of several shapes, none of which is a multiple of eight bytes; layouts differ."""
    made = {f"b{k}": (torch.arange(15).reshape(3, 5) % 2).to(dtype) for k, dtype in enumerate(CODES)}
    return made | {
        "scalar": torch.tensor(3.5),
        "empty": torch.zeros(0, 4),
        "ä.weight": torch.rand(2, 3, 5, 5).to(memory_format=torch.channels_last),
        "a.transposed": torch.rand(4, 7).T,
    }


def test_the_librarys_reader_gives_what_was_written(tmp_path):
    written, path = tensors(), tmp_path / "new" / "t.safetensors"
    write_tensors(path, written, {"identity": '{"ü": 1}', "history": "[]"})
    read = load_file(path)
    assert read.keys() == written.keys()
    for name, value in written.items():
        assert (read[name].dtype, read[name].shape) == (value.dtype, value.shape)
        assert torch.equal(read[name], value), name
    with safe_open(path, framework="pt") as file:
        assert file.metadata() == {"identity": '{"ü": 1}', "history": "[]"}
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("metadata", [None, {"identity": "one"}])
def test_the_bytes_are_those_of_the_librarys_writer(tmp_path, metadata):
    model = torch.nn.Sequential(torch.nn.Conv2d(1, 3, 3), torch.nn.BatchNorm2d(3)).state_dict()
    write_tensors(tmp_path / "ours", model, metadata)
    save_file(model, tmp_path / "theirs", metadata)
    assert (tmp_path / "ours").read_bytes() == (tmp_path / "theirs").read_bytes()


def test_a_type_that_the_format_does_not_have_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(KeyError, match="complex128"):
        write_tensors(tmp_path / "t", {"a": torch.zeros(2), "z": torch.zeros(2, dtype=torch.complex128)})
    assert not list(tmp_path.iterdir())


def test_reading_keeps_places_and_layouts(tmp_path):
    written, path = tensors(), tmp_path / "t.safetensors"
    write_tensors(path, written)
    targets = {name: torch.zeros_like(value) for name, value in written.items()}
    places = {name: (value.data_ptr(), value.stride()) for name, value in targets.items()}
    read_into(path, targets)
    assert all(torch.equal(targets[name], value) for name, value in written.items())
    assert {name: (value.data_ptr(), value.stride()) for name, value in targets.items()} == places


def test_the_header_tells_metadata_and_forms_of_a_whole_file_alone(tmp_path):
    path = tmp_path / "t.safetensors"
    write_tensors(path, {"a": torch.zeros(2, 3), "b": torch.zeros(())}, {"run": "1"})
    assert header_of(path) == ({"run": "1"}, {"a": ("F32", (2, 3)), "b": ("F32", ())})
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(SafetensorError):
        header_of(path)


PEAKS = """
import json, sys
from pathlib import Path
import torch
from torch import nn
from safetensors.torch import load_file, save_file
from vspair.devices import peak_memory
from vspair.networks.factored import FactoredLinear
from vspair.training import Checkpoint, load_weights, save_weights
from vspair.training.optimiser import optimiser_for

def held():
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status["VmRSS"].split()[0]) * 1024

def extra(action):
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew from what is held now
    before = held()
    action()
    return peak_memory("cpu") - before

def made(trained):
    model = nn.Sequential(*(FactoredLinear(2048, 2048) for _ in range(4)))  # 16 MiB each
    optimiser = optimiser_for(model, 1e-3)
    for layer in model if trained else []:
        layer(torch.rand(2, 2048)).sum().backward()
    optimiser.step()
    return model, optimiser

path, folder = Path(sys.argv[1]) / "run.safetensors", Path(sys.argv[1])
checkpoint, weights = Checkpoint(path, {}), folder / "weights.safetensors"
model, optimiser = made(trained=True)
checkpoint.save(model, optimiser, [{"epoch": 1}])
peaks = {"save": extra(lambda: checkpoint.save(model, optimiser, [{"epoch": 1}]))}
peaks["save_weights"] = extra(lambda: save_weights(weights, model))
peaks["load_weights"] = extra(lambda: load_weights(weights, model))
transposed = {name: value.T for name, value in model.state_dict().items() if value.ndim == 2}
peaks["library's writer"] = extra(lambda: save_file({n: v.contiguous() for n, v in transposed.items()}, folder / "t"))
peaks["library's reader"] = extra(lambda: model.load_state_dict(load_file(weights)))
del model, optimiser
fresh, state = made(trained=False)
peaks["restore"] = extra(lambda: checkpoint.restore(fresh, state))
print(json.dumps({name: peak / 2**24 for name, peak in peaks.items()}))
"""


@pytest.fixture(scope="module")
def peaks(tmp_path_factory):
    """What each action took at most beyond what was held before it, in matrices; there are four and eight moments."""
    if not Path("/proc/self/clear_refs").exists():
        pytest.skip("this kernel cannot begin a process's peak of memory anew")
    command = [sys.executable, "-c", PEAKS, str(tmp_path_factory.mktemp("peaks"))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("action", ["save", "save_weights", "load_weights"])
def test_at_most_one_matrix_is_held_beside_those_that_are_there(peaks, action):
    assert peaks[action] < 1.5


def test_a_checkpoint_is_restored_with_its_moments_and_one_matrix_more(peaks):
    assert peaks["restore"] < 8 + 1.5


def test_the_librarys_own_functions_hold_all_of_them_twice(peaks):
    """Which shows that the peaks are seen, and why there is a writer of our own."""
    assert peaks["library's writer"] > 3.5
    assert peaks["library's reader"] > 3.5
