package clienttest

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/nettest"
	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/wire"
)

// A Fault makes matching requests fail or return unexpected responses. Its first fields select the
// requests, the others are what happens to them; the zero value matches every request and does
// nothing. If several faults match a request, the first one given to [Server.Fail] applies.
type Fault struct {
	// Operation is the ID of the operation, such as createContact; empty matches every request.
	Operation string `json:"operation"`
	// After is how many requests pass before the first one is matched.
	After int `json:"after"`
	// Count is how many requests are matched; 0 is no bound.
	Count int `json:"count"`
	// Rate is the share of requests to match, above 0 and up to 1; 0 matches all. Seed determines
	// which ones.
	Rate float64 `json:"rate"`
	Seed uint64  `json:"seed"`

	// Delay passes before anything else happens, in real time or that of the test's bubble.
	Delay time.Duration `json:"delay"`
	// Status, Body or both replace the response. The operation is then not applied, unless Applied
	// is set. A Body alone is sent with status 200.
	Status int    `json:"status"`
	Body   string `json:"body"`
	// Applied applies the operation although its response is replaced.
	Applied bool `json:"applied"`
	// Header is set in the response, that of the fault or that of the operation. A nil value
	// removes a header.
	Header http.Header `json:"header"`
	// Set changes values in a JSON response, by JSON pointer: {"/contact/phone": 5}. A * stands for
	// every element or property.
	Set map[string]any `json:"set"`
	// Remove removes properties or elements from a JSON response, by JSON pointer.
	Remove []string `json:"remove"`
	// Cut ends the response too early, or never.
	Cut Cut `json:"cut"`
	// BodyDelay passes when half of the body has been sent.
	BodyDelay time.Duration `json:"bodyDelay"`
}

// Cut is a way in which a connection fails.
type Cut string

// The ways in which a connection fails. A reset is a TCP reset, and EOF without a socket. On a
// socket, net/http itself retries a get whose connection had been used before and was reset: the
// caller does not see it, but it counts as a matched request. Without a socket that does not
// happen.
const (
	CutBefore  Cut = "before"  // reset before the operation is applied
	CutAfter   Cut = "after"   // reset after the operation was applied, without a response
	CutBody    Cut = "body"    // closed when half of the body has been sent
	CutEndless Cut = "endless" // the body is followed by endless spaces
	CutStall   Cut = "stall"   // half of the body, then nothing until the caller disconnects
)

// GatewayPage is an HTML page such as gateways return in place of the API:
// Fault{Status: 502, Body: GatewayPage, Header: HTMLHeader()}.
const GatewayPage = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n" +
	"<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>cloudflare</center>\r\n</body>\r\n</html>\r\n"

// HTMLHeader returns the header for GatewayPage.
func HTMLHeader() http.Header {
	return http.Header{"Content-Type": {"text/html; charset=utf-8"}}
}

// Validate returns an error if f is invalid. It does not check Operation.
func (f Fault) Validate() error {
	var problems []error
	if f.Rate < 0 || f.Rate > 1 {
		problems = append(problems, fmt.Errorf("rate %v is not between 0 and 1", f.Rate))
	}
	if f.After < 0 || f.Count < 0 || f.Delay < 0 || f.BodyDelay < 0 {
		problems = append(problems, errors.New("a count or delay is negative"))
	}
	if f.Status != 0 && (f.Status < 200 || f.Status > 599) {
		problems = append(problems, fmt.Errorf("status %d is not between 200 and 599", f.Status))
	}
	if !slices.Contains([]Cut{"", CutBefore, CutAfter, CutBody, CutEndless, CutStall}, f.Cut) {
		problems = append(problems, fmt.Errorf("unknown cut %q", f.Cut))
	}
	for _, pointer := range slices.Concat(f.Remove, slices.Collect(maps.Keys(f.Set))) {
		if !strings.HasPrefix(pointer, "/") {
			problems = append(problems, fmt.Errorf("%q is not a JSON pointer: start it with a slash", pointer))
		}
	}
	return errors.Join(problems...)
}

// FaultState is an active fault, and how many requests it has matched.
type FaultState struct {
	Fault

	Matched int
}

// faults are the active ones, in the order in which they were given.
type faults struct {
	mu  sync.Mutex
	all []*activeFault
}

type activeFault struct {
	FaultState

	passed int
	rng    *rand.Rand
}

// Fail adds faults. They stay active until their Count is reached or [Server.ClearFaults] is
// called. An invalid fault ends the test; on a server of [Start] it causes a panic: programs use
// AddFaults.
func (s *Server) Fail(all ...Fault) {
	if err := s.AddFaults(all...); err != nil {
		s.fail("Fail", err)
	}
}

// AddFaults does what Fail does. If a fault is invalid it returns an error and adds none.
func (s *Server) AddFaults(all ...Fault) error {
	var active []*activeFault
	for i, f := range all {
		err := f.Validate()
		if f.Operation != "" && !slices.Contains(s.Operations(), f.Operation) {
			err = errors.Join(err, fmt.Errorf("there is no operation %q, use one of %s", f.Operation, strings.Join(s.Operations(), ", ")))
		}
		if err != nil {
			return fmt.Errorf("fault %d: %w", i+1, err)
		}
		active = append(active, &activeFault{
			FaultState: FaultState{Fault: f},
			rng:        rand.New(rand.NewPCG(f.Seed, 0)), //nolint:gosec // not for security: the same requests fail in every run
		})
	}
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.all = append(s.faults.all, active...)
	return nil
}

