package clienttest

import (
	"net/http"
	"net/url"
	"strings"
)

// operation is a route of the API that the fake answers.
type operation struct {
	id, method, path string
	scope            string // empty for OAuth, which has its own rules
	handle           func(*Server, *call) answer
}

const (
	scopeRead  = "contacts.readonly"
	scopeWrite = "contacts.write"
)

// operations returns the routes. The ids are those of the OpenAPI document.
func operations() []*operation {
	return []*operation{
		{"getContacts", http.MethodGet, "/contacts/", scopeRead, (*Server).getContacts},
		{"createContact", http.MethodPost, "/contacts/", scopeWrite, (*Server).createContact},
		{"upsertContact", http.MethodPost, "/contacts/upsert", scopeWrite, (*Server).upsertContact},
		{"getContactsByBusinessId", http.MethodGet, "/contacts/business/{businessId}", scopeRead, (*Server).getContactsByBusinessID},
		{"getContact", http.MethodGet, "/contacts/{contactId}", scopeRead, (*Server).getContact},
		{"updateContact", http.MethodPut, "/contacts/{contactId}", scopeWrite, (*Server).updateContact},
		{"deleteContact", http.MethodDelete, "/contacts/{contactId}", scopeWrite, (*Server).deleteContact},
	}
}

// route finds the operation for a request and the id in its path. The first route that matches wins: any word after
// /contacts/ is taken as a contact id.
func (s *Server) route(r *http.Request) (*operation, string) {
	path := r.URL.EscapedPath()
	if path == "/contacts" && !s.behavior.RefuseBare {
		path = "/contacts/"
	}
	for _, o := range s.operations {
		if o.method != r.Method {
			continue
		}
		if id, ok := o.match(path); ok {
			return o, id
		}
	}
	return nil, ""
}

func (o *operation) match(path string) (id string, ok bool) {
	prefix, _, hasID := strings.Cut(o.path, "{")
	if !hasID {
		return "", path == o.path
	}
	segment, ok := strings.CutPrefix(path, prefix)
	if !ok || segment == "" || strings.Contains(segment, "/") {
		return "", false
	}
	id, err := url.PathUnescape(segment)
	return id, err == nil
}

// Operations returns the ids of the operations that the fake answers, as [Fault] and [Request] name them.
func (s *Server) Operations() []string {
	ids := make([]string, len(s.operations))
	for i, o := range s.operations {
		ids[i] = o.id
	}
	return ids
}
