"""Processes that work for this one, behind a socket: what may crash, hang or leak is never in the caller's process."""

from spatialenv.workers.wire import Message, receive, send

__all__ = ["Message", "receive", "send"]
