"""Imports point one way: what ARCHITECTURE.md says of the modules is what their code does."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

WORDS = {"bridge.model", "bridge.clock", "bridge.catalogue"}  # what everybody speaks
RULES = WORDS | {"bridge.lifecycle", "bridge.contracts", "bridge.text", "bridge.budget", "bridge.pieces"}
RULES |= {"bridge.faces"}
SETTINGS = {"bridge.settings", "bridge.telegram.settings", "bridge.channels.site.settings"}
SETTINGS |= {f"bridge.channels.{kind}.settings" for kind in ("telegram", "vk", "viber", "facebook")}
MESSENGER = {"bridge.messenger", "bridge.profiles", "bridge.media", "bridge.web"}  # what messengers stand on, too
SIDE = RULES | {"bridge.settings", "bridge.inbox", "bridge.aside", "storage.store"}  # what channels, desks stand on

# Each room and the rooms it may import from. A module is in the room with the longest name that fits.
ROOMS: dict[str, set[str]] = {
    "bridge.model": set(),
    "bridge.clock": set(),
    "bridge.catalogue": set(),
    "bridge.logs": set(),
    "bridge.aside": set(),
    "bridge.budget": set(),
    "bridge.lifecycle": {"bridge.model"},
    "bridge.contracts": {"bridge.model"},
    "bridge.text": {"bridge.model"},
    "bridge.faces": {"bridge.model", "bridge.catalogue", "bridge.text"},
    "bridge.pieces": {"bridge.model", "bridge.catalogue", "bridge.contracts", "bridge.text"},
    "storage.desk_asks": {"bridge.model"},
    "storage.store": {"bridge.model", "storage.desk_asks"},
    "storage": {"bridge.model", "bridge.clock", "storage.store"},
    "bridge.inbox": {"bridge.model", "bridge.lifecycle", "bridge.text", "storage.store"},
    "bridge.media": WORDS | {"bridge.contracts", "bridge.text", "storage.store"},
    "bridge.lanes": WORDS | {"bridge.contracts", "bridge.inbox", "bridge.media", "bridge.pieces", "storage.store"},
    "bridge.settings": {"bridge.catalogue"},
    "bridge.telegram.settings": {"bridge.settings"},
    "bridge.telegram": SIDE | {"bridge.web"},
    "bridge.channels.site.hours": {"bridge.catalogue"},
    "bridge.channels.site.settings": {"bridge.settings", "bridge.channels.site.hours"},
    "bridge.channels.site": SIDE
    | {"bridge.channels.site.settings", "bridge.channels.site.hours", "bridge.media", "bridge.web"}
    | {"bridge.web.shared"},
    "bridge.channels.telegram.settings": {"bridge.settings", "bridge.telegram.settings"},
    "bridge.channels.telegram": SIDE | {"bridge.telegram", "bridge.channels.telegram.settings"},
    "bridge.messenger": WORDS | {"bridge.contracts", "bridge.inbox", "bridge.media"},
    "bridge.profiles": WORDS | {"bridge.inbox", "storage.store"},
    "bridge.windows": WORDS | {"bridge.contracts", "bridge.inbox"},
    "bridge.channels.vk.settings": {"bridge.settings"},
    "bridge.channels.vk": SIDE | MESSENGER | {"bridge.channels.vk.settings"},
    "bridge.channels.viber.settings": {"bridge.settings"},
    "bridge.channels.viber": SIDE | MESSENGER | {"bridge.channels.viber.settings"},
    "bridge.channels.facebook.settings": {"bridge.settings"},
    "bridge.channels.facebook": SIDE | MESSENGER | {"bridge.channels.facebook.settings"},
    "bridge.channels": SETTINGS,  # the list of kinds
    "bridge.desks.telegram": SIDE | {"bridge.telegram", "bridge.media"},
    "bridge.desks": set(),
    "bridge.desks.web": SIDE | {"bridge.media", "bridge.web", "bridge.web.shared"},
    "bridge.web.shared": set(),
    "bridge.web": WORDS | {"bridge.contracts", "bridge.media", "storage.store"},
    "bridge.metrics": {"bridge.model", "bridge.contracts"},
    "bridge.jumps": {"bridge.clock", "storage.store"},
    "bridge.audit": WORDS | {"bridge.config", "bridge.media", "storage", "storage.store"},
    "bridge.config": SETTINGS | {"bridge.catalogue", "bridge.channels"},
    "bridge.check": WORDS
    | SETTINGS
    | {"bridge.config", "bridge.telegram", "bridge.channels.site.hours", "bridge.media", "bridge.web", "storage"}
    | {f"bridge.channels.{kind}" for kind in ("vk", "viber", "facebook")},
    "bridge.app": {"*"},
    "bridge.building": {"*"},
    "bridge.demo": {"*"},
    "bridge": set(),
    "bot": WORDS
    | {"bridge", "bridge.app", "bridge.audit", "bridge.check", "bridge.config", "bridge.demo", "bridge.logs"}
    | {"storage.store"},
}

# Libraries that only some rooms may know.
LIBRARIES = {
    "aiogram": {"bridge.telegram", "bridge.channels.telegram", "bridge.desks.telegram", "bridge.check"},
    "vk_api": {"bridge.channels.vk"},
    "viberbot": {"bridge.channels.viber"},
    "sqlite_utils": {"storage", "bridge.check"},
    "PIL": {"bridge.media"},
}

SQL = re.compile(
    r"^\s*(select\s.+\sfrom\s|insert\s.*into\s|update\s.+\sset\s+\w+\s*=|delete\s+from\s|create\s+table\s)",
    re.I | re.S,
)


def files() -> list[Path]:
    return [ROOT / "bot.py", *sorted((ROOT / "bridge").rglob("*.py")), *sorted((ROOT / "storage").rglob("*.py"))]


def module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module(path): path for path in files()}


def room(name: str, rooms: "set[str] | dict[str, set[str]]" = ROOMS) -> str | None:
    """The longest of `rooms` that a module is in."""
    fitting = [known for known in rooms if name == known or name.startswith(f"{known}.")]
    return max(fitting, key=len, default=None)


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """The modules that a file imports anywhere in it, also for types only: line and full name."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: name the module in full"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield node.lineno, inner if inner in MODULES else str(node.module)


