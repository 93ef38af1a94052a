"""Scores over HTTP: a server for trainers that run elsewhere, and its client."""

from spatialenv.serving.client import RemoteScore, ScoreClient
from spatialenv.serving.remote import RemoteReward
from spatialenv.serving.server import serve
from spatialenv.serving.settings import ServerSettings

__all__ = ["RemoteReward", "RemoteScore", "ScoreClient", "ServerSettings", "serve"]
