"""The widget as browsers get it: the loader, and the app's modules as one per language, minified.

The modules are plain JavaScript that runs as it is: the app's own, and those that it shares with the web desk. They
are joined in the order in which they need each other.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Final

import brotli

from bridge.catalogue import LANGUAGES
from bridge.channels.site import texts
from bridge.web.shared import SHARED

try:
    import minify
except ImportError:  # there is none for this machine: browsers get the same, only bigger
    minify = None

log = logging.getLogger(__name__)

STATIC: Final = Path(__file__).with_name("static")
APP: Final = STATIC / "app"
ENTRANCE: Final = "main"
HASH_LENGTH: Final = 12

_IMPORT: Final = re.compile(r"^import \{([^}]*)\} from '(?:\./|(?:\.\./)+web/shared/)(\w+)\.js';\n", re.M)
_EXPORT: Final = re.compile(r"^export (?=(?:async )?(?:const|function|class)\b)", re.M)
_LEFT: Final = re.compile(r"^(?:import|export)\b.*", re.M)
_DECLARED: Final = re.compile(r"^(?:export )?(?:const|let|(?:async )?function\*?|class) (\w+)", re.M)
_EXPORTED: Final = re.compile(r"^export (?:const|(?:async )?function\*?|class) (\w+)", re.M)
_UNPACKED: Final = re.compile(r"^(?:export )?(?:const|let) [\[{]", re.M)


class BundleError(ValueError):
    """The sources cannot be joined; says what is wrong and where."""


@dataclass(frozen=True)
class Asset:
    """A script as it is sent: by the content codings that browsers take, best first, "" for none."""

    bodies: Mapping[str, bytes]

    @classmethod
    def of(cls, text: str) -> Asset:
        """The script with this text."""
        plain = text.encode()
        return cls({"br": brotli.compress(plain), "gzip": gzip.compress(plain, mtime=0), "": plain})

    @property
    def plain(self) -> bytes:
        """The script itself."""
        return self.bodies[""]

    @property
    def sizes(self) -> str:
        """For the log."""
        return ", ".join(f"{len(body)} {coding or 'plain'}" for coding, body in self.bodies.items())

    @property
    def digest(self) -> str:
        """What it is told from other versions by."""
        return hashlib.sha256(self.plain).hexdigest()


@dataclass(frozen=True)
class App:
    """The chat itself, by language; `hash` stands in its address."""

    hash: str
    scripts: Mapping[str, Asset]


@cache
def app() -> App:
    """Join, bake and minify the app, once."""
    scripts = {language: Asset.of(_app_script(language)) for language in LANGUAGES}
    digest = hashlib.sha256("".join(scripts[language].digest for language in LANGUAGES).encode()).hexdigest()
    for language, script in scripts.items():
        log.info("widget: the app in %s has %s bytes", language, script.sizes)
    return App(digest[:HASH_LENGTH], scripts)


def loader(settings: Mapping[str, object]) -> Asset:
    """`widget.js` with each channel's launch settings by its name."""
    source = (STATIC / "loader.js").read_text(encoding="utf-8")
    words = {language: texts.words(texts.LOADER, language) for language in LANGUAGES}
    baked = bake(
        source,
        settings=_literal(settings),
        words=_literal(words),
        style=_literal(_style("loader.css")),
        inviting=_literal(_style("invite.css") if _inviting(settings) else ""),
        hash=_literal(app().hash),
    )
    asset = Asset.of(minified(baked, "application/javascript"))
    log.info("widget: the loader has %s bytes", asset.sizes)
    return asset


def _inviting(settings: Mapping[str, object]) -> bool:
    """Whether any of the channels invites."""
    return any(isinstance(one, Mapping) and one.get("invitation") for one in settings.values())


def sources() -> dict[str, str]:
    """The app's modules by name, with those that it shares. Raises BundleError where two have one name."""
    paths = sorted([*APP.glob("*.js"), *SHARED.glob("*.js")])
    modules = {path.stem: path.read_text(encoding="utf-8") for path in paths}
    if len(modules) < len(paths):
        raise BundleError(f"a module of {APP} has the name of one of {SHARED}")
    return modules


def bake(source: str, **values: str) -> str:
    """Put JavaScript in the places `/* name */ {}` and `/* name */ ''` of a source."""
    for name, value in values.items():
        places = re.findall(rf"/\* {name} \*/ (?:\{{\}}|'')", source)
        if len(places) != 1:
            raise BundleError(f"a place for {name!r} must stand once, not {len(places)} times")
        source = source.replace(places[0], value)
    return source


def join(modules: Mapping[str, str], entrance: str = ENTRANCE) -> str:
    """All modules that `entrance` needs as one, which exports the one name that `entrance` does.

    Raises BundleError where a name is declared twice, an import names what is not there, or the form is not ours.
    """
    needs: dict[str, set[str]] = {}
    wanted = [entrance]
    while wanted:
        name = wanted.pop()
        if name in needs:
            continue
        if name not in modules:
            raise BundleError(f"there is no module {name}.js")
        needs[name] = {found[2] for found in _IMPORT.finditer(modules[name])}
        wanted += needs[name]
    owners: dict[str, str] = {}
    parts = []
    for name in TopologicalSorter({name: sorted(needs[name]) for name in sorted(needs)}).static_order():
        source = modules[name]
        _check(name, source, modules)
        for declared in _DECLARED.findall(source):
            if declared in owners:
                raise BundleError(f"{name}.js: {declared} is declared in {owners[declared]}.js already")
            owners[declared] = name
        parts.append(_EXPORT.sub("", _IMPORT.sub("", source)))
    (exported,) = _EXPORTED.findall(modules[entrance])
    # In a function all names are local, and minified.
    return f"export const {exported} = (() => {{\n{''.join(parts)}return {exported};\n}})();\n"


def minified(source: str, kind: str) -> str:
    """JavaScript or CSS with short names and without white space."""
    return minify.string(kind, source) if minify else source


def _check(name: str, source: str, modules: Mapping[str, str]) -> None:
    """Whether a module has the form that can be joined."""
    for found in _IMPORT.finditer(source):
        known = set(_EXPORTED.findall(modules[found[2]]))
        for wanted in (part.strip() for part in found[1].split(",")):
            if wanted and wanted not in known:
                raise BundleError(f"{name}.js: {found[2]}.js does not export {wanted!r}")
    if left := _LEFT.search(_EXPORT.sub("", _IMPORT.sub("", source))):
        raise BundleError(f"{name}.js: {left[0]!r} cannot be joined")
    if unpacked := _UNPACKED.search(source):
        raise BundleError(f"{name}.js: {unpacked[0]!r}: declare one name at a time")


def _app_script(language: str) -> str:
    baked = bake(
        join(sources()),
        words=_literal(texts.words(texts.APP, language)),
        style=_literal(_style("app.css")),
    )
    return minified(baked, "application/javascript")


def _style(name: str) -> str:
    return minified((STATIC / name).read_text(encoding="utf-8"), "text/css")


def _literal(value: object) -> str:
    """`value` in JavaScript; not even the end of a script element can stand in it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
