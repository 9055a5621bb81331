"""What people type, checked and tidied. What may be sent is for the services to say."""

from .fields import Prose, Words
from .filters import EvidenceForm, HistoryForm, TrailForm
from .resend import ConfirmForm, ResendForm

__all__ = ["ConfirmForm", "EvidenceForm", "HistoryForm", "Prose", "ResendForm", "TrailForm", "Words"]
