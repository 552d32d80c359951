package clienttest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/gen"
)

// onBoth runs a test with a socket and without one.
func onBoth(t *testing.T, test func(w *wire)) {
	t.Helper()
	for name, opts := range map[string][]clienttest.Option{"socket": nil, "memory": {clienttest.WithoutSocket()}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(newWire(t, opts...))
		})
	}
}

func TestFault_Connection(t *testing.T) {
	t.Parallel()
	reset := []error{syscall.ECONNRESET, syscall.Errno(10054), io.EOF} // on a socket, on one of Windows, and in memory
	for _, test := range []struct {
		failure         clienttest.ConnectionFailure
		created, status int // the status in the log
		want            []error
	}{
		{clienttest.ConnectionResetBeforeApply, 0, 0, reset},
		{clienttest.ConnectionResetAfterApply, 1, 0, reset},
		{clienttest.ConnectionClosedInBody, 1, 201, []error{io.ErrUnexpectedEOF}},
		{clienttest.ConnectionEndlessBody, 1, 201, []error{nil}},
		{clienttest.ConnectionStalledInBody, 1, 201, []error{context.Canceled}},
	} {
		t.Run(string(test.failure), func(t *testing.T) {
			t.Parallel()
			onBoth(t, func(w *wire) {
				w.server.InjectFaults(clienttest.Fault{Operation: "createContact", Count: 1, Connection: test.failure})
				err := w.createOn(test.failure)
				if !slices.ContainsFunc(test.want, func(want error) bool { return errors.Is(err, want) }) || w.server.Len() != test.created {
					w.tb.Errorf("got error %v and %d contacts, want one of %v and %d", err, w.server.Len(), test.want, test.created)
				}
				if log := w.server.Requests(); len(log) != 1 || log[0].Status != test.status || !log[0].Fault {
					w.tb.Errorf("got log %+v, want one request with a fault and status %d", log, test.status)
				}
			})
		})
	}
}

// createOn creates a contact on a connection that fails, and returns the error. It reads 4 MiB of an
// endless body, and cancels the request when the body stalls.
func (w *wire) createOn(failure clienttest.ConnectionFailure) error {
	w.tb.Helper()
	ctx, cancel := context.WithCancel(w.tb.Context())
	defer cancel()
	resp, err := w.try(ctx, "POST", "/contacts/", `{"locationId":"`+w.server.LocationID+`","firstName":"Ada"}`)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.ReadFull(resp.Body, make([]byte, 10)); err != nil {
		w.tb.Fatalf("the begin of the body: %v", err)
	}
	switch failure {
	case clienttest.ConnectionEndlessBody:
		_, err := io.CopyN(io.Discard, resp.Body, 4<<20)
		return err
	case clienttest.ConnectionStalledInBody:
		cancel()
	}
	_, err = io.ReadAll(resp.Body)
	return err
}

// A write on a refused connection has not been applied.
func TestServer_Close_ConnectionRefused(t *testing.T) {
	t.Parallel()
	onBoth(t, func(w *wire) {
		c := w.server.Client(client.WithRetry(client.RetryPolicy{}))
		w.server.Close()
		_, err := c.Contacts.Create(w.tb.Context(), client.CreateContactRequest{FirstName: "Ada"})
		if err == nil || !strings.Contains(err.Error(), "refused") || errors.Is(err, client.ErrMaybeApplied) {
			w.tb.Errorf("got error %v, want a refused connection that is not ErrMaybeApplied", err)
		}
	})
}

func TestFault_Response(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		fault   clienttest.Fault
		status  int
		header  map[string]string
		body    string // empty means the body of the operation, and - an empty body
		created int
	}{
		{"gateway page", clienttest.Fault{Status: 502, Body: clienttest.GatewayPage, Header: clienttest.HTMLHeader()}, 502, map[string]string{"Content-Type": "text/html; charset=utf-8"}, clienttest.GatewayPage, 0},
		{"status alone", clienttest.Fault{Status: 503}, 503, nil, "-", 0},
		{"422 although the contact was created", clienttest.Fault{Status: 422, Body: `{"message":"no"}`, Apply: true}, 422, nil, `{"message":"no"}`, 1},
		{"body alone", clienttest.Fault{Body: "hello"}, 200, nil, "hello", 0},
		{"wrong content type", clienttest.Fault{Header: http.Header{"Content-Type": {"text/plain"}}}, 201, map[string]string{"Content-Type": "text/plain"}, "", 1},
		{"header removed", clienttest.Fault{Header: http.Header{"Cf-Ray": nil}}, 201, map[string]string{"Cf-Ray": ""}, "", 1},
		{"Retry-After", clienttest.Fault{Status: 429, Header: http.Header{"Retry-After": {"7"}}}, 429, map[string]string{"Retry-After": "7"}, "-", 0},
		{"delay in the body", clienttest.Fault{BodyDelay: time.Millisecond}, 201, nil, "", 1},
		{"no change", clienttest.Fault{}, 201, nil, "", 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			onBoth(t, func(w *wire) {
				t := w.tb
				w.server.InjectFaults(test.fault)
				r := w.do("POST", "/contacts/", `{"locationId":"`+w.server.LocationID+`","firstName":"Ada"}`)
				if r.status != test.status || w.server.Len() != test.created {
					t.Errorf("got status %d and %d contacts, want %d and %d", r.status, w.server.Len(), test.status, test.created)
				}
				switch {
				case test.body == "" && r.at("contact", "id") == nil, test.body == "-" && r.text != "", len(test.body) > 1 && r.text != test.body:
					t.Errorf("got body %q, want %q", r.text, test.body)
				}
				for name, want := range test.header {
					if got := r.header.Get(name); got != want {
						t.Errorf("%s: got %q, want %q", name, got, want)
					}
				}
			})
		})
	}
}

