package clienttest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"runtime/debug"
	"slices"
	"time"

	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/wire"
)

// maxBody is the largest size of the body of a request, in bytes.
const maxBody = 8 << 20

// call holds the state of a request in progress. The checks set its later fields.
type call struct {
	request   *http.Request
	operation *operation
	id        string // in the path
	query     url.Values
	body      []byte
	bodyError error  // from reading the body
	logged    []byte // the body for the log
	now       time.Time
	traceID   string
	reason    string // of the error response, for the log

	token    *Token
	location *Location
	limit    http.Header // of the rate limit; nil until it has been checked
}

// operation is a route of the API.
type operation struct {
	id, pattern string
	scope       string                      // that the token must have; empty if the operation needs no token
	location    func(*Server, *call) string // the location of the request; nil for the operations of OAuth
	handle      func(*Server, *call) (wire.Response, error)
}

// operations returns the routes. The IDs of contact operations are those of the OpenAPI document.
// The OAuth operations are not in that document: the two that create tokens have the vendor's
// names, and the two of the consent page have names of this package.
func operations() []*operation {
	inQuery := func(_ *Server, c *call) string { return c.query.Get("locationId") }
	inPath := func(_ *Server, c *call) string { return c.id }
	return []*operation{
		{"getContacts", "GET /contacts/{$}", scopeRead, inQuery, (*Server).getContacts},
		{"createContact", "POST /contacts/{$}", scopeWrite, (*Server).locationInBody, (*Server).createContact},
		{"upsertContact", "POST /contacts/upsert", scopeWrite, (*Server).locationInBody, (*Server).upsertContact},
		{"getContactsByBusinessId", "GET /contacts/business/{id}", scopeRead, inQuery, (*Server).getContactsByBusinessID},
		{"getContact", "GET /contacts/{id}", scopeRead, (*Server).locationOfContact, (*Server).getContact},
		{"updateContact", "PUT /contacts/{id}", scopeWrite, (*Server).locationOfContact, (*Server).updateContact},
		{"deleteContact", "DELETE /contacts/{id}", scopeWrite, (*Server).locationOfContact, (*Server).deleteContact},
		{"searchContacts", "POST /contacts/search", scopeRead, (*Server).locationInBody, (*Server).searchContacts},
		{"findDuplicateContact", "GET /contacts/search/duplicate", scopeRead, inQuery, (*Server).findDuplicateContact},
		{"addTags", "POST /contacts/{id}/tags", scopeWrite, (*Server).locationOfContact, (*Server).addTags},
		{"removeTags", "DELETE /contacts/{id}/tags", scopeWrite, (*Server).locationOfContact, (*Server).removeTags},
		{"getCustomFields", "GET /locations/{id}/customFields", scopeFields, inPath, (*Server).getCustomFields},
		{"getConsentPage", "GET /oauth/chooselocation", "", nil, (*Server).getConsentPage},
		{"submitConsent", "POST /oauth/chooselocation", "", nil, (*Server).submitConsent},
		{"getAccessToken", "POST /oauth/token", "", nil, (*Server).getAccessToken},
		{"getLocationAccessToken", "POST /oauth/locationToken", scopeOAuth, nil, (*Server).getLocationAccessToken},
	}
}

// locationInBody returns the location in the body. The validation rejects a body without one.
func (s *Server) locationInBody(c *call) string {
	body := struct{ LocationID string }{c.token.LocationID}
	if json.Unmarshal(c.body, &body) != nil {
		return c.token.LocationID // the validation reports invalid JSON
	}
	return body.LocationID
}

// locationOfContact returns the location of the contact in the path. The operation rejects a contact
// that does not exist.
func (s *Server) locationOfContact(c *call) string {
	if contact := s.store.Get(c.id); contact != nil {
		return contact.LocationID
	}
	return c.token.LocationID
}

// unknownRoute handles the requests for every other route.
func (s *Server) unknownRoute(c *call) (wire.Response, error) {
	message := "Cannot " + c.request.Method + " " + c.request.URL.Path
	return wire.Response{}, wire.NewError(http.StatusNotFound, message).Named("Not Found")
}

// Operations returns the IDs of the operations, for the Operation of [Fault] and [Request]: those
// of api/contacts.yaml, such as createContact, and those of OAuth.
func (s *Server) Operations() []string {
	ids := make([]string, len(s.operations))
	for i, o := range s.operations {
		ids[i] = o.id
	}
	return ids
}

// newHandler returns the handler of all routes. Any word after /contacts/ is a contact ID, as in the
// API.
func (s *Server) newHandler() http.Handler {
	mux := http.NewServeMux()
	for _, o := range append(s.operations, &operation{pattern: "/", handle: (*Server).unknownRoute}) {
		mux.HandleFunc(o.pattern, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, o) })
	}
	return mux
}

