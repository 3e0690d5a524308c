import shutil

import pytest
import torch

from vspair.training import lowrank


@pytest.fixture
def compiled(monkeypatch, tmp_path):
    """The compiled formula, with the compiler's caches the test's own."""
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))
    if not shutil.which("g++"):
        pytest.skip("torch.compile needs g++ on the CPU")
    yield lowrank._compiled()
    torch._dynamo.reset()
    lowrank._compiled.cache_clear()
