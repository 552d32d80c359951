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

func signRSA(t testing.TB, key *rsa.PrivateKey, body string) string {
	t.Helper()
	digest := sha256.Sum256([]byte(body))
	signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(signature)
}

// forgery is a request that is not signed by HighLevel, or not in the form in which it sends
// webhooks.
type forgery struct {
	name   string
	change func(t *testing.T, r *http.Request) // changes a request that is valid
	body   string                              // replaces the signed body, if set
	status int
}

func setHeader(name, value string) func(*testing.T, *http.Request) {
	return func(_ *testing.T, r *http.Request) { r.Header.Set(name, value) }
}

func removeHeader(name string) func(*testing.T, *http.Request) {
	return func(_ *testing.T, r *http.Request) { r.Header.Del(name) }
}

func setMethod(method string) func(*testing.T, *http.Request) {
	return func(_ *testing.T, r *http.Request) { r.Method = method }
}

// rsaBeside replaces the Ed25519 signature by value, beside a valid RSA signature.
func rsaBeside(value string) func(*testing.T, *http.Request) {
	return func(t *testing.T, r *http.Request) {
		t.Helper()
		r.Header.Set("X-GHL-Signature", value)
		r.Header.Set("X-WH-Signature", signRSA(t, testRSAKey(), contactCreate))
	}
}

func forgeries() []forgery {
	valid := sign(privateKey, contactCreate)
	raw, _ := base64.StdEncoding.DecodeString(valid)
	mac := hmac.New(sha256.New, []byte("secret"))
	mac.Write([]byte(contactCreate))
	flipped := bytes.Clone(raw)
	flipped[40] ^= 1
	const unauthorized = http.StatusUnauthorized
	return []forgery{
		{name: "no signature", change: removeHeader("X-GHL-Signature"), status: unauthorized},
		{name: "empty signature", change: setHeader("X-GHL-Signature", ""), status: unauthorized},
		{name: "N/A", change: setHeader("X-GHL-Signature", "N/A"), status: unauthorized},
		{name: "wrong key", change: setHeader("X-GHL-Signature", sign(newPrivateKey("b"), contactCreate)), status: unauthorized},
		{name: "signature of another body", change: setHeader("X-GHL-Signature", sign(privateKey, install)), status: unauthorized},
		{name: "signature of an empty body", change: setHeader("X-GHL-Signature", sign(privateKey, "")), status: unauthorized},
		{name: "one bit of the signature changed", change: setHeader("X-GHL-Signature", base64.StdEncoding.EncodeToString(flipped)), status: unauthorized},
		{name: "truncated signature", change: setHeader("X-GHL-Signature", base64.StdEncoding.EncodeToString(raw[:63])), status: unauthorized},
		{name: "longer signature", change: setHeader("X-GHL-Signature", base64.StdEncoding.EncodeToString(append(bytes.Clone(raw), 0))), status: unauthorized},
		{name: "signature of zeros", change: setHeader("X-GHL-Signature", base64.StdEncoding.EncodeToString(make([]byte, 64))), status: unauthorized},
		{name: "truncated base64", change: setHeader("X-GHL-Signature", valid[:len(valid)-1]), status: unauthorized},
		{name: "not base64", change: setHeader("X-GHL-Signature", "?"+valid[1:]), status: unauthorized},
		{name: "hexadecimal", change: setHeader("X-GHL-Signature", hex.EncodeToString(raw)), status: unauthorized},
		{name: "scheme in front", change: setHeader("X-GHL-Signature", "ed25519="+valid), status: unauthorized},
		{name: "HMAC", change: setHeader("X-GHL-Signature", "sha256="+hex.EncodeToString(mac.Sum(nil))), status: unauthorized},
		{name: "HMAC in base64", change: setHeader("X-GHL-Signature", base64.StdEncoding.EncodeToString(mac.Sum(nil))), status: unauthorized},
		{
			name: "signature in another header", status: unauthorized,
			change: func(_ *testing.T, r *http.Request) {
				r.Header = http.Header{"X-Lc-Signature": {valid}, "X-Hub-Signature-256": {valid}}
			},
		},
		{
			name: "Ed25519 signature in the RSA header", status: unauthorized,
			change: func(_ *testing.T, r *http.Request) { r.Header = http.Header{"X-Wh-Signature": {valid}} },
		},
		{name: "wrong Ed25519 beside a valid RSA signature", change: rsaBeside(sign(newPrivateKey("b"), contactCreate)), status: unauthorized},
		{name: "no base64 beside a valid RSA signature", change: rsaBeside("-"), status: unauthorized},
		{name: "a byte changed", body: strings.Replace(contactCreate, "edith@", "edita@", 1), status: unauthorized},
		{name: "white space added", body: contactCreate + "\n", status: unauthorized},
		{name: "white space removed", body: strings.ReplaceAll(contactCreate, "\n\t\t", ""), status: unauthorized},
		{name: "byte order mark added", body: "\xEF\xBB\xBF" + contactCreate, status: unauthorized},
		{name: "property added", body: strings.Replace(contactCreate, "{", `{"dnd":true,`, 1), status: unauthorized},
		{name: "encoded again", body: strings.Replace(contactCreate, "@", `\u0040`, 1), status: unauthorized},
		{name: "another event", body: uninstall, status: unauthorized},
		{name: "empty body", body: " ", status: unauthorized},
		{name: "huge body", body: strings.Repeat(" ", maxBody+1), status: http.StatusRequestEntityTooLarge},
		{name: "GET", change: setMethod(http.MethodGet), status: http.StatusMethodNotAllowed},
		{name: "HEAD", change: setMethod(http.MethodHead), status: http.StatusMethodNotAllowed},
		{name: "PUT", change: setMethod(http.MethodPut), status: http.StatusMethodNotAllowed},
		{name: "OPTIONS", change: setMethod(http.MethodOptions), status: http.StatusMethodNotAllowed},
		{name: "form", change: setHeader("Content-Type", "application/x-www-form-urlencoded"), status: http.StatusUnsupportedMediaType},
		{name: "text", change: setHeader("Content-Type", "text/plain"), status: http.StatusUnsupportedMediaType},
		{name: "malformed content type", change: setHeader("Content-Type", "application/json/x"), status: http.StatusUnsupportedMediaType},
	}
}

