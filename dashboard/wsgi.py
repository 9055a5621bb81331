"""The door for the web server (`gunicorn --config dashboard/gunicorn.py dashboard.wsgi`)."""

import os

from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")

application = get_wsgi_application()

from django.conf import settings  # noqa: E402  (settings can be read only after the line above)

# Every page says where mails go; a desk that doesn't know it must not open. The key is the worker's alone.
if not settings.DOMAIN_API_ENDPOINT:
    raise ImproperlyConfigured("Set DOMAIN_API_ENDPOINT in the environment: where is the Domain API?")
