package oauth_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	jsonv2 "github.com/go-json-experiment/json"

	"github.com/highlevel-contacts/contacts-go/client/oauth"
)

const secretValue = "pssst-4711"

// A secret is redacted for each verb and encoding, in exported and unexported fields. The test does
// not run in parallel: fmt reads the time zone that an unexported time points to, while other tests
// initialize it.
func TestSecret_Printing(t *testing.T) {
	secret := oauth.NewSecret(secretValue)
	credential := oauth.Credential{AccessToken: secret, RefreshToken: secret, Expiry: time.Now().Add(time.Hour), UserType: oauth.UserTypeCompany}
	c := config(newFakeAPI(oauth.UserTypeCompany))
	c.ClientSecret = secret
	app := newApp(t, c)
	memory := oauth.NewMemoryStore()
	if err := oauth.Save(t.Context(), memory, credential); err != nil {
		t.Fatal(err)
	}
	source := app.Source(memory)
	mustToken(t.Context(), t, source)
	type holder struct {
		Exported oauth.Secret
		hidden   oauth.Secret
		pointer  *oauth.Secret
		list     []oauth.Secret
		byKey    map[oauth.Secret]oauth.Secret
		value    oauth.Credential
		config   oauth.Config
		any      any
	}
	all := map[string]any{
		"secret": secret, "pointer": &secret, "credential": credential, "pointer to credential": &credential, "config": c, "app": app,
		"store": memory, "source": source, "location source": source.Location("a"), "file store": oauth.NewFileStore("x"),
		"holder": holder{secret, secret, &secret, []oauth.Secret{secret}, map[oauth.Secret]oauth.Secret{secret: secret}, credential, c, credential},
	}
	for name, value := range all {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T", "%p", "%08.3f", "%t"} {
			if got := fmt.Sprintf(verb, value); leaks(got) {
				t.Errorf("%s of %s: got %s, want it redacted", verb, name, got)
			}
		}
		var log bytes.Buffer
		for _, handler := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
			slog.New(handler).Info("x", "value", value)
		}
		data, _ := json.Marshal(value)
		data2, _ := jsonv2.Marshal(value)
		data3, _ := xml.Marshal(value)
		for _, got := range []string{log.String(), string(data), string(data2), string(data3)} {
			if leaks(got) {
				t.Errorf("%s: got %s, want it redacted", name, got)
			}
		}
	}
	if got := fmt.Sprint(credential.AccessToken); got != "[redacted]" {
		t.Errorf("got %s, want [redacted]", got)
	}
	if secret.Reveal() != secretValue || secret != oauth.NewSecret(secretValue) || !oauth.NewSecret("").IsZero() || (oauth.Secret{}).Reveal() != "" {
		t.Error("Reveal, == or IsZero does not match the string of the secret")
	}
}

// leaks reports whether text contains the secret, or its bytes in hexadecimal.
func leaks(text string) bool {
	text = strings.ToLower(text)
	return strings.Contains(text, secretValue) || strings.Contains(text, fmt.Sprintf("%x", secretValue))
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
				c.HTTPClient = &http.Client{Transport: cut{c.HTTPClient.Transport}}
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

// cut replaces the status 200, whose unreadable responses are retried for a long time, with 418.
type cut struct{ http.RoundTripper }

func (c cut) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := c.RoundTripper.RoundTrip(req)
	if err == nil && resp.StatusCode == http.StatusOK {
		resp.StatusCode = 418
	}
	return resp, err
}

func TestCredential_Encode(t *testing.T) {
	t.Parallel()
	data, err := newCredential("a").Encode()
	if err != nil || !strings.Contains(string(data), "refresh of a") {
		t.Errorf("got %s, %v, want the refresh token unencrypted", data, err)
	}
	path := filepath.Join(t.TempDir(), "credential.json")
	if err := oauth.Save(t.Context(), oauth.NewFileStore(path), newCredential("a")); err != nil {
		t.Error(err)
	}
}
