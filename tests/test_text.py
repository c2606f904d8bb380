"""Text of strangers: made safe, cut between what people see as characters, formatting kept on its words."""

import re
import sys
import time
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bridge.model import Span, Text
from bridge.text import (
    _allowed,
    clean,
    clean_line,
    clean_name,
    cut,
    initials,
    shifted,
    spelled_out,
    split,
    units,
    utf16_slice,
    visible,
)

FAMILY = "👨‍👩‍👧‍👦"  # four people and three joiners: one character to people
FLAG = "🇷🇺"
SCOTLAND = "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"
WAVE = "👋🏽"  # with a tone of skin
KEYCAP = "1️⃣"
ACCENT = "e\u0301"
WHOLE = (FAMILY, FLAG, SCOTLAND, WAVE, KEYCAP, ACCENT)

clusters = st.sampled_from([*WHOLE, "a", "Я", " ", "\n", ". ", "漢", "😀"])
texts = st.lists(clusters, max_size=60).map("".join)
strange = st.text(st.characters(), max_size=80) | st.text(
    st.sampled_from("a\u200b\u200d\u202e\u0301\r\n\t\x00\ud83d😀🇷🇺 \u2800"), max_size=80
)


def bold(offset: int, length: int) -> Span:
    return Span(kind="bold", offset=offset, length=length)


@st.composite
def formatted(draw: st.DrawFn, plains: st.SearchStrategy[str] = texts) -> Text:
    """A text with a few spans that begin and end at characters."""
    plain = draw(plains)
    spans = []
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(plain)))
        end = draw(st.integers(start, len(plain)))
        if end > start:
            spans.append(bold(units(plain[:start]), units(plain[start:end])))
    return Text(plain, tuple(spans))


def marked(text: Text) -> list[str]:
    """The words that each span stands on."""
    return [utf16_slice(text.plain, s.offset, s.length) for s in text.spans]


class TestClean:
    @pytest.mark.parametrize(
        ("raw", "shown"),
        [
            ("Привет,\nмир\t!", "Привет,\nмир\t!"),
            ("a\x00b\x1b[31mc\x7fd\x9be", "ab[31mcde"),
            ("one\r\ntwo\rthree", "one\ntwo\nthree"),
            ("pay \u202egpj.exe\u202c now", "pay gpj.exe now"),
            ("\u2066a\u2069\u200f\u200e\u061cb", "ab"),
            ("half \ud83d of a face \ude00", "half  of a face "),
            (FAMILY + FLAG + SCOTLAND, FAMILY + FLAG + SCOTLAND),
            ("<b>&amp;</b>", "<b>&amp;</b>"),  # escaping is for those who show it
        ],
    )
    def test_what_could_do_harm_is_taken_out(self, raw, shown):
        assert clean(Text(raw)).plain == shown
        assert clean_line(raw) == shown

    def test_a_clean_text_is_itself(self):
        text = Text("Привет", (bold(0, 6),))
        assert clean(text) is text

    def test_formatting_stays_on_its_words(self):
        text = Text("\u202eсмотри\r\n😀 сюда\x00!", (bold(1, 6), bold(12, 5), bold(17, 1)))
        assert marked(clean(text)) == ["смотри", "сюда", "!"]

    def test_formatting_of_nothing_goes(self):
        assert clean(Text("a\x00\x01b", (bold(1, 2),))) == Text("ab")

    @given(formatted(strange))
    @settings(max_examples=300)
    def test_nothing_harmful_is_left_and_nothing_else_is_lost(self, text):
        cleaned = clean(text)
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", cleaned.plain)
        assert clean(cleaned).plain == cleaned.plain
        for span in cleaned.spans:
            assert 0 <= span.offset < span.offset + span.length <= units(cleaned.plain)
        words = {clean_line(word.replace("\r\n", "\n")) for word in marked(text)}
        assert {word for word in marked(cleaned) if "\n" not in word} <= words | {""} or "\r" in text.plain


