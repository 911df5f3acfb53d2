"""What a broker's file must say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gateway.__main__ import main
from gateway.setup import found
from gateway.setup.limits import DELIVERY, IDENTITY, complaints

if TYPE_CHECKING:
    from pathlib import Path


def written(folder: Path, *, sealed: bool) -> str:
    """Return the broker's file that `init` writes."""
    identity = folder / "identity" if sealed else None
    found.write(folder, "orchard", found.Where(host="127.0.0.1", port=1883, identity=identity))
    return (folder / "mosquitto.conf").read_text()


@pytest.mark.parametrize("sealed", [False, True])
def test_limits_hold_in_the_file_that_init_writes(tmp_path: Path, sealed: bool) -> None:
    """Nothing to complain of, neither for a try nor for a site with an authority."""
    assert list(complaints(written(tmp_path, sealed=sealed), sealed=sealed)) == []


@pytest.mark.parametrize("name", sorted({*DELIVERY, *IDENTITY} - {"allow_anonymous", "persistent_client_expiration"}))
def test_limits_miss_any_line_that_is_taken_away(tmp_path: Path, name: str) -> None:
    """Each default of mosquitto's that loses something, or lets somebody in, is named, and only that."""
    lines = written(tmp_path, sealed=True).splitlines()
    without = "\n".join(line for line in lines if not line.startswith(name))
    named = [each.partition(" ")[0] for each in complaints(without, sealed=True)]
    fine_by_default = {"max_queued_bytes", "max_packet_size", "message_size_limit"}
    assert named == ([] if name in fine_by_default else [name])


@pytest.mark.parametrize(
    "line",
    [
        "max_queued_messages 50",
        "max_queued_messages 0",
        "max_queued_bytes 1000000",
        "autosave_interval 0",
        "persistent_client_expiration 1d",
        "max_packet_size 20000",
        "message_size_limit 20000",
        "allow_anonymous true",
    ],
)
def test_limits_refuse_a_value_that_loses(tmp_path: Path, line: str) -> None:
    """The last word of the file counts."""
    (complaint,) = complaints(written(tmp_path, sealed=True) + line + "\n", sealed=True)
    assert complaint.startswith(f"{line.partition(' ')[0]} is {line.partition(' ')[2]}: the broker ")
    assert "; wanted: " in complaint


def test_limits_refuse_an_empty_file() -> None:
    """Negative control: mosquitto's own defaults."""
    named = {each.partition(" ")[0] for each in complaints("", sealed=True)}
    assert {"max_queued_messages", "persistence", "autosave_interval", "use_username_as_clientid"} <= named


def test_check_looks_at_the_brokers_file_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`torpor-gateway check` says what is wrong there, and ends with 2; fine before, and where there is none."""
    path = tmp_path / "mosquitto.conf"
    text = written(tmp_path, sealed=False)
    command = ["check", "--config", str(tmp_path / "gateway.toml")]
    assert main(command) == 0
    path.write_text(text.replace("max_queued_messages 1000000", ""))
    assert main(command) == 2
    assert f"{path}: max_queued_messages is not there, and so 1000: the broker drops" in capsys.readouterr().err
    path.unlink()
    assert main(command) == 0
