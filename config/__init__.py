"""The settings that Ansim comes with: `default.toml`, annotated. Data only; `agent.config` reads it."""
