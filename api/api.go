// Package api holds the OpenAPI document of the contact operations, for tests and tools.
package api

import _ "embed"

// Contacts is the OpenAPI 3.0.3 document, api/contacts.yaml, as it was when the module was built.
// Do not modify it.
//
//go:embed contacts.yaml
var Contacts []byte