// request returns the forged request.
func (f forgery) request(t *testing.T) *http.Request {
	t.Helper()
	r := newRequest(t, contactCreate)
	if f.body != "" {
		forged := newRequest(t, f.body)
		forged.Header = r.Header
		r = forged
	}
	if f.change != nil {
		f.change(t, r)
	}
	return r
}

// TestHandler_Forgeries sends forged webhooks to a handler that accepts RSA signatures and to one
// that does not. Neither delivers one of them. Logs and responses contain no value of the body.
func TestHandler_Forgeries(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]Option{"Ed25519": nil, "RSA too": {WithRSA(&testRSAKey().PublicKey)}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			var delivered inbox
			h := newTestHandler(t, delivered.deliver, append(opts, WithLogger(slog.New(slog.NewTextHandler(&log, nil))))...)
			for _, forgery := range forgeries() {
				w := serve(h, forgery.request(t))
				if w.Code != forgery.status || len(delivered.events) != 0 {
					t.Errorf("%s: got status %d and %d events, want %d and none", forgery.name, w.Code, len(delivered.events), forgery.status)
				}
				if allow := w.Header().Get("Allow"); (w.Code == http.StatusMethodNotAllowed) != (allow == http.MethodPost) {
					t.Errorf("%s: got Allow %q", forgery.name, allow)
				}
				checkPrivate(t, forgery.name, w.Body.String())
			}
			checkPrivate(t, "log", log.String())
			if lines := strings.Count(log.String(), "\n"); lines != len(forgeries()) {
				t.Errorf("got %d log records, want %d", lines, len(forgeries()))
			}
			if w := serve(h, newRequest(t, contactCreate)); w.Code != http.StatusOK || len(delivered.events) != 1 {
				t.Errorf("valid webhook: got status %d and %d events", w.Code, len(delivered.events))
			}
		})
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

func TestVerify_Forgeries(t *testing.T) {
	t.Parallel()
	for _, forgery := range forgeries() {
		if forgery.status != http.StatusUnauthorized {
			continue
		}
		r, body := forgery.request(t), contactCreate
		if forgery.body != "" {
			body = forgery.body
		}
		if err := Verify(r.Header, []byte(body), publicKey); err == nil {
			t.Errorf("%s: got no error", forgery.name)
		}
	}
}

