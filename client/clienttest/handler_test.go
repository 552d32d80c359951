package clienttest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/gen"
)

// Each row is a check that the API makes before it runs the operation.
func TestServer_Checks(t *testing.T) {
	t.Parallel()
	const noVersion = `{"statusCode":401,"message":"version header was not found."}`
	tests := []struct {
		name         string
		version      string // "-" means no header
		token        string // "-" means no header, "" the default token
		method, path string
		body         string
		status       int
		want         string
	}{
		{"no version", "-", "", "GET", "/contacts/x", "", 401, noVersion},
		{"no version and no token", "-", "-", "GET", "/contacts/x", "", 401, noVersion},
		{"unknown date", "2020-01-01", "-", "GET", "/contacts/x", "", 401, `{"statusCode":401,"message":"version header is invalid"}`},
		{"version that is not a date", "bogus", "-", "GET", "/contacts/x", "", 400, `{"statusCode":400,"message":"Invalid API version segment 'bogus' at position 0"}`},
		{"no token", "2021-07-28", "-", "GET", "/contacts/x", "", 401, `{"statusCode":401,"message":"No Authorization header found for authentication!"}`},
		{"unknown token", "2021-07-28", "nonsense", "GET", "/contacts/x", "", 401, `{"statusCode":401,"message":"Invalid JWT"}`},
		{"unknown integration token", "2021-07-28", "pit-nonsense", "GET", "/contacts/x", "", 401, `{"statusCode":401,"message":"Invalid Private Integration token"}`},
		{"scope missing for writing", "2021-07-28", "reader", "DELETE", "/contacts/x", "", 401, `{"statusCode":401,"message":"The token is not authorized for this scope."}`},
		{"scope missing for reading", "2021-07-28", "writer", "GET", "/contacts/x", "", 401, `{"statusCode":401,"message":"The token is not authorized for this scope."}`},
		{"scope missing for custom fields", "2021-07-28", "reader", "GET", "/locations/L/customFields", "", 401, `{"statusCode":401,"message":"The token is not authorized for this scope."}`},
		{"agency token", "2021-07-28", "agency", "GET", "/contacts/x", "", 401, `{"statusCode":401,"message":"This authClass type is not allowed to access this scope.  Please verify your IAM configuration if this is not the case."}`},
		{"list without location", "2021-07-28", "", "GET", "/contacts/", "", 403, `{"statusCode":403,"message":"The token does not have access to this location."}`},
		{"list of another location", "2021-07-28", "", "GET", "/contacts/?locationId=other", "", 403, `{"statusCode":403,"message":"The token does not have access to this location."}`},
		{"location before limit", "2021-07-28", "", "GET", "/contacts/?limit=0", "", 403, `{"statusCode":403,"message":"The token does not have access to this location."}`},
		{"business list without location", "2021-07-28", "", "GET", "/contacts/business/b", "", 403, `{"statusCode":403,"message":"The token does not have access to this location."}`},
		{"create in another location", "2021-07-28", "", "POST", "/contacts/", `{"locationId":"other","oops":1}`, 403, `{"statusCode":403,"message":"The token does not have access to this location."}`},
		{"get a contact of another location", "2021-07-28", "neighbor", "GET", "/contacts/seeded", "", 403, `{"statusCode":403,"message":"The token does not have access to this location."}`},
		{"update a contact of another location", "2021-07-28", "neighbor", "PUT", "/contacts/seeded", `{}`, 403, `{"statusCode":403,"message":"The token does not have access to this location."}`},
		{"delete a contact of another location", "2021-07-28", "neighbor", "DELETE", "/contacts/seeded", "", 403, `{"statusCode":403,"message":"The token does not have access to this location."}`},
		{"tags for a contact of another location", "2021-07-28", "neighbor", "POST", "/contacts/seeded/tags", `{"tags":["a"]}`, 403, `{"statusCode":403,"message":"The token does not have access to this location."}`},
		{"tags of a contact of another location", "2021-07-28", "neighbor", "DELETE", "/contacts/seeded/tags", `{"tags":["a"]}`, 403, `{"statusCode":403,"message":"The token does not have access to this location."}`},
		{"unknown route", "2021-07-28", "", "PUT", "/contacts/x/y", "", 404, `{"message":"Cannot PUT /contacts/x/y","error":"Not Found","statusCode":404}`},
		{"post to an ID", "2021-07-28", "", "POST", "/contacts/x", "", 404, `{"message":"Cannot POST /contacts/x","error":"Not Found","statusCode":404}`},
		{"any word is an ID", "2021-07-28", "", "GET", "/contacts/lookup", "", 400, `{"error":"Contact with id lookup not found","status":400}`},
		{"update of an unknown contact", "2021-07-28", "", "PUT", "/contacts/x", `{}`, 400, `{"error":"Contact with id x not found","status":400}`},
		{"invalid update of an unknown contact", "2021-07-28", "", "PUT", "/contacts/x", `{"email":"a"}`, 422, `{"message":["email must be an email"],"error":"Unprocessable Entity","statusCode":422}`},
		{"delete of an unknown contact", "2021-07-28", "", "DELETE", "/contacts/x", "", 400, `{"error":"Contact with id x not found","status":400}`},
		{"version 2021-04-15", "2021-04-15", "", "GET", "/contacts/x", "", 400, `{"error":"Contact with id x not found","status":400}`},
		{"version 2023-02-21", "2023-02-21", "", "GET", "/contacts/x", "", 400, `{"error":"Contact with id x not found","status":400}`},
		{"version v3", "v3", "", "GET", "/contacts/x", "", 400, `{"error":"Contact with id x not found","status":400}`},
	}
	s := clienttest.NewServer(t)
	s.Seed(gen.Contact{ID: "seeded"})
	s.AddToken("neighbor", clienttest.Grant{LocationID: "other"})
	s.AddToken("reader", clienttest.Grant{Scopes: []string{"contacts.readonly"}})
	s.AddToken("writer", clienttest.Grant{Scopes: []string{"contacts.write"}})
	s.AddToken("agency", clienttest.Grant{UserType: clienttest.UserTypeCompany})
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := wireTo(t, s)
			set(w.header, "Version", test.version)
			switch test.token {
			case "":
			case "-":
				w.header.Del("Authorization")
			default:
				w.header.Set("Authorization", "Bearer "+test.token)
			}
			w.do(test.method, test.path, test.body).wantJSON(t, test.status, test.want)
		})
	}
}

