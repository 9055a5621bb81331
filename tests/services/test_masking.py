"""Masking: enough of an address to talk about it, too little to write to it."""

import pytest

from verification.services.masking import masked, masked_text


@pytest.mark.parametrize(
    ("email", "seen"),
    [
        ("alan@example.com", "a…n@example.com"),
        ("bob@例子.中国", "b…b@例子.中国"),
        ("al@example.com", "…@example.com"),
        ("a@example.com", "…@example.com"),
        ('"a b"@example.com', '"…"@example.com'),
        ("张伟明@example.com", "张…明@example.com"),
        ("no address", "…"),
        ("", ""),
    ],
)
def test_of_the_local_part_only_the_ends_are_seen(email: str, seen: str) -> None:
    assert masked(email) == seen


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("Mail to o'brien@example.com.", "Mail to o…n@example.com."),
        ("to=mary=jane@example.com", "t…e@example.com"),
        ("客户 alan＠example.com 说", "客户 a…n@example.com 说"),
        ("https://aliyun.com/?email=alan%40example.com", "https:/…n@example.com"),
        ("'alan@example.com'", "'…n@example.com'"),
    ],
)
def test_in_a_text_no_part_of_a_local_part_is_left_over(text: str, seen: str) -> None:
    assert masked_text(text) == seen


def test_addresses_within_a_text_are_masked_and_the_rest_is_left() -> None:
    text = "Email [alan@example.com] is illegal; see also zoe.b@例子.中国."

    assert masked_text(text) == "Email [a…n@example.com] is illegal; see also z…b@例子.中国."
    assert masked_text("Nothing of that kind") == "Nothing of that kind"
