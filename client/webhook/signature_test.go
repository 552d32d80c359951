package webhook

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// testRSAKey returns the same RSA key each time.
var testRSAKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func signRSA(body string) string {
	digest := sha256.Sum256([]byte(body))
	signature, err := rsa.SignPKCS1v15(nil, testRSAKey(), crypto.SHA256, digest[:])
	if err != nil {
		panic(err)
	}
	return base64.StdEncoding.EncodeToString(signature)
}

// forgery is a webhook that is not signed by HighLevel. If header or body is empty, it is that of a
// valid webhook.
type forgery struct {
	name   string
	header http.Header
	body   string
}

func forgeries() []forgery {
	valid, rsaValid := sign(privateKey, contactCreate), signRSA(contactCreate)
	raw, _ := base64.StdEncoding.DecodeString(valid)
	mac := hmac.New(sha256.New, []byte("secret"))
	mac.Write([]byte(contactCreate))
	flipped := bytes.Clone(raw)
	flipped[40] ^= 1
	encode := base64.StdEncoding.EncodeToString
	signature := func(value string) http.Header { return http.Header{"X-Ghl-Signature": {value}} }
	beside := func(value string) http.Header {
		return http.Header{"X-Ghl-Signature": {value}, "X-Wh-Signature": {rsaValid}}
	}
	return []forgery{
		{name: "no signature", header: http.Header{}},
		{name: "empty signature", header: signature("")},
		{name: "N/A", header: signature("N/A")},
		{name: "wrong key", header: signature(sign(newPrivateKey("b"), contactCreate))},
		{name: "signature of another body", header: signature(sign(privateKey, install))},
		{name: "one bit of the signature changed", header: signature(encode(flipped))},
		{name: "truncated signature", header: signature(encode(raw[:63]))},
		{name: "longer signature", header: signature(encode(append(bytes.Clone(raw), 0)))},
		{name: "truncated base64", header: signature(valid[:len(valid)-1])},
		{name: "not base64", header: signature("?" + valid[1:])},
		{name: "hexadecimal", header: signature(hex.EncodeToString(raw))},
		{name: "scheme in front", header: signature("ed25519=" + valid)},
		{name: "HMAC", header: signature("sha256=" + hex.EncodeToString(mac.Sum(nil)))},
		{name: "signature in another header", header: http.Header{"X-Lc-Signature": {valid}, "X-Hub-Signature-256": {valid}}},
		{name: "Ed25519 signature in the RSA header", header: http.Header{"X-Wh-Signature": {valid}}},
		{name: "wrong Ed25519 beside a valid RSA signature", header: beside(sign(newPrivateKey("b"), contactCreate))},
		{name: "no base64 beside a valid RSA signature", header: beside("-")},
		{name: "a byte changed", body: strings.Replace(contactCreate, "edith@", "edita@", 1)},
		{name: "white space added", body: contactCreate + "\n"},
		{name: "byte order mark added", body: "\xEF\xBB\xBF" + contactCreate},
		{name: "property added", body: strings.Replace(contactCreate, "{", `{"dnd":true,`, 1)},
		{name: "encoded again", body: strings.Replace(contactCreate, "@", `\u0040`, 1)},
		{name: "empty body", body: " "},
	}
}

// TestHandler_Forgeries sends forged webhooks to Verify, to a handler that accepts RSA signatures and
// to one that does not. None accepts one of them. Logs and responses contain no value of the body.
func TestHandler_Forgeries(t *testing.T) {
	t.Parallel()
	for _, opts := range [][]Option{nil, {WithRSA(&testRSAKey().PublicKey)}} {
		var log bytes.Buffer
		var delivered inbox
		h := newTestHandler(t, delivered.deliver, append(opts, WithLogger(slog.New(slog.NewTextHandler(&log, nil))))...)
		for i, forgery := range forgeries() {
			valid := newRequest(t, contactCreate)
			r := newRequest(t, forgery.body)
			if forgery.body == "" {
				r, forgery.body = valid, contactCreate
			}
			if r.Header = valid.Header; forgery.header != nil {
				r.Header = forgery.header
			}
			w := serve(h, r)
			if w.Code != http.StatusUnauthorized || len(delivered.events) != 0 || strings.Count(log.String(), "\n") != i+1 {
				t.Errorf("%s: got status %d, %d events and %d log records, want 401, none and %d", forgery.name, w.Code, len(delivered.events), strings.Count(log.String(), "\n"), i+1)
			}
			if err := Verify(r.Header, []byte(forgery.body), publicKey); err == nil {
				t.Errorf("%s: Verify: got no error", forgery.name)
			}
			checkPrivate(t, forgery.name, w.Body.String()+log.String())
		}
		wantStatus(t, h, contactCreate, 200)
		delivered.wantEvents(t, 1)
	}
}

