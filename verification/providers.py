"""The only place that builds a client from the settings."""

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from .aliyun.client import DomainClient
from .aliyun.signing import Credentials

REQUIRED = ("DOMAIN_API_ENDPOINT", "ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET")


def missing_settings() -> list[str]:
    """The settings without which nothing can be sent, and which are empty."""
    return [name for name in REQUIRED if not getattr(settings, name)]


def domain_client() -> DomainClient:
    """A client for the configured endpoint; each thread needs its own.

    Raises ImproperlyConfigured, saying what, when something is missing or wrong: there is no default endpoint or
    key, so nothing reaches the real service by accident.
    """
    missing = missing_settings()
    if missing:
        raise ImproperlyConfigured(f"Nothing can be sent: set {', '.join(missing)} in the environment.")
    try:
        return DomainClient(
            endpoint=settings.DOMAIN_API_ENDPOINT,
            credentials=Credentials(
                settings.ALIBABA_CLOUD_ACCESS_KEY_ID,
                settings.ALIBABA_CLOUD_ACCESS_KEY_SECRET,
                settings.ALIBABA_CLOUD_SECURITY_TOKEN,
            ),
            signature=settings.DOMAIN_API_SIGNATURE,
            connect_timeout=settings.RESEND_CONNECT_TIMEOUT,
            read_timeout=settings.RESEND_READ_TIMEOUT,
            proxy=settings.DOMAIN_API_PROXY,
            ca_bundle=settings.DOMAIN_API_CA_BUNDLE,
        )
    except ValueError as error:
        raise ImproperlyConfigured(f"Nothing can be sent, a setting is wrong. {error}") from None
