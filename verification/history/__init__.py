"""The read side: filters, keyset pages, the figures of a batch and of a day, one address's past, exports.

Nothing here changes the record.
"""

from .address import attempts_of_key, first_attempt_of, newest_lookup
from .export import ExportRow, export_rows
from .files import csv_lines, json_lines, spreadsheet_lines
from .filters import Filters, page
from .keyset import Page
from .progress import Progress, progress
from .today import Today, today

__all__ = [
    "ExportRow",
    "Filters",
    "Page",
    "Progress",
    "Today",
    "attempts_of_key",
    "csv_lines",
    "export_rows",
    "first_attempt_of",
    "json_lines",
    "newest_lookup",
    "page",
    "progress",
    "spreadsheet_lines",
    "today",
]
