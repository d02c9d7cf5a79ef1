//go:build tools

// Package tools pins the volume provisioner of the local cluster.
package tools

import _ "github.com/rancher/local-path-provisioner"
