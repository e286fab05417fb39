"""The rules in force, one pure function each: a new rule is a module here and a line in RULES; the engine knows no names."""

from __future__ import annotations

from agent.incidents.rules.camera import camera_fault
from agent.incidents.rules.intrusion import intrusion
from agent.incidents.rules.loitering import loitering
from agent.incidents.rules.staff_only import staff_only
from agent.incidents.rules.too_many import too_many
from agent.incidents.scene import Rule

RULES: tuple[Rule, ...] = (intrusion, staff_only, loitering, too_many, camera_fault)