class TestNames:
    @pytest.mark.parametrize(
        ("raw", "shown"),
        [
            ("Анна Петрова", "Анна Петрова"),
            ("  Anna\n\t Smith  ", "Anna Smith"),
            ("\u200b\u200d\u2060\ufeff", ""),
            ("\u3164", ""),  # Hangul filler
            ("\u2800\u2800", ""),  # empty Braille
            ("\u0301\u0302\u20dd", ""),  # marks that stand on nothing
            ("\u202e\u202d", ""),
            ("\x00\x01", ""),
            ("\ud83d", ""),
            ("", ""),
            ("A\u202enna", "Anna"),
            ("An\u200bna", "Anna"),
            (FAMILY, FAMILY),
            (f"Anna {SCOTLAND}", f"Anna {SCOTLAND}"),
            ("\u2028Anna\u2029", "Anna"),
            ("<script>", "<script>"),
            (".", "."),
            ("\U0001fae8", "\U0001fae8"),  # an emoji that Python 3.11 does not know
        ],
    )
    def test_a_name_is_one_visible_line_or_nothing(self, raw, shown):
        assert clean_name(raw) == shown

    @pytest.mark.parametrize("whole", WHOLE)
    def test_a_long_name_is_cut_between_characters(self, whole):
        for before in range(64):
            name = clean_name("a" * before + whole * 20)
            assert len(name) <= 64
            assert set(name.replace(whole, "")) <= {"a"}

    def test_marks_piled_on_one_letter_are_cut_too(self):
        assert clean_name("a" + "\u0301" * 1000) == "a" + "\u0301" * 63

    @given(strange)
    def test_a_name_is_the_same_when_cleaned_again(self, raw):
        name = clean_name(raw)
        assert clean_name(name) == name
        assert len(name) <= 64 and (visible(name) or not name)

    @pytest.mark.parametrize(
        ("name", "letters"),
        [
            ("Анна Петрова", "АП"),
            ("анна", "А"),
            ("Anna Maria von Berg", "AB"),
            ("@anna_77", "A"),
            ("«Анна» (Москва)", "АМ"),
            ("😀", ""),
            ("", ""),
            ("7 Eleven", "7E"),
        ],
    )
    def test_initials(self, name, letters):
        assert initials(name) == letters


class TestUnits:
    @given(strange)
    def test_a_code_point_beyond_the_first_plane_is_two(self, text):
        assert units(text) == sum(2 if ch > "\uffff" else 1 for ch in text)

    def test_a_slice_is_counted_in_units(self):
        assert utf16_slice("a😀b\ud83dc", 1, 2) == "😀"
        assert utf16_slice("a😀b", 3, 5) == "b"
        assert utf16_slice("a😀b", 2, 2) == "b"  # half a face is no character
        assert utf16_slice("a\ud83d", 0, 1) == "a"

    def test_shifting_moves_formatting(self):
        assert shifted((bold(0, 2), bold(5, 1)), 3) == (bold(3, 2), bold(8, 1))


class TestCut:
    @pytest.mark.parametrize("whole", WHOLE)
    def test_it_ends_between_characters(self, whole):
        for limit in range(2, 40):
            shown = cut("ab" + whole * 30, limit)
            assert units(shown) <= limit and shown.endswith("…")
            assert re.fullmatch(f"(a|ab)?({whole})*…", shown) or limit < units(whole) + 3

    def test_what_fits_is_not_touched(self):
        assert cut("Привет", 6) == "Привет"
        assert cut("Привет!", 6) == "Приве…"

    @given(texts, st.integers(3, 30))
    def test_it_never_exceeds(self, text, limit):
        assert units(cut(text, limit)) <= limit


def torn(first: str, second: str) -> bool:
    """Whether a border between two texts goes through something that people see as one character."""
    joined = first + second
    at = len(first)
    return any(found.start() < at < found.end() for whole in WHOLE for found in re.finditer(whole, joined))


