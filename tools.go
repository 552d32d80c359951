//go:build tools

// Package contacts records the version of the generator in go.mod. This file is never built.
package contacts

import _ "github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen"