func TestVerify_Keys(t *testing.T) {
	t.Parallel()
	header := newRequest(t, contactCreate).Header
	other, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		keys []ed25519.PublicKey
		want string
	}{
		{"key", []ed25519.PublicKey{publicKey}, ""},
		{"new key beside HighLevel's", []ed25519.PublicKey{PublicKey(), publicKey}, ""},
		{"other key", []ed25519.PublicKey{other}, "highlevel: Verify: the signature is wrong"},
		{"HighLevel's key", nil, "highlevel: Verify: the signature is wrong"},
		{"short key", []ed25519.PublicKey{publicKey, publicKey[:31]}, "highlevel: Verify: key 1 has 31 bytes, want 32"},
		{"nil key", []ed25519.PublicKey{nil}, "highlevel: Verify: key 0 has 0 bytes, want 32"},
	} {
		err := Verify(header, []byte(contactCreate), test.keys...)
		if (err == nil) != (test.want == "") || err != nil && err.Error() != test.want {
			t.Errorf("%s: got %v, want %q", test.name, err, test.want)
		}
	}
}

// TestPublicKey_Published compares the built-in keys with the hashes of the published ones.
func TestPublicKey_Published(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		key  any
		want string
	}{
		{PublicKey(), "5a2c1b2749d3efcc233fb27d4ab43d56b8d20818c42cd226f6c9a3ff20d3097c"},
		{parseKey[*rsa.PublicKey](rsaKey), "2f62045d413b1b7747e26770ce7f57840cbf86288cd20ceb90d299a62501fd25"},
	} {
		der, err := x509.MarshalPKIXPublicKey(test.key)
		if err != nil {
			t.Fatal(err)
		}
		if sum := sha256.Sum256(der); hex.EncodeToString(sum[:]) != test.want {
			t.Errorf("%T: got %x, want %s", test.key, sum, test.want)
		}
	}
	PublicKey()[0] ^= 1
	if PublicKey()[0] != 0x8b {
		t.Error("a caller changed the key of HighLevel")
	}
}

func TestWithRSA(t *testing.T) {
	t.Parallel()
	valid := signRSA(t, testRSAKey(), contactCreate)
	for _, test := range []struct {
		name, ed25519, rsa string
		opts               []Option
		status             int
	}{
		{"RSA", "", valid, []Option{WithRSA(&testRSAKey().PublicKey)}, http.StatusOK},
		{"N/A", "N/A", valid, []Option{WithRSA(&testRSAKey().PublicKey)}, http.StatusOK},
		{"not enabled", "", valid, nil, http.StatusUnauthorized},
		{"HighLevel's key", "", valid, []Option{WithRSA()}, http.StatusUnauthorized},
		{"another body", "", signRSA(t, testRSAKey(), install), []Option{WithRSA(&testRSAKey().PublicKey)}, http.StatusUnauthorized},
		{"no signature", "", "", []Option{WithRSA(&testRSAKey().PublicKey)}, http.StatusUnauthorized},
		{"N/A twice", "N/A", "N/A", []Option{WithRSA(&testRSAKey().PublicKey)}, http.StatusUnauthorized},
		{"Ed25519", sign(privateKey, contactCreate), "N/A", []Option{WithRSA()}, http.StatusOK},
	} {
		var delivered inbox
		r := newRequest(t, contactCreate)
		r.Header.Set("X-GHL-Signature", test.ed25519)
		r.Header.Set("X-WH-Signature", test.rsa)
		w := serve(newTestHandler(t, delivered.deliver, test.opts...), r)
		if w.Code != test.status || (len(delivered.events) == 1) != (test.status == http.StatusOK) {
			t.Errorf("%s: got status %d and %d events, want %d", test.name, w.Code, len(delivered.events), test.status)
		}
	}
}

// TestWithPublicKey accepts events of two keys, also if the caller changes its slice later.
func TestWithPublicKey(t *testing.T) {
	t.Parallel()
	next := newPrivateKey("b")
	keys := []ed25519.PublicKey{publicKey, next.Public().(ed25519.PublicKey)} //nolint:forcetypeassert // the type is documented
	var delivered inbox
	h := newTestHandler(t, delivered.deliver, WithPublicKey(keys...))
	keys[0], keys[1] = nil, nil
	r := newRequest(t, install)
	r.Header.Set("X-GHL-Signature", sign(next, install))
	for _, request := range []*http.Request{newRequest(t, contactCreate), r} {
		if w := serve(h, request); w.Code != http.StatusOK {
			t.Errorf("got status %d, want 200", w.Code)
		}
	}
	h, err := NewHandler(delivered.deliver)
	if err != nil {
		t.Fatal(err)
	}
	if w := serve(h, newRequest(t, uninstall)); w.Code != http.StatusUnauthorized || len(delivered.events) != 2 {
		t.Errorf("the default key accepts a key of the test: got status %d and %d events", w.Code, len(delivered.events))
	}
}
