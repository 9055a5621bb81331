"""How the sandbox reads and compares addresses."""

from collections.abc import Mapping

from verification.aliyun.sandbox.refusals import Refused, missing


def asked_for(params: Mapping[str, str]) -> list[str]:
    """Split the ``Email`` parameter at its commas, each address as it was written.

    Blanks around a comma stay: whether the service trims them is not documented. Raises Refused for a missing
    parameter and for an empty place between commas.
    """
    if not params.get("Email"):
        raise missing("Email")
    addresses = params["Email"].split(",")
    if not all(addresses):
        raise Refused("ParameterIllegal")
    return addresses


def address_key(email: str) -> str:
    """Return what two spellings of one address share: lower case, the domain in ASCII."""
    local, _, domain = email.lower().rpartition("@")
    try:
        return f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:  # An empty or overlong label: no domain, so nothing to translate.
        return f"{local}@{domain}"


def is_address(email: str) -> bool:
    """Refuse only what can't be an address at all: the service's own rules are not documented."""
    local, _, domain = email.rpartition("@")
    return bool(local and domain) and email == email.strip() and email.isprintable()
