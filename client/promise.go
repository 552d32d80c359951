package client

import (
	"errors"

	"github.com/oapi-codegen/nullable"

	"github.com/highlevel-contacts/contacts-go/gen"
)

// What can be missing from a success.
var (
	errNoContact  = errors.New("no contact in it")
	errNoContacts = errors.New("no list of contacts in it")
	errNotDone    = errors.New("it says that the operation did not succeed")
)

// checkPromise tells whether the decoded body of a success has what its operation promises.
func checkPromise(result any) error {
	switch result := result.(type) {
	case *gen.GetContactResult:
		return checkContact(&result.Contact)
	case *gen.CreateContactResult:
		return checkContact(&result.Contact)
	case *gen.UpsertContactResult:
		return checkContact(&result.Contact)
	case *gen.UpdateContactResult:
		if saysNo(result.Succeded) || saysNo(result.Succeeded) {
			return errNotDone
		}
		return checkContact(&result.Contact)
	case *gen.DeleteContactResult:
		if saysNo(result.Succeded) || saysNo(result.Succeeded) {
			return errNotDone
		}
	case *gen.ListContactsResult:
		return checkList(result.Contacts)
	case *gen.ListContactsByBusinessResult:
		return checkList(result.Contacts)
	}
	return nil
}

func checkContact(contact *Contact) error {
	if contact.ID == "" {
		return errNoContact
	}
	return nil
}

func checkList(contacts []Contact) error {
	if contacts == nil {
		return errNoContacts
	}
	return nil
}

// saysNo tells whether a spelling of success is there and false.
func saysNo(success nullable.Nullable[bool]) bool {
	done, err := success.Get()
	return err == nil && !done
}
