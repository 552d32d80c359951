package webhook

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"testing"
	"time"
)

// newEvents is a Seen for which each event is new.
type newEvents struct {
	*memorySeen
	last int
}

func (s *newEvents) Begin(ctx context.Context, id string) (func(bool) error, bool, error) {
	s.last++
	return s.memorySeen.Begin(ctx, id+strconv.Itoa(s.last))
}

// floor is a hand-written handler that reads the body, verifies its signature and decodes it. It
// does not recognize repetitions.
func floor(w http.ResponseWriter, r *http.Request) {
	var event struct {
		Type, WebhookID, AppID, LocationID, ID, FirstName, LastName, Email, Phone, Country string

		Timestamp, DateAdded time.Time
		Tags                 []string
		AttributionSource    struct{ Medium, SessionSource string }
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	signature, err2 := base64.StdEncoding.DecodeString(r.Header.Get("X-GHL-Signature"))
	if err != nil || err2 != nil || !ed25519.Verify(publicKey, body, signature) || json.Unmarshal(body, &event) != nil {
		w.WriteHeader(http.StatusUnauthorized)
	}
}

// BenchmarkHandler handles a ContactCreate event, beside a hand-written floor, and refuses it with a
// wrong signature. Run it with -cpu 1.
func BenchmarkHandler(b *testing.B) {
	handler := newTestHandler(b, func(context.Context, Event) error { return nil }, WithSeen(&newEvents{memorySeen: newMemorySeen(memoryCapacity)}))
	for _, benchmark := range []struct {
		name    string
		handler http.Handler
		signed  string
		status  int
	}{
		{"handler", handler, contactCreate, 200},
		{"floor", http.HandlerFunc(floor), contactCreate, 200},
		{"forged", handler, install, 401},
	} {
		b.Run(benchmark.name, func(b *testing.B) {
			b.ReportAllocs()
			request, body := newRequest(b, benchmark.signed), bytes.NewReader(nil)
			request.Body = io.NopCloser(body)
			for b.Loop() {
				body.Reset([]byte(contactCreate))
				if w := serve(benchmark.handler, request); w.Code != benchmark.status {
					b.Fatal(w.Code)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}
