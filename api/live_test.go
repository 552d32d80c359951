package api_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/highlevel-contacts/contacts-go/client"
)

// TestLive compares the responses of the real API with the document: "make live". It only reads. With LIVE=write it also
// creates a contact, changes it and deletes it.
func TestLive(t *testing.T) {
	t.Parallel()
	token, location := os.Getenv("HIGHLEVEL_TOKEN"), os.Getenv("HIGHLEVEL_LOCATION")
	if token == "" || location == "" {
		t.Skip("set HIGHLEVEL_TOKEN, a private integration token, and HIGHLEVEL_LOCATION, the ID of its location; LIVE=write also writes")
	}
	c, err := client.New(client.StaticToken(token), client.WithLocation(location))
	if err != nil {
		t.Fatal(err)
	}
	for _, difference := range callAll(t, c, os.Getenv("LIVE") == "write") {
		t.Error(difference)
	}
}

// account is a location, and what the calls so far have found in it, by name: the contact and its email, a business, the
// cursor of the next page, the test's own contact and its email.
type account struct {
	*client.ContactsService
	found map[string]string
}

// calls are made in this order. A call is skipped if the location does not have what it needs.
var calls = []struct {
	operation, name string
	write           bool
	needs           string
	call            func(ctx context.Context, a *account, r client.CallOption) error
}{
	{"getContacts", "first page", false, "", func(ctx context.Context, a *account, r client.CallOption) error {
		return a.observe(a.List(ctx, client.ListRequest{Limit: 20}, r))
	}},
	{"getContacts", "next page", false, "next", func(ctx context.Context, a *account, r client.CallOption) error {
		return a.observe(a.List(ctx, client.ListRequest{Limit: 20, After: client.Cursor(a.found["next"])}, r))
	}},
	{"searchContacts", "first page", false, "", func(ctx context.Context, a *account, r client.CallOption) error {
		return a.observe(a.Search(ctx, client.SearchRequest{Limit: 20}, r))
	}},
	{"searchContacts", "next page", false, "next", func(ctx context.Context, a *account, r client.CallOption) error {
		return a.observe(a.Search(ctx, client.SearchRequest{Limit: 20, After: client.Cursor(a.found["next"])}, r))
	}},
	{"getContact", "", false, "contact", func(ctx context.Context, a *account, r client.CallOption) error {
		return only(a.Get(ctx, a.found["contact"], r))
	}},
	{"getContact", "unknown", false, "", func(ctx context.Context, a *account, r client.CallOption) error {
		return notFound(a.Get(ctx, "aaaaaaaaaaaaaaaaaaaa", r))
	}},
	{"findDuplicateContact", "", false, "email", func(ctx context.Context, a *account, r client.CallOption) error {
		return only(a.FindDuplicate(ctx, client.DuplicateQuery{Email: a.found["email"]}, r))
	}},
	{"findDuplicateContact", "none", false, "", func(ctx context.Context, a *account, r client.CallOption) error {
		return notFound(a.FindDuplicate(ctx, client.DuplicateQuery{Email: newEmail()}, r))
	}},
	{"getContactsByBusinessId", "", false, "business", func(ctx context.Context, a *account, r client.CallOption) error {
		return only(a.ListByBusiness(ctx, a.found["business"], client.BusinessListRequest{}, r))
	}},
	{"getCustomFields", "", false, "", func(ctx context.Context, a *account, r client.CallOption) error {
		return only(a.CustomFields(ctx, "", r))
	}},
	{"createContact", "", true, "", func(ctx context.Context, a *account, r client.CallOption) error {
		a.found["own email"] = newEmail()
		own, err := a.Create(ctx, client.CreateContactRequest{FirstName: "Live", LastName: "Test", Email: a.found["own email"]}, r)
		if err == nil {
			a.found["own contact"] = own.ID
		}
		return err
	}},
	{"updateContact", "", true, "own contact", func(ctx context.Context, a *account, r client.CallOption) error {
		return only(a.Update(ctx, a.found["own contact"], client.UpdateContactRequest{City: client.Set("Oslo")}, r))
	}},
	{"upsertContact", "", true, "own contact", func(ctx context.Context, a *account, r client.CallOption) error {
		return only(a.Upsert(ctx, client.UpsertContactRequest{Email: client.Set(a.found["own email"]), City: client.Set("Rome")}, r))
	}},
	{"addTags", "", true, "own contact", func(ctx context.Context, a *account, r client.CallOption) error {
		return only(a.AddTags(ctx, a.found["own contact"], []string{"live-test"}, r))
	}},
	{"removeTags", "", true, "own contact", func(ctx context.Context, a *account, r client.CallOption) error {
		return only(a.RemoveTags(ctx, a.found["own contact"], []string{"live-test", "absent"}, r))
	}},
	{"deleteContact", "", true, "own contact", func(ctx context.Context, a *account, r client.CallOption) error {
		return a.Delete(ctx, a.found["own contact"], r)
	}},
	{"getContact", "deleted", true, "own contact", func(ctx context.Context, a *account, r client.CallOption) error {
		return notFound(a.Get(ctx, a.found["own contact"], r))
	}},
}

