package oauth_test

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
)

// The stored form does not change: users of an older version would have to install the app again.
func TestCredential_Encode(t *testing.T) {
	t.Parallel()
	golden, err := os.ReadFile(filepath.Join("testdata", "credential.json"))
	if err != nil {
		t.Fatal(err)
	}
	want := newCredential("a")
	want.IssuedAt = time.Date(2026, 3, 1, 10, 0, 0, 123456789, time.UTC)
	want.Expiry = time.Date(2026, 3, 2, 9, 59, 59, 0, time.UTC)
	got, err := oauth.DecodeCredential(golden)
	if diff := cmp.Diff(want, got, cmp.Comparer(equalSecrets)); err != nil || diff != "" {
		t.Errorf("decode: %v\n%s", err, diff)
	}
	encoded, err := want.Encode()
	if diff := cmp.Diff(string(golden), string(encoded)); err != nil || diff != "" {
		t.Errorf("encode: %v\n%s", err, diff)
	}
}

func equalSecrets(a, b client.Secret) bool { return a.Reveal() == b.Reveal() }

// No value of this package prints its secrets. A client.Secret is tested in package client for every
// verb and encoding. The test does not run in parallel: fmt reads the time zone that an unexported
// time points to, while other tests initialize it.
func TestSecret_Printing(t *testing.T) {
	const text = "pssst"
	secret := client.NewSecret(text)
	credential := oauth.Credential{AccessToken: secret, RefreshToken: secret, Expiry: time.Now().Add(time.Hour), UserType: oauth.UserTypeCompany}
	c, memory := config(nil), oauth.NewMemoryStore()
	c.ClientSecret = secret
	save(t, memory, credential)
	app := newApp(t, c)
	source := app.Source(memory)
	mustToken(t.Context(), t, source)
	for _, value := range []any{credential, &credential, c, app, memory, source, source.Location("a"), struct{ value any }{credential}} {
		var printed strings.Builder
		fmt.Fprintf(&printed, "%v %+v %#v %s %q %x", value, value, value, value, value, value)
		slog.New(slog.NewTextHandler(&printed, nil)).Info("x", "value", value)
		slog.New(slog.NewJSONHandler(&printed, nil)).Info("x", "value", value)
		_ = jsonv2.MarshalWrite(&printed, value)
		if got := strings.ToLower(printed.String()); strings.Contains(got, text) || strings.Contains(got, fmt.Sprintf("%x", text)) {
			t.Errorf("%T: got %s, want it redacted", value, got)
		}
	}
}
