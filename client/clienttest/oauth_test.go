package clienttest_test

import (
	"net/http"
	"net/url"
	"testing"
	"testing/synctest"
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

func TestGetAccessToken_Code(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	w.header = http.Header{} // no version, no token
	code := w.server.AuthorizationCode(clienttest.Grant{})
	exchange := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "user_type": {"Location"}}
	r := w.token(exchange)
	for property, want := range map[string]any{
		"token_type": "Bearer", "expires_in": 86399.0, "userType": "Location", "scope": "contacts.readonly contacts.write locations/customFields.readonly oauth.write",
		"locationId": w.server.LocationID, "companyId": w.server.CompanyID, "userId": "y0BeYjuRIlDwsDcOHOJo",
	} {
		if r.at(property) != want {
			t.Errorf("%s: got %v, want %v", property, r.at(property), want)
		}
	}
	if r.status != 200 || r.at("refreshTokenId") == nil || w.status(r.at("access_token")) != 400 {
		t.Errorf("got %d %s, want 200 and a valid token", r.status, r.text)
	}
	w.token(exchange).wantJSON(t, 401, `{"error":"UnAuthorized!","error_description":"Authorization code not found"}`)
	exchange.Set("client_secret", "wrong")
	exchange.Set("client_id", w.server.App.ClientID)
	if r := w.form("/oauth/token", exchange); r.status != 401 {
		t.Errorf("got %d for a wrong secret, want 401", r.status)
	}
}

func TestGetAccessToken_RefreshTokenUsedOnce(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	first := w.exchange(clienttest.Grant{})
	second := w.refresh(first.at("refresh_token"))
	if second.status != 200 || second.at("refresh_token") == first.at("refresh_token") {
		t.Fatalf("got %d %s, want 200 and a new token", second.status, second.text)
	}
	w.server.Advance(29 * time.Second)
	if again := w.refresh(first.at("refresh_token")); again.text != second.text {
		t.Errorf("got %s within the grace period, want %s", again.text, second.text)
	}
	w.server.Advance(time.Second)
	w.refresh(first.at("refresh_token")).wantJSON(t, 400, `{"error":"invalid_grant","error_description":"This refresh token is invalid"}`)
	if third := w.refresh(second.at("refresh_token")); third.status != 200 {
		t.Errorf("got %d for the newer token, want 200", third.status)
	}
}

func TestTokens_Expiry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWire(t, clienttest.WithoutSocket())
		pair := w.exchange(clienttest.Grant{})
		w.server.Advance(24*time.Hour - time.Second)
		if got := w.status(pair.at("access_token")); got != 400 {
			t.Errorf("got %d a second before a day has passed, want 400", got)
		}
		w.server.Advance(time.Second)
		expired := wireTo(t, w.server)
		expired.header.Set("Authorization", "Bearer "+str(pair.at("access_token")))
		expired.do("GET", "/contacts/x", "").wantJSON(t, 401, `{"statusCode":401,"message":"Invalid token: access token is invalid","error":"Unauthorized"}`)
		fresh := w.refresh(pair.at("refresh_token"))
		if !w.server.RevokeToken(str(fresh.at("refresh_token"))) || w.refresh(fresh.at("refresh_token")).status != 400 {
			t.Error("got a valid token after RevokeToken, want it revoked")
		}
		if !w.server.RevokeToken(w.server.Token) || w.server.RevokeToken("nobody's") || w.status(w.server.Token) != 401 {
			t.Error("got a valid token after RevokeToken, want it revoked")
		}
		year := w.exchange(clienttest.Grant{})
		w.server.Advance(365 * 24 * time.Hour)
		if got := w.refresh(year.at("refresh_token")).status; got != 400 {
			t.Errorf("got %d after a year, want 400", got)
		}
	})
}

func TestGetLocationAccessToken(t *testing.T) {
	t.Parallel()
	w := newWire(t, clienttest.WithLocationSettings(clienttest.Location{ID: "foreign", CompanyID: "other"}))
	agency := w.exchange(clienttest.Grant{UserType: clienttest.UserTypeCompany, ApprovedLocations: []string{w.server.LocationID, "foreign"}})
	if agency.at("userType") != "Company" || agency.has("locationId") || agency.at("isBulkInstallation") != true {
		t.Errorf("got %s for the agency, want a token of the agency", agency.text)
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
		"no parameters":                {create(token, "2021-07-28", "", ""), 403},
	} {
		if test.reply.status != test.want {
			t.Errorf("%s: got %d %s, want %d", name, test.reply.status, test.reply.text, test.want)
		}
	}
}
