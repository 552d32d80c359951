// Package nettest serves HTTP over TCP or over connections in memory.
package nettest

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"syscall"
	"time"
)

// memoryURL is the address of servers without a TCP listener. The scheme is https, so that cookies
// with the Secure attribute work and every client accepts it as a base URL.
const memoryURL = "https://highlevel.test"

// Server is a running HTTP server and the client that reaches it.
type Server struct {
	// URL is the address of the server, without a trailing slash.
	URL string

	server    *httptest.Server
	transport *http.Transport
	cancel    context.CancelFunc // cancels the context of every request
}

// Listen starts a server on a free port of 127.0.0.1.
func Listen(handler http.Handler) (*Server, error) {
	var config net.ListenConfig
	listener, err := config.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	transport := &http.Transport{MaxIdleConns: 100, MaxIdleConnsPerHost: 100}
	return serve("http://"+listener.Addr().String(), listener, transport, handler), nil
}

// Memory starts a server that only its own client reaches. It works in a testing/synctest bubble,
// because every connection is a net.Pipe. The client opens a connection for each request, so that
// net/http never retries a request by itself.
func Memory(handler http.Handler) *Server {
	l := &memoryListener{connections: make(chan net.Conn), closed: make(chan struct{})}
	// net/http adds no TLS to what DialTLSContext returns.
	transport := &http.Transport{DisableKeepAlives: true, DialContext: l.dial, DialTLSContext: l.dial}
	return serve(memoryURL, l, transport, handler)
}

func serve(url string, listener net.Listener, transport *http.Transport, handler http.Handler) *Server {
	ctx, cancel := context.WithCancel(context.Background())
	server := &httptest.Server{Listener: listener, Config: &http.Server{
		Handler: handler, BaseContext: func(net.Listener) context.Context { return ctx }, ReadHeaderTimeout: time.Minute,
	}}
	server.Start()
	return &Server{url, server, transport, cancel}
}

// Client returns an HTTP client that reaches the server. If the server is in memory, the client
// reaches no other address.
func (s *Server) Client() *http.Client { return &http.Client{Transport: s.transport} }

// Close closes all connections, cancels the context of every request and waits until all handlers
// have returned. It closes the connections first, so that no handler can send another response.
func (s *Server) Close() {
	s.transport.CloseIdleConnections()
	s.server.CloseClientConnections()
	s.cancel()
	s.server.Close()
}

// memoryListener is a net.Listener whose connections are pipes.
type memoryListener struct {
	connections chan net.Conn
	closed      chan struct{}
	closeOnce   sync.Once
}

// dial opens a connection to the listener. It fails for every other address. After Close it fails
// with ECONNREFUSED, as a TCP dial does.
func (l *memoryListener) dial(ctx context.Context, _, address string) (net.Conn, error) {
	fail := func(err error) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Net: "memory", Addr: l.Addr(), Err: err}
	}
	if host, _, _ := net.SplitHostPort(address); "https://"+host != memoryURL {
		return fail(fmt.Errorf("no route to %s: a server without a socket reaches only itself", address))
	}
	clientEnd, serverEnd := net.Pipe()
	select {
	case l.connections <- serverEnd:
		return clientEnd, nil
	case <-l.closed:
		return fail(syscall.ECONNREFUSED)
	case <-ctx.Done():
		return fail(ctx.Err())
	}
}

func (l *memoryListener) Accept() (net.Conn, error) {
	select {
	case connection := <-l.connections:
		return connection, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *memoryListener) Close() error {
	l.closeOnce.Do(func() { close(l.closed) })
	return nil
}

func (l *memoryListener) Addr() net.Addr { return &net.UnixAddr{Name: "memory", Net: "memory"} }
