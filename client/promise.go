package client

import (
	"cmp"
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
		return need(result.Contact.ID != "", errNoContact)
	case *gen.CreateContactResult:
		return need(result.Contact.ID != "", errNoContact)
	case *gen.UpsertContactResult:
		return need(result.Contact.ID != "", errNoContact)
	case *gen.UpdateContactResult:
		return cmp.Or(need(!saysNo(result.Succeded) && !saysNo(result.Succeeded), errNotDone), need(result.Contact.ID != "", errNoContact))
	case *gen.DeleteContactResult:
		return need(!saysNo(result.Succeded) && !saysNo(result.Succeeded), errNotDone)
	}
	list := listOf(result)
	return need(list == nil || *list != nil, errNoContacts)
}

func need(there bool, missing error) error {
	if there {
		return nil
	}
	return missing
}

// saysNo tells whether a spelling of success is there and false.
func saysNo(success nullable.Nullable[bool]) bool {
	done, err := success.Get()
	return err == nil && !done
}
