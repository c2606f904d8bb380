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
def test_every_counted_sentence_names_its_count(language):
    counted = {name: forms for name, forms in words(language).items() if not isinstance(forms, str)}
    assert "row-unread" in counted
    for name, forms in counted.items():
        assert set(forms) == FORMS, name
        assert all("{count}" in form for form in forms.values()), name
        assert not any(re.search(r"\d", form) for form in forms.values()), name


def test_what_the_server_says_itself_does_not_go_to_the_browser():
    assert not [name for name in words("ru") if name.startswith(("error-", "door-"))]
