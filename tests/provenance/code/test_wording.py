import pytest

from vspair.provenance.code import fingerprint, reached, words

SCRIPT = "scripts/run.py"
CORE = "vspair/core.py"


@pytest.fixture
def core(tree):
    tree.write(SCRIPT, "from vspair.core import f\n\nprint(f(1))\n")

    def write(body, head=""):
        lines = "\n".join(f"    {line}" for line in body.splitlines())
        tree.write(CORE, f"{head}\ndef f(x, log=None):\n{lines}\n    return x\n\ndef named(x):\n    return [x]\n")
        return tree

    return write


@pytest.mark.parametrize(
    ("body", "old", "new"),
    [
        ("raise ValueError('a')", "'a'", "'b'"),
        ("raise ValueError('a')", "'a'", "f'b {x + 1}', x"),
        ("raise errors.VspairError('a') from None", "'a'", "'b'"),
        ("x = VspairError(f'{x}') if x else x", "f'{x}'", "'b' + str(x)"),
        ("raise SystemExit('a')", "'a'", "'b'"),
        ("raise SystemExit(f'a {x}')", "f'a {x}'", "'b'"),
        ("log.info('a %d', x)", "'a %d', x", "'b'"),
        ("x.log.warning('a')", "'a'", "f'b {x + 1:.3f}'"),
        ("self._logger.debug('a')", "'a'", "', '.join(str(k) for k in sorted(x.items()))"),
        ("logging.log(10, 'a', exc_info=True)", ", exc_info=True", ""),
        ("x = Field(1, description='a')", "'a'", "'b'"),
        ("x = Field(1, description='a')", "'a'", "('b' f'{x}')"),
        ("x = Field(1, description='a')", ", description='a'", ""),
        ("'''Do.'''", "Do.", "Do it."),
    ],
)
def test_words_change_the_words_and_not_the_fingerprint(core, body, old, new):
    assert core(body).only_words(CORE, old, new)


@pytest.mark.parametrize(
    ("body", "old", "new"),
    [
        ("raise ValueError('a')", "ValueError", "TypeError"),
        ("raise ValueError('a') from None", "from None", ""),
        ("raise SystemExit(1)", "1", "2"),
        ("x = MeanSquaredError(squared=True)", "True", "False"),
        ("x = MeanSquaredError()(x, 1)", "(x, 1)", "(x, 2)"),
        ("x = failure('a')", "'a'", "'b'"),
        ("if x > 1:\n    raise ValueError('a')", "> 1", "> 2"),
        ("log.info('%s', rng.normal(1))", "normal(1)", "normal(2)"),
        ("log.info(f'{posterior.mean(8)}')", "(8)", "(9)"),
        ("log.info(named(1))", "named(1)", "named(2)"),
        ("log.info('%s', (y := 1))", "(y := 1)", "1"),
        ("log.info('a')", "'a'", "next(x)"),
        ("if x > 1:\n    log.info('a')", "> 1", "> 2"),
        ("x = np.log(1)", "1", "2"),
        ("model.info('a')", "'a'", "'b'"),
        ("x = Field(description=1)", "1", "2"),
        ("x = Field(title='a')", "'a'", "'b'"),
        ("x = 'a'", "'a'", "'b'"),
    ],
)
def test_what_is_not_only_words_counts(core, body, old, new):
    assert core(body).changed(CORE, old, new)


def test_what_only_words_use_is_not_reached(core):
    tree = core("log.info(x.join(named))\nif x:\n    raise ValueError(named(x))")
    assert f"{CORE[:-3].replace('/', '.')}:named" not in reached(tree.root, SCRIPT)
    assert not tree.changed(CORE, "return [x]", "return [x, x]")


def test_what_a_counted_log_line_calls_is_reached(core):
    assert core("log.info('%s', named(x))").changed(CORE, "return [x]", "return [x, x]")


def test_a_log_line_that_goes_leaves_the_fingerprint(core):
    before = fingerprint(core("log.info('a')\nx += 1").root, SCRIPT)
    assert fingerprint(core("x += 1").root, SCRIPT) == before


def test_words_of_code_that_is_not_reached_are_apart(core):
    tree = core("raise ValueError('a')", head="def g():\n    raise ValueError('g')\n\n")
    assert not tree.changed(CORE, "'g'", "'h'", of=words)


def test_code_is_no_words(core):
    assert not core("x += 1\nraise ValueError('a')").changed(CORE, "x += 1", "x += 2", of=words)


def test_words_keep_their_order(core):
    assert core("log.info('a')\nlog.info('b')").only_words(
        CORE, "log.info('a')\n    log.info('b')", "log.info('b')\n    log.info('a')"
    )


def test_words_of_a_script(tree):
    tree.write(SCRIPT, "'''Run.'''\n\nprint(1)\n")
    assert tree.only_words(SCRIPT, "Run.", "Go.")
