package oauth_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
)

// The stored form does not change: users of an older version would have to install the app again.
func TestCredential_StoredForm(t *testing.T) {
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
	path := filepath.Join(t.TempDir(), "credential.json")
	swap(t, oauth.NewFileStore(path), client.Secret{}, want)
	encoded, err := os.ReadFile(path)
	if diff := cmp.Diff(string(golden), string(encoded)); err != nil || diff != "" {
		t.Errorf("encode: %v\n%s", err, diff)
	}
}

func FuzzDecodeCredential(f *testing.F) {
	encoded, err := newCredential("a").Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(encoded)
	f.Add([]byte(`{"format":1,"access_token":"a"}`))
	f.Add([]byte(`{"format":1,"access_token":"a","expiry":"soon"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		credential, err := oauth.DecodeCredential(data)
		if err != nil {
			return
		}
		again, err := credential.Encode()
		if err != nil {
			t.Fatal(err)
		}
		back, err := oauth.DecodeCredential(again)
		if err != nil || back.AccessToken.Reveal() != credential.AccessToken.Reveal() || back.RefreshToken.Reveal() != credential.RefreshToken.Reveal() ||
			!back.Expiry.Equal(credential.Expiry) || !slices.Equal(back.Scopes, credential.Scopes) {
			t.Errorf("got %+v, %v, want %+v", back, err, credential)
		}
	})
}
