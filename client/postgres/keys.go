package postgres

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/highlevel-contacts/contacts-go/client/oauth"
)

// ErrUnknownKey is returned when a credential was encrypted with a key that [Keys] does not have. The
// error message has the ID of that key. Add the key; if it is lost, delete the row from the table
// contacts_go_tokens and install the app again.
var ErrUnknownKey = errors.New("the key that encrypted the credential is missing")

var (
	errNoKeys  = errors.New("there are no keys, use NewKeys")
	errDecrypt = fmt.Errorf("it does not decrypt: the key is wrong, or the row was changed or copied: %w",
		oauth.ErrInvalidCredential)
)

// Key is a key for AES-256-GCM. It prints as [redacted].
type Key struct {
	ID     string // stored in front of what the key encrypts, 1 to 255 bytes
	Secret []byte // 32 random bytes
}

// Keys encrypts with its newest key and decrypts with each of its keys. The zero value has no keys:
// a store that uses it returns an error. Keys prints as [redacted] and is safe for concurrent use.
type Keys struct {
	newest string
	known  map[string]cipher.AEAD
}

// NewKeys returns Keys that encrypt with newest. The old keys only decrypt. It returns an error if a
// key has no ID or a secret of another length than 32 bytes, or if two keys have the same ID.
func NewKeys(newest Key, old ...Key) (Keys, error) {
	keys := Keys{newest: newest.ID, known: map[string]cipher.AEAD{}}
	for _, key := range append([]Key{newest}, old...) {
		if key.ID == "" || len(key.ID) > 255 {
			return Keys{}, errors.New("postgres: NewKeys: the ID of a key must have 1 to 255 bytes")
		}
		if keys.known[key.ID] != nil {
			return Keys{}, fmt.Errorf("postgres: NewKeys: two keys have the ID %q", key.ID)
		}
		if len(key.Secret) != 32 {
			return Keys{}, fmt.Errorf("postgres: NewKeys: key %q: got %d bytes, want 32", key.ID, len(key.Secret))
		}
		block, err := aes.NewCipher(key.Secret)
		if err != nil {
			return Keys{}, fmt.Errorf("postgres: NewKeys: key %q: %w", key.ID, err)
		}
		if keys.known[key.ID], err = cipher.NewGCMWithRandomNonce(block); err != nil {
			return Keys{}, fmt.Errorf("postgres: NewKeys: key %q: %w", key.ID, err)
		}
	}
	return keys, nil
}

// Format prints [redacted] for every verb.
func (Keys) Format(state fmt.State, _ rune) { _, _ = state.Write([]byte("[redacted]")) }

// Format prints [redacted] for every verb.
func (Key) Format(state fmt.State, _ rune) { _, _ = state.Write([]byte("[redacted]")) }

// seal returns the encrypted credential: the length of the key ID, the key ID, nonce and ciphertext.
func (k Keys) seal(installation string, version int64, credential oauth.Credential) ([]byte, error) {
	aead := k.known[k.newest]
	if aead == nil {
		return nil, errNoKeys
	}
	plain, err := credential.Encode()
	if err != nil {
		return nil, err
	}
	header := append([]byte{byte(len(k.newest))}, k.newest...)                           //nolint:gosec // at most 255
	return aead.Seal(header, nil, plain, associated(header, installation, version)), nil //nolint:gosec // the nonce is random
}

// open decrypts what seal returned for the same installation and version.
func (k Keys) open(installation string, version int64, sealed []byte) (oauth.Credential, error) {
	if len(k.known) == 0 {
		return oauth.Credential{}, errNoKeys
	}
	if len(sealed) == 0 || len(sealed) < 1+int(sealed[0]) {
		return oauth.Credential{}, errDecrypt
	}
	header, body := sealed[:1+int(sealed[0])], sealed[1+int(sealed[0]):]
	aead := k.known[string(header[1:])]
	if aead == nil {
		return oauth.Credential{}, fmt.Errorf("%w: key ID %q", ErrUnknownKey, header[1:])
	}
	plain, err := aead.Open(nil, nil, body, associated(header, installation, version))
	if err != nil {
		return oauth.Credential{}, errDecrypt
	}
	return oauth.DecodeCredential(plain)
}

// associated returns the data that the ciphertext is bound to.
func associated(header []byte, installation string, version int64) []byte {
	data := append([]byte{}, header...)
	data = binary.BigEndian.AppendUint64(data, uint64(version)) //nolint:gosec // versions are positive
	return append(data, installation...)
}
