package clienttest

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/wire"
)

// A Fault makes requests fail or return unexpected responses. The fields from Operation to Seed
// select the requests that it matches; the others describe what happens to these requests. The zero
// value matches every request and changes nothing. If several faults match a request, the one that
// was added first applies.
type Fault struct {
	// Operation is the ID of an operation, such as createContact; see [Server.Operations]. If it is
	// empty, the fault matches requests for every operation and for unknown routes.
	Operation string
	// After is the number of requests that the fault ignores before it matches the first one.
	After int
	// Count is the largest number of requests that the fault matches; 0 is no limit.
	Count int
	// Rate is the probability that a request is matched, from 0 to 1; the default 0 means 1. Seed
	// determines which requests are matched.
	Rate float64
	Seed uint64

	// Delay is the time to wait before the request is handled, in real time or in the time of the
	// test's synctest bubble.
	Delay time.Duration
	// Status, from 200 to 599, and Body replace the response if one of them is set. The operation
	// is then not applied, unless Apply is set. The default status of a Body is 200.
	Status int
	Body   string
	// Apply makes the fake apply the operation although its response is replaced.
	Apply bool
	// Header is added to the response. Its values replace those of the same name; a nil value
	// removes a header.
	Header http.Header
	// Set replaces or adds values in a JSON response. The keys are JSON pointers, such as
	// "/contact/phone"; a * in a pointer selects every element or property.
	Set map[string]any
	// Remove lists JSON pointers to properties or elements to remove from a JSON response.
	Remove []string
	// Connection makes the connection fail.
	Connection ConnectionFailure
	// BodyDelay is the time to wait after half of the body has been sent. It has no effect if
	// Connection is set.
	BodyDelay time.Duration
}

// ConnectionFailure is a way in which a connection fails.
type ConnectionFailure string

// The ways in which a connection fails. A reset is a TCP reset on a socket, and EOF without one.
//
// On a socket, net/http retries a GET by itself if the connection was used before and is reset. The
// caller does not see the first attempt, although the fault has matched it. Without a socket,
// net/http does not retry.
const (
	ConnectionResetBeforeApply ConnectionFailure = "resetBeforeApply" // reset; the operation is not applied
	ConnectionResetAfterApply  ConnectionFailure = "resetAfterApply"  // reset after the operation is applied, without a response
	ConnectionClosedInBody     ConnectionFailure = "closedInBody"     // closed after half of the body
	ConnectionEndlessBody      ConnectionFailure = "endlessBody"      // the body is followed by endless spaces
	ConnectionStalledInBody    ConnectionFailure = "stalledInBody"    // open, without data after half of the body, until the caller disconnects
)

// ConnectionFailures are the ways in which a connection fails.
var ConnectionFailures = []ConnectionFailure{
	ConnectionResetBeforeApply, ConnectionResetAfterApply, ConnectionClosedInBody, ConnectionEndlessBody, ConnectionStalledInBody,
}

// GatewayPage is an HTML error page, as gateways in front of an API return it. Use it in
// Fault{Status: 502, Body: GatewayPage, Header: HTMLHeader()}.
const GatewayPage = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n" +
	"<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>cloudflare</center>\r\n</body>\r\n</html>\r\n"

// HTMLHeader returns a header with the Content-Type of [GatewayPage].
func HTMLHeader() http.Header {
	return http.Header{"Content-Type": {"text/html; charset=utf-8"}}
}

// validate returns an error if f is invalid for the operations.
func (f Fault) validate(operations []string) error {
	switch {
	case f.Operation != "" && !slices.Contains(operations, f.Operation):
		return fmt.Errorf("no operation %q: use one of %s", f.Operation, strings.Join(operations, ", "))
	case f.Status != 0 && (f.Status < 200 || f.Status > 599):
		return fmt.Errorf("status %d: set a value from 200 to 599", f.Status)
	case f.Connection != "" && !slices.Contains(ConnectionFailures, f.Connection):
		return fmt.Errorf("unknown connection failure %q", f.Connection)
	}
	for _, pointer := range slices.Concat(f.Remove, slices.Collect(maps.Keys(f.Set))) {
		if !strings.HasPrefix(pointer, "/") {
			return fmt.Errorf("%q is not a JSON pointer: start it with a slash", pointer)
		}
	}
	return nil
}

// FaultState is a fault that has been added, and its state.
type FaultState struct {
	Fault

	// Matched is the number of requests that the fault has matched.
	Matched int
}

// faults holds the faults of a server in the order in which they were added.
type faults struct {
	mu  sync.Mutex
	all []*activeFault
}

type activeFault struct {
	FaultState

	ignored int // of the first After requests
	rng     *rand.Rand
}

// InjectFaults adds faults. A fault is active until it has matched Count requests or
// [Server.ClearFaults] is called. If a fault is invalid, InjectFaults ends the test; if the server
// was started by [Start], it panics. Programs use [Server.TryInjectFaults].
func (s *Server) InjectFaults(faults ...Fault) {
	if err := s.TryInjectFaults(faults...); err != nil {
		s.fail("InjectFaults", err)
	}
}

