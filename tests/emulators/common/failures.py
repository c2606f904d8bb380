"""Errors of an emulator itself: kept until it stops, so that its bugs are not taken for refusals."""

from __future__ import annotations

import traceback


class Failures(list[str]):
    def keep(self) -> str:
        """The exception that is being handled; its last line."""
        self.append(traceback.format_exc())
        return self[-1].splitlines()[-1]

    def check(self) -> None:
        """Raises if there was any."""
        assert not self, "the emulator itself failed:\n" + "\n".join(self)
