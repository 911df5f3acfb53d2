"""What infers beside the processor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from boards import load_board, open_ports
from boards.accelerators import find_accelerators

if TYPE_CHECKING:
    from pathlib import Path

KNOWN = load_board("generic").fittings.accelerator


def plug(root: Path, path: str, **files: str) -> None:
    """Put a device's files there."""
    (root / path).mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (root / path / name).write_text(f"{text}\n")


@pytest.mark.parametrize(
    ("path", "files", "name"),
    [
        ("sys/bus/usb/devices/1-1", {"idVendor": "18d1", "idProduct": "9302"}, "Coral USB Accelerator"),
        ("sys/bus/usb/devices/1-2", {"idVendor": "03e7", "idProduct": "2485"}, "Myriad X"),
        ("sys/bus/pci/devices/0000:01:00.0", {"vendor": "0x17cb", "device": "0xa100"}, "Cloud AI 100"),
    ],
)
def test_find_accelerators_knows_each_by_its_sign(tmp_path: Path, path: str, files: dict[str, str], name: str) -> None:
    """A stick and a card, among hubs and bridges that are none; no sign, no accelerator."""
    plug(tmp_path, "sys/bus/usb/devices/usb1", idVendor="1d6b", idProduct="0002")
    plug(tmp_path, "sys/bus/usb/devices/1-0:1.0")
    plug(tmp_path, "sys/bus/pci/devices/0000:00:00.0", vendor="0x8086", device="0x1237")
    assert find_accelerators(KNOWN, tmp_path) == []
    plug(tmp_path, path, **files)
    (found,) = find_accelerators(KNOWN, tmp_path)
    assert name in found.name
    assert found.busy_mw > (found.rest_mw or 0.0)


def test_find_accelerators_by_a_file_tells_its_figures_once(tmp_path: Path) -> None:
    """A board's own entry stands before the general one of the same kind."""
    pi = load_board("rpi-5").fittings.accelerator
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev/hailo0").touch()
    (found,) = find_accelerators([*pi, *pi], tmp_path)
    assert (found.busy_mw, found.rest_mw, found.quality) == (2500.0, None, "estimate")
    assert "HailoRT" in found.runtime


def test_ports_of_a_real_machine_look_for_accelerators() -> None:
    """Whatever hangs on this machine, looking for it opens nothing and fails at nothing."""
    looked = open_ports("generic").find_accelerators
    assert looked is not None
    assert {each.name for each in looked()} <= {each.name for each in KNOWN}
