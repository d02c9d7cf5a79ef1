"""Which runs have a place: as many train at once as the administrator allows, the others wait in a fair order."""
