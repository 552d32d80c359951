package clienttest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Fault makes requests fail, or answers strange. Its first members say which requests it meets, the others what happens to
// them; the zero value meets every request and does nothing. When several faults would meet a request, the first one given to
// [Server.Fail] does.
type Fault struct {
	// Operation is the id of the operation to meet, such as createContact; empty means every request.
	Operation string
	// After is how many requests pass before the first is met.
	After int
	// Count is how many requests are met; 0 means no end.
	Count int
	// Rate is the share of requests to meet, above 0 and up to 1; 0 means all. Which ones follows from Seed.
	Rate float64
	Seed uint64

	// Delay passes before anything else happens, in real time or that of the test's bubble.
	Delay time.Duration
	// Status, Body or both replace the answer. The operation is then not carried out, unless Applied. A Body alone comes with
	// status 200.
	Status int
	Body   string
	// Applied carries the operation out although its answer is replaced.
	Applied bool
	// Header is set on the answer, be it the fault's or the operation's own. A nil value removes a header.
	Header http.Header
	// Set changes values in a JSON answer, by JSON pointer: {"/contact/phone": 5}. A * stands for every element or member.
	Set map[string]any
	// Remove removes members or elements from a JSON answer, by JSON pointer.
	Remove []string
	// Cut ends the answer too early, or never.
	Cut Cut
	// BodyDelay passes when half of the body has been sent.
	BodyDelay time.Duration
}

// Cut is a way in which a connection fails.
type Cut string

// The ways in which a connection fails. On a socket, net/http by itself repeats a GET whose connection had been used before
// and was reset: the caller does not hear of it, but it counts as a request that was met. Without a socket that does not
// happen.
const (
	CutBefore  Cut = "before"  // reset before the request is read: the operation is not carried out
	CutAfter   Cut = "after"   // reset after the operation was carried out, without an answer
	CutBody    Cut = "body"    // closed when half of the body has been sent
	CutEndless Cut = "endless" // the body is followed by spaces without end
	CutStall   Cut = "stall"   // half of the body, then nothing until the caller goes away
)

// GatewayPage is a page in HTML such as gateways answer in the place of the API: Fault{Status: 502, Body: GatewayPage,
// Header: HTMLHeader()}.
const GatewayPage = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n" +
	"<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>cloudflare</center>\r\n</body>\r\n</html>\r\n"

// HTMLHeader returns the header that goes with GatewayPage.
func HTMLHeader() http.Header {
	return http.Header{"Content-Type": {"text/html; charset=utf-8"}}
}

// Validate says what is wrong with a fault, but for an operation that the server does not have.
func (f Fault) Validate() error {
	var wrong []error
	if f.Rate < 0 || f.Rate > 1 {
		wrong = append(wrong, fmt.Errorf("rate %v is not between 0 and 1", f.Rate))
	}
	if f.After < 0 || f.Count < 0 || f.Delay < 0 || f.BodyDelay < 0 {
		wrong = append(wrong, errors.New("a count or delay is negative"))
	}
	if f.Status != 0 && (f.Status < 200 || f.Status > 599) {
		wrong = append(wrong, fmt.Errorf("status %d cannot end a request", f.Status))
	}
	if !slices.Contains([]Cut{"", CutBefore, CutAfter, CutBody, CutEndless, CutStall}, f.Cut) {
		wrong = append(wrong, fmt.Errorf("unknown cut %q", f.Cut))
	}
	for _, pointer := range append(f.Remove, keys(f.Set)...) {
		if !strings.HasPrefix(pointer, "/") {
			wrong = append(wrong, fmt.Errorf("%q is no JSON pointer: it begins with a slash", pointer))
		}
	}
	return errors.Join(wrong...)
}

func keys(set map[string]any) []string {
	var pointers []string
	for pointer := range set {
		pointers = append(pointers, pointer)
	}
	slices.Sort(pointers)
	return pointers
}

// replaces tells whether the answer is the fault's own.
func (f Fault) replaces() bool {
	return f.Status != 0 || f.Body != ""
}

// FaultState is a fault that is in force, and how many requests it has met.
type FaultState struct {
	Fault

	Matched int
}

// faults are those in force, in the order in which they were given.
type faults struct {
	mu  sync.Mutex
	all []*activeFault
}

type activeFault struct {
	FaultState

	passed int
	dice   *rand.Rand
}

// Fail adds faults. They stay in force until their Count is reached or [Server.ClearFaults] is called. Fail panics if a
// fault makes no sense; AddFaults is for those that a program was given.
func (s *Server) Fail(all ...Fault) {
	if err := s.AddFaults(all...); err != nil {
		panic("clienttest: Fail: " + err.Error())
	}
}

// AddFaults does what Fail does, or says which fault makes no sense and adds none.
func (s *Server) AddFaults(all ...Fault) error {
	var active []*activeFault
	for i, f := range all {
		err := f.Validate()
		if f.Operation != "" && !slices.Contains(s.Operations(), f.Operation) {
			err = errors.Join(err, fmt.Errorf("no operation %q; there are %s", f.Operation, strings.Join(s.Operations(), ", ")))
		}
		if err != nil {
			return fmt.Errorf("fault %d: %w", i+1, err)
		}
		active = append(active, &activeFault{
			FaultState: FaultState{Fault: f},
			dice:       rand.New(rand.NewPCG(f.Seed, 0)), //nolint:gosec // the same requests are to fail in every run
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

// Faults returns the faults given to [Server.Fail], those that have reached their Count included.
func (s *Server) Faults() []FaultState {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	states := make([]FaultState, len(s.faults.all))
	for i, f := range s.faults.all {
		states[i] = f.FaultState
	}
	return states
}

// take returns the fault that meets a request of an operation, nil if none does.
func (f *faults) take(o *operation) *Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, one := range f.all {
		if one.meets(o) {
			met := one.Fault
			return &met
		}
	}
	return nil
}

func (f *activeFault) meets(o *operation) bool {
	switch {
	case f.Operation != "" && (o == nil || o.id != f.Operation):
		return false
	case f.Count > 0 && f.Matched >= f.Count:
		return false
	case f.passed < f.After:
		f.passed++
		return false
	case f.Rate > 0 && f.dice.Float64() >= f.Rate:
		return false
	}
	f.Matched++
	return true
}
