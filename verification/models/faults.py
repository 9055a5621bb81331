"""Faults of the database that pass: it is away, full, busy, or can only be read until a failover is over."""

from django.db import InterfaceError, InternalError, OperationalError

DATABASE_AWAY = (OperationalError, InterfaceError, InternalError)
