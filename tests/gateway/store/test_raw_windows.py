"""Raw windows are read back as they were sent, by whose they are; and make room for each other, not for records."""

from __future__ import annotations

import io
import json
import zlib
from typing import TYPE_CHECKING

import numpy as np
import pytest

from gateway.__main__ import main
from gateway.config import Store as Params
from gateway.ingest.event_time import EARLIEST_MS
from gateway.store import raw_windows
from gateway.store.npy import npy
from gateway.store.retention import trim
from node.wire.errors import WireError
from node.wire.messages import Raw
from tests.gateway.world import BOOT, NOW_MS, Delivery, count, counter, open_site, results, sent

if TYPE_CHECKING:
    from pathlib import Path

PICTURE = np.arange(48, dtype=np.int16).reshape(6, 8)


def raw(seq: int, *, stream: str = "picture", size: int = 48, boot_id: bytes = BOOT) -> Raw:
    """Return a window of so many bytes."""
    at = NOW_MS + seq
    return Raw(boot_id=boot_id, seq=seq, time_ms=at, stream=stream, shape=(size,), dtype="u1", data=bytes(size))


def picture(seq: int = 7) -> Raw:
    """Return `PICTURE` as a node sends it."""
    data = zlib.compress(PICTURE.tobytes())
    return Raw(boot_id=BOOT, seq=seq, time_ms=NOW_MS, stream="picture", shape=(6, 8), dtype="i2", coding=1, data=data)


def test_window_is_found_by_the_identity_of_its_record(tmp_path: Path) -> None:
    """Node, boot and seq, and nothing less; another node's of the same boot and seq is another."""
    site = open_site(tmp_path)
    site.commit([sent(picture()), sent(raw(7), "n2"), sent(raw(8))], NOW_MS)
    database = site._store.database
    found = raw_windows.window(database, "n1", BOOT, 7)
    assert found is not None
    assert (found.node, found.received_ms, found.raw) == ("n1", NOW_MS, picture())
    assert found.raw.unpacked() == PICTURE.tobytes()
    other = raw_windows.window(database, "n2", BOOT, 7)
    assert other is not None
    assert other.raw == raw(7)
    assert raw_windows.window(database, "n1", b"boot-2", 7) is None
    assert raw_windows.window(database, "n1", BOOT, 9) is None


def test_newest_windows_come_first(tmp_path: Path) -> None:
    """Of all nodes or of one, at most so many."""
    site = open_site(tmp_path)
    site.commit([sent(raw(seq), node) for seq in range(4) for node in ("n1", "n2")], NOW_MS)
    database = site._store.database
    assert [(each.node, each.raw.seq) for each in raw_windows.newest(database, most=3)] == [
        ("n2", 3),
        ("n1", 3),
        ("n2", 2),
    ]
    assert [each.raw.seq for each in raw_windows.newest(database, "n1")] == [3, 2, 1, 0]


def test_window_of_too_much_is_refused_with_its_neighbours_taken(tmp_path: Path) -> None:
    """Sixteen megabytes of zeros fit into a message; more than that nobody will unpack."""
    site = open_site(tmp_path)
    honest = picture()
    payload = sent(honest).payload.replace(b"\x06\x82\x06\x08", b"\x06\x82\x1a\x00\x01\x00\x00\x19\x10\x00")
    site.commit([sent(raw(1)), Delivery("torpor/1/site/n1/raw", payload), sent(raw(2))], NOW_MS)
    assert (count(site, "raw"), counter(site, "quarantined.too-large")) == (2, 1)


@pytest.mark.parametrize(
    ("coding", "data", "reason"),
    [
        (1, b"no zlib", "bad-body"),
        (1, zlib.compress(bytes(95)), "bad-length"),
        (1, zlib.compress(bytes(97)), "too-large"),
    ],
)
def test_window_whose_data_is_not_what_it_says_is_refused_by_its_reader(coding: int, data: bytes, reason: str) -> None:
    """It is unpacked within the bound of its shape, and is as long as that or nothing."""
    forged = Raw(boot_id=BOOT, seq=1, time_ms=0, stream="s", shape=(6, 8), dtype="i2", coding=coding, data=data)
    with pytest.raises(WireError) as refusal:
        npy(forged)
    assert refusal.value.reason == reason


