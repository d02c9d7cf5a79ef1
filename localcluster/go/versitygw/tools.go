//go:build tools

// Package tools pins the S3 server that the trainer's tests meet.
package tools

import _ "github.com/versity/versitygw/cmd/versitygw"
