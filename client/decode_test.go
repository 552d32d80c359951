package client_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/client"
)

// TestDecode_PageWithWrongTypes has an unexpected value in one contact of a page. The other contacts
// are as on a page without it.
func TestDecode_PageWithWrongTypes(t *testing.T) {
	t.Parallel()
	page := `{"contacts":` + contactList(1, 100) + `}`
	c, _ := newStub(t, ok(page), ok(strings.Replace(page, `"id":"c42",`, `"id":"c42","dnd":"no","loyalty":7,`, 1)))
	want, err := c.Contacts.List(t.Context(), client.ListRequest{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	var response client.Response
	got, err := c.Contacts.List(t.Context(), client.ListRequest{Limit: 100}, client.WithResponseInto(&response))
	want.Contacts[41].Extra = []byte(`{"dnd":"no","loyalty":7}`)
	if diff := cmp.Diff(want, got); err != nil || diff != "" || len(got.Contacts) != 100 {
		t.Errorf("%v, %d contacts (-want +got):\n%s", err, len(got.Contacts), diff)
	}
	if drift := driftText("", response.Drift); drift != "/contacts/41/dnd boolean string" {
		t.Errorf("got drift %s", drift)
	}
}

func TestDrift_Bounded(t *testing.T) {
	t.Parallel()
	c, _ := newStub(t, ok(contactBody(`"tags":[0`+strings.Repeat(",0", 999)+`]`)))
	var response client.Response
	contact, err := c.Contacts.Get(t.Context(), contactID, client.WithResponseInto(&response))
	if err != nil || len(contact.Tags) != 1000 || len(response.Drift) != 100 {
		t.Errorf("%d tags, %d places, %v", len(contact.Tags), len(response.Drift), err)
	}
}

func TestDrift_Logged(t *testing.T) {
	t.Parallel()
	var logged bytes.Buffer
	handler := slog.NewTextHandler(&logged, &slog.HandlerOptions{ReplaceAttr: withoutTimes})
	api := &stub{responses: []stubResponse{ok(contactBody(`"city":7,"dnd":"Dolomite"`)), ok(contactBody(``))}}
	c := newClient(t, api, client.WithLogger(slog.New(handler)))
	for range 2 {
		if _, err := c.Contacts.Get(t.Context(), contactID); err != nil {
			t.Fatal(err)
		}
	}
	const want = `level=WARN msg="highlevel: response does not match the schema" operation=Contacts.Get method=GET path=/proxy/v1/contacts/ocQHyuzHvysMo5N5VsXc status=200 attempt=1 cf_ray="" places=2 pointer=/contact/city want=string got=number` + "\n"
	if diff := cmp.Diff(want, logged.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestErrBadResponse has 2xx responses without the expected content.
func TestErrBadResponse(t *testing.T) {
	t.Parallel()
	bodies := []struct{ name, contentType, body string }{
		{"empty", "application/json", ""},
		{"spaces", "application/json", " \n"},
		{"a page", "text/html", html},
		{"a text", "text/plain", "OK"},
		{"a JSON text", "application/json", `"OK"`},
		{"true", "application/json", `true`},
		{"null", "application/json", `null`},
		{"a list", "application/json", `[]`},
		{"a list of contacts", "application/json", `[{"id":"abc"}]`},
		{"truncated", "application/json", `{"contact":{"id":"abc"},"contacts":[`},
		{"truncated after an unexpected value", "application/json", `{"contact":{"id":7},"contacts":[{"id":7},`},
		{"two values", "application/json", `{"contact":{"id":"abc"},"contacts":[]}{}`},
		{"not JSON after an unexpected value", "application/json", `{"contact":{"id":7},"contacts":[{"id":7}],x}`},
	}
	properties := []struct{ name, contentType, body string }{ // a delete has no expected content
		{"an object without it", "application/json", `{}`},
		{"null for it", "application/json", `{"contact":null,"contacts":null}`},
		{"a text for it", "application/json", `{"contact":"abc","contacts":"abc"}`},
		{"an empty one", "application/json", `{"contact":{},"contacts":null}`},
		{"one without an id", "application/json", `{"contact":{"city":"Oslo"}}`},
	}
	for _, operation := range operations {
		tests := bodies
		if operation.name != "delete" {
			tests = append(tests, properties...)
		}
		for _, test := range tests {
			t.Run(operation.name+": "+test.name, func(t *testing.T) {
				t.Parallel()
				c, api := newStub(t, stubResponse{status: 200, body: test.body, header: map[string][]string{"Content-Type": {test.contentType}}})
				err := operation.call(t.Context(), c)
				if !errors.Is(err, client.ErrBadResponse) || errors.Is(err, client.ErrMaybeApplied) != operation.write {
					t.Fatalf("got %v", err)
				}
				if len(api.sent) != 1 {
					t.Errorf("%d requests", len(api.sent))
				}
				for _, part := range []string{"200 bad response", `content type "` + test.contentType + `"`} {
					if !strings.Contains(err.Error(), part) {
						t.Errorf("%s is not in the error: %v", part, err)
					}
				}
			})
		}
	}
}

// TestDecode_UnusualBodies decodes bodies that no other test has. Package lenientjson tests the memory
// that decoding takes.
func TestDecode_UnusualBodies(t *testing.T) {
	t.Parallel()
	repeated := func(before, middle, after string, count int) string {
		return `{"contact":{"id":"abc",` + before + strings.Repeat(middle, count) + after + `}}`
	}
	for _, test := range []struct {
		name, body string
		want       client.Kind
	}{
		{"deep nesting", repeated(`"deep":`, "[", strings.Repeat("]", 20_000), 20_000), client.ErrBadResponse},
		{"many unknown properties", repeated(`"y":1`, `,"x":1`, "", 20_000), ""},
		{"too many elements", repeated(`"attributions":[{}`, ",{}", "]", 300_000), client.ErrResponseTooLarge},
		{"a NUL byte", "{\"contact\":\x00{\"id\":\"abc\"}}", client.ErrBadResponse},
		{"an escaped NUL", `{"contact":{"id":"abc","city":"O\u0000slo"}}`, ""},
		{"another encoding", "\xFF\xFE{\x00}\x00", client.ErrBadResponse},
		{"an ID twice", `{"contact":{"id":"xyz","id":"abc"}}`, ""},
		{"numbers that do not fit", `{"contact":{"id":"abc","birthDay":1e999999,"birthMonth":99999999999999999999}}`, ""},
	} {
		c, _ := newStub(t, ok(test.body))
		contact, err := c.Contacts.Get(t.Context(), "abc")
		if client.KindOf(err) != test.want || (err == nil) != (contact != nil && contact.ID == "abc") {
			t.Errorf("%s: got %v, want %q", test.name, err, test.want)
		}
		if err != nil && isLongOrBroken(err.Error()) {
			t.Errorf("%s: got %q", test.name, err)
		}
	}
}

func TestContactsService_All_WrongTypes(t *testing.T) {
	t.Parallel()
	c, _ := newStub(t, ok(`{"contacts":{"id":"abc","dnd":"yes"},"meta":{"total":"1","startAfter":"1603870249758","startAfterId":7}}`))
	var response client.Response
	page, err := c.Contacts.List(context.Background(), client.ListRequest{Limit: 1}, client.WithResponseInto(&response))
	if err != nil {
		t.Fatal(err)
	}
	want := &client.Page{Contacts: []client.Contact{{ID: "abc", Extra: []byte(`{"dnd":"yes"}`)}}, Total: 1, Next: "contact:1603870249758:7"}
	if diff := cmp.Diff(want, page); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	const drift = "/contacts array object, /contacts/dnd boolean string, /meta/total integer string, /meta/startAfter integer string, /meta/startAfterId string number"
	if diff := cmp.Diff(drift, driftText("", response.Drift)); diff != "" {
		t.Errorf("drift (-want +got):\n%s", diff)
	}
}
