//go:build tools

// Package tools pins the queue that Refit's runs wait in when it is tried with one.
package tools

import _ "sigs.k8s.io/kueue/cmd/kueue"
