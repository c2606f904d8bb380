"""This machine: can the database and the media be kept where the config says?"""

import asyncio
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from sqlite_utils import Database

from bridge.check.report import Section
from bridge.config import StorageSettings
from storage.migrations import migrations
from storage.sqlite import newer_steps


async def check_storage(section: Section, storage: StorageSettings) -> None:
    """The folders can be written, and the database, where there is one, is ours and not from the future."""
    await asyncio.to_thread(_check_database, section, storage.path)
    await asyncio.to_thread(_check_media, section, storage.media)


def _check_database(section: Section, path: Path) -> None:
    if reason := _unwritable(path.parent):
        section.bad("check-folder", path=str(path.parent), reason=reason)
        return
    if path.is_dir():
        section.bad("check-not-a-database", path=str(path))
        return
    if not path.exists() or path.stat().st_size == 0:
        section.good("check-new-database", path=str(path))
        return
    try:
        with path.open("r+b"):
            pass
    except OSError as error:
        section.bad("check-folder", path=str(path), reason=error.strerror or "")
        return
    try:
        newer, applied, tables = _read(path)
    except sqlite3.DatabaseError:
        section.bad("check-not-a-database", path=str(path))
        return
    if newer:
        section.bad("check-newer-database", path=str(path))
    elif tables and not applied:
        section.bad("check-strange-database", path=str(path))
    else:
        section.good("check-database", path=str(path))


def _read(path: Path) -> tuple[bool, bool, list[str]]:
    """Whether a newer version wrote the file, whether ours did, and its tables. Raises sqlite3.DatabaseError."""
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5)) as connection:
        database = Database(connection)
        return bool(newer_steps(database)), bool(migrations.applied(database)), database.table_names()


def _check_media(section: Section, folder: Path) -> None:
    if reason := _unwritable(folder):
        section.bad("check-folder", path=str(folder), reason=reason)
    else:
        section.good("check-media", path=str(folder))


def _unwritable(folder: Path) -> str:
    """Why no file can be made in a folder (or in the nearest one above it that exists); "" if it can."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    try:
        with tempfile.TemporaryFile(dir=folder):
            return ""
    except OSError as error:
        return error.strerror or type(error).__name__
