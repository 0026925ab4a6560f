"""The privacy notice and the starter of an impact assessment, drawn from a school's own settings."""
