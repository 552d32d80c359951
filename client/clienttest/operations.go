package clienttest

import (
	"net/http"
	"net/url"
	"strings"
)

// operation is a route of the API that the fake answers.
type operation struct {
	id, method, path string
	userType         UserType // of the tokens that may call it
	scope            string   // that a token needs
	handle           func(*Server, *call) answer
}

const (
	scopeRead  = "contacts.readonly"
	scopeWrite = "contacts.write"

	tokenOperation   = "getAccessToken"
	consentOperation = "getConsentPage"
	submitOperation  = "submitConsent"
)

// operations returns the routes. The ids are those of the OpenAPI document; those of OAuth are not in it.
// The two for tokens have the vendor's names.
func operations() []*operation {
	const read, write, mint = scopeRead, scopeWrite, scopeOAuth
	return []*operation{
		{"getContacts", "GET", "/contacts/", UserTypeLocation, read, (*Server).getContacts},
		{"createContact", "POST", "/contacts/", UserTypeLocation, write, (*Server).createContact},
		{"upsertContact", "POST", "/contacts/upsert", UserTypeLocation, write, (*Server).upsertContact},
		{"getContactsByBusinessId", "GET", "/contacts/business/{businessId}", UserTypeLocation, read, (*Server).getContactsByBusinessID},
		{"getContact", "GET", "/contacts/{contactId}", UserTypeLocation, read, (*Server).getContact},
		{"updateContact", "PUT", "/contacts/{contactId}", UserTypeLocation, write, (*Server).updateContact},
		{"deleteContact", "DELETE", "/contacts/{contactId}", UserTypeLocation, write, (*Server).deleteContact},
		{consentOperation, "GET", "/oauth/chooselocation", "", "", (*Server).getConsentPage},
		{submitOperation, "POST", "/oauth/chooselocation", "", "", (*Server).submitConsent},
		{tokenOperation, "POST", "/oauth/token", "", "", (*Server).getAccessToken},
		{"getLocationAccessToken", "POST", "/oauth/locationToken", UserTypeCompany, mint, (*Server).getLocationAccessToken},
	}
}

// route finds the operation for a request and the id in its path. The first route that matches wins: any word after
// /contacts/ is taken as a contact id.
func (s *Server) route(r *http.Request) (*operation, string) {
	path := r.URL.EscapedPath()
	if path == "/contacts" && !s.behavior.RejectBarePath {
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
