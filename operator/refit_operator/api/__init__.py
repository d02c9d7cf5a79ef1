"""The API: the two kinds, their conditions, and the CRDs generated from them. Pure."""
