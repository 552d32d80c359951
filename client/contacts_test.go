package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/internal/httpx"
	"github.com/highlevel-contacts/contacts-go/gen"
)

func TestContactsService_Requests(t *testing.T) {
	for _, operation := range allOperations {
		c, api := script(t, []stubResponse{everything})
		if err := operation.call(t.Context(), c); err != nil || api.sent[0] != operation.request {
			t.Errorf("got %s, %v, want %s", api.sent[0], err, operation.request)
		}
		if name, _ := client.OperationFromContext(api.requests[0].Context()); name != operation.goName {
			t.Errorf("got the operation %q, want %q", name, operation.goName)
		}
		header := http.Header{
			"Accept": {"application/json"}, "Authorization": {"Bearer " + token}, "Version": {"2021-07-28"},
			"User-Agent": {httpx.UserAgent()},
		}
		if strings.Contains(operation.request, "{") {
			header.Set("Content-Type", "application/json")
		}
		if diff := cmp.Diff(header, api.requests[0].Header); diff != "" {
			t.Errorf("%s (-want +got):\n%s", operation.name, diff)
		}
	}
}

// TestContactsService_Upsert_New trusts the property new, not the status.
func TestContactsService_Upsert_New(t *testing.T) {
	for status, isNew := range map[int]bool{200: true, 201: false} {
		c, _ := newStub(t, stubResponse{status: status, body: fmt.Sprintf(`{"new":%t,"contact":{"id":"a"},"traceId":"t-1"}`, isNew)})
		result, err := c.Contacts.Upsert(t.Context(), client.UpsertContactRequest{})
		want := &client.UpsertContactResult{New: isNew, Contact: client.Contact{ID: "a"}, TraceID: "t-1"}
		if diff := cmp.Diff(want, result); err != nil || diff != "" {
			t.Errorf("%d: %v (-want +got):\n%s", status, err, diff)
		}
	}
}

func TestAlwaysCreates(t *testing.T) {
	for _, createNew := range []client.Nullable[bool]{nil, client.Clear[bool](), client.Set(false), client.Set(true)} {
		want := createNew.IsSpecified() && !createNew.IsNull() && createNew.MustGet()
		if got := client.AlwaysCreates(client.UpsertContactRequest{CreateNewIfDuplicateAllowed: createNew}); got != want {
			t.Errorf("%v: got %v, want %v", createNew, got, want)
		}
	}
}

// badIDs are empty, or would change the path.
var badIDs = []string{
	"", ".", "..", "...", "a/b", "../b", "/", "a?b", "?", "a#b", "#", "a%2Fb", "%2e%2e", "a b", " ", "a\\b", "a;b", "a\nb", "a\x00b", "ä", "a\u2028b", "\xff", "a@b", "a:b",
}

// TestContactsService_InvalidArguments has invalid arguments, some of which are private.
func TestContactsService_InvalidArguments(t *testing.T) {
	c, ctx := newClient(t, noRequests(t), retries), t.Context()
	check := func(name string, err error) {
		t.Helper()
		checkOneKind(t, err)
		apiErr, _ := errors.AsType[*client.Error](err)
		if apiErr.Kind != client.ErrInvalid || apiErr.MaybeApplied || apiErr.StatusCode != 0 || apiErr.Response.Attempts != 0 || leaks(err.Error()) != nil {
			t.Errorf("%q: got %v, want ErrInvalid", name, err)
		}
	}
	for _, id := range append(badIDs, "rosan@deos.example") {
		check("get "+id, errOf(c.Contacts.Get(ctx, id)))
		check("update "+id, errOf(c.Contacts.Update(ctx, id, client.UpdateContactRequest{})))
		check("delete "+id, c.Contacts.Delete(ctx, id))
		check("by business "+id, errOf(c.Contacts.ListByBusiness(ctx, id, client.BusinessListRequest{})))
		check("all by business "+id, errOf(collect(t, c.Contacts.AllByBusiness(ctx, id, client.BusinessListRequest{}))))
		check("add tags "+id, errOf(c.Contacts.AddTags(ctx, id, []string{"a"})))
		check("remove tags "+id, errOf(c.Contacts.RemoveTags(ctx, id, []string{"a"})))
	}
	for name, field := range map[string]client.CustomFieldInput{
		"field by id and key": {ID: "Rosan", Key: "Dolomite", FieldValue: "rosan@deos.example"}, "field without a name": {FieldValue: 1},
		"a number that has no JSON": client.NewCustomField("a", math.NaN()), "a value that has no JSON": client.NewCustomFieldByKey("a", make(chan int)),
	} {
		for _, request := range writesOf(client.NewCustomField("a", 1), field) {
			check(fmt.Sprintf("%T: %s", request, name), write(ctx, c, request))
		}
	}
	for _, operation := range allOperations {
		check(operation.name+": nil option", operation.call(ctx, c, nil))
		check(operation.name+": capture into nothing", operation.call(ctx, c, client.WithResponseInto(nil)))
		check(operation.name+": nil function", operation.call(ctx, c, client.WithOnSend(nil)))
		check(operation.name+": header", operation.call(ctx, c, client.WithHeader("X-Email", "rosan@deos.example\n")))
	}
	if result, err := c.Contacts.Upsert(ctx, client.UpsertContactRequest{}, nil); result != nil || err == nil {
		t.Errorf("upsert with a nil option: got %v, %v", result, err)
	}
}

