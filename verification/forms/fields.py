"""The fields of which several forms are made."""

import re
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.utils.formats import localize
from django.utils.translation import gettext_lazy as _

no_control_characters = RegexValidator(
    # Line breaks and tabs are what a text field holds; other control characters are not for people's eyes.
    re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]"),
    _("There is a control character in it, perhaps from copying. Type that place anew."),
    inverse_match=True,
)


class Words(forms.CharField):
    """Free text of a person. The page sets no `maxlength`: a browser would cut a paste without a word."""

    def __init__(self, *, longest: int, **kwargs: Any) -> None:
        self.longest = longest
        super().__init__(validators=[no_control_characters], **kwargs)

    def validate(self, value: str) -> None:
        super().validate(value)
        if len(value) > self.longest:
            raise ValidationError(
                _("This takes %(longest)s characters at most; you typed %(typed)s."),
                code="too_long",
                params={"longest": localize(self.longest), "typed": localize(len(value))},
            )


class Prose(Words):
    """A sentence or two, kept with the record."""

    widget = forms.Textarea(attrs={"rows": 2})

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(longest=500, **kwargs)


class _DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class Day(forms.DateField):
    widget = _DayInput
    # Days beside these can't be moved into every time zone; no attempt lies there.
    default_validators = [MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2999, 12, 31))]
