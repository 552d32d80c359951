//go:build tools

// Package contacts pins the generator in go.mod; nothing is built from this file.
package contacts

import _ "github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen"
