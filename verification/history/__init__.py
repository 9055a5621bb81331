"""The read side: filters, keyset pages, figures, what needs a person, one address's past, exports.

Nothing here changes the record.
"""

from .address import first_attempt_of, story_of
from .approvals import approvers, to_decide, waiting, was_rejected
from .attention import Attention, attention
from .export import ExportRow, export_rows
from .figures import Figures, figures
from .files import csv_lines, json_lines, spreadsheet_lines
from .filters import Filters, page
from .keyset import Page
from .progress import Progress, progress
from .today import Today, today
from .trail import BUT_LOOKUPS, TrailFilters, TrailNames, TrailPage, TrailRow, trail_page, trail_rows

__all__ = [
    "BUT_LOOKUPS",
    "Attention",
    "ExportRow",
    "Figures",
    "Filters",
    "Page",
    "Progress",
    "Today",
    "TrailFilters",
    "TrailNames",
    "TrailPage",
    "TrailRow",
    "approvers",
    "attention",
    "csv_lines",
    "export_rows",
    "figures",
    "first_attempt_of",
    "json_lines",
    "page",
    "progress",
    "spreadsheet_lines",
    "story_of",
    "to_decide",
    "today",
    "trail_page",
    "trail_rows",
    "waiting",
    "was_rejected",
]
