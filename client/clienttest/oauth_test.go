package clienttest_test

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

// token sends a form to POST /oauth/token.
func (w *wire) token(form url.Values) reply {
	w.tb.Helper()
	form.Set("client_id", w.server.App.ClientID)
	form.Set("client_secret", w.server.App.ClientSecret)
	return w.form("/oauth/token", form)
}

func (w *wire) form(path string, form url.Values) reply {
	w.tb.Helper()
	other := wireTo(w.tb, w.server)
	other.header = w.header.Clone()
	other.header.Set("Content-Type", "application/x-www-form-urlencoded")
	return other.do("POST", path, form.Encode())
}

func (w *wire) refresh(token any) reply {
	w.tb.Helper()
	return w.token(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {str(token)}})
}

func (w *wire) exchange(g clienttest.Grant) reply {
	w.tb.Helper()
	return w.token(url.Values{"grant_type": {"authorization_code"}, "code": {w.server.AuthorizationCode(g)}, "user_type": {string(g.UserType)}})
}

// status gets a contact that does not exist. The status is 400 if the token is valid.
func (w *wire) status(token any) int {
	w.tb.Helper()
	other := wireTo(w.tb, w.server)
	other.header.Set("Authorization", "Bearer "+str(token))
	return other.do("GET", "/contacts/x", "").status
}

func TestCodeExchange(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	w.header = http.Header{} // no version, no token
	code := w.server.AuthorizationCode(clienttest.Grant{})
	exchange := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "user_type": {"Location"}}
	r := w.token(exchange)
	for property, want := range map[string]any{
		"token_type": "Bearer", "expires_in": 86399.0, "userType": "Location", "scope": "contacts.readonly contacts.write oauth.write",
		"locationId": w.server.LocationID, "companyId": w.server.CompanyID, "userId": "y0BeYjuRIlDwsDcOHOJo",
	} {
		if r.at(property) != want {
			t.Errorf("%s: got %v, want %v", property, r.at(property), want)
		}
	}
	if r.status != 200 || r.at("refreshTokenId") == nil || w.status(r.at("access_token")) != 400 {
		t.Errorf("%d %s", r.status, r.text)
	}
	w.token(exchange).wantJSON(t, 401, `{"error":"UnAuthorized!","error_description":"Authorization code not found"}`)
	exchange.Set("client_secret", "wrong")
	exchange.Set("client_id", w.server.App.ClientID)
	if r := w.form("/oauth/token", exchange); r.status != 401 {
		t.Errorf("got %d for a wrong secret, want 401", r.status)
	}
}

func TestRefreshTokensAreSingleUse(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	first := w.exchange(clienttest.Grant{})
	second := w.refresh(first.at("refresh_token"))
	if second.status != 200 || second.at("refresh_token") == first.at("refresh_token") {
		t.Fatalf("%d %s", second.status, second.text)
	}
	w.server.Advance(29 * time.Second)
	if again := w.refresh(first.at("refresh_token")); again.text != second.text {
		t.Errorf("got %s within the grace period, want %s", again.text, second.text)
	}
	w.server.Advance(time.Second)
	w.refresh(first.at("refresh_token")).wantJSON(t, 401, `{"error":"UnAuthorized!","error_description":"Refresh token not found"}`)
	if third := w.refresh(second.at("refresh_token")); third.status != 200 {
		t.Errorf("got %d for the newer token, want 200", third.status)
	}
}

func TestTokensExpire(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	pair := w.exchange(clienttest.Grant{})
	w.server.Advance(24*time.Hour - time.Second)
	if got := w.status(pair.at("access_token")); got != 400 {
		t.Errorf("got %d a second before a day has passed, want 400", got)
	}
	w.server.Advance(time.Second)
	if got := w.status(pair.at("access_token")); got != 401 {
		t.Errorf("got %d after a day, want 401", got)
	}
	fresh := w.refresh(pair.at("refresh_token"))
	if !w.server.ExpireToken(str(fresh.at("access_token"))) || w.status(fresh.at("access_token")) != 401 {
		t.Error("an expired token is valid")
	}
	if !w.server.ExpireRefreshToken(str(fresh.at("refresh_token"))) || w.refresh(fresh.at("refresh_token")).status != 401 {
		t.Error("an expired refresh token is valid")
	}
	if !w.server.RevokeToken(w.server.Token) || w.server.RevokeToken("nobody's") || w.status(w.server.Token) != 401 {
		t.Error("a revoked token is valid")
	}
	year := w.exchange(clienttest.Grant{})
	w.server.Advance(365 * 24 * time.Hour)
	if got := w.refresh(year.at("refresh_token")).status; got != 401 {
		t.Errorf("got %d after a year, want 401", got)
	}
}

