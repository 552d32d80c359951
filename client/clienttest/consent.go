package clienttest

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/wire"
)

//go:embed consent.html
var consentHTML string

var consentTemplate = template.Must(template.New("consent").Parse(consentHTML))

// consentRequest holds the query of the consent page, and the data of its template.
type consentRequest struct {
	ClientID, RedirectURI, State, CompanyID string
	Scopes                                  []string
	Locations                               []Location
	Query                                   template.URL // of the consent page
	target                                  *url.URL
}

// getConsentPage handles GET /oauth/chooselocation.
func (s *Server) getConsentPage(c *call) (wire.Response, error) {
	r, err := s.parseConsent(c.query)
	if err != nil {
		return wire.Response{}, err
	}
	if s.oauth.consent != nil {
		return s.allow(r, *s.oauth.consent), nil
	}
	var page bytes.Buffer
	if err := consentTemplate.Execute(&page, r); err != nil {
		return wire.Response{}, err
	}
	return wire.Response{Status: http.StatusOK, Header: http.Header{
		"Content-Type":            {"text/html; charset=utf-8"},
		"Content-Security-Policy": {"default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"},
		"X-Frame-Options":         {"DENY"},
	}, Body: page.Bytes()}, nil
}

// submitConsent handles the form of the consent page.
func (s *Server) submitConsent(c *call) (wire.Response, error) {
	r, err := s.parseConsent(c.query)
	if err != nil {
		return wire.Response{}, err
	}
	if err := http.NewCrossOriginProtection().Check(c.request); err != nil {
		return wire.Response{}, wire.BadRequest("the form was sent from another site")
	}
	form, err := c.readForm()
	if err != nil {
		return wire.Response{}, err
	}
	locations := form["location"]
	switch {
	case form.Get("decision") != "allow":
		return r.redirect("error", "access_denied"), nil
	case len(locations) == 0:
		return wire.Response{}, wire.BadRequest("select at least one location")
	case slices.ContainsFunc(locations, func(id string) bool { return !s.hasLocation(id) }):
		return wire.Response{}, wire.BadRequest("a selected location does not exist")
	case form.Get("agency") == "true" || len(locations) > 1:
		return s.allow(r, Grant{UserType: UserTypeCompany, ApprovedLocations: locations}), nil
	default:
		return s.allow(r, Grant{LocationID: locations[0]}), nil
	}
}

// allow redirects to the app with a code for a grant.
func (s *Server) allow(r *consentRequest, g Grant) wire.Response {
	if g.Scopes == nil && len(r.Scopes) > 0 {
		g.Scopes = r.Scopes
	}
	return r.redirect("code", s.AuthorizationCode(g))
}

// parseConsent checks the query of the consent page.
func (s *Server) parseConsent(query url.Values) (*consentRequest, error) {
	redirect, err := url.Parse(query.Get("redirect_uri"))
	switch {
	case query.Get("client_id") != s.App.ClientID:
		return nil, wire.BadRequest("client_id is not that of the app")
	case query.Get("response_type") != "code":
		return nil, wire.BadRequest("response_type must be code")
	case err != nil || redirect.Host == "" || redirect.Scheme != "https" && redirect.Scheme != "http":
		return nil, wire.BadRequest("redirect_uri must be an absolute URL")
	}
	return &consentRequest{
		ClientID: query.Get("client_id"), RedirectURI: redirect.String(), State: query.Get("state"),
		CompanyID: s.CompanyID, Scopes: strings.Fields(query.Get("scope")), Locations: s.Locations(),
		Query: template.URL(query.Encode()), target: redirect, //nolint:gosec // encoded
	}, nil
}

// redirect returns a redirect to the app with one parameter, and the state.
func (r *consentRequest) redirect(name, value string) wire.Response {
	target := *r.target
	query := target.Query()
	query.Set(name, value)
	if r.State != "" {
		query.Set("state", r.State)
	}
	target.RawQuery = query.Encode()
	return wire.Response{Status: http.StatusFound, Header: http.Header{"Location": {target.String()}}}
}
