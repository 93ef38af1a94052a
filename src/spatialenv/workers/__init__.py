"""Processes that work for this one, behind a socket: what may crash, hang or leak is never in the caller's process."""

from spatialenv.workers.pool import WorkerPool
from spatialenv.workers.process import Worker
from spatialenv.workers.wire import Message, receive, send

__all__ = ["Message", "Worker", "WorkerPool", "receive", "send"]