func TestAgencyTokenCreatesLocationTokens(t *testing.T) {
	t.Parallel()
	w := newWire(t, clienttest.WithLocationSettings(clienttest.Location{ID: "foreign", CompanyID: "other"}))
	agency := w.exchange(clienttest.Grant{UserType: clienttest.UserTypeCompany, ApprovedLocations: []string{w.server.LocationID, "foreign"}})
	if agency.at("userType") != "Company" || agency.has("locationId") || agency.at("isBulkInstallation") != true {
		t.Errorf("agency: %s", agency.text)
	}
	if got := w.status(agency.at("access_token")); got != 401 {
		t.Errorf("got %d for a contact with an agency token, want 401", got)
	}
	create := func(token any, version, company, location string) reply {
		other := wireTo(t, w.server)
		other.header.Set("Authorization", "Bearer "+str(token))
		set(other.header, "Version", version)
		return other.form("/oauth/locationToken", url.Values{"companyId": {company}, "locationId": {location}})
	}
	token, company, location := agency.at("access_token"), w.server.CompanyID, w.server.LocationID
	r := create(token, "2021-07-28", company, location)
	if r.status != 201 || r.at("userType") != "Location" || r.at("expires_in") != 86399.0 || r.has("refresh_token") {
		t.Errorf("got %d %s", r.status, r.text)
	}
	if got := w.status(r.at("access_token")); got != 400 {
		t.Errorf("got %d with the new token, want 400", got)
	}
	for name, test := range map[string]struct {
		reply reply
		want  int
	}{
		"no version":                   {create(token, "-", company, location), 401},
		"a location's token":           {create(w.server.Token, "2021-07-28", company, location), 401},
		"another agency":               {create(token, "2021-07-28", "other", location), 403},
		"a location of another agency": {create(token, "2021-07-28", company, "foreign"), 403},
		"not approved":                 {create(token, "2021-07-28", company, "elsewhere"), 403},
		"no parameters":                {create(token, "2021-07-28", "", ""), 422},
	} {
		if test.reply.status != test.want {
			t.Errorf("%s: got %d %s, want %d", name, test.reply.status, test.reply.text, test.want)
		}
	}
	create(token, "2021-07-28", company, "").wantJSON(t, 422,
		`{"message":["locationId should not be empty"],"error":"Unprocessable Entity","statusCode":422}`)
}

func TestLocationRefreshToken(t *testing.T) {
	t.Parallel()
	w := newWire(t, clienttest.WithApp(clienttest.App{LocationRefreshToken: true, AccessTokenLifetime: time.Minute}))
	agency := w.exchange(clienttest.Grant{UserType: clienttest.UserTypeCompany})
	w.header.Set("Authorization", "Bearer "+str(agency.at("access_token")))
	r := w.form("/oauth/locationToken", url.Values{"companyId": {w.server.CompanyID}, "locationId": {"any"}})
	if r.at("expires_in") != 59.0 || w.refresh(r.at("refresh_token")).at("locationId") != "any" {
		t.Errorf("got %d %s", r.status, r.text)
	}
}

// consentQuery returns the query that an app sends to the consent page, with some values changed.
func consentQuery(s *clienttest.Server, changes ...string) url.Values {
	query := url.Values{
		"response_type": {"code"}, "client_id": {s.App.ClientID}, "state": {"a state"},
		"redirect_uri": {"https://app.example/callback?tenant=7"}, "scope": {"contacts.readonly oauth.write"},
	}
	for i := 0; i < len(changes); i += 2 {
		query.Set(changes[i], changes[i+1])
	}
	return query
}

// visited is a response of the consent page.
type visited struct {
	StatusCode int
	Header     http.Header
}