func TestContactsService_MissingLocation(t *testing.T) {
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

// write sends a request of one of the writes of a contact.
func write(ctx context.Context, c *client.Client, request any) error {
	switch request := request.(type) {
	case client.CreateContactRequest:
		return errOf(c.Contacts.Create(ctx, request))
	case client.UpdateContactRequest:
		return errOf(c.Contacts.Update(ctx, "abc", request))
	default:
		return errOf(c.Contacts.Upsert(ctx, request.(client.UpsertContactRequest))) //nolint:forcetypeassert // there is no other write
	}
}

// writesOf returns a request of each write with custom fields.
func writesOf(fields ...client.CustomFieldInput) []any {
	return []any{
		client.CreateContactRequest{CustomFields: fields}, client.UpdateContactRequest{CustomFields: fields}, client.UpsertContactRequest{CustomFields: fields},
	}
}

// TestInvalidUTF8 has invalid UTF-8 in each kind of string of a request. The error names its JSON
// pointer.
func TestInvalidUTF8(t *testing.T) {
	const bad = "Jos\xe9"
	c, api := newStub(t, everything)
	check := func(at string, err error) {
		t.Helper()
		want := ": invalid: " + at + ": not valid UTF-8: convert it first, for example from Windows-1252"
		if !errors.Is(err, client.ErrInvalid) || !strings.HasSuffix(err.Error(), want) || len(api.sent) > 0 {
			t.Errorf("got %v after %d requests, want %s", err, len(api.sent), want)
		}
	}
	for pointer, request := range map[string]any{
		"/firstName":                      client.CreateContactRequest{FirstName: bad},
		"/tags/1":                         client.CreateContactRequest{Tags: []string{"a", bad}},
		"/dndSettings/SMS/message":        client.UpdateContactRequest{DNDSettings: gen.DNDSettingsInput{SMS: gen.DNDSettingInput{Message: bad}}},
		"/city":                           client.UpdateContactRequest{City: client.Set(bad)},
		"/locationId":                     client.UpsertContactRequest{LocationID: bad},
		"/customFields/0/id":              client.UpdateContactRequest{CustomFields: []client.CustomFieldInput{client.NewCustomField(bad, 1)}},
		"/inboundDndSettings/all/message": client.UpsertContactRequest{InboundDNDSettings: gen.InboundDNDSettingsInput{All: gen.InboundDNDSettingInput{Message: bad}}},
	} {
		check(pointer, write(t.Context(), c, request))
		check(pointer, c.Do(t.Context(), http.MethodPost, "/x", nil, request, nil))
	}
	for pointer, value := range map[string]any{
		"": bad, "/1": []string{"b", bad}, "/x/y": map[string]any{"x": map[string]string{"y": bad}}, "/x": map[string]any{"x": map[string]int{"\xe9": 1}},
		"/a~1b~0c": map[string]any{"a": time.Second, "a/b~c": json.RawMessage(`"` + bad + `"`)},
	} {
		for _, request := range writesOf(client.NewCustomField("a", 1), client.NewCustomField("a", value)) {
			check("/customFields/1/field_value"+pointer, write(t.Context(), c, request))
		}
	}
	check("/tags/0", errOf(c.Contacts.AddTags(t.Context(), "abc", []string{bad})))
	check("/tags/0", errOf(c.Contacts.RemoveTags(t.Context(), "abc", []string{bad})))
	check("/filters/0/value", errOf(c.Contacts.Search(t.Context(), client.SearchRequest{Filters: []client.Filter{client.Where("email", "eq", bad)}})))
	check("query", errOf(c.Contacts.FindDuplicate(t.Context(), client.DuplicateQuery{Email: bad})))
	for _, body := range []any{[]byte(`{"a":"` + bad + `"}`), strings.NewReader(`{"a":"` + bad + `"}`)} {
		check("body", c.Do(t.Context(), http.MethodPost, "/x", nil, body, nil))
	}
	for _, list := range []any{client.ListRequest{LocationID: bad}, client.ListRequest{Query: bad}, client.BusinessListRequest{Query: bad}} {
		check("query", errOf(listOf(t.Context(), c, list)))
	}
	for _, valid := range []string{"\uFFFD", `\ufffd`, `\\ufffd`, "José", `\`} {
		for _, request := range writesOf(client.NewCustomField("a", valid)) {
			if err := write(t.Context(), c, request); err != nil {
				t.Errorf("%q: got %v", valid, err)
			}
		}
	}
}

func TestContactsService_RequestsUnmodified(t *testing.T) {
	c, _ := newStub(t, everything)
	for _, request := range append(
		writesOf(client.NewCustomField("a", []string{"b"})), client.CreateContactRequest{Tags: []string{" VIP "}},
		client.UpdateContactRequest{Tags: []string{}, City: client.Clear[string]()}, client.UpsertContactRequest{DND: client.Set(false)},
	) {
		before := fmt.Sprintf("%#v", request)
		if err := write(t.Context(), c, request); err != nil || fmt.Sprintf("%#v", request) != before {
			t.Errorf("got %#v, %v, want %s", request, err, before)
		}
	}
}

// TestContactsService_Success accepts each 2xx without a false in either spelling. Values of other types
// are ignored. TestRetry_EachOperationAfterEachFailure has those that report a failure.
func TestContactsService_Success(t *testing.T) {
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

// TestRequests_JSON compares the bodies of requests: what is not set is not sent, and false, null and
// empty lists are sent. TestWire of package api has every field.
func TestRequests_JSON(t *testing.T) {
	none := []client.CustomFieldInput{}
	tests := map[string]any{
		`{"locationId":"` + location + `"}`:                          client.CreateContactRequest{},
		`{"customFields":[],"dnd":false,"locationId":"l","tags":[]}`: client.CreateContactRequest{LocationID: "l", DND: new(false), Tags: []string{}, CustomFields: none},
		`{}`:             client.UpdateContactRequest{},
		`{"state":"AL"}`: client.UpdateContactRequest{City: client.SetNonZero(""), State: client.SetNonZero("AL"), DND: client.SetNonZero(false)},
		`{"city":"","createNewIfDuplicateAllowed":false,"dnd":null,"locationId":"l","tags":["a"]}`: client.UpsertContactRequest{
			City: client.Set(""), DND: client.Clear[bool](), Tags: []string{"a"}, CreateNewIfDuplicateAllowed: client.Set(false), LocationID: "l",
		},
	}
	for want, field := range map[string]client.CustomFieldInput{
		`{"id":"6dvN","field_value":"My Selected Option"}`: client.NewCustomField("6dvN", "My Selected Option"),
		`{"id":"a","field_value":["red","green"]}`:         client.NewCustomField("a", []string{"red", "green"}),
		`{"id":"a","field_value":null}`:                    client.NewCustomField("a", nil),
		`{"field_value":false,"key":"contact.my_field"}`:   client.NewCustomFieldByKey("contact.my_field", false),
		`{"id":"a","field_value":{"b-uuid":{"url":"b"}}}`:  client.NewCustomField("a", json.RawMessage(`{"b-uuid":{"url":"b"}}`)), // as it was read
	} {
		tests[`{"customFields":[`+want+`]}`] = client.UpdateContactRequest{CustomFields: []client.CustomFieldInput{field}}
	}
	for want, request := range tests {
		c, api := newStub(t, everything)
		err := write(t.Context(), c, request)
		if _, got, _ := strings.Cut(api.sent[0], " {"); err != nil || "{"+got != want {
			t.Errorf("got %v, {%s, want %s", err, got, want)
		}
	}
}
