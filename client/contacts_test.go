package client_test

import (
	"errors"
	"math"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/client"
)

// everything is a response that every operation accepts as a success.
var everything = ok(`{"contact":{"id":"` + contactID + `"},"contacts":[],"succeded":true,"new":true}`)

func TestContactsService_Requests(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		call func(t *testing.T, c *client.Client) error
		want sent
	}{
		{"get", func(t *testing.T, c *client.Client) error {
			_, err := c.Contacts.Get(t.Context(), contactID)
			return err
		}, sent{Method: "GET", Target: "/proxy/v1/contacts/ocQHyuzHvysMo5N5VsXc"}},
		{"get a word that other routes have", func(t *testing.T, c *client.Client) error {
			_, err := c.Contacts.Get(t.Context(), "upsert")
			return err
		}, sent{Method: "GET", Target: "/proxy/v1/contacts/upsert"}},
		{"delete", func(t *testing.T, c *client.Client) error {
			return c.Contacts.Delete(t.Context(), contactID)
		}, sent{Method: "DELETE", Target: "/proxy/v1/contacts/ocQHyuzHvysMo5N5VsXc"}},
		{"create", func(t *testing.T, c *client.Client) error {
			_, err := c.Contacts.Create(t.Context(), client.CreateContactRequest{FirstName: "Rosan"})
			return err
		}, sent{Method: "POST", Target: "/proxy/v1/contacts/", Body: `{"firstName":"Rosan","locationId":"ve9EPM428h8vShlRW1KT"}`}},
		{"create in another location", func(t *testing.T, c *client.Client) error {
			_, err := c.Contacts.Create(t.Context(), client.CreateContactRequest{LocationID: "elsewhere"})
			return err
		}, sent{Method: "POST", Target: "/proxy/v1/contacts/", Body: `{"locationId":"elsewhere"}`}},
		{"update", func(t *testing.T, c *client.Client) error {
			_, err := c.Contacts.Update(t.Context(), contactID, client.UpdateContactRequest{City: client.Set("Oslo")})
			return err
		}, sent{Method: "PUT", Target: "/proxy/v1/contacts/ocQHyuzHvysMo5N5VsXc", Body: `{"city":"Oslo"}`}},
		{"update without a change", func(t *testing.T, c *client.Client) error {
			_, err := c.Contacts.Update(t.Context(), contactID, client.UpdateContactRequest{})
			return err
		}, sent{Method: "PUT", Target: "/proxy/v1/contacts/ocQHyuzHvysMo5N5VsXc", Body: `{}`}},
		{"upsert", func(t *testing.T, c *client.Client) error {
			_, err := c.Contacts.Upsert(t.Context(), client.UpsertContactRequest{Email: client.Set("rosan@deos.example")})
			return err
		}, sent{
			Method: "POST", Target: "/proxy/v1/contacts/upsert",
			Body: `{"email":"rosan@deos.example","locationId":"ve9EPM428h8vShlRW1KT"}`,
		}},
		{"upsert in another location", func(t *testing.T, c *client.Client) error {
			_, err := c.Contacts.Upsert(t.Context(), client.UpsertContactRequest{LocationID: "elsewhere"})
			return err
		}, sent{Method: "POST", Target: "/proxy/v1/contacts/upsert", Body: `{"locationId":"elsewhere"}`}},
		{"list", func(t *testing.T, c *client.Client) error {
			_, err := c.Contacts.List(t.Context(), client.ListRequest{})
			return err
		}, sent{Method: "GET", Target: "/proxy/v1/contacts/?locationId=ve9EPM428h8vShlRW1KT"}},
		{"list by business", func(t *testing.T, c *client.Client) error {
			_, err := c.Contacts.ListByBusiness(t.Context(), "641c094001436dbc2081e642", client.BusinessListRequest{})
			return err
		}, sent{Method: "GET", Target: "/proxy/v1/contacts/business/641c094001436dbc2081e642?locationId=ve9EPM428h8vShlRW1KT"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c, api := newStub(t, everything)
			if err := test.call(t, c); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]sent{test.want}, api.sent); diff != "" {
				t.Errorf("sent (-want +got):\n%s", diff)
			}
			header := api.requests[0].Header
			if got := header.Get("Version"); got != "2021-07-28" {
				t.Errorf("Version: %q", got)
			}
			if got := header.Get("Authorization"); got != "Bearer "+token {
				t.Errorf("Authorization: %q", got)
			}
			wantType := ""
			if test.want.Body != "" {
				wantType = "application/json"
			}
			if got := header.Get("Content-Type"); got != wantType {
				t.Errorf("Content-Type: %q", got)
			}
		})
	}
}

