"""The systemd unit of a node, as narrow as its configuration lets it be.

It is printed, not installed: a person reads it, changes what is special here, and puts it where units belong. What only
root may do (going into deep states, setting clocks, the radio's power save) costs a part of the sandbox; a node
that is not configured for it does without, and runs as a user without rights.
"""

from __future__ import annotations

import grp
import pwd
import sys
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from node.config import Config

FILE: Final = "torpor-node.service"
GROUPS: Final = ("dialout", "gpio", "i2c", "spi", "video")
"""Whom Debian and Raspberry Pi OS give the buses to."""
HERE: Final = Path(__file__).parent
ACCOUNT: Final = "torpor"
HOMES: Final = (Path("/home"), Path("/root"), Path("/run/user"))
LEAST_WATCHDOG_S: Final = 180.0
LOADS_S: Final = 60.0
"""What a Zero 2 W may take to import the ML runtime and load a model, with room to spare."""


def unit(config: Config, path: Path) -> str:
    """Write the unit; unless it needs root, the node runs as who owns its state, or the folder of its file.

    Args:
        config: what the node will do.
        path: of its file.
    """
    path = path.resolve()
    powers = _powers(config)
    radio = "wifi_power_save" in config.sleep.savings
    state = config.node.state_dir
    homely = any(each.is_relative_to(home) for each in (path, state, Path(sys.executable), HERE) for home in HOMES)
    template = resources.files("node").joinpath(FILE).read_text(encoding="utf-8")
    return template.format(
        name=config.node.name,
        docs=HERE / "REFERENCE.md",
        python=quoted(sys.executable),
        config=quoted(path),
        state=" ".join(quoted(each) for each in _written(config)),
        user="root" if powers else _owner(state if state.is_dir() else path.parent),
        groups=" ".join(_known(GROUPS)),
        watchdog_s=max(LEAST_WATCHDOG_S, LOADS_S + config.transmit.awake_s + _sensing_s(config)),
        stop_s=LOADS_S + config.transmit.awake_s,
        home="read-only" if homely else "yes",
        capabilities="CAP_NET_ADMIN" if radio else "",
        families=" AF_NETLINK" if radio else "",
        own_users="no" if powers else "yes",
        own_kernel="no" if powers else "yes",
    )


def quoted(path: Path | str) -> str:
    r"""Quote a path as systemd.service(5) wants it.

    >>> print(quoted("/srv/my node/100%.toml"))
    "/srv/my node/100%%.toml"
    """
    text = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text.replace("%", "%%").replace("$", "$$")}"'


def _written(config: Config) -> list[Path]:
    """Return the folders that the node writes in: its state's, and that of a certificate which it renews."""
    renewed = config.mqtt.cert if config.mqtt and config.mqtt.renewal else None
    return list(dict.fromkeys((config.node.state_dir, *([renewed.parent] if renewed else []))))


def _owner(folder: Path) -> str:
    """Who owns a folder; in place of root, who need not run this, an account to be made."""
    number = folder.stat().st_uid
    if not number:
        return ACCOUNT
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:  # it has no account here, and systemd takes numbers too
        return str(number)


def _powers(config: Config) -> bool:
    """Whether it does what the kernel lets only root do: its files under /sys are root's."""
    return config.sleep.deepest != "light" or bool(config.sleep.savings) or config.dvfs.mode != "keep"


def _sensing_s(config: Config) -> float:
    return sum(source.timeout_s for source in config.sense.values())


def _known(groups: Iterable[str]) -> list[str]:
    """Leave out groups that are not here: systemd would refuse to start the service."""
    here = {each.gr_name for each in grp.getgrall()}
    return [each for each in groups if each in here]