// ClearFaults removes all faults.
func (s *Server) ClearFaults() {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.all = nil
}

// Faults returns the faults given to [Server.Fail], including those that have reached their Count.
func (s *Server) Faults() []FaultState {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	states := make([]FaultState, len(s.faults.all))
	for i, f := range s.faults.all {
		states[i] = f.FaultState
	}
	return states
}

// take returns the fault that matches a request of an operation, nil if none does.
func (f *faults) take(o *operation) *Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, one := range f.all {
		if one.matches(o) {
			matched := one.Fault
			return &matched
		}
	}
	return nil
}

func (f *activeFault) matches(o *operation) bool {
	switch {
	case f.Operation != "" && (o == nil || o.id != f.Operation):
		return false
	case f.Count > 0 && f.Matched >= f.Count:
		return false
	case f.passed < f.After:
		f.passed++
		return false
	case f.Rate > 0 && f.rng.Float64() >= f.Rate:
		return false
	}
	f.Matched++
	return true
}

// serveFault handles a request that a fault applies to. The request is logged before its response
// is sent.
func (s *Server) serveFault(e nettest.Exchange, c *call, f *Fault) {
	if !e.Sleep(f.Delay) || f.Cut == CutBefore {
		s.log(c, 0, true)
		e.Reset()
		return
	}
	r := s.faultyResponse(c, f)
	if f.Cut == CutAfter {
		s.log(c, 0, true)
		e.Reset()
		return
	}
	s.log(c, r.Status, true)
	switch {
	case f.Cut == CutBody, f.Cut == CutStall:
		e.SendHalf(r.Status, r.Header, r.Body, f.Cut == CutStall)
	case f.Cut == CutEndless:
		e.SendEndless(r.Status, r.Header, r.Body)
	case f.BodyDelay > 0:
		e.SendSlowly(r.Status, r.Header, r.Body, f.BodyDelay)
	default:
		e.Send(r.Status, r.Header, r.Body)
	}
}

// faultyResponse returns the response of the operation or that of the fault, changed as the fault
// says.
func (s *Server) faultyResponse(c *call, f *Fault) wire.Response {
	replaces := f.Status != 0 || f.Body != ""
	response := wire.JSON(http.StatusOK, nil)
	if !replaces || f.Applied {
		response = s.respond(c)
	}
	if replaces {
		response.Body = []byte(f.Body)
	}
	response.Status = cmp.Or(f.Status, response.Status)
	for name, values := range f.Header {
		response.Header.Del(name)
		for _, value := range values {
			response.Header.Add(name, value)
		}
	}
	for _, pointer := range slices.Sorted(maps.Keys(f.Set)) {
		value, err := json.Marshal(f.Set[pointer])
		if err != nil {
			value = []byte("null")
		}
		response.Body = wire.Patch(response.Body, pointer, value)
	}
	for _, pointer := range f.Remove {
		response.Body = wire.Patch(response.Body, pointer, nil)
	}
	return response
}

// ReadFaults reads a JSON list of faults: the fields of [Fault] in lower camel case, delays as
// strings such as "1.5s", headers as an object of strings, an empty one to remove a header. An
// example:
//
//	[
//	  {"operation": "createContact", "count": 1, "cut": "after"},
//	  {"rate": 0.01, "seed": 7, "status": 502, "body": "<html>Bad Gateway</html>", "header": {"Content-Type": "text/html"}},
//	  {"operation": "getContacts", "set": {"/contacts/*/dateAdded": 1603870249758}, "bodyDelay": "200ms"}
//	]
func ReadFaults(from io.Reader) ([]Fault, error) {
	var faults []Fault
	err := json.UnmarshalRead(from, &faults, json.RejectUnknownMembers(true), json.WithUnmarshalers(json.JoinUnmarshalers(
		json.UnmarshalFunc(readDuration), json.UnmarshalFunc(readHeader),
	)))
	if err != nil {
		return nil, fmt.Errorf("faults: %w", err)
	}
	for i, f := range faults {
		if err := f.Validate(); err != nil {
			return nil, fmt.Errorf("fault %d: %w", i+1, err)
		}
	}
	return faults, nil
}

func readDuration(value []byte, d *time.Duration) (err error) {
	var text string
	if err := json.Unmarshal(value, &text); err != nil {
		return err
	}
	*d, err = time.ParseDuration(text)
	return err
}

func readHeader(value []byte, header *http.Header) error {
	var values map[string]string
	if err := json.Unmarshal(value, &values); err != nil {
		return err
	}
	*header = http.Header{}
	for name, value := range values {
		if value == "" {
			(*header)[http.CanonicalHeaderKey(name)] = nil
			continue
		}
		header.Set(name, value)
	}
	return nil
}
