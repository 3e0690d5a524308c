"""How the page writes numbers, durations, names and captions, and what it says of machines and cost."""

import math

import pytest

from vspair.reporting.page.runs import commits, costs, kinds, span
from vspair.reporting.page.words import caption, duration, exact, moment, natural, number, title

NUMBERS = {
    None: "",
    math.nan: "",
    0.0: "0",
    -2.0: "-2",
    7: "7",
    13067043.0: "13,067,043",
    0.057612: "0.05761",
    12345.678: "12,346",
    4.7379276e-06: "4.738e-06",
    2.5e20: "2.500e+20",
}
DURATIONS = {
    None: "unknown",
    0.0123: "12 ms",
    6.04: "6.0 s",
    99.9: "99.9 s",
    100.0: "1.7 min",
    5990: "99.8 min",
    5999: "1 h 40 min",
    36059: "10 h 01 min",
}
MOMENTS = {"2026-11-21T16:06:27.356Z": "2026-11-21 16:06 UTC", "yesterday": "yesterday", None: "unknown"}
TITLES = {"table3": "Table 3", "fig12": "Figure 12", "table_ct": "table_ct"}
CAPTIONS = {
    "``a_b`` and `c`": "<code>a_b</code> and <code>c</code>",
    r"B\ :sup:`T` here": "B<sup>T</sup> here",
    "*two words* but 2 * 3 * 4": "<em>two words</em> but 2 * 3 * 4",
    "``<script>`` & <b>": "<code>&lt;script&gt;</code> &amp; &lt;b&gt;",
    "an odd ` one": "an odd ` one",
}
# The CSVs have eight digits; a shorter form would sort and compare wrongly.
EXACT = {0.12345678: "0.12345678", 13067043.0: "13067043", 1.5e-7: "1.5e-07", None: ""}


@pytest.mark.parametrize(
    ("write", "texts"),
    [
        (number, NUMBERS),
        (duration, DURATIONS),
        (moment, MOMENTS),
        (title, TITLES),
        (caption, CAPTIONS),
        (exact, EXACT),
    ],
)
def test_what_a_reader_sees(write, texts):
    assert {value: str(write(value)) for value in texts} == texts


def test_names_in_the_order_of_the_paper():
    names = ["fig10", "fig_theory", "fig9", "table3", "9fig", "fig9b"]
    assert sorted(names, key=natural) == ["9fig", "fig9", "fig9b", "fig10", "fig_theory", "table3"]


def test_every_caption_of_the_workflow_leaves_no_mark_behind(root):
    """A mark that the page does not know would stand in it as it does in the source."""
    paths = sorted((root / "workflow/captions").glob("*.rst"))
    assert len(paths) > 20
    for path in paths:
        html = str(caption(path.read_text(encoding="utf-8")))
        assert not any(mark in html for mark in ("`", "\\", ":sup:")), path.name


def test_shares_of_time_add_up_and_the_dearest_rule_is_first(example):
    rules, total = costs(list(example.jobs().values()))
    assert [cost.name for cost in rules] == ["train", "evaluate", "fig2", "pairs", "table1"]
    assert (total.jobs, total.seconds, total.longest) == (7, 250.0, 100.0)
    assert sum(cost.share for cost in rules) == pytest.approx(1)
    assert (rules[0].jobs, rules[0].seconds, rules[0].share) == (2, 200.0, 0.8)
    assert total.evidence == pytest.approx(7 * 0.05)
    assert total.evidence_share == pytest.approx(7 * 0.05 / 250)


def test_the_share_of_evidence_is_of_jobs_that_say_it(example):
    """Receipts of older runs say nothing on evidence: taking them for zero would flatter the share."""
    jobs = [example.job("a", [], ["a"], seconds=99.0, evidence_seconds=None), example.job("a", [], ["b"], seconds=1.0)]
    assert costs(jobs)[1].evidence_share == pytest.approx(0.05)
    assert (costs(jobs[:1])[1].evidence, costs(jobs[:1])[1].evidence_share) == (None, None)


def test_environments_that_differ_are_told_apart_line_by_line(example):
    """A library that only some jobs had is a difference too."""
    found = kinds(list(example.jobs().values()), "versions")
    assert found.counts == [6, 1]
    assert found.rows == [("numpy", ["2.1.3", "2.1.3"], False), ("python", ["3.11.7", "3.12.1"], True)]
    jobs = [example.job("a", [], ["a"], versions={}), example.job("a", [], ["b"], versions={"torch": "2"})]
    (row,) = kinds(jobs, "versions").rows
    assert (row[0], set(row[1]), row[2]) == ("torch", {None, "2"}, True)


def test_commits_and_when(example):
    facts = [{"started": "2026-01-02T00:00:00Z"}, {"started": "2026-01-01T00:00:00Z"}, {"dirty": None, "commit": None}]
    jobs = [example.job("a", [], ["a"], **changes) for changes in facts]
    assert commits(jobs) == [(jobs[0]["commit"], False, 2), (None, True, 1)]
    assert span(jobs) == ("2026-01-01T00:00:00Z", "2026-11-21T16:00:00.000Z")
    assert span([]) == ("", "")
