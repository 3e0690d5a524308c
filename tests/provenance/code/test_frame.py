import pytest

from vspair.errors import VspairError
from vspair.provenance.code import fingerprint, frame, reached

SCRIPT = "scripts/job.py"


@pytest.fixture
def framed(tree):
    tree.write("vspair/provenance/__init__.py", "from vspair.provenance.job import Job, recorded\n\nprint('loaded')\n")
    tree.write(
        "vspair/provenance/job.py",
        """
        from vspair.b import lone

        class Job:
            size = 1

        def recorded(snakemake):
            return write(lone())

        def write(x):
            return Job(), x

        def unused():
            return 7
        """,
    )
    tree.write(
        SCRIPT,
        """
        from vspair.a import extra
        from vspair.provenance import recorded

        with recorded(snakemake) as job:
            print(extra())
        """,
    )
    return tree


def test_a_fingerprint_stops_before_the_frame(framed):
    assert set(reached(framed.root, SCRIPT)) == {
        "scripts/job.py:*",
        "scripts/job.py:extra (import)",
        "vspair.a:extra (import)",
        "vspair.a.more:extra",
    }


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("vspair/provenance/job.py", "Job(), x", "Job(), 2 * x"),
        ("vspair/provenance/job.py", "size = 1", "size = 2"),
        ("vspair/b.py", "return 5", "return 6"),
        ("vspair/provenance/__init__.py", "loaded", "here"),
    ],
)
def test_the_frame_has_a_digest_of_its_own(framed, name, old, new):
    before = frame(framed.root)
    assert not framed.changed(name, old, new, SCRIPT)
    assert frame(framed.root) != before


def test_what_the_frame_does_not_reach_leaves_it_alone(framed):
    before = frame(framed.root)
    framed.changed("vspair/provenance/job.py", "return 7", "return 8")
    framed.changed("vspair/a/core.py", "RATE = 3", "RATE = 4")
    assert frame(framed.root) == before


def test_moving_the_frame_changes_no_fingerprint(framed):
    before = fingerprint(framed.root, SCRIPT)
    job = framed.root / "vspair/provenance/job.py"
    framed.write("vspair/provenance/run/frame.py", job.read_text())
    framed.write("vspair/provenance/run/__init__.py", "from .frame import Job, recorded\n")
    job.unlink()
    framed.write("vspair/provenance/__init__.py", "from vspair.provenance.run import Job, recorded\n")
    assert fingerprint(framed.root, SCRIPT) == before


@pytest.mark.parametrize(
    ("imported", "used"),
    [
        ("from vspair.provenance.job import recorded", "recorded"),
        ("import vspair.provenance.job", "vspair.provenance.job.recorded"),
        ("from vspair import provenance as evidence", "evidence.recorded"),
    ],
)
def test_every_form_of_import_stops_before_the_frame(framed, imported, used):
    framed.write(SCRIPT, f"{imported}\n\nprint({used}(snakemake))\n")
    assert not framed.changed("vspair/provenance/job.py", "Job(), x", "Job(), 2 * x", SCRIPT)


def test_what_else_a_script_takes_from_beside_the_frame_counts(framed):
    framed.write(SCRIPT, "from vspair.provenance import Job, recorded\n\nprint(recorded(Job))\n")
    assert framed.changed("vspair/provenance/job.py", "size = 1", "size = 2", SCRIPT)
    framed.write(SCRIPT, "from vspair.b import lone\nfrom vspair.provenance import recorded\n\nprint(recorded(lone))\n")
    assert framed.changed("vspair/b.py", "return 5", "return 6", SCRIPT)


def test_another_function_of_that_name_counts(framed):
    framed.write("vspair/c.py", "def recorded(x):\n    return 1\n")
    assert framed.changed(SCRIPT, "from vspair.provenance import", "from vspair.c import", SCRIPT)
    assert framed.changed("vspair/c.py", "return 1", "return 2", SCRIPT)


def test_a_project_without_a_frame(tree):
    with pytest.raises(VspairError, match=r"vspair\.provenance:recorded"):
        frame(tree.root)
