"""From tracks to incidents: scene -> rules (pure, one function each) -> signs -> engine -> incidents opened and closed."""