// checkPrivate checks that text contains no value of contactCreate.
func checkPrivate(t *testing.T, name, text string) {
	t.Helper()
	for _, value := range []string{"Edith", "Clarke", "edith@", "5550142001", "Con0000", "Loc0000", "66500000", "1c0e6ea2", "2026-04-02", "CRM"} {
		if strings.Contains(text, value) {
			t.Errorf("%s: contains %q:\n%s", name, value, text)
		}
	}
}

func TestWithPublicKey(t *testing.T) {
	t.Parallel()
	header := newRequest(t, contactCreate).Header
	other := newPrivateKey("b").Public().(ed25519.PublicKey) //nolint:forcetypeassert // the type is documented
	for _, test := range []struct {
		keys []ed25519.PublicKey
		want string
	}{
		{[]ed25519.PublicKey{publicKey}, ""},
		{[]ed25519.PublicKey{PublicKey(), publicKey}, ""},
		{[]ed25519.PublicKey{other}, "highlevel: Verify: the signature is wrong"},
		{nil, "highlevel: Verify: the signature is wrong"}, // HighLevel's key
		{[]ed25519.PublicKey{publicKey, publicKey[:31]}, "highlevel: Verify: key 1 has 31 bytes, want 32"},
		{[]ed25519.PublicKey{nil}, "highlevel: Verify: key 0 has 0 bytes, want 32"},
	} {
		err := Verify(header, []byte(contactCreate), test.keys...)
		if (err == nil) != (test.want == "") || err != nil && err.Error() != test.want {
			t.Errorf("%v: got %v, want %q", test.keys, err, test.want)
		}
	}
	keys := []ed25519.PublicKey{PublicKey(), publicKey}
	h := newTestHandler(t, new(inbox).deliver, WithPublicKey(keys...))
	keys[0], keys[1] = nil, nil // the caller changes its slice
	wantStatus(t, h, contactCreate, 200)
	h, err := NewHandler(new(inbox).deliver) // with HighLevel's key
	if err != nil {
		t.Fatal(err)
	}
	wantStatus(t, h, contactCreate, 401)
}

// TestPublicKey_Published compares the built-in keys with the hashes of the published ones.
func TestPublicKey_Published(t *testing.T) {
	t.Parallel()
	PublicKey()[0] ^= 1 // a caller cannot change the key
	for want, key := range map[string]any{
		"5a2c1b2749d3efcc233fb27d4ab43d56b8d20818c42cd226f6c9a3ff20d3097c": PublicKey(),
		"2f62045d413b1b7747e26770ce7f57840cbf86288cd20ceb90d299a62501fd25": parseKey[*rsa.PublicKey](rsaKey),
	} {
		der, err := x509.MarshalPKIXPublicKey(key)
		if sum := sha256.Sum256(der); err != nil || hex.EncodeToString(sum[:]) != want {
			t.Errorf("%T: got %x, %v, want %s", key, sum, err, want)
		}
	}
}

func TestWithRSA(t *testing.T) {
	t.Parallel()
	own := []Option{WithRSA(&testRSAKey().PublicKey)}
	for _, test := range []struct {
		name, ed25519, rsa string
		opts               []Option
		status             int
	}{
		{"RSA", "", signRSA(contactCreate), own, 200},
		{"N/A", "N/A", signRSA(contactCreate), own, 200},
		{"not enabled", "", signRSA(contactCreate), nil, 401},
		{"HighLevel's key", "", signRSA(contactCreate), []Option{WithRSA()}, 401},
		{"another body", "", signRSA(install), own, 401},
		{"no signature", "", "", own, 401},
		{"N/A twice", "N/A", "N/A", own, 401},
		{"Ed25519", sign(privateKey, contactCreate), "N/A", []Option{WithRSA()}, 200},
	} {
		r := newRequest(t, contactCreate)
		r.Header.Set("X-GHL-Signature", test.ed25519)
		r.Header.Set("X-WH-Signature", test.rsa)
		if w := serve(newTestHandler(t, new(inbox).deliver, test.opts...), r); w.Code != test.status {
			t.Errorf("%s: got status %d, want %d", test.name, w.Code, test.status)
		}
	}
}
