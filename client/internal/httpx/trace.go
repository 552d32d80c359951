package httpx

import (
	"context"
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

// RequestTrace records what the transport does with one request.
type RequestTrace struct {
	hooks       httptrace.ClientTrace
	cancel      context.CancelCauseFunc
	ctx         context.Context //nolint:containedctx // to return the cause of its cancellation
	traced      atomic.Bool     // the transport supports traces
	connected   atomic.Bool     // the transport acquired a connection or wrote the headers
	connections atomic.Int32    // number of connections acquired for the current hop
	requests    atomic.Int32    // number of connections acquired for all hops
}

// Trace returns a copy of req to send, and the trace that records it. The trace cancels the request
// when the transport acquires more than two connections for one hop, because net/http resends some
// requests without a bound. The caller must call Close when the response has been read.
func Trace(req *http.Request) (*http.Request, *RequestTrace) {
	t := &RequestTrace{}
	t.ctx, t.cancel = context.WithCancelCause(req.Context())
	t.hooks = httptrace.ClientTrace{GetConn: t.getConn, GotConn: t.gotConn, WroteHeaders: t.wroteHeaders}
	return req.WithContext(httptrace.WithClientTrace(t.ctx, &t.hooks)), t
}

func (t *RequestTrace) getConn(string) { t.traced.Store(true) }

func (t *RequestTrace) gotConn(httptrace.GotConnInfo) {
	t.connected.Store(true)
	t.requests.Add(1)
	if t.connections.Add(1) > maxConnections {
		t.cancel(ErrTooManyConnections)
	}
}

func (t *RequestTrace) wroteHeaders() { t.connected.Store(true) }

// NextHop restarts the count of connections. Call it when a redirect is followed.
func (t *RequestTrace) NextHop() { t.connections.Store(0) }

// MaybeSent reports whether the request may have reached the server: a connection was acquired, or
// the transport does not support traces. HTTP/2 can return an error before it reports that it wrote
// the headers, so an acquired connection is enough.
func (t *RequestTrace) MaybeSent() bool { return t.connected.Load() || !t.traced.Load() }

// Requests returns the number of connections that the transport acquired, each to send the request
// or to follow a redirect.
func (t *RequestTrace) Requests() int { return int(t.requests.Load()) }

// Cancel ends the request with cause.
func (t *RequestTrace) Cancel(cause error) { t.cancel(cause) }

// Close releases the resources of the trace.
func (t *RequestTrace) Close() { t.cancel(nil) }

// Err returns the cause of err, an error of [http.Client.Do] or of reading the body. If the request
// was canceled, that is the cause of the cancellation, otherwise err without its URL.
func (t *RequestTrace) Err(err error) error {
	if cause := context.Cause(t.ctx); cause != nil {
		return cause
	}
	return WithoutURL(err)
}
