package webhook

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Bodies in the shapes that HighLevel sends.
const (
	contactCreate = `{"type":"ContactCreate","locationId":"Loc00000000000000001","versionId":"6650000000000000000000aa",
		"appId":"6650000000000000000000aa","id":"Con00000000000000001","firstName":"Edith","lastName":"Clarke","email":"edith@example.com",
		"phone":"+15550142001","tags":[],"country":"US","dateAdded":"2026-04-02T08:15:30.120Z","customFields":[],
		"attributionSource":{"medium":"manual","mediumId":null,"sessionSource":"CRM UI"},
		"timestamp":"2026-04-02T08:15:31.004Z","webhookId":"1c0e6ea2-0000-4000-8000-000000000001"}`
	install = `{"type":"INSTALL","appId":"6650000000000000000000aa","versionId":"6650000000000000000000aa","installType":"Location",
		"locationId":"Loc00000000000000001","companyId":"Com00000000000000001","userId":"Use00000000000000001","companyName":"North Agency",
		"isWhitelabelCompany":true,"whitelabelDetails":{"logoUrl":"https://cdn.example.com/n.png","domain":"app.north.example"},"trial":{},
		"timestamp":"2026-08-02T09:00:00.000Z","webhookId":"1c0e6ea2-0000-4000-8000-000000000002"}`
	uninstall = `{"type":"UNINSTALL","appId":"6650000000000000000000aa","versionId":"6650000000000000000000aa","locationId":"Loc00000000000000001",
		"timestamp":"2026-08-03T09:00:00.000Z","webhookId":"1c0e6ea2-0000-4000-8000-000000000003"}`
)

var (
	privateKey = newPrivateKey("a")
	publicKey  = privateKey.Public().(ed25519.PublicKey) //nolint:forcetypeassert // the type is documented
)

func newPrivateKey(seed string) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed([]byte(strings.Repeat(seed, ed25519.SeedSize)))
}

func sign(key ed25519.PrivateKey, body string) string {
	return base64.StdEncoding.EncodeToString(ed25519.Sign(key, []byte(body)))
}

// newRequest returns a request with a valid signature.
func newRequest(t testing.TB, body string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/webhooks", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-GHL-Signature", sign(privateKey, body))
	return r
}

func newTestHandler(t testing.TB, deliver func(context.Context, Event) error, opts ...Option) http.Handler {
	t.Helper()
	h, err := NewHandler(deliver, append([]Option{WithPublicKey(publicKey)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// serve returns the response of h to r.
func serve(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// wantStatus sends a valid webhook and checks the status of the response.
func wantStatus(t testing.TB, h http.Handler, body string, want int) {
	t.Helper()
	if w := serve(h, newRequest(t, body)); w.Code != want {
		t.Errorf("got status %d, want %d", w.Code, want)
	}
}

// inbox is a deliver function that stores the events and returns the next of its errors.
type inbox struct {
	events []Event
	errs   []error // of the next calls
}

func (i *inbox) deliver(_ context.Context, event Event) error {
	if len(i.errs) > 0 {
		err := i.errs[0]
		i.errs = i.errs[1:]
		return err
	}
	i.events = append(i.events, event)
	return nil
}

func (i *inbox) wantEvents(t testing.TB, want int) {
	t.Helper()
	if len(i.events) != want {
		t.Errorf("got %d events, want %d", len(i.events), want)
	}
}
