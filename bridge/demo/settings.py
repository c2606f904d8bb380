"""The demo's configuration: written anew into its folder at each start, then read as any other."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bridge.catalogue import Catalogue
from bridge.config import Config, load

FOLDER: Final = Path("otklik-demo")
NAME: Final = "demo.toml"
FOREIGN: Final = ("otklik.db", "config.toml")  # without ours, the signs of real work
SITE: Final = "site"  # the channel with the widget
GROUPS: Final = ("sales", "support")

CONFIG: Final = """\
# {note}
language = "{language}"
public_url = "http://127.0.0.1:{port}"

[server]
host = "127.0.0.1"
port = {port}

[storage]
path = "otklik.db"
media = "media"

[web]
local = true

[[group]]
name = "sales"
title = "{sales}"

[[group]]
name = "support"
title = "{support}"

[[channel]]
kind = "site"
name = "site"
title = "{site}"
group = "sales"
origins = ["http://127.0.0.1:{port}", "http://localhost:{port}"]
company = "{company}"
greeting = "{greeting}"
"""


@dataclass(frozen=True, slots=True)
class Prepared:
    """The demo's settings, and where they are written down once the demo runs."""

    config: Config
    path: Path
    text: str

    def write(self) -> None:
        """Write them down, for `audit` and whoever is curious: not before it is known that no other demo runs here.

        Raises OSError.
        """
        _written(self.path.with_suffix(".new"), self.text).replace(self.path)


class Occupied(Exception):
    """Something else than a demo has its data there."""


def prepare(folder: Path, language: str, port: int) -> Prepared:
    """The settings for a demo in `folder`. Raises OSError when that cannot be had, Occupied when it is not ours."""
    say = Catalogue(language)
    path = folder / NAME
    if not path.exists() and any((folder / name).exists() for name in FOREIGN):
        raise Occupied(str(folder))
    folder.mkdir(parents=True, exist_ok=True)
    text = CONFIG.format(
        note=say("demo-config-note"),
        language=language,
        port=port,
        sales=say("demo-group-sales"),
        support=say("demo-group-support"),
        site=say("demo-site-title"),
        company=say("demo-company"),
        greeting=say("demo-greeting"),
    )
    tried = _written(folder / f"{NAME}.{os.getpid()}", text)
    try:
        prepared = Prepared(load(tried, {}), path, text)
    finally:
        tried.unlink(missing_ok=True)
    if not path.exists():
        prepared.write()  # so that what is made here from now on is known as a demo's
    return prepared


def _written(path: Path, text: str) -> Path:
    """A file that only its owner may read."""
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
    return path
