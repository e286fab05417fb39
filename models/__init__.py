"""What Ansim knows of detection models: `manifest.json` and, later, weights of our own. Data only; `agent.models` reads it."""
