// Package contacts is the root of the Go client for the HighLevel Contacts API. It has no code.
// Import github.com/highlevel-contacts/contacts-go/client instead.
//
// The API is described in api/contacts.yaml, from which package gen is generated.
package contacts

//go:generate go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen -config api/oapi-codegen.yaml api/contacts.yaml