func newEmail() string {
	return "contacts-go-" + strconv.FormatInt(time.Now().UnixNano(), 36) + "@example.com"
}

func only[T any](_ T, err error) error { return err }

func notFound(_ *client.Contact, err error) error {
	if errors.Is(err, client.ErrNotFound) {
		return nil
	}
	return fmt.Errorf("got %w, want %w", err, client.ErrNotFound)
}

// observe selects what later calls need from a page.
func (a *account) observe(page *client.Page, err error) error {
	if err != nil {
		return err
	}
	a.found["next"] = string(page.Next)
	for _, contact := range page.Contacts {
		for name, value := range map[string]string{"contact": contact.ID, "email": contact.Email, "business": contact.BusinessID} {
			a.found[name] = cmp.Or(a.found[name], value)
		}
	}
	return nil
}

// callAll calls every operation, and returns how the responses differ from the document: by JSON pointer, without values. A
// difference that several elements of a list have is listed once.
func callAll(t *testing.T, c *client.Client, writes bool) []string {
	t.Helper()
	a := &account{c.Contacts, map[string]string{}}
	defer func() {
		if own := a.found["own contact"]; own != "" {
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			if err := c.Contacts.Delete(ctx, own); err != nil && !errors.Is(err, client.ErrNotFound) {
				t.Errorf("the contact of the test was not deleted: %v", err)
			}
		}
	}()
	var differences []string
	for _, call := range calls {
		at := strings.TrimSpace(call.operation + " " + call.name)
		switch {
		case call.write && !writes:
			continue
		case call.needs != "" && a.found[call.needs] == "":
			t.Logf("%s: skipped without %s", at, call.needs)
			continue
		}
		var response client.Response
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		if err := call.call(ctx, a, client.WithResponseInto(&response)); err != nil {
			differences = append(differences, fmt.Sprintf("%s: %v", at, err))
		}
		cancel()
		for _, difference := range compare(t, call.operation, &response) {
			differences = append(differences, at+": "+difference)
		}
		t.Logf("%s: status %d", at, response.StatusCode)
	}
	return differences
}

// compare returns the differences between a response and the document.
func compare(t *testing.T, operation string, response *client.Response) []string {
	t.Helper()
	if response.StatusCode == 0 {
		return nil
	}
	status := strconv.Itoa(response.StatusCode)
	if response.StatusCode/100 == 2 {
		status = "2XX"
	}
	op, _, _, _ := find(t, operation)
	if documented := op.Responses.Value(status); documented == nil || documented.Value.Content.Get("application/json") == nil {
		return []string{"status " + status + " is not documented"}
	}
	var body any
	if json.Unmarshal(response.Body, &body) != nil {
		return []string{"the body is not JSON"}
	}
	schema, found := schemaOf(t, operation, status), map[string]bool{}
	var mismatches openapi3.MultiError
	if err := schema.VisitJSON(body, openapi3.MultiErrors(), openapi3.EnableFormatValidation()); err != nil && !errors.As(err, &mismatches) {
		mismatches = openapi3.MultiError{err}
	}
	for _, mismatch := range mismatches {
		if e, ok := errors.AsType[*openapi3.SchemaError](mismatch); ok {
			found[pattern(e.JSONPointer()...)+" does not match the schema: "+e.SchemaField] = true
		}
	}
	for _, drift := range response.Drift {
		found[pattern(strings.Split(drift.Pointer, "/")[1:]...)+" is of type "+drift.Got+", want "+drift.Want] = true
	}
	unknown(schema, body, nil, found)
	return slices.Sorted(maps.Keys(found))
}

// pattern returns a JSON pointer with "*" in place of the index of an element.
func pattern(tokens ...string) string {
	tokens = slices.Clone(tokens)
	for i, token := range tokens {
		if _, err := strconv.Atoi(token); err == nil {
			tokens[i] = "*"
		}
	}
	return "/" + strings.Join(tokens, "/")
}

// unknown adds the properties in value that the schema does not have to found. An object without documented properties, such
// as one in a value of any type, is not searched.
func unknown(schema *openapi3.Schema, value any, tokens []string, found map[string]bool) {
	switch value := value.(type) {
	case []any:
		for _, element := range value {
			if schema.Items != nil {
				unknown(schema.Items.Value, element, append(tokens, "0"), found)
			}
		}
	case map[string]any:
		for _, alternative := range slices.Concat(schema.OneOf, schema.AnyOf) {
			unknown(alternative.Value, value, tokens, found)
		}
		for name, property := range value {
			switch documented := schema.Properties[name]; {
			case documented != nil:
				unknown(documented.Value, property, append(tokens, name), found)
			case schema.Properties != nil:
				found[pattern(append(tokens, name)...)+" is unknown"] = true
			}
		}
	}
}
