"""The words users write: the two kinds, their conditions, and the CRDs generated from them. Pure."""
