import ast

import pytest

from vspair.provenance.code.syntax import normal


@pytest.mark.parametrize("words", [False, True])
def test_the_empty_text_that_python_3_12_puts_into_formats_does_not_count(words):
    plain, padded = (ast.parse("f'{x:<{width}} {y}'") for _ in range(2))
    padded.body[0].value.values[0].format_spec.values.append(ast.Constant(""))
    found = normal(padded, words=words)
    assert found == normal(plain, words=words)
    assert "width" in found


def test_words_stay_when_asked_for():
    tree = ast.parse("'''Text.'''\nraise ValueError('text')")
    for text in ("'Text.'", "'text'"):
        assert text not in normal(tree)
        assert text in normal(tree, words=True)
