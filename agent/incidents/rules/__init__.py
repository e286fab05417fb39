"""The rules in force, one pure function each: a new rule is a module here and a line in RULES; the engine knows no names."""

from __future__ import annotations

from agent.incidents.rules.after_closing import after_closing
from agent.incidents.rules.camera import camera_fault
from agent.incidents.rules.collapse import collapse
from agent.incidents.rules.concealment import concealment
from agent.incidents.rules.damage import damage
from agent.incidents.rules.entry_without_code import entry_without_code
from agent.incidents.rules.forced_till import forced_till
from agent.incidents.rules.intrusion import intrusion
from agent.incidents.rules.left_object import left_object
from agent.incidents.rules.loitering import loitering
from agent.incidents.rules.staff_only import staff_only
from agent.incidents.rules.swept import swept
from agent.incidents.rules.tailgating import tailgating
from agent.incidents.rules.too_many import too_many
from agent.incidents.rules.unpaid import unpaid
from agent.incidents.rules.violence import violence
from agent.incidents.scene import Rule

RULES: tuple[Rule, ...] = (
    intrusion,
    after_closing,
    staff_only,
    unpaid,
    swept,
    concealment,
    forced_till,
    damage,
    violence,
    collapse,
    left_object,
    loitering,
    too_many,
    tailgating,
    entry_without_code,
    camera_fault,
)
