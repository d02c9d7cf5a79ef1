//go:build tools

// Package tools pins the controllers of Flux that reconcile a target while Refit promotes.
package tools

import (
	_ "github.com/fluxcd/kustomize-controller"
	_ "github.com/fluxcd/source-controller"
)