func TestFault_SetAndRemove(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		fault clienttest.Fault
		want  string
	}{
		{"set", clienttest.Fault{Set: map[string]any{"/meta/total": "two"}}, `{"meta":{"total":"two"},"contacts":[{"id":"a"},{"id":"b"}]}`},
		{"every element", clienttest.Fault{Set: map[string]any{"/contacts/*/id": 5}}, `{"meta":{"total":1603870249758123456},"contacts":[{"id":5},{"id":5}]}`},
		{"one element", clienttest.Fault{Set: map[string]any{"/contacts/1/id": nil}}, `{"meta":{"total":1603870249758123456},"contacts":[{"id":"a"},{"id":null}]}`},
		{"added property", clienttest.Fault{Set: map[string]any{"/new~1x": []int{1}}}, `{"new/x":[1],"meta":{"total":1603870249758123456},"contacts":[{"id":"a"},{"id":"b"}]}`},
		{"removed properties", clienttest.Fault{Remove: []string{"/meta", "/contacts/0"}}, `{"contacts":[{"id":"b"}]}`},
		{"no such property", clienttest.Fault{Set: map[string]any{"/a/b": 1}, Remove: []string{"/c", "/meta/total/x"}}, `{"meta":{"total":1603870249758123456},"contacts":[{"id":"a"},{"id":"b"}]}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWire(t)
			test.fault.Body = `{"meta":{"total":1603870249758123456},"contacts":[{"id":"a"},{"id":"b"}]}`
			w.server.InjectFaults(test.fault)
			r := w.list("")
			r.wantJSON(t, 200, test.want)
			const digits = "1603870249758123456" // do not change
			if strings.Contains(r.text, digits) != strings.Contains(test.want, digits) {
				t.Errorf("got %s, want %s", r.text, test.want)
			}
		})
	}
}

func TestFault_MatchedRequests(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		fault clienttest.Fault
		want  string // x for each request that fails of ten alternating lists and gets
	}{
		{"every request", clienttest.Fault{}, "xxxxxxxxxx"},
		{"one operation", clienttest.Fault{Operation: "getContacts"}, "x.x.x.x.x."},
		{"Count", clienttest.Fault{Count: 3}, "xxx......."},
		{"After and Count", clienttest.Fault{After: 2, Count: 3}, "..xxx....."},
		{"After and Count of an operation", clienttest.Fault{Operation: "getContact", After: 1, Count: 1}, "...x......"},
		{"Rate and Seed", clienttest.Fault{Rate: 0.5, Seed: 1}, "x.xx..xx.x"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWire(t, clienttest.WithoutSocket())
			test.fault.Status = 500
			w.server.InjectFaults(test.fault)
			pattern := []byte("..........")
			for i := range pattern {
				path := [...]string{"/contacts/?locationId=" + w.server.LocationID, "/contacts/x"}[i%2]
				if w.do("GET", path, "").status == 500 {
					pattern[i] = 'x'
				}
			}
			if matched := w.server.Faults()[0].Matched; string(pattern) != test.want || matched != strings.Count(test.want, "x") {
				t.Errorf("got %s and %d matched requests, want %s", pattern, matched, test.want)
			}
			w.server.ClearFaults()
			if r := w.list(""); r.status != 200 {
				t.Errorf("got status %d after ClearFaults, want 200", r.status)
			}
		})
	}
}

// fatalTB records a call of Fatalf instead of ending the test.
type fatalTB struct {
	testing.TB

	message string
}

func (tb *fatalTB) Fatalf(format string, args ...any) { tb.message = fmt.Sprintf(format, args...) }

func TestServer_InjectFaults_Invalid(t *testing.T) {
	t.Parallel()
	tb := &fatalTB{TB: t}
	tested := clienttest.NewServer(tb, clienttest.WithoutSocket())
	for want, fault := range map[string]clienttest.Fault{
		`no operation "getContcat"`:             {Operation: "getContcat"},
		"status 99":                             {Status: 99},
		`unknown connection failure "slow"`:     {Connection: "slow"},
		`"contact/phone" is not a JSON pointer`: {Remove: []string{"contact/phone"}},
	} {
		if tested.InjectFaults(fault); !strings.Contains(tb.message, want) || len(tested.Faults()) != 0 {
			t.Errorf("got message %q, want %q", tb.message, want)
		}
	}
	s, err := clienttest.Start(clienttest.WithoutSocket())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	defer func() {
		if recover() == nil {
			t.Error("got no panic without a test, want one")
		}
	}()
	s.InjectFaults(clienttest.Fault{Operation: "getContcat"})
}

// A response of the fake must not violate the document. A response that a fault changes may.
func TestStart_ResponseViolatesDocument(t *testing.T) {
	t.Parallel()
	s, err := clienttest.Start(clienttest.WithoutSocket())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.Seed(gen.Contact{ID: "odd", Extra: []byte(`{"ssn":5}`)})
	r := wireTo(t, s).do("GET", "/contacts/odd", "")
	if r.status != 500 || !strings.Contains(r.text, "violates api/contacts.yaml") {
		t.Errorf("got %d %s, want a 500 for the violation", r.status, r.text)
	}
}