func set(header http.Header, name, value string) {
	header.Set(name, value)
	if value == "-" {
		header.Del(name)
	}
}

func TestServer_ResponseHeaders(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	ok, anonymous := w.list(""), wireTo(t, w.server)
	anonymous.header.Del("Authorization")
	unauthorized := anonymous.list("")
	for name, r := range map[string]reply{"200": ok, "401": unauthorized} {
		if r.header.Get("Server") != "cloudflare" || !strings.HasSuffix(r.header.Get("Cf-Ray"), "-FRA") {
			t.Errorf("%s: got Server %q and Cf-Ray %q, want those of the gateway", name, r.header.Get("Server"), r.header.Get("Cf-Ray"))
		}
	}
	for name, want := range map[string]string{
		"X-RateLimit-Max": "100", "X-RateLimit-Remaining": "99", "X-RateLimit-Interval-Milliseconds": "10000",
		"X-RateLimit-Limit-Daily": "200000", "X-RateLimit-Daily-Remaining": "199999",
	} {
		if got := ok.header.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
		if got := unauthorized.header.Get(name); got != "" {
			t.Errorf("got %s %q for a 401, want none", name, got)
		}
	}
	if ok.header.Get("X-RateLimit-Daily-Reset") == "" || ok.header.Get("X-RateLimit-Limit") != "" || ok.header.Get("X-RateLimit-Reset") != "" {
		t.Errorf("got headers %v, want X-RateLimit-Daily-Reset and neither X-RateLimit-Limit nor -Reset", ok.header)
	}
}