@pytest.mark.parametrize("dtype", ["float32", "uint8", "int16"])
@pytest.mark.parametrize("shape", [(5,), (4, 3), (2, 3, 4, 1), (123456,)])
def test_npy_of_any_window_is_what_numpy_reads(dtype: str, shape: tuple[int, ...]) -> None:
    """Shape, type and items, with a header as NumPy itself aligns it."""
    items = np.random.default_rng(3).integers(0, 99, shape).astype(dtype)
    name = {"float32": "f4", "uint8": "u1", "int16": "i2"}[dtype]
    data = zlib.compress(items.tobytes())
    if len(data) > 65_000:
        items, data = np.zeros_like(items), zlib.compress(bytes(items.nbytes))
    window = Raw(boot_id=BOOT, seq=1, time_ms=0, stream="s", shape=shape, dtype=name, coding=1, data=data)  # type: ignore[arg-type]  # one of them
    written = npy(window)
    found = np.load(io.BytesIO(written))
    assert found.dtype == items.dtype
    np.testing.assert_array_equal(found, items)
    assert (len(written) - items.nbytes) % 64 == 0


def test_trim_of_windows_by_number_size_and_age(tmp_path: Path) -> None:
    """Each limit for itself, the oldest go; records stay, and so does the boot that a window still names."""
    year_ms = 365 * 86_400_000
    site = open_site(tmp_path)
    site.commit([sent(raw(seq, size=50_000)) for seq in range(10)], NOW_MS - 2 * year_ms)
    site.commit([sent(raw(seq, size=50_000)) for seq in range(10, 30)], NOW_MS)
    site.commit([sent(results([100]))], NOW_MS)
    store = site._store
    assert (trim(store, Params(raw_rows=25), EARLIEST_MS), count(site, "raw")) == (0, 25)
    trim(store, Params(), NOW_MS - year_ms)
    assert [each.raw.seq for each in raw_windows.newest(store.database, most=50)][::-1] == list(range(10, 30))
    trim(store, Params(raw_mb=1.1), EARLIEST_MS)
    assert count(site, "raw") == 20, "a megabyte of them is within"
    trim(store, Params(raw_mb=0.4), EARLIEST_MS)
    assert [each.raw.seq for each in raw_windows.newest(store.database, most=50)][::-1] == list(range(23, 30))
    assert (count(site, "record"), count(site, "boot")) == (1, 1)


def test_trim_of_an_old_boot_keeps_it_while_a_window_names_it(tmp_path: Path) -> None:
    """What is stored can be found by whose it is."""
    year_ms = 365 * 86_400_000
    site = open_site(tmp_path)
    site.commit([sent(raw(seq)) for seq in range(600)], NOW_MS - 2 * year_ms)
    trim(site._store, Params(), NOW_MS - year_ms)
    assert raw_windows.window(site._store.database, "n1", BOOT, 599) is not None
    trim(site._store, Params(), NOW_MS - year_ms)
    assert (count(site, "raw"), count(site, "boot")) == (0, 0)


def test_command_lists_windows_and_writes_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What a person needs to see what a model saw: a line a window, and a file that NumPy reads."""
    (tmp_path / "gateway.toml").write_text('[site]\nname = "site"\n')
    site = open_site(tmp_path)
    site.commit([sent(raw(3), "n2"), sent(picture())], NOW_MS)
    site._store.close()
    config = ["--config", str(tmp_path / "gateway.toml")]
    assert main(["windows", "--node", "n1", "--into", str(tmp_path / "seen"), *config]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert "n1" in line
    assert "picture" in line
    assert "6 x 8" in line
    (file,) = (tmp_path / "seen").iterdir()
    assert file.name == f"n1-{BOOT.hex()}-7-picture.npy"
    np.testing.assert_array_equal(np.load(file), PICTURE)
    assert main(["windows", "--json", *config]) == 0
    told = [json.loads(each) for each in capsys.readouterr().out.splitlines()]
    assert [(each["node"], each["seq"], each["shape"]) for each in told] == [("n1", 7, [6, 8]), ("n2", 3, [48])]


def test_command_that_cannot_write_a_window_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The others are written, and the exit code tells."""
    (tmp_path / "gateway.toml").write_text('[site]\nname = "site"\n')
    site = open_site(tmp_path)
    forged = Raw(boot_id=BOOT, seq=1, time_ms=0, stream="s", shape=(6, 8), dtype="i2", coding=1, data=b"no zlib")
    site.commit([sent(forged), sent(picture())], NOW_MS)
    site._store.close()
    assert main(["windows", "--into", str(tmp_path / "seen"), "--config", str(tmp_path / "gateway.toml")]) == 1
    assert "not written: bad-body" in capsys.readouterr().err
    assert len(list((tmp_path / "seen").iterdir())) == 1
