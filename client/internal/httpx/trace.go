package httpx

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
)

// ErrTooManyConnections indicates that the transport kept sending one request on new connections.
var ErrTooManyConnections = errors.New("the transport acquired more than 2 connections for the request")

// maxConnections is the number of connections that one hop of a request may use: the transport may
// find that an idle connection has been closed, and needs a second one.
const maxConnections = 2

// Sent follows one request through the transport.
type Sent struct {
	trace       httptrace.ClientTrace
	cancel      context.CancelCauseFunc
	ctx         context.Context //nolint:containedctx // to return the cause of its cancellation
	traced      atomic.Bool
	connected   atomic.Bool
	connections atomic.Int32
}

// Trace returns req with a trace, and what the trace records. The request is canceled when its
// transport acquires more than two connections for one hop: net/http repeats some requests by
// itself, without a bound. The caller must call Close when the response has been read.
func Trace(req *http.Request) (*http.Request, *Sent) {
	s := &Sent{}
	return s.Trace(req), s
}

// Trace is like the function Trace, for a Sent that is part of another struct.
func (s *Sent) Trace(req *http.Request) *http.Request {
	s.ctx, s.cancel = context.WithCancelCause(req.Context())
	s.trace.GetConn = s.getConn
	s.trace.GotConn = s.gotConn
	s.trace.WroteHeaders = s.wroteHeaders
	return req.WithContext(httptrace.WithClientTrace(s.ctx, &s.trace))
}

func (s *Sent) getConn(string) { s.traced.Store(true) }

func (s *Sent) gotConn(httptrace.GotConnInfo) {
	s.traced.Store(true)
	s.connected.Store(true)
	if s.connections.Add(1) > maxConnections {
		s.cancel(ErrTooManyConnections)
	}
}

func (s *Sent) wroteHeaders() { s.connected.Store(true) }

// NextHop starts the count of connections again. Call it when a redirect is followed.
func (s *Sent) NextHop() { s.connections.Store(0) }

// Possible reports whether the request may have reached the server: a connection was acquired, or
// the transport does not support traces. HTTP/2 can return an error before it reports that it wrote
// anything, so the connection is what counts.
func (s *Sent) Possible() bool { return s.connected.Load() || !s.traced.Load() }

// Cancel ends the request with cause.
func (s *Sent) Cancel(cause error) { s.cancel(cause) }

// Close releases the resources of the trace.
func (s *Sent) Close() { s.cancel(nil) }

// Err returns the cause of err, the error of [http.Client.Do] or of reading the body: what the
// request was canceled with if it was canceled, otherwise err without its URL.
func (s *Sent) Err(err error) error {
	if cause := context.Cause(s.ctx); cause != nil {
		return cause
	}
	return WithoutURL(err)
}

// IsTemporary reports whether a request that failed with err without a response may succeed when it
// is sent again. A certificate that is not trusted will not be trusted a moment later.
func IsTemporary(err error) bool {
	_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	return !untrusted
}