def offences(path: Path) -> list[str]:
    """Imports of a file that its room may not have."""
    here = room(module(path))
    assert here is not None, f"{module(path)} is in no room: give it one in tests/test_layers.py"
    found = []
    for line, name in imports(path):
        there = room(name) if name in MODULES else None
        if there is not None and there != here and not ROOMS[here] & {there, "*"}:
            found.append(f"{path.relative_to(ROOT)}:{line}: {here} may not import {name}")
        library = room(name, set(LIBRARIES))
        if library is not None and here != "bridge.app" and room(module(path), LIBRARIES[library]) is None:
            found.append(f"{path.relative_to(ROOT)}:{line}: {here} may not know {library}")
    return found


def statements(path: Path) -> Iterator[int]:
    """Lines with SQL in a string that is no docstring."""
    nodes = list(ast.walk(tree(path)))
    prose = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    strings = (node for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))
    yield from (node.lineno for node in strings if id(node) not in prose and SQL.search(str(node.value)))


@pytest.mark.parametrize("path", files(), ids=module)
def test_imports_point_one_way(path: Path):
    assert not offences(path), "\n".join(offences(path))


def test_no_room_leads_back_to_itself():
    order = TopologicalSorter({name: found - {"*"} for name, found in ROOMS.items()})
    assert set(order.static_order()) >= set(ROOMS)


def test_every_room_is_there():
    assert [name for name in ROOMS if name not in MODULES] == ["bot"] * ("bot" not in MODULES)


def test_channels_and_desks_never_import_each_other():
    for name, found in ROOMS.items():
        kind = re.match(r"bridge\.(?:channels|desks)\.\w+", name)
        if kind:
            strangers = {there for there in found if re.match(r"bridge\.(channels|desks)", there)}
            assert all(there.startswith(kind[0]) for there in strangers), name


def test_only_the_storage_has_sql():
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for name, path in MODULES.items()
        if room(name) not in {"storage", "storage.store"}
        for line in statements(path)
    ]
    assert found == []
    assert any(statements(ROOT / "storage" / "messages.py"))  # so that the search can find


def test_the_map_names_every_module_and_nothing_else():
    page = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").split("```")[1]
    named = set(re.findall(r"[\w.]+\.py|\w+(?=/)", page))
    there = {
        path.name
        for folder in ("bridge", "storage")
        for path in (ROOT / folder).iterdir()
        if path.suffix == ".py" or (path.is_dir() and path.name != "__pycache__")
    }
    assert there - {"__init__.py"} - named == set()
    everywhere = {path.name for top in ("bridge", "storage", "tests") for path in (ROOT / top).rglob("*")}
    assert named - everywhere - {"bot.py", "bridge", "storage", "tests"} == set()


def test_an_import_the_wrong_way_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    wrong = tmp_path / "bridge" / "inbox" / "wrong.py"
    wrong.parent.mkdir(parents=True)
    wrong.write_text("import aiogram\ndef late():\n    from bridge.channels.site import channel\n")
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    assert offences(wrong) == [
        "bridge/inbox/wrong.py:1: bridge.inbox may not know aiogram",
        "bridge/inbox/wrong.py:3: bridge.inbox may not import bridge.channels.site.channel",
    ]
