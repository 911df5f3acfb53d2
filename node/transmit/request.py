"""A key of one's own, and the request to sign it: made by the `openssl` program, in a process that ends.

The `cryptography` package would stay in the node's memory with 16 MB for something that happens every eight months,
and has no wheel for every small board; the program is a part of every Debian. The key is in a file that only its owner
reads, and in no argument.
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Final

from node.errors import ConfigError, LinkError, Problem

if TYPE_CHECKING:
    from pathlib import Path

PATIENCE_S: Final = 10.0
_CONFIG: Final = "[req]\nprompt = no\ndistinguished_name = name\n[name]\nCN = {name}\n"


def make(name: str, draft: Path, patience_s: float = PATIENCE_S) -> bytes:
    """Return a request (PKCS #10, DER) for a key.

    Args:
        name: the node's.
        draft: the key's file. One that is there is used again: an answer that got lost was for that key, and the
            gateway answers it again.
        patience_s: longest time for each of the two steps.

    Raises:
        ConfigError: there is no `openssl`.
        LinkError: it failed; a damaged draft is gone, and the next attempt makes another.
    """
    if not draft.exists():
        _run(["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", str(draft)], "", patience_s)
    request = ["req", "-new", "-sha256", "-key", str(draft), "-outform", "DER", "-config", "/dev/stdin"]
    try:
        return _run(request, _CONFIG.format(name=name), patience_s)
    except LinkError:
        draft.unlink(missing_ok=True)
        raise


def _run(words: list[str], told: str, patience_s: float) -> bytes:
    try:
        done = subprocess.run(  # noqa: S603 - its words are ours
            ["openssl", *words],  # noqa: S607 - wherever the system has it
            input=told.encode(),
            capture_output=True,
            check=True,
            timeout=patience_s,
            umask=0o077,
        )
    except FileNotFoundError as error:
        raise ConfigError([Problem("openssl", "the program is not here; run: sudo apt-get install openssl")]) from error
    except subprocess.TimeoutExpired as error:
        raise LinkError(f"openssl {words[0]} took more than {patience_s:g} s") from error
    except subprocess.CalledProcessError as error:
        raise LinkError(f"openssl {words[0]}: {error.stderr.decode(errors='replace').strip()[:200]}") from error
    return done.stdout
