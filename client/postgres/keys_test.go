//go:build unix

package postgres

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
)

func newTestKey(id string) Key {
	return Key{ID: id, Secret: client.NewSecret(strings.Repeat(id[:1], 32))}
}

func newTestKeys(newest string, old ...string) Keys {
	others := make([]Key, 0, len(old))
	for _, id := range old {
		others = append(others, newTestKey(id))
	}
	keys, err := NewKeys(newTestKey(newest), others...)
	if err != nil {
		panic(err)
	}
	return keys
}

func TestTokenStore_Keys(t *testing.T) {
	db := newTestDB(t)
	store := func(installation string, keys Keys) oauth.TokenStore { return NewTokenStore(db, installation, keys) }
	swap := func(keys Keys, used client.Secret, next int) {
		t.Helper()
		if swapped, err := store("one", keys).CompareAndSwap(t.Context(), used, newTestCredential(next)); err != nil || !swapped {
			t.Fatalf("got %v, %v, want a swap", swapped, err)
		}
	}
	swap(newTestKeys("a"), client.Secret{}, 1)

	_, err := store("one", newTestKeys("b")).Load(t.Context())
	if !errors.Is(err, ErrUnknownKey) || !strings.Contains(err.Error(), `"a"`) {
		t.Errorf("without the key: got %v, want ErrUnknownKey with the ID", err)
	}
	if errors.Is(err, oauth.ErrReinstallRequired) || errors.Is(err, oauth.ErrInvalidCredential) {
		t.Errorf("without the key: got %v, want no request to install the app again", err)
	}
	if _, err := store("one", newTestKeys("b")).CompareAndSwap(t.Context(), client.Secret{}, newTestCredential(9)); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("swap without the key: got %v, want ErrUnknownKey", err)
	}
	if _, err := store("one", Keys{}).Load(t.Context()); !errors.Is(err, errNoKeys) {
		t.Errorf("zero Keys: got %v, want %v", err, errNoKeys)
	}

	swap(newTestKeys("b", "a"), newTestCredential(1).RefreshToken, 2)
	got, err := store("one", newTestKeys("b")).Load(t.Context())
	if err != nil || got.RefreshToken.Reveal() != newTestCredential(2).RefreshToken.Reveal() {
		t.Errorf("with the newest key: got %v, want the second credential", err)
	}

	execute(t, db, `INSERT INTO highlevel_tokens (installation, version, sealed)
		SELECT 'copy', version, sealed FROM highlevel_tokens WHERE installation = 'one'`)
	if _, err := store("copy", newTestKeys("b")).Load(t.Context()); !errors.Is(err, oauth.ErrInvalidCredential) {
		t.Errorf("copied to another installation: got %v, want ErrInvalidCredential", err)
	}
	execute(t, db, `UPDATE highlevel_tokens SET version = version + 1 WHERE installation = 'one'`)
	if _, err := store("one", newTestKeys("b")).Load(t.Context()); !errors.Is(err, oauth.ErrInvalidCredential) {
		t.Errorf("under another version: got %v, want ErrInvalidCredential", err)
	}
	sealed := query[[]byte](t, db, `SELECT sealed FROM highlevel_tokens WHERE installation = 'one'`)
	if bytes.Contains(sealed, []byte("refresh-")) || bytes.Contains(sealed, []byte("access-")) {
		t.Error("the row contains a token in the clear")
	}
}

func TestNewKeys_Invalid(t *testing.T) {
	a := newTestKey("a")
	for name, keys := range map[string][]Key{
		"no ID":         {{Secret: a.Secret}},
		"long ID":       {{ID: strings.Repeat("a", 256), Secret: a.Secret}},
		"short secret":  {{ID: "a", Secret: client.NewSecret(a.Secret.Reveal()[:16])}},
		"no secret":     {{ID: "a"}},
		"duplicate IDs": {a, a},
	} {
		if _, err := NewKeys(keys[0], keys[1:]...); err == nil {
			t.Errorf("%s: got no error", name)
		}
	}
}

func TestKeys_HideSecrets(t *testing.T) {
	t.Parallel()
	secret := newTestKey("a").Secret.Reveal()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
		for _, value := range []any{newTestKey("a"), newTestKeys("a")} {
			if got := fmt.Sprintf(verb, value); strings.Contains(got, secret) || strings.Contains(got, fmt.Sprintf("%x", secret)) {
				t.Errorf("%s: got %q, want no secret", verb, got)
			}
		}
	}
}

// The stored format does not change: this credential was stored by an earlier version.
func TestKeys_StoredFormat(t *testing.T) {
	t.Parallel()
	golden, err := os.ReadFile("testdata/sealed.golden")
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := hex.DecodeString(strings.TrimSpace(string(golden)))
	if err != nil {
		t.Fatal(err)
	}
	got, err := newTestKeys("a").open("one", 258, sealed)
	want := newTestCredential(1)
	if err != nil || got.AccessToken.Reveal() != want.AccessToken.Reveal() || got.RefreshToken.Reveal() != want.RefreshToken.Reveal() {
		t.Errorf("got %q, error %v, want the credential", got.RefreshToken.Reveal(), err)
	}
}
