"""What people paste, and why they send to it."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.formats import localize
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from ..models import Batch, Language
from ..services.addresses import Address, Rejected
from ..services.paste import Paste, read_paste
from ..services.request import MAX_ADDRESSES
from .fields import Prose, Words

# Faults shown at the field when there is nothing but faults.
SHOWN_FAULTS = 3


class ResendForm(forms.Form):
    """A paste and the reason for sending to it. A valid one holds at least one valid address."""

    use_required_attribute = False

    paste = forms.CharField(
        label=_("Addresses"),
        strip=False,
        help_text=_("As they come: one or thousands, with names, commas, line breaks, a column of a spreadsheet."),
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false", "autocapitalize": "off"}),
        error_messages={"required": _("Paste at least one address.")},
    )
    reason = Prose(
        label=_("Reason"),
        help_text=_("Stays with the record: what the customer reported, for instance."),
        error_messages={"required": _("Say why: the reason stays with the record.")},
    )
    ticket = Words(label=_("Ticket"), longest=64, required=False)
    lang = forms.ChoiceField(
        label=_("Language of the provider's answer"), choices=Language.choices, initial=Language.EN
    )
    override_reason = Prose(label=_("Send to them all the same, because"), required=False)
    resend_of = forms.ModelChoiceField(
        Batch.objects.all(),
        to_field_name="ref",
        required=False,
        widget=forms.HiddenInput,
        error_messages={
            "invalid_choice": _("The batch that this one would follow is not on record; it stands by itself now.")
        },
    )

    def __init__(self, *args: Any, may_override: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_override:
            del self.fields["override_reason"]
        # The reader of pastes rejects control characters line by line, in words.
        self.fields["paste"].validators.clear()

    def clean_paste(self) -> Paste:
        paste = read_paste(self.cleaned_data["paste"], limit=MAX_ADDRESSES)
        if paste.too_many:
            raise ValidationError(
                _("A batch takes %(limit)s addresses at most, and there are more here. Split it into several."),
                params={"limit": localize(MAX_ADDRESSES)},
            )
        if not any(isinstance(entry.result, Address) for entry in paste.entries):
            raise ValidationError(_faults(paste))
        return paste


_BROKEN_PREVIEW = dict.fromkeys(
    ("required", "invalid", "max_length", "null_characters_not_allowed"),
    _("The preview did not come back whole. Look at it once more, then confirm."),
)


class ConfirmForm(ResendForm):
    """The same once more, with the digest of the preview that was confirmed and the key of the page it stood on."""

    digest = forms.CharField(max_length=64, widget=forms.HiddenInput, error_messages=_BROKEN_PREVIEW)
    form_key = forms.UUIDField(widget=forms.HiddenInput, error_messages=_BROKEN_PREVIEW)


def _faults(paste: Paste) -> list[str]:
    rejected = [(entry.line, entry.result) for entry in paste.entries if isinstance(entry.result, Rejected)]
    if not rejected:
        return [str(_("There is no address in it."))]
    said = [
        _("Line %(line)s: “%(text)s” can't be sent to: %(why)s.")
        % {"line": localize(line), "text": _short(result.text), "why": result.why}
        for line, result in rejected[:SHOWN_FAULTS]
    ]
    more = len(rejected) - len(said)
    if more:
        said.append(
            ngettext("%(more)s more line is no address either.", "%(more)s more are no addresses either.", more)
            % {"more": localize(more)}
        )
    return said


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:59]}…"
