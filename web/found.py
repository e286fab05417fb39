"""What an address names, or a plain "there is no such page".

Comes in: the id of an incident, from a page's address. Goes out: its row.
"""

from __future__ import annotations

from flask import abort

from agent.panel import IncidentRow
from web.security import panel


def find_incident(incident_id: str) -> IncidentRow:
    """Raises 404 where there is none."""
    row = panel().incident(incident_id)
    if row is None:
        abort(404)
    return row
