"""The command line itself; what it believes is tried in tests/conformance/tuf."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tools.conformance.__main__ import main

if TYPE_CHECKING:
    from pathlib import Path

NOWHERE = "http://127.0.0.1:1/"
"""Nobody listens there."""


@pytest.mark.parametrize("words", [["refresh"], ["--metadata-url", NOWHERE, "download"]], ids=["no url", "no target"])
def test_client_with_half_a_command_says_what_it_needs(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Usage is told before anything is tried."""
    with pytest.raises(SystemExit) as ended:
        main(["--metadata-dir", str(tmp_path), *words])
    assert ended.value.code == 2
    assert f"{words[-1]} needs --" in capsys.readouterr().err


def test_client_without_a_root_asks_for_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Trust begins somewhere."""
    assert main(["--metadata-dir", str(tmp_path), "--metadata-url", NOWHERE, "refresh"]) == 1
    assert "run `init` with 1.root.json first" in capsys.readouterr().err


def test_client_of_a_server_that_is_away_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It does not wait for what cannot come."""
    from tools.attacks.forge import Forge

    (tmp_path / "1.root.json").write_bytes(Forge(1_800_000_000_000).served["1.root.json"])
    words = ["--metadata-dir", str(tmp_path / "metadata")]
    assert main([*words, "init", str(tmp_path / "1.root.json")]) == 0
    assert main([*words, "--metadata-url", NOWHERE, "refresh"]) == 1
    assert "the connection ended" in capsys.readouterr().err
