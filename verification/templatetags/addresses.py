"""Addresses, and text that may name one: in full for who has the right to see them so, masked for others."""

from django import template
from django.template import Context
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from ..services.masking import masked, masked_text

register = template.Library()


@register.simple_tag(takes_context=True)
def shown(context: Context, email: str) -> SafeString:
    """An address, which a narrow screen breaks at its joints, not in the middle of a word; or that it was erased."""
    if not email:
        return SafeString(escape(_("(address erased)")))
    seen = email if context["sees_addresses"] else masked(email)
    return mark_safe(escape(seen).replace("@", "<wbr>@").replace(".", ".<wbr>"))


@register.simple_tag(takes_context=True)
def plain_address(context: Context, email: str) -> str:
    """An address where no markup may stand: in a page's title, in a hidden field."""
    return email if context["sees_addresses"] or not email else masked(email)


@register.simple_tag(takes_context=True)
def said(context: Context, text: str) -> str:
    """What the provider or a person wrote."""
    return text if context["sees_addresses"] else masked_text(text)
