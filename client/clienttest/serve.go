package clienttest

import (
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
)

// serve handles one request: it builds the response that the API would send, and applies a fault
// to it.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	c := &call{request: r, query: r.URL.Query(), now: s.Now(), traceID: s.traceIDs.uuid()}
	c.operation, c.id = s.route(r)
	fault := s.faults.take(c.operation)
	// The body is read before anything else, because net/http reports that a caller has gone
	// away only after that.
	c.received, c.bodyError = readBody(r)
	p := &performance{server: s, call: c, fault: fault, writer: w}
	p.play()
}

// reply returns the response of the operation, validated against the OpenAPI document. It carries
// the operation out.
func (s *Server) reply(c *call) answer {
	a := s.safeAnswer(c)
	a.header.Set("Server", "cloudflare")
	a.header.Set("Cf-Ray", c.traceID[:8]+c.traceID[9:13]+c.traceID[14:18]+"-FRA")
	if err := s.document.checkAnswer(c, a); err != nil {
		return s.violation(fmt.Errorf("%s: a response with status %d violates api/contacts.yaml: %w", c.operation.id, a.status, err), a)
	}
	return a
}

// safeAnswer turns a panic into a 500.
func (s *Server) safeAnswer(c *call) (a answer) {
	defer func() {
		if p := recover(); p != nil {
			err := fmt.Errorf("panic in %s %s: %v\n%s", c.request.Method, c.request.URL.Path, p, debug.Stack())
			a = s.violation(err, broken(errors.New("panic")))
		}
	}()
	return s.answer(c)
}

// violation reports a defect of the fake. A test fails and gets the response nevertheless; a program
// gets a 500.
func (s *Server) violation(err error, a answer) answer {
	if s.complain == nil {
		return broken(err)
	}
	s.complain(err)
	return a
}
