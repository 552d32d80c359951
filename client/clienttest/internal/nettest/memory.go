package nettest

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"syscall"
)

// memoryListener is a net.Listener whose connections are pipes.
type memoryListener struct {
	connections chan net.Conn
	closed      chan struct{}
	closeOnce   sync.Once
}

func newMemoryListener() *memoryListener {
	return &memoryListener{connections: make(chan net.Conn), closed: make(chan struct{})}
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
	ours, theirs := net.Pipe()
	select {
	case l.connections <- theirs:
		return ours, nil
	case <-l.closed:
		return fail(syscall.ECONNREFUSED)
	case <-ctx.Done():
		return fail(ctx.Err())
	}
}

// Accept implements net.Listener.
func (l *memoryListener) Accept() (net.Conn, error) {
	select {
	case connection := <-l.connections:
		return connection, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (l *memoryListener) Close() error {
	l.closeOnce.Do(func() { close(l.closed) })
	return nil
}

// Addr implements net.Listener.
func (l *memoryListener) Addr() net.Addr { return memoryAddr{} }

type memoryAddr struct{}

func (memoryAddr) Network() string { return "memory" }
func (memoryAddr) String() string  { return strings.TrimPrefix(memoryURL, "https://") }
