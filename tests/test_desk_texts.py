"""The sentences that the web desk gives to the browser."""

import re

import pytest

from bridge.catalogue import LANGUAGES
from bridge.desks.web.texts import words

FORMS = {"one", "few", "many", "other"}


def test_places_stay_open_for_the_browser():
    assert "{bot}" in words("ru")["enter-bot"]
    assert words("ru")["list-feed"] == "Входящие"


def test_a_sentence_that_counts_comes_in_all_forms_of_the_language():
    found = words("ru")["found"]
    assert found["one"] == "Найдено {count} обращение"
    assert found["few"] == "Найдено {count} обращения"
    assert found["many"] == "Найдено {count} обращений"
    assert words("en")["found"]["one"] == "{count} request found"
    assert words("en")["found"]["other"] == "{count} requests found"


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sample_of_a_number_is_left_in_a_counted_sentence(language):
    counted = {name: forms for name, forms in words(language).items() if not isinstance(forms, str)}
    assert "{count}" in counted["row-unread"]["many"]
    for name, forms in counted.items():
        assert set(forms) == FORMS, name
        assert not any(re.search(r"\d", form) for form in forms.values()), name


def test_what_the_server_says_itself_does_not_go_to_the_browser():
    assert not [name for name in words("ru") if name.startswith(("error-", "door-"))]
