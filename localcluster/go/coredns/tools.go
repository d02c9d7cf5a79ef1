//go:build tools

// Package tools pins the DNS server of the local cluster.
package tools

import _ "github.com/coredns/coredns"
