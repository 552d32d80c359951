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
	"github.com/highlevel-contacts/contacts-go/gen"
)

var contactEvents = []EventType{ContactCreate, ContactUpdate, ContactDelete, ContactDNDUpdate, ContactTagUpdate}

// TestParse_ContactEvent decodes an event of each type. The contact has no property of the event.
func TestParse_ContactEvent(t *testing.T) {
	t.Parallel()
	for _, kind := range contactEvents {
		body := strings.Replace(contactCreate, "ContactCreate", string(kind), 1)
		event, err := Parse([]byte(body))
		want := Event{
			Type: kind, ID: "1c0e6ea2-0000-4000-8000-000000000001", AppID: "6650000000000000000000aa", LocationID: "Loc00000000000000001",
			Time: time.Date(2026, 4, 2, 8, 15, 31, 4_000_000, time.UTC), Raw: []byte(body),
			Contact: &client.Contact{
				ID: "Con00000000000000001", LocationID: "Loc00000000000000001", FirstName: "Edith", LastName: "Clarke", Email: "edith@example.com",
				Phone: "+15550142001", Tags: []string{}, Country: "US", DateAdded: time.Date(2026, 4, 2, 8, 15, 30, 120_000_000, time.UTC),
				CustomFields: []gen.CustomField{}, AttributionSource: gen.Attribution{Medium: "manual", SessionSource: "CRM UI"},
			},
		}
		if diff := cmp.Diff(want, event); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", kind, err, diff)
		}
	}
}

// TestParse_ContactProperties decodes other properties, and values of unexpected types.
func TestParse_ContactProperties(t *testing.T) {
	t.Parallel()
	const dnd = `"dnd":true,"dndSettings":{"RCS":{"status":"inactive"}},"inboundDndSettings":{"all":{"message":"m","status":"active"}}}`
	const unknown = `"customFields":[{"id":"f","value":"1 < 2"}],"new":{"a":"<b>"}}`
	for _, test := range []struct{ body, want, drift string }{
		{`{"type":"ContactDndUpdate","locationId":"loc","versionId":"v","companyId":"com","id":"con",` + dnd, `{"locationId":"loc","id":"con",` + dnd, "[]"},
		{`{"type":"ContactDelete","locationId":"loc","webhookId":"w","id":"con",` + unknown, `{"locationId":"loc","id":"con",` + unknown, "[]"},
		{
			`{"type":"ContactCreate","locationId":7,"id":"con","webhookId":{},"appId":[],"companyId":true,"timestamp":"soon","tags":"a"}`,
			`{"id":"con","locationId":"7","tags":["a"]}`,
			"[{/webhookId string object} {/appId string array} {/companyId string boolean} {/timestamp date-time string} {/locationId string number} {/tags array string}]",
		},
	} {
		event, err := Parse([]byte(test.body))
		want := new(client.Contact)
		if err := json.Unmarshal([]byte(test.want), want); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, event.Contact); err != nil || diff != "" || event.LocationID != want.LocationID {
			t.Errorf("%s: %v (-want +got):\n%s", test.body, err, diff)
		}
		if got := fmt.Sprint(event.Drift); got != test.drift {
			t.Errorf("%s: got drift %s, want %s", test.body, got, test.drift)
		}
	}
}

func TestParse_OtherEvents(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]Event{
		install: {
			Type: Install, ID: "1c0e6ea2-0000-4000-8000-000000000002", AppID: "6650000000000000000000aa",
			LocationID: "Loc00000000000000001", CompanyID: "Com00000000000000001", Time: time.Date(2026, 8, 2, 9, 0, 0, 0, time.UTC),
			Install: &Installation{
				Type: "Location", UserID: "Use00000000000000001", CompanyName: "North Agency",
				Whitelabel: true, WhitelabelDomain: "app.north.example", WhitelabelLogoURL: "https://cdn.example.com/n.png",
			},
		},
		uninstall: {
			Type: Uninstall, ID: "1c0e6ea2-0000-4000-8000-000000000003", AppID: "6650000000000000000000aa",
			LocationID: "Loc00000000000000001", Time: time.Date(2026, 8, 3, 9, 0, 0, 0, time.UTC), Install: &Installation{},
		},
		`{"type":"UNINSTALL","companyId":"com","planId":"p"}`: {Type: Uninstall, CompanyID: "com", Install: &Installation{PlanID: "p"}},
		`{"type":"INSTALL","isWhitelabelCompany":"yes","whitelabelDetails":[],"trial":1}`: {
			Type: Install, Install: &Installation{},
			Drift: []client.Drift{{Pointer: "/isWhitelabelCompany", Want: "boolean", Got: "string"}, {Pointer: "/whitelabelDetails", Want: "object", Got: "array"}},
		},
		`{"type":"NoteCreate","locationId":"loc","id":"note","contactId":"con","webhookId":"w","timestamp":null}`: {Type: "NoteCreate", ID: "w", LocationID: "loc"},
		`{"Type":"INSTALL","LocationID":"loc"}`: {},
		`{"type":1}`:                            {Drift: []client.Drift{{Pointer: "/type", Want: "string", Got: "number"}}},
	} {
		want.Raw = []byte(body)
		event, err := Parse([]byte(body))
		if diff := cmp.Diff(want, event); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", body, err, diff)
		}
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
		contactCreate, install, uninstall, "null", "[]", `{"type":"ContactTagUpdate","tags":"a","timestamp":7,"webhookId":[],"id":1}`,
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
		if (event.Contact != nil) != slices.Contains(contactEvents, event.Type) || (event.Install != nil) != (event.Type == Install || event.Type == Uninstall) ||
			string(event.Raw) != string(body) || !json.Valid(body) {
			t.Fatalf("got %+v", event)
		}
		var extra map[string]any
		if event.Contact != nil && len(event.Contact.Extra) > 0 && json.Unmarshal(event.Contact.Extra, &extra) != nil {
			t.Errorf("got Extra %s", event.Contact.Extra)
		}
		for _, name := range []string{"type", "webhookId", "appId", "versionId", "companyId", "timestamp"} {
			if extra[name] != nil || event.Contact != nil && event.Contact.Type != "" {
				t.Errorf("the contact has %s: Type %q, Extra %s", name, event.Contact.Type, event.Contact.Extra)
			}
		}
	})
}
