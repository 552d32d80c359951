package oauth_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
)

// The error of each operation contains the status and the message of the token endpoint.
func TestError_Error(t *testing.T) {
	t.Parallel()
	const reinstall = ": the app must be installed again, on its consent page"
	for _, test := range []struct {
		status int
		body   string
		kind   client.Kind
		want   string
	}{
		{401, `{"error":"UnAuthorized!","error_description":"Authorization code not found"}`, client.ErrUnauthorized, "401 unauthorized: UnAuthorized!; Authorization code not found" + reinstall},
		{400, `{"error":"invalid_grant","error_description":"Invalid grant: client_id of the token"}`, client.ErrUnauthorized, "400 unauthorized: invalid_grant; Invalid grant: client_id of the token" + reinstall},
		{401, `{"error":"invalid_client"}`, client.ErrUnauthorized, "401 unauthorized: invalid_client"},
		{400, `{"error":"unsupported_grant_type"}`, client.ErrInvalid, "400 invalid: unsupported_grant_type"},
		{401, `{"message":"The token is not authorized for this scope."}`, client.ErrForbidden, "401 forbidden: The token is not authorized for this scope."},
		{403, `{"message":"no"}`, client.ErrForbidden, "403 forbidden: no"},
		{422, `{"statusCode":422,"message":["a","b"],"error":"Unprocessable Entity"}`, client.ErrInvalid, "422 invalid: Unprocessable Entity; a; b"},
		{429, `{"message":"slow down"}`, client.ErrRateLimited, "429 rate limited: slow down"},
		{503, ``, client.ErrServer, "503 server"},
		{404, "<html>\n<b>no</b>", "other", "404 other"},
		{302, "", "other", "302 other: redirects are not followed"},
		{404, `{"message":"` + strings.Repeat("long ", 100) + `"}`, "other", "404 other: message withheld: see Error.Messages"},
		{200, `{}`, client.ErrBadResponse, "bad response: status 200 without an access token"},
	} {
		synctest.Test(t, func(t *testing.T) {
			transport := inMemory(respond(test.status, test.body))
			_, exchangeErr := newApp(t, config(transport)).Exchange(t.Context(), "x1x2x3", "")
			expired := oauth.Credential{AccessToken: client.NewSecret("a"), RefreshToken: client.NewSecret("r")}
			_, tokenErr := newSource(t, transport, expired).Token(t.Context())
			for operation, err := range map[string]error{"oauth: App.Exchange: ": exchangeErr, "oauth: Source.Token: ": tokenErr} {
				if test.status != 200 {
					operation += "POST /oauth/token: "
				}
				if err == nil || err.Error() != operation+test.want || client.KindOf(err) != test.kind {
					t.Errorf("got  %v\nwant %s", err, operation+test.want)
				}
			}
		})
	}
}

