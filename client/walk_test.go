package client_test

import (
	"iter"

	"github.com/highlevel-contacts/contacts-go/client"
)

// firstError ranges over a walk and returns its first error.
func firstError(walk iter.Seq2[*client.Contact, error]) error {
	for _, err := range walk {
		if err != nil {
			return err
		}
	}
	return nil
}
