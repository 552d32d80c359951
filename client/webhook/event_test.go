package webhook

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/client"
)

func TestParse_ContactEvent(t *testing.T) {
	t.Parallel()
	event, err := Parse([]byte(contactCreate))
	if err != nil {
		t.Fatal(err)
	}
	want := Event{
		Type: ContactCreate, ID: "1c0e6ea2-0000-4000-8000-000000000001", AppID: "6650000000000000000000aa", LocationID: "Loc00000000000000001",
		Time: time.Date(2026, 4, 2, 8, 15, 31, 4_000_000, time.UTC), Raw: []byte(contactCreate),
		Contact: &client.Contact{
			ID: "Con00000000000000001", LocationID: "Loc00000000000000001", FirstName: "Edith", LastName: "Clarke", Email: "edith@example.com",
			Phone: "+15550142001", Tags: []string{}, Country: "US", DateAdded: time.Date(2026, 4, 2, 8, 15, 30, 120_000_000, time.UTC),
			CustomFields: []client.CustomField{},
		},
	}
	want.Contact.AttributionSource = client.Attribution{Medium: "manual", SessionSource: "CRM UI"}
	if diff := cmp.Diff(want, event); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestParse_ContactEvents decodes the other contact events, and values of unexpected types.
func TestParse_ContactEvents(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, body, want, drift string }{
		{
			"update of 2025",
			`{"type":"ContactUpdate","locationId":"loc","id":"con","email":"a@example.com","timestamp":"2025-07-01T10:00:00.500Z","webhookId":"w"}`,
			`{"id":"con","email":"a@example.com","locationId":"loc"}`, "[]",
		},
		{
			"DND update",
			`{"type":"ContactDndUpdate","locationId":"loc","versionId":"v","appId":"a","id":"con","dnd":true,"dndSettings":{"RCS":{"status":"inactive"}},
				"inboundDndSettings":{"all":{"status":"active","message":"m"}},"timestamp":"2026-03-01T10:00:00Z","webhookId":"w"}`,
			`{"id":"con","dnd":true,"dndSettings":{"RCS":{"status":"inactive"}},"inboundDndSettings":{"all":{"message":"m","status":"active"}},"locationId":"loc"}`, "[]",
		},
		{
			"tag update",
			`{"type":"ContactTagUpdate","locationId":"loc","id":"con","tags":["a","b"],"companyId":"com","timestamp":"2026-03-01T10:00:00Z","webhookId":"w"}`,
			`{"id":"con","locationId":"loc","tags":["a","b"]}`, "[]",
		},
		{
			"delete with unknown properties and custom fields",
			`{"type":"ContactDelete","locationId":"loc","id":"con","customFields":[{"id":"f","value":"1 < 2"}],"new":{"a":"<b>"},"webhookId":"w"}`,
			`{"id":"con","customFields":[{"id":"f","value":"1 < 2"}],"locationId":"loc","new":{"a":"<b>"}}`, "[]",
		},
		{
			"unexpected types",
			`{"type":"ContactCreate","locationId":7,"id":"con","webhookId":{},"appId":[],"companyId":true,"timestamp":"soon","tags":"a"}`,
			`{"id":"con","locationId":"7","tags":["a"]}`,
			"[{/webhookId string object} {/appId string array} {/companyId string boolean} {/timestamp date-time string} {/locationId string number} {/tags array string}]",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			event, err := Parse([]byte(test.body))
			if err != nil || event.Contact == nil {
				t.Fatalf("got %+v, %v, want a contact", event, err)
			}
			want := new(client.Contact)
			if err := json.Unmarshal([]byte(test.want), want); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, event.Contact); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if event.Contact.LocationID != event.LocationID {
				t.Errorf("got the location %q, want %q", event.LocationID, event.Contact.LocationID)
			}
			if got := fmt.Sprint(event.Drift); got != test.drift {
				t.Errorf("got drift %s, want %s", got, test.drift)
			}
		})
	}
}

