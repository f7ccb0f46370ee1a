"""What may come from outside, for Hypothesis: any JSON at all, and what Python makes of worse."""

from typing import Any

from hypothesis import strategies as st

texts = st.text(max_size=8) | st.sampled_from(["", "a", "A", " b ", "1", "r1", "\x00", "\ud800", "x" * 65])
numbers = (
    st.integers(-3, 30)
    | st.floats(allow_nan=True, allow_infinity=True)
    | st.sampled_from([True, False, 10**400, -(10**400), 2**63, 1e308, -0.0, 5.0, 0.5])
)
scalars = st.none() | st.booleans() | texts | numbers
anything: st.SearchStrategy[Any] = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)


def rows(**parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Objects with these parts; each may be missing, or be anything, and so may the whole."""
    return st.fixed_dictionaries({}, optional={name: part | anything for name, part in parts.items()}) | anything