// The server may return the secrets that it received. No error and no log record contains them.
func TestError_NoSecrets(t *testing.T) {
	t.Parallel()
	const code, access, refresh = "c0de+with/signs", "acc3ss-token", "r3fresh/token"
	const other = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"
	sentSecrets := []string{clientSecret, code, url.QueryEscape(code), access, refresh, url.QueryEscape(refresh)}
	bodies := map[string]func(sent string) any{
		"error":       func(sent string) any { return map[string]any{"error": sent} },
		"messages":    func(sent string) any { return map[string]any{"message": []string{sent, "x"}} },
		"description": func(sent string) any { return map[string]any{"error": "x", "error_description": sent} },
		"no object":   func(sent string) any { return sent },
		"no token":    func(sent string) any { return map[string]any{"access_token": []string{sent}} },
	}
	for _, status := range []int{200, 302, 400, 401, 404, 422} {
		for name, body := range bodies {
			synctest.Test(t, func(t *testing.T) {
				c := config(inMemory(func(w http.ResponseWriter, r *http.Request) {
					_ = r.ParseForm()
					words := []string{r.Form.Encode(), r.Header.Get("Authorization"), other, "jane@doe.example\r\n\x1b[31m"}
					for _, values := range r.PostForm {
						words = append(words, values[0])
					}
					sent := strings.Join(words, " ")
					w.Header().Set("Location", "https://elsewhere.example/?"+url.QueryEscape(sent))
					w.WriteHeader(status)
					_ = json.NewEncoder(w).Encode(body(sent))
				}))
				var log bytes.Buffer
				c.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
				app, store := newApp(t, c), oauth.NewMemoryStore()
				save(t, store, oauth.Credential{
					AccessToken: client.NewSecret(access), RefreshToken: client.NewSecret(refresh), Expiry: time.Now().Add(time.Hour), UserType: oauth.UserTypeCompany,
				})
				source := app.Source(store)
				mustToken(t.Context(), t, source)
				_, exchangeErr := app.Exchange(t.Context(), code, oauth.UserTypeLocation)
				_, locationErr := source.Location("a").Token(t.Context())
				source.Invalidate(access)
				_, tokenErr := source.Token(t.Context())
				for _, err := range []error{exchangeErr, locationErr, tokenErr} {
					apiErr, _ := errors.AsType[*client.Error](err)
					if err == nil || (apiErr == nil) != (status == 200) || apiErr != nil && name != "no object" && name != "no token" && len(apiErr.Messages) == 0 {
						t.Fatalf("%d %s: got %v, want an error with messages", status, name, err)
					}
					texts := fmt.Sprintf("%v %+v %#v %s %+v", err, err, err, log.String(), apiErr)
					for _, secret := range append([]string{other, "jane@doe", "\x1b"}, sentSecrets...) {
						if strings.Contains(texts, secret) {
							t.Errorf("%d %s: got %q in: %s", status, name, secret, texts)
						}
					}
					for _, secret := range sentSecrets {
						if apiErr != nil && strings.Contains(fmt.Sprintf("%q", apiErr.Messages), secret) {
							t.Errorf("%d %s: got %q in the messages %q", status, name, secret, apiErr.Messages)
						}
					}
				}
			})
		}
	}
}

// A broken server may return the request body as a malformed header, which net/http quotes in its
// error.
func TestApp_Exchange_TransportErrorIsRedacted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, err := newApp(t, config(roundTripFunc(func(req *http.Request) (*http.Response, error) {
			body, err := io.ReadAll(req.Body)
			return nil, errors.Join(err, fmt.Errorf("malformed HTTP response %q: %w", body, io.ErrUnexpectedEOF))
		}))).Exchange(t.Context(), "c0de-c0de", "")
		if err == nil || strings.Contains(err.Error(), "c0de-c0de") || strings.Contains(err.Error(), clientSecret) || !errors.Is(err, io.ErrUnexpectedEOF) || client.KindOf(err) != client.ErrNetwork {
			t.Errorf("got %v, want ErrUnexpectedEOF without secrets", err)
		}
	})
}

// A property of an unexpected type does not prevent the tokens from being read: the API returns
// them once.
func TestApp_Exchange_UnexpectedResponses(t *testing.T) {
	t.Parallel()
	const tokens = `"access_token":"a","refresh_token":"b"`
	const day = 86399 * time.Second
	for _, test := range []struct {
		body     string
		want     oauth.Credential
		lifetime time.Duration
	}{
		{
			`{` + tokens + `,"expires_in":86399,"userType":"Company","companyId":"c","locationId":"l","userId":"u","planId":"p","scope":"x y",
				"approvedLocations":["m","n"],"isBulkInstallation":true,"approveAllLocations":true,"installToFutureLocations":true}`,
			oauth.Credential{
				UserType: oauth.UserTypeCompany, CompanyID: "c", LocationID: "l", UserID: "u", PlanID: "p", Scopes: []string{"x", "y"},
				ApprovedLocations: []string{"m", "n"}, BulkInstallation: true, ApproveAllLocations: true, InstallToFutureLocations: true,
			},
			day,
		},
		{`{` + tokens + `}`, oauth.Credential{}, time.Hour},
		{"\ufeff{" + tokens + `}`, oauth.Credential{}, time.Hour},
		{`{` + tokens + `,"expires_in":null,"userType":null,"scope":null,"approvedLocations":null,"isBulkInstallation":null}`, oauth.Credential{}, time.Hour},
		{`{` + tokens + `,"expires_in":"86399","userId":12,"companyId":{"a":1},"scope":["x"],"isBulkInstallation":"yes"}`, oauth.Credential{UserID: "12", Scopes: []string{"x"}}, day},
		{`{` + tokens + `,"expires_in":86399.0}`, oauth.Credential{}, day},
		{`{` + tokens + `,"expires_in":-1}`, oauth.Credential{}, time.Hour},
		{`{` + tokens + `,"expires_in":1e300}`, oauth.Credential{}, 10 * 365 * 24 * time.Hour},
		{`{` + tokens + `,"expires_in":"NaN"}`, oauth.Credential{}, time.Hour},
	} {
		synctest.Test(t, func(t *testing.T) {
			want := test.want
			want.AccessToken, want.RefreshToken = client.NewSecret("a"), client.NewSecret("b")
			want.IssuedAt, want.Expiry = time.Now(), time.Now().Add(test.lifetime)
			got, err := newApp(t, config(inMemory(respond(200, test.body)))).Exchange(t.Context(), "code", "")
			if diff := cmp.Diff(want, got, cmp.Comparer(equalSecrets), cmpopts.EquateEmpty()); err != nil || diff != "" {
				t.Errorf("%s: %v\n%s", test.body, err, diff)
			}
		})
	}
}

