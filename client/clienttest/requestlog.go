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

// Request is a request that the fake has received, and its outcome. It contains no credentials.
type Request struct {
	// Time is when the request arrived, by the fake's clock.
	Time time.Time
	// Operation is the ID of the operation in api/contacts.yaml, empty for an unknown route.
	Operation string
	// Method, Path and Query are those of the request. The query of a list names persons.
	Method, Path string
	Query        url.Values
	// Header is that of the request, with [redacted] as the Authorization.
	Header http.Header
	// Body is the body of a write as it was read, nil if it was not read. At most the first 64 KiB
	// are stored; BodySize is the length of the whole body.
	Body     []byte
	BodySize int
	// LocationID is the location of the token, empty if there was none.
	LocationID string
	// Status is the status of the response, 0 if a fault ended the connection before one was sent.
	Status int
	// Refusal is the body of an error response that the fake itself sent, which says why.
	Refusal string
	// Fault reports whether a fault applied to the request.
	Fault bool
	// RateLimited reports whether the request was checked against a rate limit. Remaining is how
	// many requests were left in the window after it.
	RateLimited bool
	Remaining   int
	// Took is the time until the response was known, delays included.
	Took time.Duration
	// TraceID is the traceId of the response.
	TraceID string
}

// Bounds of the request log, in bytes.
const (
	maxLoggedBody = 64 << 10
	maxLogged     = 64 << 20
)

// requestLog is the last requests, the oldest first.
type requestLog struct {
	mu      sync.Mutex
	max     int
	entries []Request
	bytes   int // of the entries
	hook    func(Request)
}

func (l *requestLog) add(entry Request) {
	if l.hook != nil {
		l.hook(entry)
	}
	if l.max == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = append(l.entries, entry)
	l.bytes += entry.bytes()
	for len(l.entries) > l.max || l.bytes > maxLogged && len(l.entries) > 1 {
		l.bytes -= l.entries[0].bytes()
		l.entries[0] = Request{} // so that the array does not hold its memory
		l.entries = l.entries[1:]
	}
}

// bytes returns roughly how much memory an entry takes.
func (r *Request) bytes() int {
	size := 500 + len(r.Body) + len(r.Path) + len(r.Refusal)
	for _, values := range []map[string][]string{r.Header, r.Query} {
		for name, list := range values {
			size += 50 + len(name) + len(strings.Join(list, ""))
		}
	}
	return size
}

// Requests returns the last requests that the fake has received, the oldest first. [WithRequestLog]
// sets how many; their total size is limited to 64 MiB.
func (s *Server) Requests() []Request {
	s.requests.mu.Lock()
	defer s.requests.mu.Unlock()
	return slices.Clone(s.requests.entries)
}

// ClearRequests empties the log of requests.
func (s *Server) ClearRequests() {
	s.requests.mu.Lock()
	defer s.requests.mu.Unlock()
	s.requests.entries, s.requests.bytes = nil, 0
}

// log adds a call to the log, with the status of its response.
func (s *Server) log(c *call, status int, fault bool) {
	entry := Request{
		Time: c.now, Method: c.request.Method, Path: c.request.URL.Path, Query: c.query,
		Header: c.request.Header.Clone(), Body: bytes.Clone(c.body[:min(len(c.body), maxLoggedBody)]), BodySize: len(c.body),
		Status: status, Refusal: c.refusal, Fault: fault, Took: s.Now().Sub(c.now), TraceID: c.traceID,
	}
	if entry.Header.Get("Authorization") != "" {
		entry.Header.Set("Authorization", "[redacted]")
	}
	if c.operation != nil {
		entry.Operation = c.operation.id
	}
	if c.token != nil {
		entry.LocationID = c.token.LocationID
	}
	if c.usage != nil {
		entry.RateLimited, entry.Remaining = true, c.usage.remaining
	}
	s.requests.add(entry)
}
