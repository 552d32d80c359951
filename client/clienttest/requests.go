package clienttest

import (
	"bytes"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// Request is a request that the fake has received, and what became of it. It has no credentials.
type Request struct {
	// At is the instant of arrival, by the fake's clock.
	At time.Time
	// Operation is the operation's id in api/contacts.yaml, empty for an unknown route.
	Operation string
	// Method, Path and Query are the request's. The query of a list names people.
	Method, Path string
	Query        url.Values
	// Header is the request's, with [redacted] for the Authorization.
	Header http.Header
	// Body is the body of a write as it was read, nil if it was not read. At most the first 64 KiB
	// are stored; BodySize is the length of the whole body.
	Body     []byte
	BodySize int
	// LocationID is the location of the token, empty if there was none.
	LocationID string
	// Status is the status of the answer, 0 if a fault made an end before there was one.
	Status int
	// Fault tells that a fault met the request.
	Fault bool
	// RateLimited tells that the request counted against a budget; Remaining is what it left of the burst.
	RateLimited bool
	Remaining   int
	// Took is the time from the request's arrival until its answer was known, delays included.
	Took time.Duration
	// TraceID is the traceId of the answer.
	TraceID string
}

// Bounds of the request log, in bytes.
const (
	maxLoggedBody = 64 << 10
	maxLogged     = 64 << 20
)

// requests is the log of the last requests.
type requests struct {
	mu      sync.Mutex
	size    int
	entries []Request // the oldest first
	bytes   int       // of the entries
	observe func(Request)
}

func (l *requests) add(entry Request) {
	if l.observe != nil {
		l.observe(entry)
	}
	if l.size == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = append(l.entries, entry)
	l.bytes += entry.bytes()
	for len(l.entries) > l.size || l.bytes > maxLogged && len(l.entries) > 1 {
		l.bytes -= l.entries[0].bytes()
		l.entries[0] = Request{} // not held by the array any more
		l.entries = l.entries[1:]
	}
}

// bytes returns roughly how much memory an entry holds.
func (r *Request) bytes() int {
	size := 500 + len(r.Body) + len(r.Path)
	for _, values := range []map[string][]string{r.Header, r.Query} {
		for name, list := range values {
			size += 50 + len(name) + len(strings.Join(list, ""))
		}
	}
	return size
}

// Requests returns the requests that the fake has received, the oldest first; see [WithRequestLog] for how many.
func (s *Server) Requests() []Request {
	l := &s.requests
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.entries)
}

// ClearRequests empties the log of requests.
func (s *Server) ClearRequests() {
	s.requests.mu.Lock()
	defer s.requests.mu.Unlock()
	s.requests.entries, s.requests.bytes = nil, 0
}

// record logs a call with the status that was sent for it.
func (s *Server) record(c *call, status int, fault bool) {
	entry := Request{
		At: c.now, Method: c.request.Method, Path: c.request.URL.Path, Query: c.query,
		Header: withoutCredentials(c.request.Header), BodySize: len(c.body),
		Body:   bytes.Clone(c.body[:min(len(c.body), maxLoggedBody)]),
		Status: status, Fault: fault, Took: s.Now().Sub(c.now), TraceID: c.traceID,
	}
	if c.operation != nil {
		entry.Operation = c.operation.id
	}
	if c.token != nil {
		entry.LocationID = c.token.LocationID
	}
	if c.budget != nil {
		entry.RateLimited, entry.Remaining = true, c.budget.remaining
	}
	s.requests.add(entry)
}

func withoutCredentials(header http.Header) http.Header {
	header = header.Clone()
	if header.Get("Authorization") != "" {
		header.Set("Authorization", "[redacted]")
	}
	return header
}
