"""What `check` found, and how it is shown: ticks, crosses, and what to do about each cross."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from bridge.catalogue import Catalogue


class Mark(Enum):
    """How a line begins."""

    GOOD = "✓"
    BAD = "✗"
    WARNING = "!"
    NOTE = "·"


_COLOURS: Final = {Mark.GOOD: 32, Mark.BAD: 31, Mark.WARNING: 33, Mark.NOTE: 2}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was looked at; `fix` says in a sentence what to do."""

    mark: Mark
    text: str
    fix: str = ""


@dataclass(slots=True)
class Section:
    """The lines about one part of the config. Each method takes the id of a sentence and its values; the
    sentence of the fix has the same id with `-fix` at its end."""

    title: str
    say: Catalogue
    lines: list[Line] = field(default_factory=list)

    def good(self, message_id: str, **values: object) -> None:
        self.lines.append(Line(Mark.GOOD, self.say(message_id, **values)))

    def note(self, message_id: str, **values: object) -> None:
        self.lines.append(Line(Mark.NOTE, self.say(message_id, **values)))

    def bad(self, message_id: str, **values: object) -> None:
        self._with_fix(Mark.BAD, message_id, values)

    def warn(self, message_id: str, **values: object) -> None:
        self._with_fix(Mark.WARNING, message_id, values)

    def _with_fix(self, mark: Mark, message_id: str, values: dict[str, object]) -> None:
        fix = self.say(f"{message_id}-fix", **values)
        self.lines.append(Line(mark, self.say(message_id, **values), fix))


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that was looked at."""

    sections: tuple[Section, ...]
    say: Catalogue

    @property
    def good(self) -> bool:
        """Whether there is no cross."""
        return not self.count(Mark.BAD)

    def count(self, mark: Mark) -> int:
        return sum(line.mark is mark for section in self.sections for line in section.lines)

    def table(self, colours: bool = False) -> str:
        """All of it as text for a terminal."""
        return "\n".join(self._rows(colours))

    def _rows(self, colours: bool) -> Iterator[str]:
        for section in self.sections:
            yield f"\x1b[1m{section.title}\x1b[0m" if colours else section.title
            for line in section.lines:
                mark = line.mark.value
                yield (
                    f"  \x1b[{_COLOURS[line.mark]}m{mark}\x1b[0m {line.text}"
                    if colours
                    else f"  {mark} {line.text}"
                )
                if line.fix:
                    yield f"      → {line.fix}"
            yield ""
        if self.good:
            yield self.say("check-all-good", warnings=self.count(Mark.WARNING))
        else:
            yield self.say("check-to-mend", count=self.count(Mark.BAD))
