// Package contacts is the root of the Go client for the HighLevel Contacts API. It holds no code: import
// github.com/highlevel-contacts/contacts-go/client.
//
// The API is described in api/contacts.yaml, from which package gen is generated.
package contacts

//go:generate go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen -config api/oapi-codegen.yaml api/contacts.yaml
