"""Pictures: what is in the file comes out, in the files' order, with the label from the name."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from node.errors import HardwareError
from node.sense.recording.pictures import Options, Pictures, decode, with_colours

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from node.values import Reading


def readings(folder: Path, options: Options) -> list[Reading]:
    """Return every take."""
    return [take.reading() for take in Pictures(folder, options).takes()]


def noise(colours: int) -> npt.NDArray[np.uint8]:
    """Return a picture that no other axis order or scaling could be taken for."""
    return np.random.default_rng(7).integers(0, 256, (5, 7, colours), dtype=np.uint8)


@pytest.mark.parametrize("suffix", ["pgm", "ppm", "png", "bmp", "tiff"])
@pytest.mark.parametrize("colours", [1, 3])
def test_decode_of_a_lossless_file_gives_back_the_picture(tmp_path: Path, suffix: str, colours: int) -> None:
    """Whoever wrote it, (height, width, colours) comes back bit for bit."""
    if (suffix, colours) in {("pgm", 3), ("ppm", 1)}:
        colours = 4 - colours  # grey is what a PGM holds, colour a PPM
    picture = noise(colours)
    path = tmp_path / f"x.{suffix}"
    Image.fromarray(picture.squeeze()).save(path)
    np.testing.assert_array_equal(decode(path), picture)


@settings(deadline=None, max_examples=40)
@given(
    st.sampled_from([(b"P5", 1), (b"P6", 3)]),
    st.sampled_from([b" ", b"\n", b"\n# by a camera\n", b" #1\n#2\n "]),
    st.binary(min_size=60, max_size=60),
)
def test_decode_of_netpbm_agrees_with_pillow(
    tmp_path_factory: pytest.TempPathFactory, magic: tuple[bytes, int], gap: bytes, body: bytes
) -> None:
    """Comments and white space in the header, any byte in the body: pgm(5), as Pillow reads it."""
    name, colours = magic
    path = tmp_path_factory.mktemp("netpbm") / "x.pnm"
    path.write_bytes(gap.join([name, b"4", b"%d" % (15 // colours), b"255\n"]) + body)
    with Image.open(path) as image:
        np.testing.assert_array_equal(decode(path).squeeze(), np.asarray(image).squeeze())


@pytest.mark.parametrize(
    "content",
    [b"P5", b"P5 4 4 255\n123", b"P5 0 0 255\n", b"P5 2 2 65535\n12345678", b"P6 x y z\n", b"GIF", b"", b"text"],
)
def test_decode_of_a_broken_file_names_it(tmp_path: Path, content: bytes) -> None:
    """Cut short, empty, 16 bits deep, or no picture at all."""
    path = tmp_path / "broken.img"
    path.write_bytes(content)
    with pytest.raises(HardwareError, match=r"broken\.img"):
        decode(path)


def test_decode_of_an_absent_file_names_it(tmp_path: Path) -> None:
    """It may vanish between the listing and the read."""
    with pytest.raises(HardwareError, match=r"gone\.pgm: No such file"):
        decode(tmp_path / "gone.pgm")


def test_decode_without_pillow_says_what_to_install(tmp_path: Path) -> None:
    """A node without the extra reads PGM, and is told what a PNG needs."""
    (tmp_path / "x.pgm").write_bytes(b"P5 1 1 255\n*")
    Image.fromarray(noise(1).squeeze()).save(tmp_path / "x.png")
    program = """
import sys
sys.modules["PIL"] = None  # as Python marks what cannot be imported
from pathlib import Path
from node.errors import HardwareError
from node.sense.recording.pictures import decode
folder = Path(sys.argv[1])
print(decode(folder / "x.pgm").item())
try:
    decode(folder / "x.png")
except HardwareError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.splitlines()[0] == "42"
    assert "pip install torpor[images]" in done.stdout


def test_colours_of_a_picture_are_made_as_pillow_makes_them() -> None:
    """Grey is BT.601 luma within a rounding step; a grey picture in colour has three equal planes."""
    picture = noise(3)
    luma = np.asarray(Image.fromarray(picture).convert("L"))
    np.testing.assert_array_equal(with_colours(picture, 1).squeeze(), luma)
    assert with_colours(picture, 0) is picture
    np.testing.assert_array_equal(with_colours(noise(1), 3), np.repeat(noise(1), 3, axis=2))


def test_pictures_come_in_the_order_of_their_names_with_their_labels(tmp_path: Path) -> None:
    """The label is what the pattern's group finds; a name without it has none."""
    for i, name in enumerate(["b__7.pgm", "a__3.pgm", "c.pgm", "notes.txt"]):
        (tmp_path / name).write_bytes(b"P5 1 1 255\n" + bytes([i]))
    found = readings(tmp_path, Options(files="*.pgm", label=r"__(\d)"))
    assert [(each.values["mean"], each.blocks["image"].truth) for each in found] == [
        (1.0, "3"),
        (0.0, "7"),
        (2.0, None),
    ]


def test_pictures_of_an_empty_folder_say_so(tmp_path: Path) -> None:
    """An absent folder, an empty one, a pattern that fits nothing."""
    for folder in (tmp_path, tmp_path / "absent"):
        with pytest.raises(HardwareError, match=r"no file '\*\.png' in"):
            readings(folder, Options(files="*.png"))


@pytest.mark.parametrize(("label", "said"), [("(", "no regular expression"), ("x", "no group")])
def test_options_with_a_label_that_finds_nothing_are_refused(label: str, said: str) -> None:
    """Before the node runs, not at its first picture."""
    with pytest.raises(ValueError, match=said):
        Options(label=label)
