package oauth_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/highlevel-contacts/contacts-go/client/oauth"
)

func TestError_Error(t *testing.T) {
	t.Parallel()
	const reinstall = ": the app must be installed again, on its consent page"
	tests := []struct {
		name   string
		status int
		body   string
		want   string
	}{
		{"code", 401, `{"error":"UnAuthorized!","error_description":"Authorization code not found"}`, "401: UnAuthorized!: Authorization code not found" + reinstall},
		{"grant", 400, `{"error":"invalid_grant","error_description":"Invalid grant: client_id of the token"}`, "400: invalid_grant: Invalid grant: client_id of the token" + reinstall},
		{"client", 401, `{"error":"invalid_client"}`, "401: invalid_client"},
		{"grant type", 400, `{"error":"unsupported_grant_type"}`, "400: unsupported_grant_type"},
		{"list of messages", 422, `{"statusCode":422,"message":["a","b"],"error":"Unprocessable Entity"}`, "422: Unprocessable Entity: a: b"},
		{"not JSON", 404, "<html>\n<b>no</b>", "404"},
		{"redirect", 302, "", "302, a redirect, which is not followed"},
		{"long", 404, `{"message":"` + strings.Repeat("long ", 100) + `"}`, "404: message withheld: see Error.Messages"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := newApp(t, config(respond(test.status, test.body))).Exchange(t.Context(), "x1x2x3", "")
			if want := "oauth: get-access-token returned " + test.want; err == nil || err.Error() != want {
				t.Errorf("got  %v\nwant %s", err, want)
			}
		})
	}
}

// The server may return the secrets that it received. No error and no log record contains them.
func TestError_NoSecrets(t *testing.T) {
	t.Parallel()
	const code, access, refresh = "c0de", "acc3ss", "r3fresh"
	const other = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"
	store := oauth.NewMemoryStore()
	credential := oauth.Credential{
		AccessToken: oauth.NewSecret(access), RefreshToken: oauth.NewSecret(refresh), Expiry: time.Now().Add(time.Hour), UserType: oauth.UserTypeCompany,
	}
	if err := oauth.Save(t.Context(), store, credential); err != nil {
		t.Fatal(err)
	}
	for _, status := range []int{200, 302, 400, 401, 404, 422} {
		for _, form := range []string{`{"error":%q}`, `{"message":[%q,"x"]}`, `{"error":"x","error_description":%q}`, `<p>%s</p>`, `{"access_token":[%q]`} {
			c := config(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_ = r.ParseForm()
				words := []string{r.Form.Encode(), r.Header.Get("Authorization"), other, "jane@doe.example\r\n\x1b[31m"}
				for _, values := range r.PostForm {
					words = append(words, values[0])
				}
				sent := strings.Join(words, " ")
				w.Header().Set("Location", "https://elsewhere.example/?"+sent)
				w.WriteHeader(status)
				_, _ = fmt.Fprintf(w, form, sent)
			}))
			var log bytes.Buffer
			c.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			if status == 200 {
				c.HTTPClient = &http.Client{Transport: replace200{c.HTTPClient.Transport}}
			}
			source := newApp(t, c).Source(store)
			_, exchangeErr := newApp(t, c).Exchange(t.Context(), code, oauth.UserTypeLocation)
			_, locationErr := source.Location("a").Token(t.Context())
			_, _ = source.Token(t.Context())
			source.Invalidate(access)
			_, tokenErr := source.Token(t.Context())
			for _, err := range []error{exchangeErr, locationErr, tokenErr} {
				if err == nil {
					t.Errorf("%d: got no error", status)
					continue
				}
				var apiErr *oauth.Error
				errors.As(err, &apiErr)
				texts := fmt.Sprintf("%v %+v %#v %s %+v", err, err, err, log.String(), apiErr)
				for _, secret := range []string{clientSecret, code, access, refresh, other, "jane@doe", "\x1b"} {
					if strings.Contains(texts, secret) {
						t.Errorf("%d %s: got %q in: %s", status, form, secret, texts)
					}
				}
			}
		}
	}
}

// replace200 replaces the status 200 with 418, because unreadable responses with the status 200 are
// retried for a long time.
type replace200 struct{ http.RoundTripper }

func (r replace200) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := r.RoundTripper.RoundTrip(req)
	if err == nil && resp.StatusCode == http.StatusOK {
		resp.StatusCode = 418
	}
	return resp, err
}

// A broken server may return the request body as a malformed header, which net/http quotes in its
// error.
func TestApp_Exchange_TransportErrorIsRedacted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := config(nil)
		c.HTTPClient = &http.Client{Transport: echo{}}
		_, err := newApp(t, c).Exchange(t.Context(), "c0de", "")
		if err == nil || strings.Contains(err.Error(), "c0de") || strings.Contains(err.Error(), clientSecret) || !errors.Is(err, io.ErrUnexpectedEOF) {
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
