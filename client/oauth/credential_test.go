package oauth_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/highlevel-contacts/contacts-go/client/oauth"
)

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
