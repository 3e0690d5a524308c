"""Texts of files, made fit to be shown: nothing in them moves a cursor, turns a line around or ends it.

Whatever a file says, its name, a receipt, a cell, a crate, is shown through here. A terminal obeys control characters,
so that a name could paint over the line that condemns it; letters of any language stay as they are.
"""

import json
import logging
import sys
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

_HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
"""Controls, formats such as the reversal of a line (U+202E) and what has no width, surrogates, ends of lines."""

_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0") | frozenset(
    map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)))
)
"""Letters and marks that are drawn as nothing."""


def shown(text: object, keep: str = "") -> str:
    r"""A text in which what has no visible form stands as `\x1b`, `\u202e` or `\U000e0001`.

    A byte of a file's name that is not UTF-8, which Python holds as half of a surrogate pair, stands as `\xff`.

    Args:
        text: anything; of what is no text, its text.
        keep: characters that stay, such as the ends of lines of a text whose lines are ours.
    """
    text = str(text)
    if text.isascii() and text.isprintable():
        return text
    return "".join(letter if letter in keep else _visible(letter) for letter in text)


@lru_cache(maxsize=4096)
def _visible(letter: str) -> str:
    if unicodedata.category(letter) not in _HIDDEN and letter not in _INVISIBLE:
        return letter
    code = ord(letter)
    if 0xDC80 <= code <= 0xDCFF:
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def shown_all(value: object) -> object:
    """A JSON value in which every text and every key is `shown`."""
    if isinstance(value, dict):
        return {shown(key): shown_all(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [shown_all(item) for item in value]
    return shown(value) if isinstance(value, str) else value


def brief(text: object, most: int = 200) -> str:
    """The beginning of a text that may be of any length, so that one value does not fill a page."""
    text = str(text)
    return text if len(text) <= most else f"{text[:most]}... ({len(text)} characters)"


def quoted(text: object, most: int = 200) -> str:
    """The beginning of a text from a file, for a sentence: `shown`, and no longer than is read."""
    text = str(text)
    return shown(text) if len(text) <= most else f"{shown(text[:most])}..."


def first_few(texts: Sequence[str], most: int = 3, more: int = 0) -> str:
    """The first of some texts in a line, and how many more there are.

    Args:
        texts: of which the first are told.
        most: how many are.
        more: further ones that are not among the texts.
    """
    rest = len(texts[most:]) + more
    return ", ".join(texts[:most]) + (f" and {rest} more" if rest else "")


def json_text(value: object) -> str:
    r"""JSON for programs: ASCII, so that every terminal and locale passes it on, and no text in it is obeyed by one.

    A byte of a file's name that is not UTF-8 stands as the four characters `\xff`, since JSON has no text for it.

    Raises:
        ValueError: a number is not finite, which JSON has no word for.
    """
    return json.dumps(_utf8(value), indent=1, allow_nan=False)


def _utf8(value: object) -> object:
    if isinstance(value, dict):
        return {_utf8(key): _utf8(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_utf8(item) for item in value]
    return encodable(value) if isinstance(value, str) else value


def encodable(text: str) -> str:
    r"""A text that UTF-8 can hold: bytes of a file's name that are not UTF-8 as `\xff`, halves of pairs as `\ud800`."""
    if text.isascii():
        return text
    return "".join(_visible(letter) if "\ud800" <= letter <= "\udfff" else letter for letter in text)


def tell(text: object = "", keep: str = "", to_errors: bool = False) -> None:
    """Print a line, or with `keep` several of ours, of which parts come from files (see `shown`)."""
    print(shown(text, keep), file=sys.stderr if to_errors else sys.stdout)


def bear_any_locale() -> None:
    r"""Let the standard output write what its encoding does not have as `\xe9` or `\u2713`, and not end the command."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


class ShownFormatter(logging.Formatter):
    """Log lines and tracebacks, in which nothing that a file or setting says is obeyed by a terminal."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the library's name
        return shown(super().formatMessage(record), keep="\n")

    def formatException(self, info: tuple) -> str:  # noqa: N802 - the library's name
        return shown(super().formatException(info), keep="\n")
