"""The table of stages and events is complete, its words exist, and its drawing shows all of it."""

import itertools
import re

import pytest

from bridge import lifecycle
from bridge.catalogue import LANGUAGES, Catalogue, ids
from bridge.lifecycle import STEPS, Anew, Event, Hint
from bridge.model import Stage, Why

VALUES = {"name": "Ольга", "limit": "50 МБ"}


@pytest.mark.parametrize(("stage", "event"), list(itertools.product(Stage, Event)))
def test_every_event_has_its_outcome_at_every_stage(stage, event):
    assert isinstance(STEPS[stage, event], Stage | Hint | Anew)


def test_there_is_nothing_else_in_the_table():
    assert set(STEPS) == set(itertools.product(Stage, Event))


def test_the_customer_is_never_refused():
    assert not any(isinstance(STEPS[stage, Event.WRITE], Hint) for stage in Stage)


def test_every_stage_is_reached_and_can_be_left():
    moves = {(stage, after) for (stage, _), after in STEPS.items() if isinstance(after, Stage) and after != stage}
    assert {after for _, after in moves} | {Stage.INCOMING} == set(Stage)
    assert {before for before, _ in moves} == set(Stage)


def test_nobody_answers_what_is_not_accepted():
    assert [stage for stage in Stage if isinstance(STEPS[stage, Event.REPLY], Stage)] == [Stage.ACCEPTED]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_hint_and_every_failure_has_its_sentence_and_no_sentence_is_left_over(language):
    words = Catalogue(language)
    for hint in Hint:
        assert words(f"hint-{hint.value}", **VALUES)
    for why in Why:
        for limit in ("none", "50 МБ"):
            assert words(f"why-{why.value}", limit=limit)
    known = {f"hint-{hint.value}" for hint in Hint} | {f"why-{why.value}" for why in Why}
    assert {name for name in ids(language) if name.startswith(("hint-", "why-"))} == known


def test_the_drawing_shows_every_stage_and_every_event_that_changes_something():
    drawing = (lifecycle.__doc__ or "").split("```")[1]
    words = set(re.findall(r"\w+", drawing))
    moving = {event for (_, event), after in STEPS.items() if not isinstance(after, Hint)}
    assert {stage.value for stage in Stage} | {event.value for event in moving} <= words
