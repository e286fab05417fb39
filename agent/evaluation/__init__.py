"""Measuring: what the agent finds on recordings, poses and pictures, against what is known to be so."""
