"""Lines are found in any valid TOML, however it is written."""

import tomlkit
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.config_file import lines_of

KEYS = st.from_regex(r"[a-z_-]{1,6}", fullmatch=True)
TEXTS = st.text(st.sampled_from("ab ='\"\\#[]{}\n가,."), max_size=8)
PLAIN = st.one_of(st.integers(-9, 9), st.booleans(), st.floats(0, 1), TEXTS)
VALUES = st.recursive(PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=8)


def written(value, draw) -> str:
    if isinstance(value, str) and "'''" not in value and not value.endswith("'") and draw(st.booleans()):
        return f"'''\n{value}'''"
    if isinstance(value, str):
        return tomlkit.string(value).as_string()
    if isinstance(value, list):
        gap = draw(st.sampled_from([" ", "\n", " # [ ' \n"]))
        return "[" + "".join(gap + written(v, draw) + "," for v in value) + gap + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k} = {written(v, draw)}" for k, v in value.items()) + "}"
    return tomlkit.item(value).as_string()


@settings(max_examples=40, deadline=None)
@given(st.data(), st.lists(st.tuples(st.booleans(), st.dictionaries(KEYS, VALUES, max_size=4)), max_size=5))
def test_every_key_is_found_on_the_line_where_it_stands(data, tables):
    text, expected, count = "", {}, 0
    for number, (many, table) in enumerate(tables):
        text += data.draw(st.sampled_from(["", "\n", "# it's [a] = {comment\n"]))
        header = ("many", count) if many else (f"table{number}",)
        count += many
        expected[header] = text.count("\n") + 1
        text += "[[many]]\n" if many else f"[table{number}]  # x\n"
        for key, value in table.items():
            expected[(*header, key)] = text.count("\n") + 1
            text += f"  {key} = {written(value, data.draw)}\n"
    tomlkit.parse(text)  # it is valid
    found = lines_of(text)
    assert {address: found.get(address) for address in expected} == expected
