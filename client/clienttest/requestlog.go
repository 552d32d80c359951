package clienttest

import (
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"
)

// Request describes a request that the fake has received, and the response. It has no credentials.
type Request struct {
	// Time is the time at which the request arrived, by the fake's clock.
	Time time.Time
	// Operation is the ID of the operation; see [Server.Operations]. It is empty for an unknown
	// route.
	Operation string
	// Method, Path and Query are those of the request. The query of a list can have personal data.
	Method, Path string
	Query        url.Values
	// Header is the header of the request, with "[redacted]" as its Authorization.
	Header http.Header
	// Body is the first 64 KiB of the body of a write, or of a form without its secrets.
	Body []byte
	// LocationID is the location of the token. It is empty if the fake does not know the token, and
	// for the token of an agency.
	LocationID string
	// Status is the status of the response, or 0 if a fault reset the connection before a response.
	Status int
	// Reason is the message of the error response with which the fake rejected the request, or
	// empty.
	Reason string
	// Fault reports whether a fault matched the request.
	Fault bool
	// Took is the time until the response was ready, including the delay of a fault.
	Took time.Duration
	// TraceID is the traceId of the response.
	TraceID string
}

// maxLoggedBody is the largest part of a body that the request log has, in bytes.
const maxLoggedBody = 64 << 10

// requestLog holds the last requests, the oldest first.
type requestLog struct {
	mu      sync.Mutex
	max     int
	entries []Request
	hook    func(Request)
}

// Requests returns the last requests that the fake has received, the oldest first: at most the
// number that [WithRequestLog] sets.
func (s *Server) Requests() []Request {
	s.requests.mu.Lock()
	defer s.requests.mu.Unlock()
	return slices.Clone(s.requests.entries)
}

// ClearRequests empties the request log.
func (s *Server) ClearRequests() {
	s.requests.mu.Lock()
	defer s.requests.mu.Unlock()
	s.requests.entries = nil
}

// log adds a call to the request log, with the status of its response.
func (s *Server) log(c *call, status int, fault bool) {
	entry := Request{
		Time: c.now, Operation: c.operation.id, Method: c.request.Method, Path: c.request.URL.Path, Query: c.query,
		Header: c.request.Header.Clone(), Body: c.logged[:min(len(c.logged), maxLoggedBody)],
		Status: status, Reason: c.reason, Fault: fault, Took: s.Now().Sub(c.now), TraceID: c.traceID,
	}
	if entry.Header.Get("Authorization") != "" {
		entry.Header.Set("Authorization", "[redacted]")
	}
	if c.token != nil {
		entry.LocationID = c.token.LocationID
	}
	l := &s.requests
	if l.hook != nil {
		l.hook(entry)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = appendBounded(l.entries, entry, l.max)
}

// appendBounded appends an entry to a log of at most limit entries, and removes the oldest one.
func appendBounded[T any](log []T, entry T, limit int) []T {
	log = append(log, entry)
	if len(log) > limit {
		clear(log[:1]) // so that the array does not reference its memory
		log = log[1:]
	}
	return log
}
