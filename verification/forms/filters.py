"""What people look for in the record, and by which days."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ..history import BUT_LOOKUPS, Filters, TrailFilters
from ..models import Attempt, Batch, EventName, Status
from ..services.addresses import key_of
from ..services.dossier import Wanted
from ..services.leaves import fingerprint
from .fields import Day, Words


class _PeriodForm(forms.Form):
    """A form with a period as its last fields: whole days in the desk's zone, the last one included."""

    use_required_attribute = False

    since = Day(label=pgettext_lazy("first day", "From"), required=False)
    until = Day(label=pgettext_lazy("last day", "To"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.own_fields = [name for name in self.fields if name not in ("since", "until")]
        self.order_fields(self.own_fields)

    def period(self) -> tuple[datetime | None, datetime | None]:
        """The first moment of a valid form's period, and the first one behind it."""
        last = self.cleaned_data["until"]
        return _midnight(self.cleaned_data["since"]), _midnight(last and last + timedelta(days=1))

    def said(self) -> dict[str, str]:
        """The URL parameters that fill the form in this way again."""
        return {name: str(value) for name, value in getattr(self, "cleaned_data", {}).items() if value}


class HistoryForm(_PeriodForm):
    """What to look for."""

    address = Words(
        label=_("Address"), longest=320, required=False, help_text=_("A * at the end finds all that begin so.")
    )
    domain = Words(label=_("Domain"), longest=255, required=False)
    status = forms.ChoiceField(label=_("Status"), choices=[("", _("any")), *Status.choices], required=False)
    code = Words(label=_("Code"), longest=100, required=False)
    operator = Words(label=_("Asked by"), longest=150, required=False)
    ticket = Words(label=_("Ticket"), longest=64, required=False)
    batch = Words(label=_("Batch"), longest=12, required=False)

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
        words = {name: said[name] for name in self.own_fields}
        if self.whole_addresses and said["address"]:
            words |= {"address": "", "fingerprint": fingerprint(key_of(said["address"]))}
        since, until = self.period()
        return Filters(**words, since=since, until=until)


class TrailForm(_PeriodForm):
    """What to look for in the audit trail."""

    person = Words(label=_("Person"), longest=150, required=False)
    action = forms.ChoiceField(
        label=pgettext_lazy("event", "What happened"),
        choices=[("", _("any")), (BUT_LOOKUPS, _("any but ended lookups")), *EventName.choices],
        required=False,
    )
    batch = Words(label=_("Batch"), longest=12, required=False)
    ticket = Words(label=_("Ticket"), longest=64, required=False)
    source = forms.GenericIPAddressField(label=_("From address"), required=False)

    def filters(self) -> TrailFilters:
        """The filters of a valid form."""
        since, until = self.period()
        words = {name: self.cleaned_data[name] for name in self.own_fields}
        return TrailFilters(**words, since=since, until=until)


class EvidenceForm(_PeriodForm):
    """Of what evidence is to be taken out: one batch, one address, or a period of whole days."""

    batch = Words(label=_("Batch"), longest=12, required=False)
    address = Words(label=_("Address"), longest=320, required=False, help_text=_("The whole address."))

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
        return Wanted(self.cleaned_data["batch"], self.cleaned_data["address"], *self.period(), in_full)


def _midnight(day: date | None) -> datetime | None:
    return timezone.make_aware(datetime.combine(day, time.min)) if day else None
