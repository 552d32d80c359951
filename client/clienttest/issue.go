package clienttest

import (
	"net/http"
	"net/url"
	"strings"
)

// issue makes an access token, and a refresh token if it is to come with one, and returns the body that tells them. The
// caller holds the lock of oauth.
func (s *Server) issue(c *call, g Grant, withRefresh bool) []byte {
	access := "eyJhbGciOiJSUzI1NiJ9." + s.traceIDs.hex(24) + "." + s.traceIDs.hex(32)
	s.AddToken(Token{
		Value: access, UserType: g.UserType, LocationID: g.LocationID, CompanyID: g.CompanyID, Scopes: g.Scopes,
		Expires: c.now.Add(s.oauth.app.TokenLife), approved: g.ApprovedLocations,
	})
	body := newObject(1024)
	body.text("access_token", access)
	body.text("token_type", "Bearer")
	body.integer("expires_in", int64(s.oauth.app.TokenLife.Seconds())-1)
	if withRefresh {
		value := s.traceIDs.hex(32)
		s.oauth.refreshes[value] = &refresh{grant: g, given: c.now}
		body.text("refresh_token", value)
		body.text("refreshTokenId", s.traceIDs.hex(12))
	}
	body.text("scope", strings.Join(g.Scopes, " "))
	body.text("userType", string(g.UserType))
	body.text("companyId", g.CompanyID)
	body.text("locationId", g.LocationID)
	body.text("userId", g.UserID)
	if g.UserType == UserTypeCompany {
		body.boolean("isBulkInstallation", true)
		if g.ApprovedLocations != nil {
			body.list("approvedLocations", g.ApprovedLocations)
		}
	}
	return body.end()
}

// readForm reads the body as a form and keeps for the log what of it is no secret.
func (c *call) readForm() (url.Values, *answer) {
	if !strings.HasPrefix(c.request.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		return nil, refuse(http.StatusUnsupportedMediaType, "the body must be form-encoded", "Unsupported Media Type")
	}
	if refusal := c.useBody(); refusal != nil {
		return nil, refusal
	}
	form, err := url.ParseQuery(string(c.body))
	c.body = nil
	if err != nil {
		return nil, malformed("the body must be form-encoded")
	}
	told := url.Values{}
	for name, values := range form {
		switch name {
		case "client_secret", "refresh_token", "code":
			told[name] = []string{"[redacted]"}
		default:
			told[name] = values
		}
	}
	c.body = []byte(told.Encode())
	return form, nil
}
