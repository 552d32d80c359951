package clienttest

import (
	"crypto/ed25519"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/store"
	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/wire"
	"github.com/highlevel-contacts/contacts-go/gen"
)

// notify sends the webhooks of a change of a contact. before is nil for a new contact, and after is
// nil for a deleted one.
func (s *Server) notify(before, after *gen.Contact) {
	switch {
	case before == nil:
		s.sendContact("ContactCreate", after)
	case after == nil:
		s.sendContact("ContactDelete", before)
	default:
		a, b := *before, *after
		if !slices.Equal(a.Tags, b.Tags) {
			s.sendContact("ContactTagUpdate", after)
		}
		if !reflect.DeepEqual(dndOf(&a), dndOf(&b)) {
			s.sendContact("ContactDndUpdate", after)
		}
		a.Tags, a.DND, a.DNDSettings, a.InboundDNDSettings = b.Tags, b.DND, b.DNDSettings, b.InboundDNDSettings
		a.DateUpdated = b.DateUpdated
		if !reflect.DeepEqual(a, b) {
			s.sendContact("ContactUpdate", after)
		}
	}
}

func dndOf(c *gen.Contact) []any { return []any{c.DND, c.DNDSettings, c.InboundDNDSettings} }

func (s *Server) sendContact(kind string, c *gen.Contact) {
	properties := wire.Event(c)
	if kind == "ContactDndUpdate" {
		properties["dnd"] = c.DND // even if it is false
	}
	s.sendEvent(kind, c.LocationID, properties)
}

// sendEvent adds a webhook to the queue, with the properties of its type.
func (s *Server) sendEvent(kind, location string, properties wire.Object) {
	w := s.webhooks
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.url == "" {
		return
	}
	now := s.Now()
	app, _, _ := strings.Cut(s.App.ClientID, "-")
	maps.Copy(properties, wire.Object{"type": kind, "versionId": app, "appId": app, "timestamp": store.Millisecond(now)})
	if location != "" {
		properties["locationId"] = location
	}
	signed := func(key ed25519.PrivateKey) *event {
		id := s.randomIDs.UUID()
		properties["webhookId"] = id
		d := Delivery{Time: now, Type: kind, ID: id, LocationID: location, Attempt: 1, Body: wire.Encode(properties)}
		return &event{Delivery: d, key: key}
	}
	fault := w.match(kind)
	if fault.Forged {
		forged := signed(ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)))
		forged.Fault = "forged"
		w.enqueue(forged, now)
	}
	e := signed(w.key)
	e.repeats = fault.Repeated
	if fault.Lost {
		e.Fault = "lost"
		w.deliveries = appendBounded(w.deliveries, e.Delivery, s.requests.max)
		return
	}
	w.enqueue(e, now.Add(fault.Delay))
}
