package clienttest_test

import (
	"maps"
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

// visit sends a request to the consent page; a form is nil for a GET.
func (w *wire) visit(query, form url.Values) reply {
	w.tb.Helper()
	path := "/oauth/chooselocation?" + query.Encode()
	if form == nil {
		return w.do("GET", path, "")
	}
	return w.form(path, form)
}

// exchangeRedirect exchanges the code of a redirect.
func (w *wire) exchangeRedirect(r reply) reply {
	w.tb.Helper()
	target, err := url.Parse(r.header.Get("Location"))
	if err != nil || r.status != http.StatusFound {
		w.tb.Fatalf("status %d, %v, want a redirect", r.status, err)
	}
	query := target.Query()
	if target.Host != "app.example" || query.Get("tenant") != "7" || query.Get("state") != "a state" || query.Get("code") == "" {
		w.tb.Fatalf("got a redirect to %s, want the app with a code and the state", target)
	}
	return w.token(url.Values{"grant_type": {"authorization_code"}, "code": {query.Get("code")}})
}

func TestConsentPage(t *testing.T) {
	t.Parallel()
	second := clienttest.Location{ID: "second", Name: "Second <b>"}
	w := newWire(t, clienttest.WithoutSocket(), clienttest.WithLocationSettings(second))
	s := w.server
	page := w.visit(consentQuery(s), nil)
	for _, want := range []string{s.App.ClientID, s.LocationID, "second", "Second &lt;b&gt;", "Allow", "Deny", "contacts.readonly"} {
		if page.status != http.StatusOK || !strings.Contains(page.text, want) {
			t.Errorf("status %d, page without %q", page.status, want)
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
		if r := w.exchangeRedirect(w.visit(consentQuery(s), test.form)); r.status != 200 || r.at(test.property) != test.want {
			t.Errorf("%s: got %d %s, want %s %v", test.name, r.status, r.text, test.property, test.want)
		}
	}
	denied := w.visit(consentQuery(s), url.Values{"decision": {"deny"}})
	if location := denied.header.Get("Location"); location != "https://app.example/callback?error=access_denied&state=a+state&tenant=7" {
		t.Errorf("got %d and location %s after Deny, want access_denied", denied.status, location)
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
		w := wireTo(t, s)
		maps.Copy(w.header, test.header)
		if r := w.visit(test.query, test.form); r.status != http.StatusBadRequest {
			t.Errorf("%s: got %d %s, want 400", name, r.status, r.text)
		}
	}
}

func TestWithConsent(t *testing.T) {
	t.Parallel()
	w := newWire(t, clienttest.WithConsent(clienttest.Grant{UserType: clienttest.UserTypeCompany}))
	if r := w.exchangeRedirect(w.visit(consentQuery(w.server), nil)); r.at("userType") != "Company" {
		t.Errorf("got %s, want a token of the agency", r.text)
	}
}