func TestParse_OtherEvents(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, body string
		want       Event
	}{
		{"install", install, Event{
			Type: Install, ID: "1c0e6ea2-0000-4000-8000-000000000002", AppID: "6650000000000000000000aa",
			LocationID: "Loc00000000000000001", CompanyID: "Com00000000000000001", Time: time.Date(2026, 8, 2, 9, 0, 0, 0, time.UTC),
			Install: &Installation{
				Type: "Location", UserID: "Use00000000000000001", CompanyName: "North Agency",
				Whitelabel: true, WhitelabelDomain: "app.north.example", WhitelabelLogoURL: "https://cdn.example.com/n.png",
			},
		}},
		{"uninstall of a location", uninstall, Event{
			Type: Uninstall, ID: "1c0e6ea2-0000-4000-8000-000000000003", AppID: "6650000000000000000000aa",
			LocationID: "Loc00000000000000001", Time: time.Date(2026, 8, 3, 9, 0, 0, 0, time.UTC), Install: &Installation{},
		}},
		{"uninstall of an agency", `{"type":"UNINSTALL","companyId":"com","planId":"p"}`, Event{
			Type: Uninstall, CompanyID: "com", Install: &Installation{PlanID: "p"},
		}},
		{"install with unexpected types", `{"type":"INSTALL","isWhitelabelCompany":"yes","whitelabelDetails":[],"trial":1}`, Event{
			Type: Install, Install: &Installation{},
			Drift: []client.Drift{
				{Pointer: "/isWhitelabelCompany", Want: "boolean", Got: "string"},
				{Pointer: "/whitelabelDetails", Want: "object", Got: "array"},
			},
		}},
		{"note", `{"type":"NoteCreate","locationId":"loc","id":"note","contactId":"con","webhookId":"w","timestamp":null}`, Event{
			Type: "NoteCreate", ID: "w", LocationID: "loc",
		}},
		{"type of other case", `{"Type":"INSTALL","LocationID":"loc"}`, Event{}},
		{"type is a number", `{"type":1}`, Event{Drift: []client.Drift{{Pointer: "/type", Want: "string", Got: "number"}}}},
		{"no properties", `{}`, Event{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			event, err := Parse([]byte(test.body))
			if err != nil {
				t.Fatal(err)
			}
			test.want.Raw = []byte(test.body)
			if diff := cmp.Diff(test.want, event); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestParse_NotAnObject(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", "null", "7", `"edith"`, `["edith"]`, `{"type":"edith"`, `{"type":"ContactCreate"}edith`} {
		event, err := Parse([]byte(body))
		if err == nil || strings.Contains(err.Error(), "edith") || event.Raw != nil {
			t.Errorf("%s: got %+v, %v, want an error without the body", body, event, err)
		}
	}
}

// FuzzParse parses arbitrary bodies. An event of a contact has a contact without the properties of
// the event.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		contactCreate, install, uninstall, "", "null", "[]", `{"type":"ContactTagUpdate","tags":"a","timestamp":7,"webhookId":[],"id":1}`,
		`{"type":"INSTALL","whitelabelDetails":{"domain":1}}`, "{\"type\":\"ContactUpdate\",\"\xff\":\"\\ud800\",\"type\":\"ContactDelete\"}",
		`{"type":"ContactCreate","type":7,"timestamp":"2026-01-01T00:00:00Z","versionId":1}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		event, err := Parse(body)
		if err != nil {
			if event.Raw != nil || event.Contact != nil {
				t.Errorf("got %+v with the error %v", event, err)
			}
			return
		}
		isContact := slices.Contains([]EventType{ContactCreate, ContactUpdate, ContactDelete, ContactDNDUpdate, ContactTagUpdate}, event.Type)
		if (event.Contact != nil) != isContact || (event.Install != nil) != (event.Type == Install || event.Type == Uninstall) {
			t.Fatalf("got %+v", event)
		}
		if string(event.Raw) != string(body) || !json.Valid(body) {
			t.Errorf("got Raw %q", event.Raw)
		}
		if event.Contact == nil {
			return
		}
		var extra map[string]json.RawMessage
		if len(event.Contact.Extra) > 0 {
			if err := json.Unmarshal(event.Contact.Extra, &extra); err != nil {
				t.Errorf("got Extra %s: %v", event.Contact.Extra, err)
			}
		}
		for _, name := range []string{"type", "webhookId", "appId", "versionId", "companyId", "timestamp"} {
			if _, ok := extra[name]; ok || event.Contact.Type != "" {
				t.Errorf("the contact has %s: Type %q, Extra %s", name, event.Contact.Type, event.Contact.Extra)
			}
		}
	})
}
