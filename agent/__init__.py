"""Ansim: an agent that masks every person at the camera, notices theft and damage, and keeps evidence that verifies."""

__version__ = "0.1.0"
