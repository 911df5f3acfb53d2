"""The systemd unit of a gateway, and the drop-in that makes the distribution's mosquitto the site's broker.

Both are printed, not installed: a person reads them, and puts them where units belong.
"""

from __future__ import annotations

import pwd
import shutil
import sys
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gateway.config import Config

GATEWAY: Final = "torpor-gateway.service"
BROKER: Final = "mosquitto.service.conf"
ACCOUNT: Final = "torpor"
HOMES: Final = (Path("/home"), Path("/root"), Path("/run/user"))


def unit(config: Config, path: Path) -> str:
    """Write the gateway's unit; it runs as who owns the folder of its database.

    Args:
        config: as it was read.
        path: of its file.
    """
    state = config.store.path.resolve().parent
    written = _written(config)
    user = _owner(state)
    return _template(GATEWAY).format(
        site=config.site.name,
        python=quoted(sys.executable),
        config=quoted(path.resolve()),
        user=user,
        owns=_owning(user, written),
        state=_listed(written),
        home=_home(path.resolve(), *written, Path(sys.executable), Path(__file__)),
    )


def broker(path: Path) -> str:
    """Write the drop-in for mosquitto, whose configuration `init` wrote beside the gateway's.

    Args:
        path: of the gateway's file.
    """
    folder = path.resolve().parent
    return _template(BROKER).format(
        mosquitto=shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin") or "/usr/sbin/mosquitto",
        config=quoted(folder / "mosquitto.conf"),
        user=_owner(folder),
        state=quoted(folder / "broker"),
        home=_home(folder),
    )


def _written(config: Config) -> list[Path]:
    """Return the folders that it writes in, without those that lie in one of the others."""
    others = [each for each in (config.identity.folder, config.serve.token_file.parent) if each.is_dir()]
    folders = sorted({each.resolve() for each in (config.store.path.parent, *others)})
    return [each for each in folders if not set(each.parents) & set(folders)]


def _listed(folders: Iterable[Path]) -> str:
    return " ".join(quoted(each) for each in folders)


def _owning(user: str, folders: Iterable[Path]) -> str:
    """Say what is his, and what makes it so where root began."""
    theirs = _listed(folders)
    if user != ACCOUNT:
        return f"owns {theirs}."
    return f"must own {theirs}:\n#   useradd --system {user}; install -d {theirs}; chown -R {user}: {theirs}"


def quoted(path: Path | str) -> str:
    r"""Quote a path as systemd.service(5) wants it.

    >>> print(quoted("/srv/my site/100%.toml"))
    "/srv/my site/100%%.toml"
    """
    text = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text.replace("%", "%%").replace("$", "$$")}"'


def _template(name: str) -> str:
    return resources.files("gateway.setup").joinpath(name).read_text(encoding="utf-8")


def _owner(folder: Path) -> str:
    """Who owns a folder; in place of root, who need not run this, an account to be made."""
    number = folder.stat().st_uid
    if not number:
        return ACCOUNT
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:  # it has no account here, and systemd takes numbers too
        return str(number)


def _home(*paths: Path) -> str:
    """Homes are hidden, unless the gateway lives in one."""
    return "read-only" if any(each.is_relative_to(home) for each in paths for home in HOMES) else "yes"
