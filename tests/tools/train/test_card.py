"""Cards as they are written: what is written is read back."""

from __future__ import annotations

import hashlib
import tomllib
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from node.infer.card import card_of
from tools.train.card import toml, write_model

if TYPE_CHECKING:
    from pathlib import Path

keys = st.from_regex(r"[a-z_]{1,12}", fullmatch=True)
scalars = st.one_of(
    st.integers(-(2**53), 2**53), st.floats(allow_nan=False, allow_infinity=False), st.booleans(), st.text(max_size=20)
)
flat = st.dictionaries(keys, st.one_of(scalars, st.lists(scalars, max_size=4)), max_size=4)


@settings(deadline=None, max_examples=100)
@given(scalar=flat, table=flat, several=st.lists(flat, min_size=1, max_size=3))
def test_toml_written_is_read_back(scalar: dict[str, object], table: object, several: object) -> None:
    """Scalars, a table and a list of tables come back as they were."""
    fields = {**scalar, "table_": table, "several_": several}
    assert tomllib.loads(toml(fields)) == fields


def test_write_model_gives_a_card_that_nodes_take(tmp_path: Path) -> None:
    """Name, digest and head are what the node's reader finds."""
    path = write_model(tmp_path, "pump", b"a model", {"head": {"part": "anomaly", "threshold": 0.25}})
    card = card_of(path)
    assert card is not None
    assert card.model == "pump@1"
    assert card.sha256 == hashlib.sha256(b"a model").hexdigest()
    assert card.head.name == "anomaly"
