"""What is kept and logged of an event that cannot be handled."""

import json

import pytest

from bridge.aside import NAMES, PAYLOAD_LIMIT, UNREADABLE, field_names, kind_of, name_of, payload


def nested(depth: int) -> object:
    made: object = 1
    for _ in range(depth):
        made = [made]
    return made


@pytest.mark.parametrize(
    ("event", "kept"),
    [
        ({"text": "чай"}, '{"text": "чай"}'),
        ({"text": "\ud83d"}, '{"text": "?"}'),
        ({"a": object}, '{"a": "<class \'object\'>"}'),
        (nested(100_000), UNREADABLE),
        ("x" * 100_000, '"' + "x" * (PAYLOAD_LIMIT - 1)),
    ],
)
def test_what_is_kept_is_text_with_an_end(event: object, kept: str):
    assert payload(event) == kept
    payload(event).encode()


@pytest.mark.parametrize(
    ("event", "depth", "names"),
    [
        ({"update_id": 1, "message": {"text": "чай"}}, 1, "update_id, message"),
        ({"update_id": 1, "message": {"text": "чай"}}, 2, "update_id, message, message.text"),
        ({"a\r\nERROR forged": 1}, 1, "'a\\r\\nERROR forged'"),
        ([1], 1, "list"),
        (None, 2, "NoneType"),
    ],
)
def test_the_log_gets_names_only(event: object, depth: int, names: str):
    assert field_names(event, depth) == names


@pytest.mark.parametrize(
    ("word", "shown"), [("message_new", "message_new"), ("Где мой заказ?", "(no word)"), ({}, "(no word)")]
)
def test_the_log_repeats_only_what_is_a_platforms_word(word: object, shown: str):
    assert kind_of(word) == shown


def test_there_is_an_end_to_the_names():
    assert field_names({str(number): 1 for number in range(1000)}).count(",") == NAMES
    assert len(field_names({"x" * 1000: 1})) == 40
    assert name_of(json.loads('"\\ud800"')) == "'\\ud800'"