// serve handles one request.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, o *operation) {
	c := &call{
		request: r, operation: o, id: r.PathValue("id"), query: r.URL.Query(), now: s.Now(), traceID: s.traceIDs.UUID(),
	}
	fault, matched := s.faults.match(o)
	// The body is read first: only then does net/http report that a caller has disconnected.
	c.body, c.bodyError = io.ReadAll(http.MaxBytesReader(nil, r.Body, maxBody))
	c.body = bytes.ToValidUTF8(c.body, []byte("\uFFFD"))
	if o.location != nil {
		c.logged = c.body
	}
	s.send(w, c, fault, matched)
}

// respond runs the operation and returns its response, which it validates against the OpenAPI
// document.
func (s *Server) respond(c *call) wire.Response {
	response := s.handleSafely(c)
	response.Header.Set("Server", "cloudflare")
	response.Header.Set("Cf-Ray", c.traceID[:8]+c.traceID[9:13]+c.traceID[14:18]+"-FRA")
	if !s.validate {
		return response
	}
	if err := s.spec.CheckResponse(c.operation.id, c.request, response.Status, response.Header, response.Body); err != nil {
		err = fmt.Errorf("%s: response with status %d violates api/contacts.yaml: %w", c.operation.id, response.Status, err)
		return s.reportDefect(err)
	}
	return response
}

// handleSafely runs the operation and returns an error response for an error or a panic.
func (s *Server) handleSafely(c *call) (response wire.Response) {
	defer func() {
		if p := recover(); p != nil {
			err := fmt.Errorf("panic in %s %s: %v\n%s", c.request.Method, c.request.URL.Path, p, debug.Stack())
			response = s.reportDefect(err)
		}
	}()
	response, err := s.handle(c)
	if apiError, ok := errors.AsType[*wire.Error](err); ok {
		if apiError.Traced {
			apiError.Body["traceId"] = c.traceID
		}
		response = wire.JSON(apiError.Status, apiError.Body)
		c.reason = err.Error()
	} else if err != nil {
		response = s.reportDefect(err)
	}
	maps.Copy(response.Header, c.limit)
	return response
}

// reportDefect reports a defect of the fake, which fails the test, and returns a 500.
func (s *Server) reportDefect(err error) wire.Response {
	if s.tb != nil {
		s.tb.Errorf("clienttest: %v", err)
	}
	const status = http.StatusInternalServerError
	return wire.JSON(status, wire.Object{"statusCode": status, "message": err.Error()})
}

// handle runs the checks in the API's order and returns the first error, or the result of the
// operation. One operation on contacts runs at a time.
func (s *Server) handle(c *call) (wire.Response, error) {
	if c.bodyError != nil {
		return wire.Response{}, wire.BadRequest("request aborted")
	}
	var checks []func(*Server, *call) error
	if c.operation.scope != "" {
		checks = append(checks, (*Server).checkVersion, (*Server).checkToken)
	}
	if c.operation.location != nil {
		s.store.Lock()
		defer s.store.Unlock()
		checks = append(checks, (*Server).checkLocation, (*Server).checkRateLimit, (*Server).checkRequest)
	}
	for _, check := range checks {
		if err := check(s, c); err != nil {
			return wire.Response{}, err
		}
	}
	return c.operation.handle(s, c)
}

// ok returns a response with a trace ID.
func (c *call) ok(status int, body wire.Object) (wire.Response, error) {
	body["traceId"] = c.traceID
	return wire.JSON(status, body), nil
}

var (
	versions      = []string{"2021-07-28", "2021-04-15", "2023-02-21", "v3"}
	isVersionLike = regexp.MustCompile(`^(\d{4}-\d{2}-\d{2}|v\d+)$`).MatchString
)

func (s *Server) checkVersion(c *call) error {
	version := c.request.Header.Get("Version")
	switch {
	case version == "":
		return wire.NewError(http.StatusUnauthorized, "version header was not found.")
	case slices.Contains(versions, version):
		return nil
	case isVersionLike(version):
		return wire.NewError(http.StatusUnauthorized, "version header is invalid")
	default:
		return wire.NewError(http.StatusBadRequest, "Invalid API version segment '"+version+"' at position 0")
	}
}

// checkLocation checks that the token belongs to the location of the request. The API also responds
// with a 403 to a list without a location.
func (s *Server) checkLocation(c *call) error {
	c.location = s.location(c.token.LocationID)
	if c.operation.location(s, c) != c.token.LocationID {
		return wire.Forbidden()
	}
	return nil
}

// checkRequest returns the API's 422 for a request that violates the OpenAPI document.
func (s *Server) checkRequest(c *call) error {
	if len(c.body) > 0 && !json.Valid(c.body) {
		return wire.BadRequest("request body is not valid JSON")
	}
	c.body = wire.RenameFieldValue(c.body)
	if messages := s.spec.Violations(c.operation.id, c.request, c.body); messages != nil {
		return wire.Unprocessable(messages)
	}
	return nil
}
