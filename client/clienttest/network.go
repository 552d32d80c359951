package clienttest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// network is how requests reach a server: a socket and the HTTP client that goes there, or a transport in memory.
type network struct {
	url      string
	client   *http.Client
	server   *http.Server // nil without a socket
	serving  chan error
	end      context.CancelFunc
	gate     *gate
	outbound *http.Transport // nil without a socket
}

func openNetwork(c *config, s *Server) (*network, error) {
	ctx, end := context.WithCancel(context.Background())
	if !c.socket {
		m := &memory{handler: s.Handler(), ctx: ctx, gate: &gate{}}
		return &network{url: "https://highlevel.test", client: &http.Client{Transport: m}, gate: m.gate, end: end}, nil
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", c.address)
	if err != nil {
		end()
		return nil, fmt.Errorf("listen: %w", err)
	}
	outbound := &http.Transport{MaxIdleConns: 100, MaxIdleConnsPerHost: 100}
	n := &network{
		url:      "http://" + listener.Addr().String(),
		client:   &http.Client{Transport: outbound},
		outbound: outbound,
		serving:  make(chan error, 1),
		end:      end,
		gate:     &gate{},
		server: &http.Server{
			BaseContext:       func(net.Listener) context.Context { return ctx },
			ReadHeaderTimeout: time.Minute,
		},
	}
	n.server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !n.gate.enter() {
			panic(http.ErrAbortHandler)
		}
		defer n.gate.leave()
		s.serve(w, r)
	})
	go func() { n.serving <- n.server.Serve(listener) }()
	return n, nil
}

// close ends all connections and waits until nothing is served any more.
func (n *network) close() error {
	n.gate.close()
	n.end()
	if n.server == nil {
		n.gate.wait()
		return nil
	}
	n.outbound.CloseIdleConnections()
	err := n.server.Close()
	n.gate.wait()
	if served := <-n.serving; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

// HTTPClient returns an HTTP client that reaches the fake, over its socket or without one. Other addresses are out of its
// reach if there is no socket.
func (s *Server) HTTPClient() *http.Client {
	copied := *s.network.client
	return &copied
}
