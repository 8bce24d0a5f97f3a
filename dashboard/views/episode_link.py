"""The way to one episode, which the address names."""

from dashboard.numbered import Numbered

ONE = Numbered("episode")
