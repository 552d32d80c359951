package clienttest

import (
	"bytes"
	"errors"
	"io"
	"net/http"

	"github.com/go-json-experiment/json"
)

// maxBody is how large a request may be; larger ones are not known to exist.
const maxBody = 8 << 20

// checkLocation looks whether the token opens the location that is asked for. A list without a location is refused the same
// way; a write without one is left to the document.
func (s *Server) checkLocation(c *call) *answer {
	c.location = s.locationOf(c.token.LocationID)
	var asked string
	switch c.operation.id {
	case "getContacts", "getContactsByBusinessId":
		if asked = c.query.Get("locationId"); asked == "" {
			return forbidden()
		}
	case "createContact", "upsertContact":
		if refusal := c.useBody(); refusal != nil {
			return refusal
		}
		asked = locationIn(c.body)
	case "updateContact":
		if refusal := c.useBody(); refusal != nil {
			return refusal
		}
		asked = s.store.locationOf(c.id)
	default:
		asked = s.store.locationOf(c.id)
	}
	if asked != "" && asked != c.token.LocationID {
		return forbidden()
	}
	return nil
}

func readBody(r *http.Request) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	return io.ReadAll(http.MaxBytesReader(nil, r.Body, maxBody))
}

// useBody makes the received body the one that the operation reads, with invalid UTF-8 replaced.
func (c *call) useBody() *answer {
	if _, tooLarge := errors.AsType[*http.MaxBytesError](c.bodyError); tooLarge {
		return refuse(http.StatusRequestEntityTooLarge, "request entity too large", "Payload Too Large")
	}
	if c.bodyError != nil {
		return malformed("request aborted")
	}
	c.body = bytes.ToValidUTF8(c.received, []byte("\uFFFD"))
	return nil
}

func locationIn(body []byte) string {
	var located struct {
		LocationID string `json:"locationId"`
	}
	if json.Unmarshal(body, &located, lenient) != nil {
		return "" // the document will say what is wrong
	}
	return located.LocationID
}

// locationOf returns the location of a contact, "" if there is no such contact.
func (s *store) locationOf(id string) string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if r := s.byID[id]; r != nil {
		return r.location
	}
	return ""
}

// locationOf returns the settings of a location, the default ones for a location that no option has described.
func (s *Server) locationOf(id string) *Location {
	if l := s.locations[id]; l != nil {
		return l
	}
	l := s.defaults
	l.ID = id
	return &l
}
