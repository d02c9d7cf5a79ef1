//go:build tools

// Package tools pins kind; its release names the node image in kind.py.
package tools

import _ "sigs.k8s.io/kind"
