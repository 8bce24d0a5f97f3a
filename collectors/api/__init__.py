"""The HTTP collector: an ASGI app that takes events in and answers questions about them."""

from collectors.api.app import create_app, routes

__all__ = ["create_app", "routes"]
