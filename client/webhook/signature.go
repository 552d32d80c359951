package webhook

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"slices"
)

const (
	signatureHeader    = "X-GHL-Signature" // Ed25519 over the body
	rsaSignatureHeader = "X-WH-Signature"  // RSA PKCS #1 v1.5 with SHA-256 over the body
)

// ed25519Key is the SubjectPublicKeyInfo that HighLevel publishes for signatureHeader.
const ed25519Key = "MCowBQYDK2VwAyEAi2HR1srL4o18O8BRa7gVJY7G7bupbN3H9AwJrHCDiOg="

// rsaKey is the SubjectPublicKeyInfo that HighLevel publishes for rsaSignatureHeader.
const rsaKey = `
MIICIjANBgkqhkiG9w0BAQEFAAOCAg8AMIICCgKCAgEAokvo/r9tVgcfZ5DysOSC
Frm602qYV0MaAiNnX9O8KxMbiyRKWeL9JpCpVpt4XHIcBOK4u3cLSqJGOLaPuXw6
dO0t6Q/ZVdAV5Phz+ZtzPL16iCGeK9po6D6JHBpbi989mmzMryUnQJezlYJ3DVfB
csedpinheNnyYeFXolrJvcsjDtfAeRx5ByHQmTnSdFUzuAnC9/GepgLT9SM4nCpv
uxmZMxrJt5Rw+VUaQ9B8JSvbMPpez4peKaJPZHBbU3OdeCVx5klVXXZQGNHOs8gF
3kvoV5rTnXV0IknLBXlcKKAQLZcY/Q9rG6Ifi9c+5vqlvHPCUJFT5XUGG5RKgOKU
J062fRtN+rLYZUV+BjafxQauvC8wSWeYja63VSUruvmNj8xkx2zE/Juc+yjLjTXp
IocmaiFeAO6fUtNjDeFVkhf5LNb59vECyrHD2SQIrhgXpO4Q3dVNA5rw576PwTzN
h/AMfHKIjE4xQA1SZuYJmNnmVZLIZBlQAF9Ntd03rfadZ+yDiOXCCs9FkHibELhC
HULgCsnuDJHcrGNd5/Ddm5hxGQ0ASitgHeMZ0kcIOwKDOzOU53lDza6/Y09T7sYJ
PQe7z0cvj7aE4B+Ax1ZoZGPzpJlZtGXCsu9aTEGEnKzmsFqwcSsnw3JB31IGKAyk
T1hhTiaCeIY/OwwwNUY2yvcCAwEAAQ==`

var (
	errNoSignature    = errors.New("no X-GHL-Signature header")
	errWrongSignature = errors.New("the signature is wrong")
)

// PublicKey returns the Ed25519 public key with which HighLevel signs webhooks. Pass it to [Verify]
// or [WithPublicKey] together with a new key while HighLevel replaces its key.
func PublicKey() ed25519.PublicKey { return parseKey[ed25519.PublicKey](ed25519Key) }

// parseKey returns one of the keys above. It drops the error: the tests parse both keys.
func parseKey[K any](encoded string) K {
	der, _ := base64.StdEncoding.DecodeString(encoded) // ignores line breaks
	key, _ := x509.ParsePKIXPublicKey(der)
	result, _ := key.(K)
	return result
}

// Verify returns an error unless the X-GHL-Signature header contains the signature of body by one
// of keys, or by [PublicKey] if keys is empty. The header can be missing, or "N/A", which is an
// error too. body must be the body as received: decoding and encoding it again breaks the
// signature.
//
// Verify is for programs with a router or queue of their own; [NewHandler] calls it.
func Verify(header http.Header, body []byte, keys ...ed25519.PublicKey) error {
	if len(keys) == 0 {
		keys = []ed25519.PublicKey{PublicKey()}
	}
	err := checkKeys(keys)
	if err == nil {
		err = verify(header, body, keys, nil)
	}
	if err != nil {
		return fmt.Errorf("highlevel: Verify: %w", err)
	}
	return nil
}

func checkKeys(keys []ed25519.PublicKey) error {
	if len(keys) == 0 {
		return errors.New("no key")
	}
	for i, key := range keys {
		if len(key) != ed25519.PublicKeySize {
			return fmt.Errorf("key %d has %d bytes, want %d", i, len(key), ed25519.PublicKeySize)
		}
	}
	return nil
}

// verify checks the Ed25519 signature. If it is missing and there are RSA keys, verify checks the RSA
// signature. It does not do so if the Ed25519 signature is wrong.
func verify(header http.Header, body []byte, keys []ed25519.PublicKey, rsaKeys []*rsa.PublicKey) error {
	err := verifyHeader(header.Get(signatureHeader), keys, func(key ed25519.PublicKey, signature []byte) bool {
		return ed25519.Verify(key, body, signature)
	})
	if !errors.Is(err, errNoSignature) || len(rsaKeys) == 0 {
		return err
	}
	digest := sha256.Sum256(body)
	return verifyHeader(header.Get(rsaSignatureHeader), rsaKeys, func(key *rsa.PublicKey, signature []byte) bool {
		return rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], signature) == nil
	})
}

// verifyHeader returns an error unless value is a signature that is valid for one of keys.
func verifyHeader[K any](value string, keys []K, isValid func(key K, signature []byte) bool) error {
	if value == "" || value == "N/A" {
		return errNoSignature
	}
	signature, err := base64.StdEncoding.DecodeString(value)
	if err != nil || !slices.ContainsFunc(keys, func(key K) bool { return isValid(key, signature) }) {
		return errWrongSignature
	}
	return nil
}