class TestSplit:
    @given(formatted(), st.integers(15, 60))
    @settings(max_examples=400)
    def test_pieces_fit_and_lose_nothing_but_white_space(self, text, limit):
        pieces = split(text, limit)
        assert all(units(piece.plain) <= limit for piece in pieces)
        assert re.sub(r"\s", "", "".join(p.plain for p in pieces)) == re.sub(r"\s", "", text.plain)
        assert all(p.plain for p in pieces) or not text.plain.strip()

    @given(texts, st.integers(15, 60))
    @settings(max_examples=400)
    def test_no_character_is_torn(self, text, limit):
        pieces = [piece.plain for piece in split(Text(text), limit)]
        if FLAG * 2 in text:
            return  # which two of many make a flag is told below
        assert not any(torn(first, second) for first, second in pairwise(pieces))

    @pytest.mark.parametrize("whole", WHOLE)
    def test_a_row_of_emoji_is_cut_between_them(self, whole):
        for limit in range(units(whole), 40):
            pieces = [p.plain for p in split(Text(whole * 30), limit)]
            assert all(piece == whole * (len(piece) // len(whole)) for piece in pieces)

    @given(formatted(), st.integers(15, 60))
    @settings(max_examples=400)
    def test_formatting_stays_on_its_words(self, text, limit):
        expected = set[int]()
        for span in text.spans:
            expected |= set(range(span.offset, span.offset + span.length))
        at, found = 0, set[int]()
        for piece in split(text, limit):
            at = units(text.plain[: text.plain.index(piece.plain, _chars(text.plain, at))]) if piece.plain else at
            for span in piece.spans:
                assert 0 <= span.offset < span.offset + span.length <= units(piece.plain)
                found |= {at + span.offset + i for i in range(span.length)}
            at += units(piece.plain)
        spaces = {units(text.plain[:i]) for i, ch in enumerate(text.plain) if ch.isspace()}
        assert found - spaces == expected - spaces

    def test_it_is_cut_where_people_would(self):
        text = Text("Первый абзац тут.\n\nВторой абзац такой. И два предложения, и слова")
        assert [p.plain for p in split(text, 30)] == [
            "Первый абзац тут.",
            "Второй абзац такой.",
            "И два предложения, и слова",
        ]

    def test_one_long_word_is_cut_anywhere(self):
        assert [p.plain for p in split(Text("a" * 25), 10)] == ["a" * 10, "a" * 10, "a" * 5]

    def test_an_empty_text_is_one_piece(self):
        assert split(Text(""), 10) == [Text("")]

    @given(st.text(st.sampled_from("a\u0301\u200d"), max_size=200), st.integers(1, 10))
    @example("\u0301" * 50, 7)
    def test_marks_without_end_still_fit(self, text, limit):
        pieces = split(Text(text), limit)
        assert all(units(p.plain) <= limit for p in pieces) and "".join(p.plain for p in pieces) == text
        assert len(pieces) <= max(1, len(text))

    @pytest.mark.parametrize(
        "text",
        [
            "слово " * 17_000,
            "a" * 100_000,
            "😀" * 50_000,
            FAMILY * 9_000,
            FLAG * 25_000,
            "a" + "\u0301" * 100_000,
            "\u200d" * 100_000,
            " " * 100_000,
            "\r\n" * 50_000,
            "\u202e" * 100_000,
        ],
        ids=["words", "letters", "emoji", "families", "flags", "marks", "joiners", "spaces", "lines", "turns"],
    )
    def test_a_hundred_thousand_characters_are_no_burden(self, text):
        spans = tuple(bold(n * 100, 50) for n in range(100))
        began = time.process_time()
        pieces = split(clean(Text(text, spans)), 1000)
        clean_name(text)
        cut(text, 300)
        assert time.process_time() - began < 2.0  # seconds of this processor; a quadratic one takes minutes
        assert all(units(p.plain) <= 1000 for p in pieces) and len(pieces) <= 220


def _chars(text: str, at: int) -> int:
    """The index of the character at an offset in units."""
    return len(utf16_slice(text, 0, at))


class TestLinks:
    def test_an_address_stands_behind_its_words(self):
        def link(offset: int, length: int, url: str) -> Span:
            return Span(kind="text_link", offset=offset, length=length, url=url)

        text = Text("🫖 чайник и чашка", (link(3, 6, "https://a.example"), link(12, 5, "https://b.example")))
        assert spelled_out(text) == Text("🫖 чайник (https://a.example) и чашка (https://b.example)")

    def test_an_address_that_is_its_own_words_is_not_repeated(self):
        link = Span(kind="text_link", offset=0, length=17, url="https://a.example/")
        assert spelled_out(Text("https://a.example", (link,))).plain == "https://a.example"

    def test_a_text_without_links_is_left_alone(self):
        text = Text("жирно", (Span(kind="bold", offset=0, length=5),))
        assert spelled_out(text) is text


def test_nothing_that_must_go_is_printable():
    """`clean` and `clean_name` leave what is printable as it is, without looking at each character."""
    printable = [chr(point) for point in range(sys.maxunicode + 1) if chr(point).isprintable()]
    assert all(_allowed(ch) for ch in printable)
    assert [ch for ch in printable if ch.isspace()] == [" "]
