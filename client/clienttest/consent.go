package clienttest

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/wire"
)

//go:embed consent.html
var consentHTML string

var consentTemplate = template.Must(template.New("consent").Parse(consentHTML))

// getConsentPage handles GET /oauth/chooselocation.
func (s *Server) getConsentPage(c *call) (wire.Response, error) {
	redirect, err := s.checkConsent(c.query)
	if err != nil {
		return wire.Response{}, err
	}
	if s.oauth.consent != nil {
		return s.allow(c, redirect, *s.oauth.consent), nil
	}
	var page bytes.Buffer
	err = consentTemplate.Execute(&page, map[string]any{
		"ClientID": s.App.ClientID, "CompanyID": s.CompanyID, "RedirectURI": redirect, "Scopes": strings.Fields(c.query.Get("scope")),
		"Locations": s.Locations(), "Query": template.URL(c.query.Encode()), //nolint:gosec // encoded
	})
	return wire.Response{Status: http.StatusOK, Header: http.Header{
		"Content-Type":            {"text/html; charset=utf-8"},
		"Content-Security-Policy": {"default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"},
		"X-Frame-Options":         {"DENY"},
	}, Body: page.Bytes()}, err
}

// submitConsent handles the form of the consent page.
func (s *Server) submitConsent(c *call) (wire.Response, error) {
	redirect, err := s.checkConsent(c.query)
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
		return c.redirect(redirect, "error", "access_denied"), nil
	case len(locations) == 0:
		return wire.Response{}, wire.BadRequest("select at least one location")
	case form.Get("agency") == "true" || len(locations) > 1:
		return s.allow(c, redirect, Grant{UserType: UserTypeCompany, ApprovedLocations: locations}), nil
	default:
		return s.allow(c, redirect, Grant{LocationID: locations[0]}), nil
	}
}

// checkConsent checks the query of the consent page, and returns the address of the app.
func (s *Server) checkConsent(query url.Values) (*url.URL, error) {
	redirect, err := url.Parse(query.Get("redirect_uri"))
	switch {
	case query.Get("client_id") != s.App.ClientID:
		return nil, wire.BadRequest("client_id is not that of the app")
	case query.Get("response_type") != "code":
		return nil, wire.BadRequest("response_type must be code")
	case err != nil || redirect.Host == "" || redirect.Scheme != "https" && redirect.Scheme != "http":
		return nil, wire.BadRequest("redirect_uri must be an absolute URL")
	}
	return redirect, nil
}

// allow redirects to the app with a code for a grant.
func (s *Server) allow(c *call, redirect *url.URL, g Grant) wire.Response {
	if scopes := strings.Fields(c.query.Get("scope")); g.Scopes == nil && len(scopes) > 0 {
		g.Scopes = scopes
	}
	return c.redirect(redirect, "code", s.AuthorizationCode(g))
}

// redirect returns a redirect to the app with one parameter, and the state.
func (c *call) redirect(to *url.URL, name, value string) wire.Response {
	query := to.Query()
	query.Set(name, value)
	if state := c.query.Get("state"); state != "" {
		query.Set("state", state)
	}
	to.RawQuery = query.Encode()
	return wire.Response{Status: http.StatusFound, Header: http.Header{"Location": {to.String()}}}
}
