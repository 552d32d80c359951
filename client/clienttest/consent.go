package clienttest

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

//go:embed consent.html
var consentHTML string

var consentTemplate = template.Must(template.New("consent").Parse(consentHTML))

// WithConsent makes GET /oauth/chooselocation redirect to the app at once, as if a person had
// allowed the grant. Without this option the consent page waits for a person. The scopes of the
// request apply if the grant has none. See also [Server.SetConsent].
func WithConsent(g Grant) Option {
	return func(c *config) error {
		c.consent = &g
		return nil
	}
}

// SetConsent changes what [WithConsent] sets; nil shows the consent page again.
func (s *Server) SetConsent(g *Grant) {
	s.oauth.mu.Lock()
	defer s.oauth.mu.Unlock()
	s.oauth.consent = nil
	if g != nil {
		copied := *g
		s.oauth.consent = &copied
	}
}

// consentRequest is what an app asks of the consent page.
type consentRequest struct {
	ClientID, RedirectURI, State, CompanyID string
	Scopes                                  []string
	Locations                               []Location
	Query                                   template.URL // of the page
	redirect                                *url.URL
}

// getConsentPage handles GET /oauth/chooselocation.
func (s *Server) getConsentPage(c *call) answer {
	r, problem := s.parseConsent(c.query)
	if problem != "" {
		return consentProblem(problem)
	}
	s.oauth.mu.Lock()
	consent := s.oauth.consent
	s.oauth.mu.Unlock()
	if consent != nil {
		return s.allow(r, *consent)
	}
	var page bytes.Buffer
	if err := consentTemplate.Execute(&page, r); err != nil {
		return broken(err)
	}
	return answer{status: http.StatusOK, header: http.Header{
		"Content-Type":            {"text/html; charset=utf-8"},
		"Content-Security-Policy": {"default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"},
		"X-Frame-Options":         {"DENY"},
	}, body: page.Bytes()}
}

// submitConsent handles the form of the consent page.
func (s *Server) submitConsent(c *call) answer {
	r, problem := s.parseConsent(c.query)
	if problem != "" {
		return consentProblem(problem)
	}
	if err := http.NewCrossOriginProtection().Check(c.request); err != nil {
		return consentProblem("the form was sent by another site")
	}
	form, refusal := c.readForm()
	if refusal != nil {
		return *refusal
	}
	locations := form["location"]
	switch {
	case form.Get("decision") != "allow":
		return r.redirectWith("error", "access_denied")
	case len(locations) == 0:
		return consentProblem("no location is selected")
	case slices.ContainsFunc(locations, func(id string) bool { return s.locations[id] == nil }):
		return consentProblem("there is no such location")
	case form.Get("agency") == "true" || len(locations) > 1:
		return s.allow(r, Grant{UserType: UserTypeCompany, ApprovedLocations: locations})
	default:
		return s.allow(r, Grant{LocationID: locations[0]})
	}
}

// allow redirects to the app with a code for a grant.
func (s *Server) allow(r *consentRequest, g Grant) answer {
	if g.Scopes == nil && len(r.Scopes) > 0 {
		g.Scopes = r.Scopes
	}
	return r.redirectWith("code", s.AuthorizationCode(g))
}

// parseConsent checks the query of the consent page. The problem is empty if there is none.
func (s *Server) parseConsent(query url.Values) (r *consentRequest, problem string) {
	redirect, err := url.Parse(query.Get("redirect_uri"))
	switch {
	case query.Get("client_id") != s.oauth.app.ClientID:
		return nil, "client_id is not the ID of the app"
	case query.Get("response_type") != "code":
		return nil, "response_type must be code"
	case err != nil || redirect.Host == "" || redirect.Scheme != "https" && redirect.Scheme != "http":
		return nil, "redirect_uri must be an absolute URL"
	case s.oauth.app.RedirectURI != "" && redirect.String() != s.oauth.app.RedirectURI:
		return nil, "redirect_uri is not the one of the app"
	}
	return &consentRequest{
		ClientID: query.Get("client_id"), RedirectURI: redirect.String(), State: query.Get("state"),
		CompanyID: s.CompanyID, Scopes: strings.Fields(query.Get("scope")), Locations: s.Locations(),
		Query: template.URL(query.Encode()), redirect: redirect, //nolint:gosec // encoded
	}, ""
}

// redirectWith returns a redirect to the app with one parameter, and the state.
func (r *consentRequest) redirectWith(name, value string) answer {
	target := *r.redirect
	query := target.Query()
	query.Set(name, value)
	if r.State != "" {
		query.Set("state", r.State)
	}
	target.RawQuery = query.Encode()
	return answer{status: http.StatusFound, header: http.Header{"Location": {target.String()}}}
}

func consentProblem(problem string) answer {
	return answer{
		status: http.StatusBadRequest,
		header: http.Header{"Content-Type": {"text/plain; charset=utf-8"}, "X-Content-Type-Options": {"nosniff"}},
		body:   []byte(problem + "\n"),
	}
}
