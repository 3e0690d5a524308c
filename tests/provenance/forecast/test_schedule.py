"""Schedules against cases worked out by hand, and against the bounds that every schedule obeys."""

import random

import pytest

from vspair.provenance.forecast import Work, bound, schedule


def test_independent_jobs_share_the_cores():
    jobs = [Work(3), Work(3), Work(2), Work(2), Work(2)]
    # The longest first: 3+2+2 on one core and 3+2 on the other.
    assert schedule(jobs, cores=2) == 7
    assert schedule(jobs, cores=1) == 12
    assert schedule(jobs, cores=9) == 3
    assert bound(jobs, cores=2) == 6


def test_a_chain_takes_its_sum_however_many_cores():
    jobs = [Work(1), Work(2, before=(0,)), Work(4, before=(1,))]
    assert schedule(jobs, cores=8) == bound(jobs, cores=8) == 7


def test_the_longest_way_goes_first():
    # The job of 1 that one of 5 waits for begins at once: 1 + 5 beside 3 + 3. In the order given it would be 3 + 1 + 5.
    jobs = [Work(3), Work(3), Work(1), Work(5, before=(2,))]
    assert schedule(jobs, cores=2) == 6


def test_threads_and_places_are_what_there_is():
    wide = [Work(2, threads=4), Work(2, threads=4), Work(1)]
    assert schedule(wide, cores=5) == 4
    # More threads than cores: all of them, one after the other.
    assert schedule(wide, cores=2) == 5
    on_gpu = [Work(2, gpu=1) for _ in range(4)]
    assert schedule(on_gpu, cores=8, places=2) == bound(on_gpu, cores=8, places=2) == 4
    # A job without a GPU runs beside them.
    assert schedule([*on_gpu, Work(4)], cores=3, places=2) == 4


def test_a_job_begins_when_its_last_input_is_there():
    jobs = [Work(1), Work(4), Work(1, before=(0, 1)), Work(1, before=(0,))]
    assert schedule(jobs, cores=2) == 5


def test_no_jobs_take_no_time():
    assert schedule([], cores=2) == bound([], cores=2) == 0


def test_impossible_graphs_are_refused():
    with pytest.raises(ValueError, match="place"):
        schedule([Work(1, gpu=1)], cores=2)
    with pytest.raises(ValueError, match="circle"):
        schedule([Work(1, before=(1,)), Work(1, before=(0,))], cores=2)


@pytest.mark.parametrize("seed", range(20))
def test_random_graphs_obey_the_bounds(seed):
    # Graham: a list schedule of jobs on one core each is at most twice the best one, which is at least the bound.
    draw = random.Random(seed)
    jobs = [
        Work(draw.uniform(0, 10), before=tuple(sorted(draw.sample(range(n), min(n, draw.randrange(3))))))
        for n in range(40)
    ]
    cores = draw.randrange(1, 6)
    wall = schedule(jobs, cores)
    assert bound(jobs, cores) - 1e-9 <= wall <= 2 * bound(jobs, cores) + 1e-9
    assert wall <= sum(job.seconds for job in jobs) + 1e-9
