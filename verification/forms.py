"""What people type, checked and tidied. What may be sent is for the services to say."""

import re
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.utils import timezone
from django.utils.formats import localize
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from .history import Filters, TrailFilters
from .models import Attempt, Batch, EventName, Language, Status
from .services.addresses import Address, Rejected, key_of
from .services.dossier import Wanted
from .services.leaves import fingerprint
from .services.paste import Paste, read_paste
from .services.request import MAX_ADDRESSES

# Faults shown at the field when there is nothing but faults.
SHOWN_FAULTS = 3

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


class _DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class _Day(forms.DateField):
    widget = _DayInput
    # Days beside these can't be moved into every time zone; no attempt lies there.
    default_validators = [MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2999, 12, 31))]


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
    reason = Words(
        label=_("Reason"),
        help_text=_("Stays with the record: what the customer reported, for instance."),
        longest=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Say why: the reason stays with the record.")},
    )
    ticket = Words(label=_("Ticket"), longest=64, required=False)
    lang = forms.ChoiceField(
        label=_("Language of the provider's answer"), choices=Language.choices, initial=Language.EN
    )
    override_reason = Words(
        label=_("Send to them all the same, because"),
        longest=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
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


class HistoryForm(forms.Form):
    """What to look for. Days are whole days in the desk's zone, the last one included."""

    use_required_attribute = False

    address = Words(
        label=_("Address"), longest=320, required=False, help_text=_("A * at the end finds all that begin so.")
    )
    domain = Words(label=_("Domain"), longest=255, required=False)
    status = forms.ChoiceField(label=_("Status"), choices=[("", _("any")), *Status.choices], required=False)
    code = Words(label=_("Code"), longest=100, required=False)
    operator = Words(label=_("Asked by"), longest=150, required=False)
    ticket = Words(label=_("Ticket"), longest=64, required=False)
    batch = Words(label=_("Batch"), longest=12, required=False)
    since = _Day(label=pgettext_lazy("first day", "From"), required=False)
    until = _Day(label=pgettext_lazy("last day", "To"), required=False)

    def __init__(self, *args: Any, whole_addresses: bool = False, **kwargs: Any) -> None:
        """`whole_addresses` leaves out the search by a beginning, by which masked addresses could be spelt out."""
        super().__init__(*args, **kwargs)
        self.whole_addresses = whole_addresses
        if whole_addresses:
            self.fields["address"].help_text = _("The whole address.")

    def clean_address(self) -> str:
        address: str = self.cleaned_data["address"]
        if self.whole_addresses and address.rstrip().endswith("*"):
            raise ValidationError(_("Your sign-in sees addresses masked, so it finds whole addresses only."))
        return address

    def filters(self) -> Filters:
        """The filters of a valid form."""
        said = self.cleaned_data
        words = {name: said[name] for name in self.fields if name not in ("since", "until")}
        if self.whole_addresses and said["address"]:
            words |= {"address": "", "fingerprint": fingerprint(key_of(said["address"]))}
        day_after = said["until"] and said["until"] + timedelta(days=1)
        return Filters(**words, since=_midnight(said["since"]), until=_midnight(day_after))

    def said(self) -> dict[str, str]:
        """The URL parameters that fill the form in this way again."""
        return {name: str(value) for name, value in getattr(self, "cleaned_data", {}).items() if value}


class TrailForm(forms.Form):
    """What to look for in the audit trail. Days are whole days in the desk's zone, the last one included."""

    use_required_attribute = False

    person = Words(label=_("Person"), longest=150, required=False)
    action = forms.ChoiceField(
        label=pgettext_lazy("event", "What happened"), choices=[("", _("any")), *EventName.choices], required=False
    )
    batch = Words(label=_("Batch"), longest=12, required=False)
    ticket = Words(label=_("Ticket"), longest=64, required=False)
    source = forms.GenericIPAddressField(label=_("From address"), required=False)
    since = _Day(label=pgettext_lazy("first day", "From"), required=False)
    until = _Day(label=pgettext_lazy("last day", "To"), required=False)

    def filters(self) -> TrailFilters:
        """The filters of a valid form."""
        said = self.cleaned_data
        words = {name: said[name] for name in self.fields if name not in ("since", "until")}
        day_after = said["until"] and said["until"] + timedelta(days=1)
        return TrailFilters(**words, since=_midnight(said["since"]), until=_midnight(day_after))

    def said(self) -> dict[str, str]:
        """The URL parameters that fill the form in this way again."""
        return {name: str(value) for name, value in getattr(self, "cleaned_data", {}).items() if value}


class EvidenceForm(forms.Form):
    """Of what evidence is to be taken out: one batch, one address, or a period of whole days."""

    use_required_attribute = False

    batch = Words(label=_("Batch"), longest=12, required=False)
    address = Words(label=_("Address"), longest=320, required=False, help_text=_("The whole address."))
    since = _Day(label=pgettext_lazy("first day", "From"), required=False)
    until = _Day(label=pgettext_lazy("last day", "To"), required=False)

    def clean_batch(self) -> Batch | None:
        ref: str = self.cleaned_data["batch"]
        found = Batch.objects.filter(ref=ref.strip()).first()
        if ref and found is None:
            raise ValidationError(_("There is no batch of this name."))
        return found

    def clean_address(self) -> str:
        key = key_of(self.cleaned_data["address"]) if self.cleaned_data["address"] else ""
        if key and not Attempt.objects.filter(key=key).exists():
            raise ValidationError(_("Nobody has asked for this address."))
        return key

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        period = bool(said.get("since") or said.get("until"))
        if not self.errors and sum(map(bool, (said["batch"], said["address"], period))) != 1:
            raise ValidationError(_("Name a batch, or an address, or a period: one of the three."))
        return said

    def wanted(self, *, in_full: bool) -> Wanted:
        """What a valid form asks for."""
        said = self.cleaned_data
        day_after = said["until"] and said["until"] + timedelta(days=1)
        return Wanted(said["batch"], said["address"], _midnight(said["since"]), _midnight(day_after), in_full)


def _midnight(day: date | None) -> datetime | None:
    return timezone.make_aware(datetime.combine(day, time.min)) if day else None


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
