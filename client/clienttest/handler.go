package clienttest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/nettest"
	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/search"
	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/spec"
	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/wire"
)

// maxBody is the largest size of the body of a request, in bytes.
const maxBody = 8 << 20

// call holds the state of a request in progress. The checks set its later fields.
type call struct {
	request   *http.Request
	operation *operation // nil for an unknown route
	id        string     // in the path
	query     url.Values
	received  []byte // the body as it was received
	bodyError error  // from reading the body
	body      []byte // the body for the operation and for the log; nil if the operation has none
	now       time.Time
	traceID   string
	errorBody string // of the error response, for the log

	token    *Token
	location *Location
	usage    *usage // nil until the rate limit has been checked
	page     int    // of a search; 0 if it was not sent
}

// operation is a route of the API.
type operation struct {
	id, method, path string
	userType         UserType // that the token must have; empty if the operation needs no token
	scope            string   // that the token must have
	handle           func(*Server, *call) (wire.Response, error)
}

// operations returns the routes. The IDs of contact operations are those of the OpenAPI document.
// The OAuth operations are not in that document: the two that create tokens have the vendor's
// names, and the two of the consent page have names of this package.
func operations() []*operation {
	const read, write, location = scopeRead, scopeWrite, UserTypeLocation
	return []*operation{
		{"getContacts", "GET", "/contacts/", location, read, (*Server).getContacts},
		{"createContact", "POST", "/contacts/", location, write, (*Server).createContact},
		{"upsertContact", "POST", "/contacts/upsert", location, write, (*Server).upsertContact},
		{"getContactsByBusinessId", "GET", "/contacts/business/{businessId}", location, read, (*Server).getContactsByBusinessID},
		{"getContact", "GET", "/contacts/{contactId}", location, read, (*Server).getContact},
		{"updateContact", "PUT", "/contacts/{contactId}", location, write, (*Server).updateContact},
		{"deleteContact", "DELETE", "/contacts/{contactId}", location, write, (*Server).deleteContact},
		{"searchContacts", "POST", "/contacts/search", location, read, (*Server).searchContacts},
		{"findDuplicateContact", "GET", "/contacts/search/duplicate", location, read, (*Server).findDuplicateContact},
		{"addTags", "POST", "/contacts/{contactId}/tags", location, write, (*Server).addTags},
		{"removeTags", "DELETE", "/contacts/{contactId}/tags", location, write, (*Server).removeTags},
		{"getCustomFields", "GET", "/locations/{locationId}/customFields", location, scopeFields, (*Server).getCustomFields},
		{"getConsentPage", "GET", "/oauth/chooselocation", "", "", (*Server).getConsentPage},
		{"submitConsent", "POST", "/oauth/chooselocation", "", "", (*Server).submitConsent},
		{"getAccessToken", "POST", "/oauth/token", "", "", (*Server).getAccessToken},
		{"getLocationAccessToken", "POST", "/oauth/locationToken", UserTypeCompany, scopeOAuth, (*Server).getLocationAccessToken},
	}
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

// route returns the operation of a request and the ID in its path. The first route that matches is
// selected, because the API treats any word after /contacts/ as a contact ID.
func (s *Server) route(r *http.Request) (*operation, string) {
	path := r.URL.EscapedPath()
	if path == "/contacts" {
		path = "/contacts/"
	}
	for _, o := range s.operations {
		if o.method != r.Method {
			continue
		}
		if id, ok := o.match(path); ok {
			return o, id
		}
	}
	return nil, ""
}

func (o *operation) match(path string) (id string, ok bool) {
	prefix, parameter, hasID := strings.Cut(o.path, "{")
	if !hasID {
		return "", path == o.path
	}
	_, suffix, _ := strings.Cut(parameter, "}")
	afterPrefix, hasPrefix := strings.CutPrefix(path, prefix)
	segment, hasSuffix := strings.CutSuffix(afterPrefix, suffix)
	if !hasPrefix || !hasSuffix || segment == "" || strings.Contains(segment, "/") {
		return "", false
	}
	id, err := url.PathUnescape(segment)
	return id, err == nil
}

// serve handles one request.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	c := &call{request: r, query: r.URL.Query(), now: s.Now(), traceID: s.traceIDs.UUID()}
	c.operation, c.id = s.route(r)
	fault := s.faults.match(c.operation)
	// The body is read first: only then does net/http report that a caller has disconnected.
	if r.Body != nil {
		c.received, c.bodyError = io.ReadAll(http.MaxBytesReader(nil, r.Body, maxBody))
	}
	e := nettest.Exchange{Writer: w, Request: r}
	if fault != nil {
		s.serveFault(e, c, fault)
		return
	}
	response := s.respond(c)
	s.log(c, response.Status, false)
	e.Send(response.Status, response.Header, response.Body)
}

// respond runs the operation and returns its response, which it validates against the OpenAPI
// document.
func (s *Server) respond(c *call) wire.Response {
	response := s.handleSafely(c)
	response.Header.Set("Server", "cloudflare")
	response.Header.Set("Cf-Ray", c.traceID[:8]+c.traceID[9:13]+c.traceID[14:18]+"-FRA")
	if c.operation == nil {
		return response
	}
	if err := s.spec.CheckResponse(c.specRequest(), response.Status, response.Header, response.Body); err != nil {
		err = fmt.Errorf("%s: response with status %d violates api/contacts.yaml: %w", c.operation.id, response.Status, err)
		return s.reportDefect(err, response)
	}
	return response
}

