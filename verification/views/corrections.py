"""What a preview's fields and buttons change in the paste that they came with.

line-<place>=<text>   the text of one entry, typed over
fix=<place>           take the likely correction for it
out=<place> <place>…  leave these out
"""

from django.http import QueryDict

from ..services.mending import Mending
from ..services.paste import read_paste
from ..services.request import MAX_ADDRESSES

FIELD, FIX, OUT = "line-", "fix", "out"


def corrected_form(sent: QueryDict) -> QueryDict:
    """The form with the corrections made in its paste; the very same one where there are none."""
    text = sent.get("paste", "")
    typed = {name.removeprefix(FIELD): str(sent[name]) for name in sent if name.startswith(FIELD)}
    suggested, left_out = sent.getlist(FIX), {place for places in sent.getlist(OUT) for place in places.split()}
    if not (typed or suggested or left_out):
        return sent
    mended = Mending(text, read_paste(text, limit=MAX_ADDRESSES).entries).mended(typed, suggested, left_out)
    if mended == text:
        return sent
    corrected = sent.copy()
    corrected["paste"] = mended
    return corrected
