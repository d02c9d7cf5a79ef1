"""The demo: a served classifier meets traffic it wasn't trained for, and is retrained by the operator alone."""
