package clienttest

import (
	"net/http"

	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/nettest"
)

func (s *Server) listen(c *config) (err error) {
	if c.socket {
		s.network, err = nettest.Listen(c.address, s.Handler())
	} else {
		s.network = nettest.Memory(s.Handler())
	}
	return err
}

// HTTPClient returns an HTTP client that reaches the fake, over its socket or without one. Other
// addresses are unreachable if there is no socket.
func (s *Server) HTTPClient() *http.Client {
	return s.network.Client()
}
