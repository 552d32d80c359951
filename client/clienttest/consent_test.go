package clienttest_test

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

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
		t.Fatalf("got a redirect to %s, want the app with a code and the state", target)
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
			t.Errorf("%s: got %d %s, want %s %v", test.name, r.status, r.text, test.property, test.want)
		}
	}
	resp, _ = visit(t, s, consentQuery(s), url.Values{"decision": {"deny"}}, nil)
	if location := resp.Header.Get("Location"); location != "https://app.example/callback?error=access_denied&state=a+state&tenant=7" {
		t.Errorf("got %d and location %s after Deny, want access_denied", resp.StatusCode, location)
	}
}

func TestConsentPage_Rejected(t *testing.T) {
	t.Parallel()
	s := clienttest.NewServer(t, clienttest.WithoutSocket())
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
		"no location":                {query: consentQuery(s), form: url.Values{"decision": {"allow"}}},
		"a form of another site":     {query: consentQuery(s), form: allow(s.LocationID), header: http.Header{"Sec-Fetch-Site": {"cross-site"}}},
		"a form with another origin": {query: consentQuery(s), form: allow(s.LocationID), header: http.Header{"Origin": {"https://evil.example"}}},
	} {
		if resp, body := visit(t, s, test.query, test.form, test.header); resp.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: got %d %s, want 400", name, resp.StatusCode, body)
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
}
