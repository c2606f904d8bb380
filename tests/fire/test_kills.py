"""The short form of `python -m tests.fire backlog`; kills in mid-talk are in tests/test_process.py."""

from pathlib import Path

import pytest

from tests.fire.kills import with_backlog

pytestmark = pytest.mark.process


async def test_killed_while_a_backlog_waits_nothing_is_lost(tmp_path: Path) -> None:
    toll = await with_backlog(tmp_path, messages=160, customers=8, call=0.02, every=0.4)
    assert toll.fair and toll.kills == 2, toll