// Values that the response of a refresh lacks, such as the refresh token, are copied from the
// stored credential.
func TestSource_Token_IncompleteResponse(t *testing.T) {
	t.Parallel()
	want, store := newCredential("a"), oauth.NewMemoryStore()
	want.Expiry = time.Now().Add(-time.Hour)
	save(t, store, want)
	mustToken(t.Context(), t, newApp(t, config(inMemory(respond(200, `{"access_token":"new","expires_in":86399}`)))).Source(store))
	got, err := store.Load(t.Context())
	want.AccessToken, want.IssuedAt, want.Expiry = client.NewSecret("new"), got.IssuedAt, got.Expiry
	if diff := cmp.Diff(want, got, cmp.Comparer(equalSecrets)); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}

// endless is a body that does not end.
type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	e.read += len(p)
	clear(p)
	return len(p), nil
}

func TestApp_Exchange_EndlessBody(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]client.Kind{200: client.ErrResponseTooLarge, 401: client.ErrUnauthorized} {
		synctest.Test(t, func(t *testing.T) {
			body, attempts := &endless{}, 0
			_, err := newApp(t, config(roundTripFunc(func(req *http.Request) (*http.Response, error) {
				attempts++
				return &http.Response{StatusCode: status, Body: io.NopCloser(body), Header: http.Header{}, Request: req}, nil
			}))).Exchange(t.Context(), "code", "")
			if limit := attempts * (8<<20 + 64<<10); client.KindOf(err) != want || body.read > limit {
				t.Errorf("%d: got %v and %d bytes read, want %v and at most %d", status, err, body.read, want, limit)
			}
		})
	}
}

func FuzzResponse(f *testing.F) {
	f.Add(200, `{"access_token":"a","refresh_token":"b","expires_in":86399,"scope":"a b","approvedLocations":["c"]}`)
	f.Add(401, `{"error":"UnAuthorized!","error_description":"Authorization code not found"}`)
	f.Add(422, `{"message":["a",1],"statusCode":"422"}`)
	f.Add(400, "\x00\xff<html>")
	f.Fuzz(func(t *testing.T, status int, body string) {
		status = 200 + (status%300+300)%300 // 2xx to 4xx
		if status == 408 || status == 425 || status == 429 {
			return
		}
		var credential oauth.Credential
		var err error
		app := newApp(t, config(inMemory(respond(status, body))))
		synctest.Test(t, func(t *testing.T) { credential, err = app.Exchange(t.Context(), "x1x2x3", "") })
		if (err == nil) == (credential.AccessToken.Reveal() == "") {
			t.Errorf("%d: got %+v, %v, want a token or an error", status, credential, err)
		}
		if err != nil && (len(err.Error()) > 500 || strings.ContainsAny(err.Error(), "\r\n\x00\x1b") || strings.Contains(err.Error(), "x1x2x3")) {
			t.Errorf("%d: got %q, want one short line without the code", status, err)
		}
	})
}
