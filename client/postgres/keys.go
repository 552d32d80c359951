package postgres

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
)

// ErrUnknownKey indicates that a credential was encrypted with a key that [Keys] does not contain.
// The error message contains the ID of that key. Pass the key to [NewKeys]. If the key is lost,
// delete the row of the installation from the table highlevel_tokens and install the app again.
var ErrUnknownKey = errors.New("the key that encrypted the credential is missing")

var (
	errNoKeys  = errors.New("Keys is the zero value; use NewKeys")
	errDecrypt = fmt.Errorf("the credential cannot be decrypted: the key is wrong, or the row was changed or copied: %w",
		oauth.ErrInvalidCredential)
)

// Key is a key for AES-256-GCM.
type Key struct {
	ID     string        // 1 to 255 bytes; stored in the clear with each credential that the key encrypts
	Secret client.Secret // 32 random bytes, not in hexadecimal or base64
}

// Keys encrypts credentials with its newest key and decrypts them with any of its keys. The zero
// value has no keys: a store with it returns an error from each method that needs a key. Keys is
// safe for concurrent use.
type Keys struct {
	newest string                         // ID of the newest key
	cipher func(keyID string) cipher.AEAD // a function, because reflection reads the keys of a cipher
}

// NewKeys returns Keys that encrypts with newest, and decrypts with newest and the old keys. It
// returns an error if the ID of a key is not 1 to 255 bytes long, if a secret is not 32 bytes long,
// or if two keys have the same ID.
func NewKeys(newest Key, old ...Key) (Keys, error) {
	ciphers := map[string]cipher.AEAD{}
	for i, key := range append([]Key{newest}, old...) {
		secret := []byte(key.Secret.Reveal())
		switch {
		case key.ID == "" || len(key.ID) > 255:
			return Keys{}, fmt.Errorf("postgres: NewKeys: key %d: the ID has %d bytes, want 1 to 255", i, len(key.ID))
		case ciphers[key.ID] != nil:
			return Keys{}, fmt.Errorf("postgres: NewKeys: two keys have the ID %q", key.ID)
		case len(secret) != 32:
			return Keys{}, fmt.Errorf("postgres: NewKeys: key %q: the secret has %d bytes, want 32", key.ID, len(secret))
		}
		block, err := aes.NewCipher(secret)
		if err == nil {
			ciphers[key.ID], err = cipher.NewGCMWithRandomNonce(block)
		}
		if err != nil {
			return Keys{}, fmt.Errorf("postgres: NewKeys: key %q: %w", key.ID, err)
		}
	}
	return Keys{newest: newest.ID, cipher: func(keyID string) cipher.AEAD { return ciphers[keyID] }}, nil
}

// seal encrypts a credential. It returns a header, which is the length of the key ID and the key
// ID, followed by the nonce and the ciphertext.
func (k Keys) seal(installation string, version int64, credential oauth.Credential) ([]byte, error) {
	if k.cipher == nil {
		return nil, errNoKeys
	}
	plain, err := credential.Encode()
	if err != nil {
		return nil, err
	}
	header := append([]byte{byte(len(k.newest))}, k.newest...)                                             //nolint:gosec // at most 255
	return k.cipher(k.newest).Seal(header, nil, plain, associatedData(header, installation, version)), nil //nolint:gosec // the nonce is random
}

// open decrypts a credential that seal has encrypted for the same installation and version.
func (k Keys) open(installation string, version int64, sealed []byte) (oauth.Credential, error) {
	if k.cipher == nil {
		return oauth.Credential{}, errNoKeys
	}
	if len(sealed) == 0 || len(sealed) < 1+int(sealed[0]) {
		return oauth.Credential{}, errDecrypt
	}
	header, body := sealed[:1+int(sealed[0])], sealed[1+int(sealed[0]):]
	aead := k.cipher(string(header[1:]))
	if aead == nil {
		return oauth.Credential{}, fmt.Errorf("%w: key ID %q", ErrUnknownKey, header[1:])
	}
	plain, err := aead.Open(nil, nil, body, associatedData(header, installation, version))
	if err != nil {
		return oauth.Credential{}, errDecrypt
	}
	return oauth.DecodeCredential(plain)
}

// associatedData returns the additional data of AES-GCM. It is not stored, but the ciphertext
// decrypts only with the same data, so a row that was copied or whose version was changed does not.
func associatedData(header []byte, installation string, version int64) []byte {
	data := append([]byte{}, header...)
	data = binary.BigEndian.AppendUint64(data, uint64(version)) //nolint:gosec // versions are positive
	return append(data, installation...)
}