// TryInjectFaults adds faults as [Server.InjectFaults] does. If one of them is invalid, it returns
// an error and adds none.
func (s *Server) TryInjectFaults(faults ...Fault) error {
	var active []*activeFault
	for i, f := range faults {
		if err := f.validate(s.Operations()); err != nil {
			return fmt.Errorf("fault %d: %w", i+1, err)
		}
		rng := rand.New(rand.NewPCG(f.Seed, 0)) //nolint:gosec // not for security: the same requests fail in every run
		active = append(active, &activeFault{FaultState: FaultState{Fault: f}, rng: rng})
	}
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.all = append(s.faults.all, active...)
	return nil
}

// ClearFaults removes all faults, those of webhooks too.
func (s *Server) ClearFaults() {
	s.webhooks.mu.Lock()
	s.webhooks.faults = nil
	s.webhooks.mu.Unlock()
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.all = nil
}

// Faults returns the faults that have been added since the last [Server.ClearFaults], including
// those that have matched Count requests.
func (s *Server) Faults() []FaultState {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	states := make([]FaultState, len(s.faults.all))
	for i, f := range s.faults.all {
		states[i] = f.FaultState
	}
	return states
}

// match returns the first fault that matches a request for an operation. It is the zero Fault if none
// does.
func (f *faults) match(o *operation) (fault Fault, matched bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, one := range f.all {
		switch {
		case one.Operation != "" && one.Operation != o.id, one.Count > 0 && one.Matched >= one.Count:
		case one.ignored < one.After:
			one.ignored++
		case one.Rate == 0 || one.rng.Float64() < one.Rate:
			one.Matched++
			return one.Fault, true
		}
	}
	return Fault{}, false
}

// faultyResponse returns the response of the operation or of the fault, with the changes that the
// fault describes.
func (s *Server) faultyResponse(c *call, f Fault) wire.Response {
	replaces := f.Status != 0 || f.Body != ""
	response := wire.JSON(http.StatusOK, nil)
	if !replaces || f.Apply {
		response = s.respond(c)
	}
	if replaces {
		response.Body = []byte(f.Body)
	}
	response.Status = cmp.Or(f.Status, response.Status)
	maps.Copy(response.Header, f.Header)
	for _, pointer := range slices.Sorted(maps.Keys(f.Set)) {
		response.Body = wire.Patch(response.Body, pointer, f.Set[pointer])
	}
	for _, pointer := range f.Remove {
		response.Body = wire.Patch(response.Body, pointer, wire.Removed)
	}
	return response
}

// send handles a request and sends its response, as a fault describes it. The request is logged
// before its response is sent. To close the connection, send panics with [http.ErrAbortHandler]. It
// ignores write errors, which mean that the caller has disconnected.
func (s *Server) send(w http.ResponseWriter, c *call, f Fault, matched bool) {
	caller := c.request.Context()
	if !sleep(caller, f.Delay) || f.Connection == ConnectionResetBeforeApply {
		s.log(c, 0, matched)
		reset(w)
		return
	}
	r := s.faultyResponse(c, f)
	if f.Connection == ConnectionResetAfterApply {
		s.log(c, 0, matched)
		reset(w)
		return
	}
	s.log(c, r.Status, matched)
	maps.Copy(w.Header(), r.Header)
	if f.Connection != ConnectionEndlessBody {
		w.Header().Set("Content-Length", strconv.Itoa(len(r.Body)))
	}
	w.WriteHeader(r.Status)
	flush := func(part []byte) bool { // reports whether the caller is still connected
		_, err := w.Write(part)
		return err == nil && http.NewResponseController(w).Flush() == nil && caller.Err() == nil
	}
	half := len(r.Body) / 2
	switch {
	case f.Connection == ConnectionEndlessBody:
		flush(r.Body)
		for flush(bytes.Repeat([]byte{' '}, 32<<10)) {
		}
		panic(http.ErrAbortHandler)
	case f.Connection == ConnectionStalledInBody:
		flush(r.Body[:half])
		<-caller.Done()
		panic(http.ErrAbortHandler)
	case f.Connection == ConnectionClosedInBody:
		flush(r.Body[:half])
		panic(http.ErrAbortHandler)
	case f.BodyDelay > 0:
		flush(r.Body[:half])
		if !sleep(caller, f.BodyDelay) {
			panic(http.ErrAbortHandler)
		}
		_, _ = w.Write(r.Body[half:])
	default:
		_, _ = w.Write(r.Body)
	}
}

// sleep waits for a delay. It returns false if the caller disconnected first.
func sleep(caller context.Context, delay time.Duration) bool {
	if delay <= 0 {
		return true
	}
	select {
	case <-time.After(delay):
		return true
	case <-caller.Done():
		return false
	}
}

// reset closes the connection without a response. The caller receives a reset on TCP, and EOF in
// memory.
func reset(w http.ResponseWriter) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := connection.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // best effort: without it the connection ends normally
	}
	_ = connection.Close()
}
