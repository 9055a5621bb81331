"""To the ticket system and back: where a ticket is read, and the link of a page of ours to paste into it."""

from urllib.parse import quote

from django import template
from django.conf import settings
from django.template import Context
from django.urls import reverse

register = template.Library()


@register.filter
def ticket_url(ticket: str) -> str:
    """The ticket's page in the ticket system; empty where none is configured.

    Tickets are typed by people: dots alone would lead up in the ticket system's paths, so they lead nowhere.
    """
    if not settings.TICKET_URL or not ticket.strip("."):
        return ""
    return str(settings.TICKET_URL).replace("{ticket}", quote(ticket, safe=""))


@register.simple_tag(takes_context=True)
def link_here(context: Context, name: str, named: str | int) -> str:
    """The whole address of a page that is named by a batch's name or an attempt's number."""
    return str(context["request"].build_absolute_uri(reverse(name, args=[named])))
