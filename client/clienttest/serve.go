package clienttest

import (
	"fmt"
	"net/http"
)

// serve answers one request: what the fake would say, and what a fault makes of it.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	c := &call{request: r, query: r.URL.Query(), now: s.Now(), traceID: s.traceIDs.uuid()}
	c.operation, c.id = s.route(r)
	fault := s.faults.take(c.operation)
	p := &performance{server: s, call: c, fault: fault, writer: w}
	p.play()
}

// reply carries out the call and returns its answer, which the document has been asked about.
func (s *Server) reply(c *call) answer {
	a := s.answer(c)
	a.header.Set("Server", "cloudflare")
	a.header.Set("Cf-Ray", c.traceID[:8]+c.traceID[9:13]+c.traceID[14:18]+"-FRA")
	if err := s.document.checkAnswer(c, a); err != nil {
		err = fmt.Errorf("%s: an answer with status %d that api/contacts.yaml forbids: %w", c.operation.id, a.status, err)
		if s.complain == nil {
			return broken(err)
		}
		s.complain(err)
	}
	return a
}