// visit sends a request to the consent page and does not follow redirects.
func visit(t *testing.T, s *clienttest.Server, query, form url.Values, header http.Header) (v visited, body string) {
	t.Helper()
	method := http.MethodGet
	if form != nil {
		method = http.MethodPost
	}
	request, err := http.NewRequestWithContext(context.Background(), method, s.URL+"/oauth/chooselocation?"+query.Encode(), strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	if header != nil {
		request.Header = header
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	browser := s.HTTPClient()
	browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := browser.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return visited{resp.StatusCode, resp.Header}, string(text)
}

// exchangeRedirect exchanges the code of a redirect.
func exchangeRedirect(t *testing.T, w *wire, resp visited) reply {
	t.Helper()
	target, err := url.Parse(resp.Header.Get("Location"))
	if err != nil || resp.StatusCode != http.StatusFound {
		t.Fatalf("status %d, %v, want a redirect", resp.StatusCode, err)
	}
	query := target.Query()
	if target.Host != "app.example" || query.Get("tenant") != "7" || query.Get("state") != "a state" || query.Get("code") == "" {
		t.Fatalf("redirect to %s", target)
	}
	return w.token(url.Values{"grant_type": {"authorization_code"}, "code": {query.Get("code")}})
}

func TestConsentPage(t *testing.T) {
	t.Parallel()
	second := clienttest.Location{ID: "second", Name: "Second <b>"}
	w := newWire(t, clienttest.WithoutSocket(), clienttest.WithLocationSettings(second))
	s := w.server
	resp, page := visit(t, s, consentQuery(s), nil, nil)
	for _, want := range []string{s.App.ClientID, s.LocationID, "second", "Second &lt;b&gt;", "Allow", "Deny", "contacts.readonly"} {
		if resp.StatusCode != http.StatusOK || !strings.Contains(page, want) {
			t.Errorf("status %d, page without %q", resp.StatusCode, want)
		}
	}
	for _, test := range []struct {
		name     string
		form     url.Values
		property string
		want     any
	}{
		{"one location", url.Values{"location": {"second"}}, "locationId", "second"},
		{"the scopes of the request", url.Values{"location": {"second"}}, "scope", "contacts.readonly oauth.write"},
		{"two locations", url.Values{"location": {"second", s.LocationID}}, "userType", "Company"},
		{"the agency", url.Values{"location": {"second"}, "agency": {"true"}}, "userType", "Company"},
	} {
		test.form.Set("decision", "allow")
		resp, _ := visit(t, s, consentQuery(s), test.form, nil)
		if r := exchangeRedirect(t, w, resp); r.status != 200 || r.at(test.property) != test.want {
			t.Errorf("%s: %d %s, want %s %v", test.name, r.status, r.text, test.property, test.want)
		}
	}
	resp, _ = visit(t, s, consentQuery(s), url.Values{"decision": {"deny"}}, nil)
	if location := resp.Header.Get("Location"); location != "https://app.example/callback?error=access_denied&state=a+state&tenant=7" {
		t.Errorf("denied: %d %s", resp.StatusCode, location)
	}
}

func TestConsentPageRejects(t *testing.T) {
	t.Parallel()
	s := clienttest.NewServer(t, clienttest.WithoutSocket(), clienttest.WithApp(clienttest.App{RedirectURI: "https://app.example/callback?tenant=7"}))
	allow := func(location string) url.Values { return url.Values{"decision": {"allow"}, "location": {location}} }
	for name, test := range map[string]struct {
		query  url.Values
		form   url.Values
		header http.Header
	}{
		"another app":                {query: consentQuery(s, "client_id", "other")},
		"another response type":      {query: consentQuery(s, "response_type", "token")},
		"no redirect":                {query: consentQuery(s, "redirect_uri", "")},
		"a script as the redirect":   {query: consentQuery(s, "redirect_uri", "javascript:alert(1)")},
		"another redirect":           {query: consentQuery(s, "redirect_uri", "https://evil.example/")},
		"an unknown location":        {query: consentQuery(s), form: allow("nowhere")},
		"no location":                {query: consentQuery(s), form: url.Values{"decision": {"allow"}}},
		"a form of another site":     {query: consentQuery(s), form: allow(s.LocationID), header: http.Header{"Sec-Fetch-Site": {"cross-site"}}},
		"a form with another origin": {query: consentQuery(s), form: allow(s.LocationID), header: http.Header{"Origin": {"https://evil.example"}}},
	} {
		if resp, body := visit(t, s, test.query, test.form, test.header); resp.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %d %s, want 400", name, resp.StatusCode, body)
		}
	}
}

func TestWithConsent(t *testing.T) {
	t.Parallel()
	w := newWire(t, clienttest.WithConsent(clienttest.Grant{UserType: clienttest.UserTypeCompany}))
	resp, _ := visit(t, w.server, consentQuery(w.server), nil, nil)
	if r := exchangeRedirect(t, w, resp); r.at("userType") != "Company" {
		t.Errorf("got %s, want a token of the agency", r.text)
	}
	w.server.SetConsent(&clienttest.Grant{LocationID: "elsewhere"})
	resp, _ = visit(t, w.server, consentQuery(w.server), nil, nil)
	if r := exchangeRedirect(t, w, resp); r.at("locationId") != "elsewhere" {
		t.Errorf("got %s, want a token of the location", r.text)
	}
	w.server.SetConsent(nil)
	if resp, _ := visit(t, w.server, consentQuery(w.server), nil, nil); resp.StatusCode != http.StatusOK {
		t.Errorf("got status %d, want the page", resp.StatusCode)
	}
}
