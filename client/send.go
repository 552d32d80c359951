package client

import (
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
)

// watchSending returns req with a trace that tells whether its headers were written to a connection: until then a write cannot
// have been applied. A transport without traces tells nothing, and counts as having written.
func watchSending(req *http.Request) (watched *http.Request, reached func() bool) {
	var traced, wrote atomic.Bool
	trace := &httptrace.ClientTrace{
		GetConn:      func(string) { traced.Store(true) },
		WroteHeaders: func() { wrote.Store(true) },
	}
	watched = req.WithContext(httptrace.WithClientTrace(req.Context(), trace))
	return watched, func() bool { return wrote.Load() || !traced.Load() }
}
