"""A stand-in for the Domain API on this machine: a server for development, demonstration and tests.

It is never a fallback: nothing goes to it unless it is configured as the endpoint. In a program::

    with SandboxServer(Sandbox(Options(quota=3))) as server:
        ...  # talk to server.url
        server.sandbox.sends()
"""

from verification.aliyun.sandbox.faults import Behaviour, by_local_part
from verification.aliyun.sandbox.gateway import Sandbox
from verification.aliyun.sandbox.journal import Request
from verification.aliyun.sandbox.options import Dates, Options, Shape, parse_zone
from verification.aliyun.sandbox.server import SandboxServer
from verification.aliyun.sandbox.state import Record, Send

__all__ = [
    "Behaviour",
    "Dates",
    "Options",
    "Record",
    "Request",
    "Sandbox",
    "SandboxServer",
    "Send",
    "Shape",
    "by_local_part",
    "parse_zone",
]
