"""Plain values from YAML, which may be anybody's: no key twice, nothing too deep, nothing that running it makes."""

from typing import Any

TWICE = "twice in one section"
"""How a key of YAML is refused that its section states twice."""

DEEPEST = 200
"""Sections inside one another that a YAML file may have."""


def parse_yaml(text: str | bytes) -> Any:
    """Plain values from YAML, read by libyaml where PyYAML brings it along: ten times as fast.

    Raises:
        yaml.YAMLError: the text is not YAML, has a value that cannot be, or states a key twice.
    """
    # Here and not above: few jobs read YAML.
    import yaml

    try:
        text = text.decode() if isinstance(text, bytes) else text
        kind = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        _require_shallow(text, kind)
        loader = kind(text)
        try:
            node = loader.get_single_node()
            if node is None:
                return None
            _require_distinct_keys(node)
            return loader.construct_document(node)
        finally:
            loader.dispose()
    except yaml.YAMLError:
        raise
    # PyYAML lets through what its conversions raise: a date without such a day, a whole number of 5,000 digits.
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise yaml.YAMLError(f"a value that cannot be read ({error})") from None


def _require_shallow(text: str, loader: type) -> None:
    """Refuse what is nested so deeply that the reader, which calls itself for each level, would crash."""
    import yaml

    # Each level takes one of these; the parts of what can be deep are counted one by one, without a call in a call.
    if sum(map(text.count, "[{-?:")) <= DEEPEST:
        return
    depth = 0
    for event in yaml.parse(text, Loader=loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise yaml.YAMLError(f"sections inside one another, more than {DEEPEST} of them")


def _require_distinct_keys(root: Any) -> None:
    """Refuse a mapping that states a key twice, of which PyYAML would keep the last without a word."""
    import yaml

    waiting, seen = [root], set()
    while waiting:
        node = waiting.pop()
        # What an anchor names stands in several places and is one node.
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            waiting.extend(node.value)
        elif isinstance(node, yaml.MappingNode):
            waiting.extend(value for _, value in node.value)
            keys = [(key.tag, key.value) for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
            if twice := [value for (tag, value) in dict.fromkeys(keys) if keys.count((tag, value)) > 1]:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {twice[0]!r} {TWICE}: keep one of them", node.start_mark
                )
