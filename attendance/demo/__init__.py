"""The demo school: real faces that anybody can install, invented names, a term of history."""