// handleSafely runs the operation and returns an error response for an error or a panic.
func (s *Server) handleSafely(c *call) (response wire.Response) {
	defer func() {
		if p := recover(); p != nil {
			err := fmt.Errorf("panic in %s %s: %v\n%s", c.request.Method, c.request.URL.Path, p, debug.Stack())
			response = s.reportDefect(err, internalError("panic"))
		}
	}()
	response, err := s.handle(c)
	if apiError, ok := errors.AsType[*wire.Error](err); ok {
		response = apiError.Response
		if apiError.Traced {
			response.Body = fmt.Appendf(nil, `%s,"traceId":%q}`, bytes.TrimSuffix(response.Body, []byte("}")), c.traceID)
		}
		c.errorBody = string(response.Body)
	} else if err != nil {
		response = internalError(err.Error())
	}
	s.addRateLimitHeaders(c, response.Header)
	return response
}

func internalError(message string) wire.Response {
	return wire.NewError(http.StatusInternalServerError, message, "").Response
}

// reportDefect reports a defect of the fake. If the fake belongs to a test, the test fails, and
// reportDefect returns the response. Otherwise it returns a 500.
func (s *Server) reportDefect(err error, response wire.Response) wire.Response {
	if s.tb == nil {
		return internalError(err.Error())
	}
	s.tb.Errorf("clienttest: %v", err)
	return response
}

// handle runs the checks in the API's order and returns the first error, or the result of the
// operation. It has not been observed whether the API checks the route before the version header.
func (s *Server) handle(c *call) (wire.Response, error) {
	if c.operation == nil {
		return wire.Response{}, wire.NewError(http.StatusNotFound, "Cannot "+c.request.Method+" "+c.request.URL.Path, "Not Found")
	}
	for _, check := range c.operation.checks() {
		if err := check(s, c); err != nil {
			return wire.Response{}, err
		}
	}
	return c.operation.handle(s, c)
}

type check func(*Server, *call) error

func (o *operation) checks() []check {
	token := []check{(*Server).checkVersion, (*Server).checkToken, (*Server).checkUserType, (*Server).checkScope}
	switch o.userType {
	case UserTypeLocation:
		return append(token, (*Server).readBody, (*Server).checkLocation, (*Server).checkRateLimit, (*Server).normalizeRequest, (*Server).validate)
	case UserTypeCompany:
		return token
	default:
		return nil
	}
}

var (
	versions      = []string{"2021-07-28", "2021-04-15", "2023-02-21", "v3"}
	isVersionLike = regexp.MustCompile(`^(\d{4}-\d{2}-\d{2}|v\d+)$`).MatchString
)

func (s *Server) checkVersion(c *call) error {
	version := c.request.Header.Get("Version")
	switch {
	case version == "":
		return wire.NewError(http.StatusUnauthorized, "version header was not found.", "")
	case slices.Contains(versions, version):
		return nil
	case isVersionLike(version):
		return wire.NewError(http.StatusUnauthorized, "version header is invalid", "")
	default:
		return wire.NewError(http.StatusBadRequest, "Invalid API version segment '"+version+"' at position 0", "")
	}
}

// readBody sets the body of the call if the operation has one.
func (s *Server) readBody(c *call) error {
	if c.operation.method == http.MethodGet || c.operation.id == "deleteContact" {
		return nil
	}
	return c.useBody()
}

// useBody sets the body to the received one, or returns the error from receiving it.
func (c *call) useBody() error {
	if _, tooLarge := errors.AsType[*http.MaxBytesError](c.bodyError); tooLarge {
		return wire.NewError(http.StatusRequestEntityTooLarge, "request entity too large", "Payload Too Large")
	}
	if c.bodyError != nil {
		return wire.BadRequest("request aborted")
	}
	c.body = bytes.ToValidUTF8(c.received, []byte("\uFFFD")) // not nil
	return nil
}

// checkLocation checks that the token belongs to the location of the request. The API also responds
// with a 403 to a list without a location. The validation rejects a write without one.
func (s *Server) checkLocation(c *call) error {
	c.location = s.location(c.token.LocationID)
	var asked string
	switch c.operation.id {
	case "getCustomFields":
		asked = c.id
	case "getContacts", "getContactsByBusinessId", "findDuplicateContact":
		if asked = c.query.Get("locationId"); asked == "" {
			return wire.Forbidden()
		}
	case "createContact", "upsertContact", "searchContacts":
		var body struct {
			LocationID string `json:"locationId"`
		}
		if json.Unmarshal(c.body, &body, wire.Lenient) == nil { // the validation reports invalid JSON
			asked = body.LocationID
		}
	default:
		if contact := s.store.Get(c.id); contact != nil {
			asked = contact.LocationID
		}
	}
	if asked != "" && asked != c.token.LocationID {
		return wire.Forbidden()
	}
	return nil
}

// normalizeRequest changes the body to the form that the OpenAPI document describes.
func (s *Server) normalizeRequest(c *call) (err error) {
	switch {
	case len(c.body) == 0: // the validation reports an empty body
	case c.operation.id == "searchContacts":
		c.body, c.page = search.CutPage(c.body)
	default:
		c.body, err = wire.RenameFieldValues(c.body)
	}
	return err
}

// validate returns the API's 422 for a request that violates the OpenAPI document.
func (s *Server) validate(c *call) error {
	if messages := s.spec.Violations(c.specRequest()); messages != nil {
		return wire.Unprocessable(messages...)
	}
	return nil
}

func (c *call) specRequest() *spec.Request {
	return &spec.Request{Operation: c.operation.id, HTTP: c.request, ID: c.id, Query: c.query, Body: c.body}
}
