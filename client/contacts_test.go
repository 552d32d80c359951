package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"reflect"
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
		response := everything
		response.want = operation.request
		c, api := script(t, []stubResponse{response})
		if err := operation.call(t.Context(), c); err != nil {
			t.Fatal(err)
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
	for name, field := range map[string]client.CustomFieldInput{
		"field by id and key": {ID: "Rosan", Key: "Dolomite", FieldValue: "rosan@deos.example"}, "field without a name": {FieldValue: 1},
		"a number that has no JSON": client.NewCustomField("a", math.NaN()), "a value that has no JSON": client.NewCustomFieldByKey("a", make(chan int)),
	} {
		for _, request := range writesOf(client.NewCustomField("a", 1), field) {
			do(fmt.Sprintf("%T: %s", request, name), write(ctx, c, request))
		}
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
	dnd := gen.DNDSettingsInput{SMS: gen.DNDSettingInput{Message: bad}}
	inbound := gen.InboundDNDSettingsInput{All: gen.InboundDNDSettingInput{Message: bad}}
	c := newClient(t, noRequests(t))
	check := func(at string, err error) {
		t.Helper()
		want := ": invalid: " + at + ": not valid UTF-8: convert it first, for example from Windows-1252"
		if !errors.Is(err, client.ErrInvalid) || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	type row struct {
		pointer string
		request any
	}
	rows := []row{
		{"/firstName", client.CreateContactRequest{FirstName: bad}},
		{"/locationId", client.CreateContactRequest{LocationID: bad}},
		{"/tags/1", client.CreateContactRequest{Tags: []string{"a", bad}}},
		{"/dndSettings/SMS/message", client.CreateContactRequest{DNDSettings: dnd}},
		{"/inboundDndSettings/all/message", client.CreateContactRequest{InboundDNDSettings: inbound}},
		{"/city", client.UpdateContactRequest{City: client.Set(bad)}},
		{"/tags/0", client.UpdateContactRequest{Tags: []string{bad}}},
		{"/dndSettings/SMS/message", client.UpdateContactRequest{DNDSettings: dnd}},
		{"/email", client.UpsertContactRequest{Email: client.Set(bad)}},
		{"/locationId", client.UpsertContactRequest{LocationID: bad}},
		{"/inboundDndSettings/all/message", client.UpsertContactRequest{InboundDNDSettings: inbound}},
	}
	for pointer, field := range map[string]client.CustomFieldInput{
		"/id": client.NewCustomField(bad, 1), "/key": client.NewCustomFieldByKey(bad, 1),
		"/field_value": client.NewCustomField("b", bad), "/field_value/a~1b~0c": client.NewCustomField("b", map[string]any{"a": time.Second, "a/b~c": json.RawMessage(`"` + bad + `"`)}),
		"/field_value/1":   client.NewCustomField("a", []string{"b", bad}),
		"/field_value/x/y": client.NewCustomField("a", map[string]any{"x": map[string]string{"y": bad}}),
		"/field_value/x":   client.NewCustomField("a", map[string]any{"x": map[string]int{"\xe9": 1}}),
	} {
		for _, request := range writesOf(client.NewCustomField("a", 1), field) {
			rows = append(rows, row{"/customFields/1" + pointer, request})
		}
	}
	for _, row := range rows {
		check(row.pointer, write(t.Context(), c, row.request))
		check(row.pointer, c.Do(t.Context(), http.MethodPost, "/x", nil, row.request, nil))
	}
	check("/tags/0", errOf(c.Contacts.AddTags(t.Context(), "abc", []string{bad})))
	check("/tags/0", errOf(c.Contacts.RemoveTags(t.Context(), "abc", []string{bad})))
	check("/filters/0/value", errOf(c.Contacts.Search(t.Context(), client.SearchRequest{Filters: []client.Filter{client.Where("email", "eq", bad)}})))
	check("query", errOf(c.Contacts.FindDuplicate(t.Context(), client.DuplicateQuery{Email: bad})))
	for _, body := range []any{[]byte(`{"a":"` + bad + `"}`), strings.NewReader(`{"a":"` + bad + `"}`)} {
		check("body", c.Do(t.Context(), http.MethodPost, "/x", nil, body, nil))
	}
	for _, list := range []any{
		client.ListRequest{LocationID: bad}, client.ListRequest{Query: bad}, client.BusinessListRequest{LocationID: bad}, client.BusinessListRequest{Query: bad},
	} {
		check("query", errOf(listOf(t.Context(), c, list)))
	}
	stubbed, _ := newStub(t, everything)
	for _, valid := range []string{"\uFFFD", `\ufffd`, `\\ufffd`, "José", `\`} {
		for _, request := range writesOf(client.NewCustomField("a", valid)) {
			if err := write(t.Context(), stubbed, request); err != nil {
				t.Errorf("%q: got %v", valid, err)
			}
		}
	}
}

func TestContactsService_RequestsUnmodified(t *testing.T) {
	c, _ := newStub(t, everything)
	requests := writesOf(client.NewCustomField("a", []string{"b"}))
	requests = append(requests, client.CreateContactRequest{Tags: []string{" VIP "}}, client.UpdateContactRequest{Tags: []string{}, City: client.Clear[string]()},
		client.UpsertContactRequest{Phone: client.Set("+1 888-888-8888"), DND: client.Set(false)})
	before := fmt.Sprintf("%#v", requests)
	for _, request := range requests {
		if err := write(t.Context(), c, request); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(before, fmt.Sprintf("%#v", requests)); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
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

// TestRequests_JSON compares the bodies of requests. What is not set is not sent; false and empty lists
// are sent.
func TestRequests_JSON(t *testing.T) {
	active := gen.DNDSettingInput{Status: gen.DNDStatusActive, Message: "asked"}
	inbound := gen.InboundDNDSettingsInput{All: gen.InboundDNDSettingInput{Status: gen.DNDStatusInactive}}
	fields := []client.CustomFieldInput{client.NewCustomField("a", "b")}
	for want, request := range map[string]any{
		`{"locationId":"ve9EPM428h8vShlRW1KT"}`: client.CreateContactRequest{},
		`{"address1":"3535 1st St N","assignedTo":"y0Be","city":"Dolomite","companyName":"DGS","country":"US","customFields":[{"id":"a","field_value":"b"}],` +
			`"dateOfBirth":"1990-09-25","dnd":true,"dndSettings":{"Email":{"message":"asked","status":"active"},"SMS":{"code":"103","status":"permanent"}},` +
			`"email":"rosan@deos.example","firstName":"Rosan","gender":"male","inboundDndSettings":{"all":{"status":"inactive"}},` +
			`"lastName":"Deo","locationId":"l","name":"Rosan Deo","phone":"+1 888-888-8888","postalCode":"35061",` +
			`"source":"public api","state":"AL","tags":[" VIP "],"timezone":"America/Chihuahua","website":"https://deos.example"}`: client.CreateContactRequest{
			FirstName: "Rosan", LastName: "Deo", Name: "Rosan Deo", Email: "rosan@deos.example", Phone: "+1 888-888-8888", LocationID: "l",
			CompanyName: "DGS", Gender: "male", Address1: "3535 1st St N", City: "Dolomite", State: "AL", PostalCode: "35061", Country: "US",
			Website: "https://deos.example", Timezone: "America/Chihuahua", DateOfBirth: "1990-09-25", Source: "public api", AssignedTo: "y0Be", DND: new(true),
			DNDSettings:        gen.DNDSettingsInput{Email: active, SMS: gen.DNDSettingInput{Status: gen.DNDStatusPermanent, Code: "103"}},
			InboundDNDSettings: inbound, Tags: []string{" VIP "}, CustomFields: fields,
		},
		`{"customFields":[],"dnd":false,"locationId":"l","tags":[]}`: client.CreateContactRequest{LocationID: "l", DND: new(false), Tags: []string{}, CustomFields: []client.CustomFieldInput{}},
		`{}`:             client.UpdateContactRequest{},
		`{"state":"AL"}`: client.UpdateContactRequest{City: client.SetNonZero(""), State: client.SetNonZero("AL"), DND: client.SetNonZero(false)},
		`{"customFields":[],"dnd":false,"dndSettings":{"Call":{"message":"asked","status":"active"},"Email":{"message":"asked","status":"active"},` +
			`"FB":{"message":"asked","status":"active"},"GMB":{"message":"asked","status":"active"},"SMS":{"message":"asked","status":"active"},` +
			`"WhatsApp":{"message":"asked","status":"active"}},"inboundDndSettings":{"all":{"status":"inactive"}},"tags":[]}`: client.UpdateContactRequest{
			DND: client.Set(false), DNDSettings: gen.DNDSettingsInput{Call: active, Email: active, SMS: active, WhatsApp: active, GMB: active, FB: active},
			InboundDNDSettings: inbound, Tags: []string{}, CustomFields: []client.CustomFieldInput{},
		},
		`{"createNewIfDuplicateAllowed":false,"customFields":[{"id":"a","field_value":"b"}],"dnd":null,"locationId":"l","tags":["a","b"]}`: client.UpsertContactRequest{
			DND: client.Clear[bool](), Tags: []string{"a", "b"}, CustomFields: fields, CreateNewIfDuplicateAllowed: client.Set(false), LocationID: "l",
		},
	} {
		c, api := newStub(t, everything)
		err := write(t.Context(), c, request)
		if diff := cmp.Diff([]string{want}, sentBodies(api)); err != nil || diff != "" {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
	}
}

// TestSetAndClear encodes each Nullable string in its states.
func TestSetAndClear(t *testing.T) {
	const update = `{"address1":V,"assignedTo":V,"city":V,"companyName":V,"country":V,"dateOfBirth":V,"email":V,"firstName":V,"keyword":V,"lastName":V,` +
		`"name":V,"phone":V,"postalCode":V,"source":V,"ssn":V,"state":V,"timezone":V,"type":V,"website":V}`
	const upsert = `{"address1":V,"assignedTo":V,"city":V,"companyName":V,"country":V,"dateOfBirth":V,"email":V,"firstName":V,"gender":V,"lastName":V,` +
		`"locationId":"ve9EPM428h8vShlRW1KT","name":V,"phone":V,"postalCode":V,"source":V,"state":V,"timezone":V,"website":V}`
	for want, value := range map[string]client.Nullable[string]{`null`: client.Clear[string](), `"x"`: client.Set("x"), `""`: client.Set("")} {
		c, api := newStub(t, everything)
		_, err1 := c.Contacts.Update(t.Context(), "abc", filled[client.UpdateContactRequest](value))
		_, err2 := c.Contacts.Upsert(t.Context(), filled[client.UpsertContactRequest](value))
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		if diff := cmp.Diff([]string{strings.ReplaceAll(update, ":V", ":"+want), strings.ReplaceAll(upsert, ":V", ":"+want)}, sentBodies(api)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

// filled returns a request whose Nullable strings are value.
func filled[T any](value client.Nullable[string]) (request T) {
	for _, field := range reflect.ValueOf(&request).Elem().Fields() {
		if field, ok := reflect.TypeAssert[*client.Nullable[string]](field.Addr()); ok {
			*field = value
		}
	}
	return request
}

// sentBodies returns the bodies of the requests.
func sentBodies(api *stub) []string {
	var bodies []string
	for _, line := range api.sent {
		_, body, _ := strings.Cut(line, " {")
		bodies = append(bodies, "{"+body)
	}
	return bodies
}
