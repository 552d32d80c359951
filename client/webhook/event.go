package webhook

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
)

// EventType is the type of an [Event]. HighLevel has many more types than those below.
type EventType string

// The types of events that [Parse] decodes. An event of another type has neither Contact nor
// Install; decode its Raw.
const (
	ContactCreate    EventType = "ContactCreate"
	ContactUpdate    EventType = "ContactUpdate"
	ContactDelete    EventType = "ContactDelete"
	ContactDNDUpdate EventType = "ContactDndUpdate"
	ContactTagUpdate EventType = "ContactTagUpdate"
	Install          EventType = "INSTALL"
	Uninstall        EventType = "UNINSTALL"
)

// Event is a webhook of an app. To process it later, store Raw, and pass it to [Parse].
type Event struct {
	Type       EventType
	ID         string          // webhookId, which retries of the event repeat
	AppID      string          // empty in events from before 2026
	LocationID string          // empty if an agency has installed or uninstalled the app
	CompanyID  string          // agency, in Install events and in those of an agency only
	Time       time.Time       // time of the event, which retries repeat
	Contact    *client.Contact // contact after the change, or before its deletion; nil in other events
	Install    *Installation   // nil except in Install and Uninstall events
	Drift      []client.Drift  // values of unexpected types, see [client.DecodeContact]
	Raw        []byte          // body as received
}

// Installation describes an installation at the LocationID of the [Event], or at its CompanyID if
// there is no location. In an [Uninstall] event of a location, all fields are empty, and so is the
// CompanyID.
type Installation struct {
	Type              string // installType, such as "Location"
	UserID            string // user who installed the app; may be empty
	PlanID            string // plan of a paid app; may be empty
	CompanyName       string // name of the agency
	Whitelabel        bool   // whether the agency uses a brand of its own
	WhitelabelDomain  string // domain of that brand, on which its users log in
	WhitelabelLogoURL string
}

var errNotObject = errors.New("highlevel: Parse: the body is not a JSON object")

// Parse decodes the body of a webhook. It does not verify the signature. It returns an error if
// body is not one complete JSON object. A value of an unexpected type is not an error, but is
// listed in Event.Drift. Event.Raw is body, not a copy.
func Parse(body []byte) (Event, error) {
	var properties map[string]json.RawMessage
	if err := json.Unmarshal(body, &properties); err != nil || properties == nil { // nil for null
		return Event{}, errNotObject
	}
	event := Event{Raw: body}
	event.read(properties, "/type", &event.Type)
	event.read(properties, "/webhookId", &event.ID)
	event.read(properties, "/appId", &event.AppID)
	event.read(properties, "/companyId", &event.CompanyID)
	event.read(properties, "/timestamp", &event.Time)
	switch event.Type {
	case ContactCreate, ContactUpdate, ContactDelete, ContactDNDUpdate, ContactTagUpdate:
		return event, event.readContact(properties)
	case Install, Uninstall:
		event.readInstallation(properties)
	}
	event.read(properties, "/locationId", &event.LocationID)
	return event, nil
}

// readContact decodes the contact, without the properties of the event.
func (e *Event) readContact(properties map[string]json.RawMessage) error {
	for _, name := range []string{"type", "webhookId", "appId", "versionId", "companyId", "timestamp"} {
		delete(properties, name)
	}
	var data bytes.Buffer
	encoder := json.NewEncoder(&data)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(properties); err != nil {
		return errNotObject
	}
	contact, drift, err := client.DecodeContact(data.Bytes())
	if err != nil {
		return fmt.Errorf("highlevel: Parse: %w", err)
	}
	e.Contact, e.Drift, e.LocationID = contact, append(e.Drift, drift...), contact.LocationID
	return nil
}

func (e *Event) readInstallation(properties map[string]json.RawMessage) {
	e.Install = new(Installation)
	e.read(properties, "/installType", &e.Install.Type)
	e.read(properties, "/userId", &e.Install.UserID)
	e.read(properties, "/planId", &e.Install.PlanID)
	e.read(properties, "/companyName", &e.Install.CompanyName)
	e.read(properties, "/isWhitelabelCompany", &e.Install.Whitelabel)
	var details map[string]json.RawMessage
	e.read(properties, "/whitelabelDetails", &details)
	e.read(details, "/whitelabelDetails/domain", &e.Install.WhitelabelDomain)
	e.read(details, "/whitelabelDetails/logoUrl", &e.Install.WhitelabelLogoURL)
}

// read decodes the last property of pointer into target, if it exists. It reports a value of
// another type as drift.
func (e *Event) read(properties map[string]json.RawMessage, pointer string, target any) {
	raw, ok := properties[path.Base(pointer)]
	if !ok || json.Unmarshal(raw, target) == nil {
		return
	}
	want := "string"
	switch target.(type) {
	case *bool:
		want = "boolean"
	case *time.Time:
		want = "date-time"
	case *map[string]json.RawMessage:
		want = "object"
	}
	got := map[byte]string{'"': "string", 't': "boolean", 'f': "boolean", '[': "array", '{': "object"}[raw[0]]
	e.Drift = append(e.Drift, client.Drift{Pointer: pointer, Want: want, Got: cmp.Or(got, "number")})
}
