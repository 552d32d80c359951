package client_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/gen"
)

func TestContactsService_Requests(t *testing.T) {
	t.Parallel()
	type service = *client.ContactsService
	for want, call := range map[string]func(ctx context.Context, c service) error{
		"GET /contacts/ocQHyuzHvysMo5N5VsXc":    func(ctx context.Context, c service) error { return errOf(c.Get(ctx, contactID)) },
		"GET /contacts/upsert":                  func(ctx context.Context, c service) error { return errOf(c.Get(ctx, "upsert")) },
		"DELETE /contacts/ocQHyuzHvysMo5N5VsXc": func(ctx context.Context, c service) error { return c.Delete(ctx, contactID) },
		`POST /contacts/ {"firstName":"Rosan","locationId":"ve9EPM428h8vShlRW1KT"}`: func(ctx context.Context, c service) error {
			return errOf(c.Create(ctx, client.CreateContactRequest{FirstName: "Rosan"}))
		},
		`POST /contacts/ {"locationId":"elsewhere"}`: func(ctx context.Context, c service) error {
			return errOf(c.Create(ctx, client.CreateContactRequest{LocationID: "elsewhere"}))
		},
		`PUT /contacts/ocQHyuzHvysMo5N5VsXc {}`: func(ctx context.Context, c service) error {
			return errOf(c.Update(ctx, contactID, client.UpdateContactRequest{}))
		},
		`POST /contacts/upsert {"email":"rosan@deos.example","locationId":"ve9EPM428h8vShlRW1KT"}`: func(ctx context.Context, c service) error {
			return errOf(c.Upsert(ctx, client.UpsertContactRequest{Email: client.Set("rosan@deos.example")}))
		},
		`POST /contacts/upsert {"locationId":"elsewhere"}`: func(ctx context.Context, c service) error {
			return errOf(c.Upsert(ctx, client.UpsertContactRequest{LocationID: "elsewhere"}))
		},
		"GET /contacts/?locationId=ve9EPM428h8vShlRW1KT": func(ctx context.Context, c service) error { return errOf(c.List(ctx, client.ListRequest{})) },
		"GET /contacts/business/641c?locationId=ve9EPM428h8vShlRW1KT": func(ctx context.Context, c service) error {
			return errOf(c.ListByBusiness(ctx, "641c", client.BusinessListRequest{}))
		},
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			response := everything
			response.want = want
			c, api := script(t, []stubResponse{response})
			if err := call(t.Context(), c.Contacts); err != nil {
				t.Fatal(err)
			}
			header := http.Header{
				"Accept": {"application/json"}, "Authorization": {"Bearer " + token}, "Version": {"2021-07-28"}, "User-Agent": {"highlevel/" + client.Version + " (" + runtime.Version() + ")"},
			}
			if strings.Contains(want, "{") {
				header.Set("Content-Type", "application/json")
			}
			if diff := cmp.Diff(header, api.requests[0].Header); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestContactsService_Upsert_New trusts the property new, not the status.
func TestContactsService_Upsert_New(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 201} {
		for body, isNew := range map[string]bool{`{"new":true,"contact":{"id":"a"},"traceId":"t-1"}`: true, `{"new":false,"contact":{"id":"a"},"traceId":"t-1"}`: false} {
			c, _ := newStub(t, stubResponse{status: status, body: body})
			result, err := c.Contacts.Upsert(t.Context(), client.UpsertContactRequest{})
			want := &client.UpsertContactResult{New: isNew, Contact: client.Contact{ID: "a"}, TraceID: "t-1"}
			if diff := cmp.Diff(want, result); err != nil || diff != "" {
				t.Errorf("%d, %s: %v (-want +got):\n%s", status, body, err, diff)
			}
		}
	}
}

func TestAlwaysCreates(t *testing.T) {
	t.Parallel()
	email := client.Set("a@example.com")
	for _, test := range []struct {
		request client.UpsertContactRequest
		want    bool
	}{
		{client.UpsertContactRequest{}, false},
		{client.UpsertContactRequest{Email: email}, false},
		{client.UpsertContactRequest{Email: email, CreateNewIfDuplicateAllowed: client.Set(false)}, false},
		{client.UpsertContactRequest{Email: email, CreateNewIfDuplicateAllowed: client.Clear[bool]()}, false},
		{client.UpsertContactRequest{Email: email, CreateNewIfDuplicateAllowed: client.Set(true)}, true},
	} {
		if got := client.AlwaysCreates(test.request); got != test.want {
			t.Errorf("%+v: got %v, want %v", test.request, got, test.want)
		}
	}
}

// badIDs are empty, or would change the path.
var badIDs = []string{
	"", ".", "..", "...", "a/b", "../b", "/", "a?b", "?", "a#b", "#", "a%2Fb", "%2e%2e", "a b", " ", "a\\b", "a;b", "a\nb", "a\x00b", "ä", "a\u2028b", "\xff", "a@b", "a:b",
}

// invalidCalls returns calls with invalid arguments, by name. They also have a text that is private.
func invalidCalls(ctx context.Context, t *testing.T, c *client.Client) map[string]error {
	t.Helper()
	calls := map[string]error{}
	do := func(name string, err error) { calls[name] = err }
	for _, id := range append(badIDs, "rosan@deos.example") {
		do("get "+id, errOf(c.Contacts.Get(ctx, id)))
		do("update "+id, errOf(c.Contacts.Update(ctx, id, client.UpdateContactRequest{})))
		do("delete "+id, c.Contacts.Delete(ctx, id))
		do("by business "+id, errOf(c.Contacts.ListByBusiness(ctx, id, client.BusinessListRequest{})))
		do("all by business "+id, errOf(collect(t, c.Contacts.AllByBusiness(ctx, id, client.BusinessListRequest{}))))
		do("add tags "+id, errOf(c.Contacts.AddTags(ctx, id, []string{"a"})))
		do("remove tags "+id, errOf(c.Contacts.RemoveTags(ctx, id, []string{"a"})))
	}
	for name, fields := range map[string][]client.CustomFieldInput{
		"field by id and key": {client.NewCustomField("a", 1), {ID: "Rosan", Key: "Dolomite", FieldValue: "rosan@deos.example"}}, "field without a name": {{FieldValue: 1}},
		"a number that has no JSON": {client.NewCustomField("a", math.NaN())}, "a value that has no JSON": {client.NewCustomFieldByKey("a", make(chan int))},
	} {
		do("create: "+name, errOf(c.Contacts.Create(ctx, client.CreateContactRequest{CustomFields: fields})))
		do("update: "+name, errOf(c.Contacts.Update(ctx, contactID, client.UpdateContactRequest{CustomFields: fields})))
		do("upsert: "+name, errOf(c.Contacts.Upsert(ctx, client.UpsertContactRequest{CustomFields: fields})))
	}
	for _, operation := range allOperations {
		do(operation.name+": nil option", operation.call(ctx, c, nil))
		do(operation.name+": capture into nothing", operation.call(ctx, c, client.WithResponseInto(nil)))
		do(operation.name+": nil function", operation.call(ctx, c, client.WithOnSend(nil)))
		do(operation.name+": header", operation.call(ctx, c, client.WithHeader("X-Email", "rosan@deos.example\n")))
	}
	return calls
}

func TestContactsService_InvalidArguments(t *testing.T) {
	t.Parallel()
	c := newClient(t, noRequests(t), retries)
	for name, err := range invalidCalls(t.Context(), t, c) {
		checkOneKind(t, err)
		apiErr, ok := errors.AsType[*client.Error](err)
		if !ok || apiErr.Kind != client.ErrInvalid || apiErr.MaybeApplied || apiErr.StatusCode != 0 || apiErr.Response.Attempts != 0 {
			t.Errorf("%q: got %v, want ErrInvalid", name, err)
		}
		if found := leaks(err.Error()); found != nil {
			t.Errorf("%q: %q in %v", name, found, err)
		}
	}
	if result, err := c.Contacts.Upsert(t.Context(), client.UpsertContactRequest{}, nil); result != nil || err == nil {
		t.Errorf("upsert with a nil option: got %v, %v", result, err)
	}
}

func TestContactsService_MissingLocation(t *testing.T) {
	t.Parallel()
	c, err := client.New(client.StaticToken(token), client.WithHTTPClient(&http.Client{Transport: noRequests(t)}))
	if err != nil {
		t.Fatal(err)
	}
	for _, operation := range allOperations {
		switch operation.goName {
		case "Contacts.Get", "Contacts.Update", "Contacts.Delete", "Contacts.AddTags", "Contacts.RemoveTags", "Do":
			continue // these operations have no location
		}
		err := operation.call(t.Context(), c)
		if !errors.Is(err, client.ErrInvalid) || !strings.Contains(err.Error(), "set LocationID in the request or use WithLocation") {
			t.Errorf("%s: %v", operation.name, err)
		}
	}
	if err := errOf(collect(t, c.Contacts.All(t.Context(), client.ListRequest{}))); !errors.Is(err, client.ErrInvalid) {
		t.Errorf("all: %v", err)
	}
}

// TestInvalidUTF8 has invalid UTF-8 in each kind of string of a request.
func TestInvalidUTF8(t *testing.T) {
	t.Parallel()
	const bad = "Jos\xe9"
	dnd := gen.DNDSettingsInput{SMS: gen.DNDSettingInput{Message: bad}}
	inbound := gen.InboundDNDSettingsInput{All: gen.InboundDNDSettingInput{Message: bad}}
	c := newClient(t, noRequests(t))
	fields := map[string][]client.CustomFieldInput{
		"/customFields/0/id": {client.NewCustomField(bad, 1)}, "/customFields/0/key": {client.NewCustomFieldByKey(bad, 1)},
		"/customFields/1/field_value": {client.NewCustomField("a", 1), client.NewCustomField("b", bad)}, "/customFields/0/field_value/1": {client.NewCustomField("a", []string{"b", bad})},
		"/customFields/0/field_value/x/y":    {client.NewCustomField("a", map[string]any{"x": map[string]string{"y": bad}})},
		"/customFields/0/field_value/\uFFFD": {client.NewCustomField("a", map[string]int{"\xe9": 1})},
	}
	requests := map[string]client.CreateContactRequest{
		"/firstName": {FirstName: bad}, "/locationId": {LocationID: bad}, "/tags/1": {Tags: []string{"a", bad}},
		"/dndSettings/SMS/message": {DNDSettings: dnd}, "/inboundDndSettings/all/message": {InboundDNDSettings: inbound},
	}
	upserts := map[string]client.UpsertContactRequest{
		"/email": {Email: client.Set(bad)}, "/locationId": {LocationID: bad}, "/tags/0": {Tags: []string{bad}},
		"/dndSettings/SMS/message": {DNDSettings: dnd}, "/inboundDndSettings/all/message": {InboundDNDSettings: inbound},
	}
	updates := map[string]client.UpdateContactRequest{
		"/city": {City: client.Set(bad)}, "/tags/0": {Tags: []string{bad}}, "/dndSettings/SMS/message": {DNDSettings: dnd}, "/inboundDndSettings/all/message": {InboundDNDSettings: inbound},
	}
	check := func(operation, pointer string, err error) {
		t.Helper()
		want := operation + ": invalid: a string is not valid UTF-8: convert it first, for example from Windows-1252"
		if !errors.Is(err, client.ErrInvalid) || err.Error() != want {
			t.Errorf("%s: got  %v\nwant %s", pointer, err, want)
		}
	}
	for pointer, fields := range fields {
		requests[pointer], updates[pointer], upserts[pointer] = client.CreateContactRequest{CustomFields: fields}, client.UpdateContactRequest{CustomFields: fields}, client.UpsertContactRequest{CustomFields: fields}
	}
	for pointer, request := range requests {
		check("Contacts.Create", pointer, errOf(c.Contacts.Create(t.Context(), request)))
		check("Do", pointer, c.Do(t.Context(), http.MethodPost, "/x", nil, request, nil))
	}
	for pointer, request := range upserts {
		check("Contacts.Upsert", pointer, errOf(c.Contacts.Upsert(t.Context(), request)))
	}
	for pointer, request := range updates {
		check("Contacts.Update", pointer, errOf(c.Contacts.Update(t.Context(), "abc", request)))
	}
	for pointer, list := range map[string]client.ListRequest{"/LocationID": {LocationID: bad}, "/Query": {Query: bad}} {
		check("Contacts.List", pointer, errOf(c.Contacts.List(t.Context(), list)))
		check("Contacts.ListByBusiness", pointer, errOf(c.Contacts.ListByBusiness(t.Context(), "b", client.BusinessListRequest{LocationID: list.LocationID, Query: list.Query})))
	}
	for _, body := range []any{[]byte(`{"a":"` + bad + `"}`), strings.NewReader(`{"a":"` + bad + `"}`)} {
		check("Do", "body", c.Do(t.Context(), http.MethodPost, "/x", nil, body, nil))
	}
	stubbed, _ := newStub(t, everything)
	for _, valid := range []string{"\uFFFD", `\ufffd`, `\\ufffd`, "José", `\`} {
		request := client.UpdateContactRequest{City: client.Set(valid), CustomFields: []client.CustomFieldInput{client.NewCustomField("a", valid)}}
		if _, err := stubbed.Contacts.Update(t.Context(), "abc", request); err != nil {
			t.Errorf("%q: got %v", valid, err)
		}
	}
}

func TestContactsService_RequestsUnmodified(t *testing.T) {
	t.Parallel()
	c, _ := newStub(t, everything)
	fields := []client.CustomFieldInput{client.NewCustomField("a", []string{"b"})}
	create := client.CreateContactRequest{Tags: []string{" VIP "}, CustomFields: fields}
	update := client.UpdateContactRequest{Tags: []string{}, City: client.Clear[string](), CustomFields: fields}
	upsert := client.UpsertContactRequest{Tags: []string{"a"}, Phone: client.Set("+1 888-888-8888"), DND: client.Set(false), CustomFields: fields}
	var list client.ListRequest
	before := fmt.Sprintf("%#v", []any{create, update, upsert, list, fields})
	err := errors.Join(
		errOf(c.Contacts.Create(t.Context(), create)), errOf(c.Contacts.Update(t.Context(), contactID, update)),
		errOf(c.Contacts.Upsert(t.Context(), upsert)), errOf(c.Contacts.List(t.Context(), list)),
	)
	if diff := cmp.Diff(before, fmt.Sprintf("%#v", []any{create, update, upsert, list, fields})); err != nil || diff != "" {
		t.Errorf("%v (-before +after):\n%s", err, diff)
	}
}

// TestContactsService_Success accepts each 2xx without a false in either spelling. Values of other types
// are ignored. TestRetry_EachOperationAfterEachFailure has those that report a failure.
func TestContactsService_Success(t *testing.T) {
	t.Parallel()
	for properties, status := range map[string]int{
		`"succeded":true,"succeeded":true`: 200, `"other":1`: 201, `"succeded":null,"succeeded":true`: 202, `"succeded":"true"`: 299, `"succeded":1`: 200,
		`"succeded":"ok"`: 200, `"succeded":{}`: 200, `"x":{"succeeded":false}`: 200, `"x":"\"succeeded\":false"`: 200,
	} {
		for _, operation := range allOperations {
			c, _ := newStub(t, stubResponse{status: status, body: `{` + properties + `,"contact":{"id":"abc"},"contacts":[],"tags":[],"customFields":[]}`})
			if err := operation.call(t.Context(), c); err != nil {
				t.Errorf("%s, %d %s: %v", operation.name, status, properties, err)
			}
		}
	}
	for _, body := range []string{`{}`, `{"traceId":"t-1"}`, `{"contact":null}`} {
		c, _ := newStub(t, ok(body))
		if err := c.Contacts.Delete(t.Context(), "abc"); err != nil {
			t.Errorf("delete, %s: %v", body, err)
		}
	}
}
