"""Addresses as people see them who have no right to see them in full."""

import re

# Some signs that set an address off may stand in its local part too: rather too much is masked than a part left over.
_LIKE_AN_ADDRESS = re.compile(r"[^\s<>\"(),:;\[\]]+(?:@|＠|%40)[^\s<>\"'(),:;=\[\]]+", re.IGNORECASE)
_AT = re.compile("＠|%40")


def masked(email: str) -> str:
    """`alan@example.com` as `a…n@example.com`; of a local part of up to two letters nothing is left."""
    local, at, domain = email.rpartition("@")
    if not at:
        return "…" if email else ""
    return f"{local[0]}…{local[-1]}@{domain}" if len(local) > 2 else f"…@{domain}"


def masked_text(text: str) -> str:
    """Text of a person or of the provider, with whatever looks like an address masked."""
    return _LIKE_AN_ADDRESS.sub(lambda found: masked(_AT.sub("@", found[0])), text)
