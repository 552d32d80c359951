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

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
)

func TestError_Error(t *testing.T) {
	t.Parallel()
	const reinstall = ": the app must be installed again, on its consent page"
	tests := []struct {
		name   string
		status int
		body   string
		kind   client.Kind
		want   string
	}{
		{"code", 401, `{"error":"UnAuthorized!","error_description":"Authorization code not found"}`, client.ErrUnauthorized, "401 unauthorized: UnAuthorized!; Authorization code not found" + reinstall},
		{"grant", 400, `{"error":"invalid_grant","error_description":"Invalid grant: client_id of the token"}`, client.ErrUnauthorized, "400 unauthorized: invalid_grant; Invalid grant: client_id of the token" + reinstall},
		{"client", 401, `{"error":"invalid_client"}`, client.ErrUnauthorized, "401 unauthorized: invalid_client"},
		{"grant type", 400, `{"error":"unsupported_grant_type"}`, client.ErrInvalid, "400 invalid: unsupported_grant_type"},
		{"scope", 401, `{"message":"The token is not authorized for this scope."}`, client.ErrForbidden, "401 forbidden: The token is not authorized for this scope."},
		{"version", 401, `{"message":"version header was not found."}`, client.ErrInvalid, "401 invalid: version header was not found."},
		{"forbidden", 403, `{"message":"no"}`, client.ErrForbidden, "403 forbidden: no"},
		{"list of messages", 422, `{"statusCode":422,"message":["a","b"],"error":"Unprocessable Entity"}`, client.ErrInvalid, "422 invalid: Unprocessable Entity; a; b"},
		{"not JSON", 404, "<html>\n<b>no</b>", "other", "404 other"},
		{"redirect", 302, "", "other", "302 other: redirects are not followed"},
		{"long", 404, `{"message":"` + strings.Repeat("long ", 100) + `"}`, "other", "404 other: message withheld: see Error.Messages"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := newApp(t, config(respond(test.status, test.body))).Exchange(t.Context(), "x1x2x3", "")
			if want := "oauth: App.Exchange: POST /oauth/token: " + test.want; err == nil || err.Error() != want || client.KindOf(err) != test.kind {
				t.Errorf("got  %v\nwant %s", err, want)
			}
		})
	}
}

// The server may return the secrets that it received. No error and no log record contains them.
func TestError_NoSecrets(t *testing.T) {
	t.Parallel()
	const code, access, refresh = "c0de+with/signs", "acc3ss-token", "r3fresh/token"
	const other = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"
	bodies := map[string]func(sent string) any{
		"error":       func(sent string) any { return map[string]any{"error": sent} },
		"messages":    func(sent string) any { return map[string]any{"message": []string{sent, "x"}} },
		"description": func(sent string) any { return map[string]any{"error": "x", "error_description": sent} },
		"no object":   func(sent string) any { return sent },
		"no token":    func(sent string) any { return map[string]any{"access_token": []string{sent}} },
	}
	for _, status := range []int{200, 302, 400, 401, 404, 422} {
		for name, body := range bodies {
			t.Run(fmt.Sprintf("%d %s", status, name), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					store := oauth.NewMemoryStore()
					credential := oauth.Credential{
						AccessToken: client.NewSecret(access), RefreshToken: client.NewSecret(refresh), Expiry: time.Now().Add(time.Hour), UserType: oauth.UserTypeCompany,
					}
					if err := oauth.Save(t.Context(), store, credential); err != nil {
						t.Fatal(err)
					}
					c := config(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						_ = r.ParseForm()
						words := []string{r.Form.Encode(), r.Header.Get("Authorization"), other, "jane@doe.example\r\n\x1b[31m"}
						for _, values := range r.PostForm {
							words = append(words, values[0])
						}
						sent := strings.Join(words, " ")
						data, err := json.Marshal(body(sent))
						if err != nil {
							t.Error(err)
						}
						w.Header().Set("Location", "https://elsewhere.example/?"+url.QueryEscape(sent))
						w.WriteHeader(status)
						_, _ = w.Write(data)
					}))
					var log bytes.Buffer
					c.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
					app := newApp(t, c)
					source := app.Source(store)
					mustToken(t.Context(), t, source)
					_, exchangeErr := app.Exchange(t.Context(), code, oauth.UserTypeLocation)
					_, locationErr := source.Location("a").Token(t.Context())
					source.Invalidate(access)
					_, tokenErr := source.Token(t.Context())
					for _, err := range []error{exchangeErr, locationErr, tokenErr} {
						if err == nil {
							t.Fatal("got no error")
						}
						apiErr, _ := errors.AsType[*client.Error](err)
						if (apiErr == nil) != (status == 200) || apiErr != nil && name != "no object" && name != "no token" && len(apiErr.Messages) == 0 {
							t.Errorf("got %#v, want an error with messages", apiErr)
						}
						texts := fmt.Sprintf("%v %+v %#v %s %+v", err, err, err, log.String(), apiErr)
						secrets := []string{clientSecret, code, url.QueryEscape(code), access, refresh, url.QueryEscape(refresh), other, "jane@doe", "\x1b"}
						for _, secret := range secrets {
							if strings.Contains(texts, secret) {
								t.Errorf("got %q in: %s", secret, texts)
							}
							if apiErr != nil && secret != other && secret != "jane@doe" && secret != "\x1b" && strings.Contains(fmt.Sprintf("%q", apiErr.Messages), secret) {
								t.Errorf("got %q in the messages %q", secret, apiErr.Messages)
							}
						}
					}
				})
			})
		}
	}
}

// A broken server may return the request body as a malformed header, which net/http quotes in its
// error.
func TestApp_Exchange_TransportErrorIsRedacted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := config(nil)
		c.HTTPClient = &http.Client{Transport: echo{}}
		_, err := newApp(t, c).Exchange(t.Context(), "c0de-c0de", "")
		if err == nil || strings.Contains(err.Error(), "c0de-c0de") || strings.Contains(err.Error(), clientSecret) || !errors.Is(err, io.ErrUnexpectedEOF) || client.KindOf(err) != client.ErrNetwork {
			t.Errorf("got %v, want ErrUnexpectedEOF without secrets", err)
		}
	})
}

// echo is a transport that fails with an error that quotes the request body.
type echo struct{}

func (echo) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	return nil, errors.Join(err, fmt.Errorf("malformed HTTP response %q: %w", body, io.ErrUnexpectedEOF))
}
