package webhook

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
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
func floor(deliver func() error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		signature, err := base64.StdEncoding.DecodeString(r.Header.Get("X-GHL-Signature"))
		if err != nil || !ed25519.Verify(publicKey, body, signature) {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		var event struct {
			Type, WebhookID, AppID, LocationID, ID, FirstName, LastName, Email, Phone, Country string

			Timestamp, DateAdded time.Time
			Tags                 []string
			CustomFields         []struct {
				ID    string
				Value json.RawMessage
			}
			AttributionSource struct{ Medium, SessionSource string }
		}
		if json.Unmarshal(body, &event) != nil || event.ID == "" || deliver() != nil {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}
}

// BenchmarkHandler handles a ContactCreate event, beside a hand-written floor. Run it with -cpu 1.
func BenchmarkHandler(b *testing.B) {
	handler := newTestHandler(b, func(context.Context, Event) error { return nil }, WithSeen(&newEvents{memorySeen: newMemorySeen(memoryCapacity)}))
	for _, benchmark := range []struct {
		name    string
		handler http.Handler
	}{
		{"handler", handler},
		{"floor", floor(func() error { return nil })},
	} {
		b.Run(benchmark.name, func(b *testing.B) {
			b.ReportAllocs()
			request := newRequest(b, contactCreate)
			body := bytes.NewReader([]byte(contactCreate))
			request.Body = io.NopCloser(body)
			for b.Loop() {
				body.Reset([]byte(contactCreate))
				if w := serve(benchmark.handler, request); w.Code != http.StatusOK {
					b.Fatal(w.Code)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}

// BenchmarkHandler_Forged refuses an event with a wrong signature.
func BenchmarkHandler_Forged(b *testing.B) {
	b.ReportAllocs()
	h := newTestHandler(b, func(context.Context, Event) error { return nil })
	request := newRequest(b, contactCreate)
	request.Header.Set("X-GHL-Signature", sign(privateKey, install))
	body := bytes.NewReader(nil)
	request.Body = io.NopCloser(body)
	for b.Loop() {
		body.Reset([]byte(contactCreate))
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, request); w.Code != http.StatusUnauthorized {
			b.Fatal(w.Code)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}