func TestContactsService_Any2xx(t *testing.T) {
	t.Parallel()
	for _, operation := range operations {
		for _, status := range []int{http.StatusOK, http.StatusCreated, http.StatusAccepted, 299} {
			c, _ := newStub(t, stubResponse{status: status, body: everything.body})
			if err := operation.call(t.Context(), c); err != nil {
				t.Errorf("%s, %d: %v", operation.name, status, err)
			}
		}
	}
}

func TestContactsService_Upsert_New(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name         string
		stubResponse stubResponse
		want         bool
	}{
		{"201 created", stubResponse{status: 201, body: `{"new":true,"contact":{"id":"a"},"traceId":"t-1"}`}, true},
		{"200 updated", ok(`{"new":false,"contact":{"id":"a"},"traceId":"t-1"}`), false},
		{"200 created", ok(`{"new":true,"contact":{"id":"a"},"traceId":"t-1"}`), true},
		{"201 updated", stubResponse{status: 201, body: `{"new":false,"contact":{"id":"a"},"traceId":"t-1"}`}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c, _ := newStub(t, test.stubResponse)
			result, err := c.Contacts.Upsert(t.Context(), client.UpsertContactRequest{})
			if err != nil {
				t.Fatal(err)
			}
			want := &client.UpsertContactResult{New: test.want, Contact: client.Contact{ID: "a"}, TraceID: "t-1"}
			if diff := cmp.Diff(want, result); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// badIDs are empty, or would change the path.
var badIDs = []string{
	"", ".", "..", "...", "a/b", "../b", "/", "a?b", "?", "a#b", "#", "a%2Fb", "%2e%2e", "a b", " ", "a\\b", "a;b", "a\nb", "a\x00b", "ä", "a\u2028b", "\xff", "a@b", "a:b",
}

func TestContactsService_InvalidArguments(t *testing.T) {
	t.Parallel()
	bothNames := []client.CustomFieldInput{client.NewCustomField("a", 1), {ID: "a", Key: "b", FieldValue: 1}}
	noName := []client.CustomFieldInput{{FieldValue: 1}}
	withID := func(id string) map[string]func(*testing.T, *client.Client) error {
		return map[string]func(*testing.T, *client.Client) error{
			"get": func(t *testing.T, c *client.Client) error { _, err := c.Contacts.Get(t.Context(), id); return err },
			"update": func(t *testing.T, c *client.Client) error {
				_, err := c.Contacts.Update(t.Context(), id, client.UpdateContactRequest{})
				return err
			},
			"delete": func(t *testing.T, c *client.Client) error { return c.Contacts.Delete(t.Context(), id) },
			"by business": func(t *testing.T, c *client.Client) error {
				_, err := c.Contacts.ListByBusiness(t.Context(), id, client.BusinessListRequest{})
				return err
			},
			"all by business": func(t *testing.T, c *client.Client) error {
				return firstError(c.Contacts.AllByBusiness(t.Context(), id, client.BusinessListRequest{}))
			},
		}
	}
	tests := map[string]func(t *testing.T, c *client.Client) error{
		"create: field by id and key": func(t *testing.T, c *client.Client) error {
			_, err := c.Contacts.Create(t.Context(), client.CreateContactRequest{CustomFields: bothNames})
			return err
		},
		"create: field without a name": func(t *testing.T, c *client.Client) error {
			_, err := c.Contacts.Create(t.Context(), client.CreateContactRequest{CustomFields: noName})
			return err
		},
		"update: field by id and key": func(t *testing.T, c *client.Client) error {
			_, err := c.Contacts.Update(t.Context(), contactID, client.UpdateContactRequest{CustomFields: bothNames})
			return err
		},
		"update: field without a name": func(t *testing.T, c *client.Client) error {
			_, err := c.Contacts.Update(t.Context(), contactID, client.UpdateContactRequest{CustomFields: noName})
			return err
		},
		"upsert: field by id and key": func(t *testing.T, c *client.Client) error {
			_, err := c.Contacts.Upsert(t.Context(), client.UpsertContactRequest{CustomFields: bothNames})
			return err
		},
		"upsert: field without a name": func(t *testing.T, c *client.Client) error {
			_, err := c.Contacts.Upsert(t.Context(), client.UpsertContactRequest{CustomFields: noName})
			return err
		},
		"create: a value that has no JSON": func(t *testing.T, c *client.Client) error {
			fields := []client.CustomFieldInput{client.NewCustomField("a", math.NaN())}
			_, err := c.Contacts.Create(t.Context(), client.CreateContactRequest{CustomFields: fields})
			return err
		},
		"update: a value that has no JSON": func(t *testing.T, c *client.Client) error {
			fields := []client.CustomFieldInput{client.NewCustomFieldByKey("a", make(chan int))}
			_, err := c.Contacts.Update(t.Context(), contactID, client.UpdateContactRequest{CustomFields: fields})
			return err
		},
		"a nil option": func(t *testing.T, c *client.Client) error { return c.Contacts.Delete(t.Context(), contactID, nil) },
		"capture into nothing": func(t *testing.T, c *client.Client) error {
			return c.Contacts.Delete(t.Context(), contactID, client.WithResponseInto(nil))
		},
	}
	for _, id := range badIDs {
		for name, call := range withID(id) {
			tests[name+": "+strings.ToValidUTF8(id, "invalid")] = call
		}
	}
	for name, call := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := call(t, newClient(t, noRequests(t))); !errors.Is(err, client.ErrInvalid) || errors.Is(err, client.ErrMaybeApplied) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestContactsService_MissingLocation(t *testing.T) {
	t.Parallel()
	c, err := client.New(client.StaticToken(token), client.WithHTTPClient(&http.Client{Transport: noRequests(t)}))
	if err != nil {
		t.Fatal(err)
	}
	for _, operation := range operations {
		switch operation.name {
		case "get", "update", "delete":
			continue // these operations have no location
		}
		err := operation.call(t.Context(), c)
		if !errors.Is(err, client.ErrInvalid) || !strings.Contains(err.Error(), "set LocationID in the request or use WithLocation") {
			t.Errorf("%s: %v", operation.name, err)
		}
	}
	if err := firstError(c.Contacts.All(t.Context(), client.ListRequest{})); !errors.Is(err, client.ErrInvalid) {
		t.Errorf("all: %v", err)
	}
}

func TestContactsService_RequestsUnmodified(t *testing.T) {
	t.Parallel()
	c, _ := newStub(t, everything)
	create := func() client.CreateContactRequest {
		return client.CreateContactRequest{Tags: []string{" VIP "}, CustomFields: []client.CustomFieldInput{client.NewCustomField("a", []string{"b"})}}
	}
	update := func() client.UpdateContactRequest {
		return client.UpdateContactRequest{Tags: []string{}, City: client.Clear[string](), CustomFields: []client.CustomFieldInput{client.NewCustomField("a", nil)}}
	}
	upsert := func() client.UpsertContactRequest {
		return client.UpsertContactRequest{Tags: []string{"a"}, Phone: client.Set("+1 888-888-8888"), DND: client.Set(false)}
	}
	created, updated, upserted, listed := create(), update(), upsert(), client.ListRequest{}
	_, err1 := c.Contacts.Create(t.Context(), created)
	_, err2 := c.Contacts.Update(t.Context(), contactID, updated)
	_, err3 := c.Contacts.Upsert(t.Context(), upserted)
	_, err4 := c.Contacts.List(t.Context(), listed)
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		t.Fatal(err)
	}
	for _, diff := range []string{
		cmp.Diff(create(), created), cmp.Diff(update(), updated), cmp.Diff(upsert(), upserted), cmp.Diff(client.ListRequest{}, listed),
	} {
		if diff != "" {
			t.Errorf("(-before +after):\n%s", diff)
		}
	}
}

// TestContactsService_SuccessSpellings checks succeded and succeeded in the responses to delete and
// update: false is a failure, and values of other types are ignored.
func TestContactsService_SuccessSpellings(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		properties string
		success    bool
	}{
		{`"succeded":true,"succeeded":true`, true},
		{`"succeded":true`, true},
		{`"succeeded":true`, true},
		{`"other":1`, true},
		{`"succeded":null`, true},
		{`"succeded":null,"succeeded":true`, true},
		{`"succeded":"true"`, true},
		{`"succeded":1`, true},
		{`"succeded":"ok"`, true},
		{`"succeded":{}`, true},
		{`"succeded":false`, false},
		{`"succeeded":false`, false},
		{`"succeded":true,"succeeded":false`, false},
		{`"succeded":false,"succeeded":true`, false},
		{`"succeded":"false"`, false},
		{`"succeded":0`, false},
	} {
		t.Run(test.properties, func(t *testing.T) {
			t.Parallel()
			c, _ := newStub(t, ok(`{`+test.properties+`,"contact":{"id":"abc"}}`))
			contact, err1 := c.Contacts.Update(t.Context(), "abc", client.UpdateContactRequest{})
			err2 := c.Contacts.Delete(t.Context(), "abc")
			if test.success && (err1 != nil || err2 != nil || contact.ID != "abc") {
				t.Errorf("update %v, delete %v", err1, err2)
			}
			for _, err := range []error{err1, err2} {
				var apiError *client.Error
				if !test.success && (!errors.Is(err, client.ErrServer) || !errors.As(err, &apiError) || apiError.StatusCode != http.StatusOK) {
					t.Errorf("got %v", err)
				}
			}
		})
	}
}

// TestContactsService_Delete_EmptyObject accepts every object without a false as a success.
func TestContactsService_Delete_EmptyObject(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{}`, `{"traceId":"t-1"}`, `{"contact":null}`} {
		c, _ := newStub(t, ok(body))
		if err := c.Contacts.Delete(t.Context(), "abc"); err != nil {
			t.Errorf("%s: %v", body, err)
		}
	}
}

// TestContactsService_List_Empty distinguishes an empty list from a missing one.
func TestContactsService_List_Empty(t *testing.T) {
	t.Parallel()
	c, _ := newStub(t, ok(`{"contacts":[]}`))
	page, err := c.Contacts.List(t.Context(), client.ListRequest{})
	if err != nil || page.Contacts == nil || len(page.Contacts) != 0 || page.Next != "" || page.Total != 0 {
		t.Errorf("got %+v, %v", page, err)
	}
	page, err = c.Contacts.ListByBusiness(t.Context(), "b", client.BusinessListRequest{})
	if err != nil || page.Contacts == nil || len(page.Contacts) != 0 || page.Next != "" || page.Total != 0 {
		t.Errorf("by business: got %+v, %v", page, err)
	}
}

// A response without a list is an error, although the slice for the list is preallocated.
func TestContactsService_List_WithoutContacts(t *testing.T) {
	t.Parallel()
	c, _ := newStub(t, ok(`{"contact":{"id":"abc","dateAdded":"2021-07-02T05:18:26.704Z"}}`))
	if page, err := c.Contacts.List(t.Context(), client.ListRequest{}); !errors.Is(err, client.ErrBadResponse) {
		t.Errorf("list: %+v, %v", page, err)
	}
	if page, err := c.Contacts.ListByBusiness(t.Context(), "b", client.BusinessListRequest{}); !errors.Is(err, client.ErrBadResponse) {
		t.Errorf("list by business: %+v, %v", page, err)
	}
}
