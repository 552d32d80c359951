package webhook

import (
	"bytes"
	"context"
	"crypto/rsa"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"
)

var errDeliver = errors.New("cannot store edith@example.com")

func TestNewHandler_InvalidArguments(t *testing.T) {
	t.Parallel()
	deliver := new(inbox).deliver
	if h, err := NewHandler(nil); err == nil || h != nil {
		t.Errorf("got %v, %v, want an error", h, err)
	}
	for name, opt := range map[string]Option{
		"nil option": nil, "no key": WithPublicKey(), "short key": WithPublicKey(publicKey, publicKey[1:]), "nil RSA key": WithRSA(nil, new(rsa.PublicKey)),
		"nil seen": WithSeen(nil), "no tolerance": WithTolerance(0), "negative tolerance": WithTolerance(-1), "nil logger": WithLogger(nil),
	} {
		if h, err := NewHandler(deliver, opt); err == nil || h != nil || !strings.HasPrefix(err.Error(), "highlevel: NewHandler: ") {
			t.Errorf("%s: got %v, %v, want an error", name, h, err)
		}
	}
}

func TestHandler_RetryOfFailedDelivery(t *testing.T) {
	t.Parallel()
	for _, body := range []string{contactCreate, `{"type":"NoteCreate"}`} {
		delivered := inbox{errs: []error{errDeliver, errDeliver}}
		h := newTestHandler(t, delivered.deliver)
		for i, want := range []int{http.StatusInternalServerError, http.StatusInternalServerError, http.StatusOK, http.StatusOK} {
			if w := serve(h, newRequest(t, body)); w.Code != want {
				t.Errorf("delivery %d: got status %d, want %d", i, w.Code, want)
			}
		}
		if len(delivered.events) != 1 || string(delivered.events[0].Raw) != body {
			t.Errorf("got the events %v, want one", delivered.events)
		}
	}
}

// TestHandler_NoID sends two events without an ID, each twice.
func TestHandler_NoID(t *testing.T) {
	t.Parallel()
	var delivered inbox
	h := newTestHandler(t, delivered.deliver)
	for _, body := range []string{`{"type":"A"}`, `{"type":"B"}`, `{"type":"A"}`, `{"type":"B"}`} {
		if w := serve(h, newRequest(t, body)); w.Code != http.StatusOK {
			t.Errorf("%s: got status %d, want 200", body, w.Code)
		}
	}
	if len(delivered.events) != 2 {
		t.Errorf("got %d events, want 2", len(delivered.events))
	}
}

// TestHandler_ConcurrentDeliveries sends an event twice at the same time. The first delivery fails.
func TestHandler_ConcurrentDeliveries(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		results := make(chan error)
		calls := 0
		h := newTestHandler(t, func(context.Context, Event) error {
			calls++
			return <-results
		})
		var first *httptest.ResponseRecorder
		var group sync.WaitGroup
		group.Go(func() { first = serve(h, newRequest(t, contactCreate)) })
		synctest.Wait()
		if w := serve(h, newRequest(t, contactCreate)); w.Code != http.StatusServiceUnavailable {
			t.Errorf("second delivery, during the first: got status %d, want 503", w.Code)
		}
		results <- errDeliver
		group.Wait()
		if first.Code != http.StatusInternalServerError {
			t.Errorf("first delivery: got status %d, want 500", first.Code)
		}
		close(results) // deliver returns nil
		for range 2 {
			if w := serve(h, newRequest(t, contactCreate)); w.Code != http.StatusOK {
				t.Errorf("retry: got status %d, want 200", w.Code)
			}
		}
		if calls != 2 {
			t.Errorf("got %d calls of deliver, want 2", calls)
		}
	})
}

// TestHandler_ConcurrentRetries lets several senders retry one event until the response is 200,
// while the first deliveries fail.
func TestHandler_ConcurrentRetries(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		delivered := inbox{errs: []error{errDeliver, errDeliver, errDeliver}}
		h := newTestHandler(t, func(ctx context.Context, event Event) error {
			time.Sleep(time.Second)
			return delivered.deliver(ctx, event)
		})
		var group sync.WaitGroup
		for i := range 8 {
			group.Go(func() {
				for serve(h, newRequest(t, contactCreate)).Code != http.StatusOK {
					time.Sleep(time.Duration(300+100*i) * time.Millisecond)
				}
			})
		}
		group.Wait()
		if len(delivered.events) != 1 {
			t.Errorf("got %d deliveries, want 1", len(delivered.events))
		}
	})
}

// TestHandler_TimeLimit checks that the context of deliver ends after the time limit, and that the
// claim of a delivery that continues expires.
func TestHandler_TimeLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var calls atomic.Int64
		h := newTestHandler(t, func(ctx context.Context, _ Event) error {
			if calls.Add(1) > 1 {
				return nil
			}
			<-ctx.Done()
			if elapsed := time.Since(start); elapsed != deliverTimeout || !errors.Is(ctx.Err(), context.DeadlineExceeded) {
				t.Errorf("the context ended after %v with %v", elapsed, ctx.Err())
			}
			time.Sleep(deliverTimeout)
			return ctx.Err()
		})
		var first *httptest.ResponseRecorder
		var group sync.WaitGroup
		group.Go(func() { first = serve(h, newRequest(t, contactCreate)) })
		for _, want := range []int{http.StatusServiceUnavailable, http.StatusOK} {
			time.Sleep(deliverTimeout - time.Second)
			if w := serve(h, newRequest(t, contactCreate)); w.Code != want {
				t.Errorf("after %v: got status %d, want %d", time.Since(start), w.Code, want)
			}
		}
		group.Wait()
		if w := serve(h, newRequest(t, contactCreate)); first.Code != http.StatusInternalServerError || w.Code != http.StatusOK || calls.Load() != 2 {
			t.Errorf("got the statuses %d and %d and %d calls, want 500, 200 and 2", first.Code, w.Code, calls.Load())
		}
	})
}

func TestHandler_EndOfRequest(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	h := newTestHandler(t, func(ctx context.Context, _ Event) error {
		cancel()
		return ctx.Err()
	})
	if w := serve(h, newRequest(t, contactCreate).WithContext(ctx)); w.Code != http.StatusInternalServerError {
		t.Errorf("got status %d, want 500", w.Code)
	}
	if w := serve(h, newRequest(t, contactCreate)); w.Code != http.StatusOK {
		t.Errorf("retry: got status %d, want 200", w.Code)
	}
}

// TestHandler_FailuresStayPrivate lets deliver and Seen fail. Logs and responses contain no value
// of the body.
func TestHandler_FailuresStayPrivate(t *testing.T) {
	t.Parallel()
	fails := func(context.Context, Event) error { return errDeliver }
	panics := func(_ context.Context, event Event) error { panic(event.Contact.Email) }
	ok := new(inbox).deliver
	for _, test := range []struct {
		name    string
		deliver func(context.Context, Event) error
		body    string
		opts    []Option
		status  int
		log     string
	}{
		{"error", fails, contactCreate, nil, http.StatusInternalServerError, "deliver returned an error"},
		{"panic", panics, contactCreate, nil, http.StatusInternalServerError, "handler_test.go"}, // in the stack
		{"not an object", ok, `["edith@example.com"]`, nil, http.StatusBadRequest, "not a JSON object"},
		{"too old", ok, contactCreate, []Option{WithTolerance(time.Hour)}, http.StatusUnauthorized, "outside the tolerance"},
		{"Begin fails", ok, contactCreate, []Option{WithSeen(brokenSeen{beginErr: io.ErrClosedPipe})}, http.StatusServiceUnavailable, "closed pipe"},
		{"done fails", ok, contactCreate, []Option{WithSeen(brokenSeen{doneErr: io.ErrClosedPipe})}, http.StatusOK, "closed pipe"},
		{"done fails after an error", fails, contactCreate, []Option{WithSeen(brokenSeen{doneErr: io.ErrClosedPipe})}, http.StatusInternalServerError, "deliver returned an error"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			logger := WithLogger(slog.New(slog.NewTextHandler(&log, nil)))
			w := serve(newTestHandler(t, test.deliver, append(test.opts, logger)...), newRequest(t, test.body))
			if w.Code != test.status {
				t.Errorf("got status %d, want %d", w.Code, test.status)
			}
			if !strings.Contains(log.String(), test.log) {
				t.Errorf("got the log %q, want %q in it", log.String(), test.log)
			}
			checkPrivate(t, "log", log.String())
			checkPrivate(t, "response", w.Body.String())
		})
	}
}

// brokenSeen is a Seen that fails.
type brokenSeen struct{ beginErr, doneErr error }

func (s brokenSeen) Begin(context.Context, string) (func(bool) error, bool, error) {
	return func(bool) error { return s.doneErr }, false, s.beginErr
}

func TestHandler_Body(t *testing.T) {
	t.Parallel()
	var delivered inbox
	h := newTestHandler(t, delivered.deliver)
	largest := strings.Replace(contactCreate, "{", "{"+strings.Repeat(" ", maxBody-len(contactCreate)), 1)
	w := serve(h, newRequest(t, largest))
	if w.Code != http.StatusOK || len(delivered.events) != 1 || len(delivered.events[0].Raw) != maxBody {
		t.Errorf("1 MiB: got status %d and %d events", w.Code, len(delivered.events))
	}
	for _, contentType := range []string{"", "application/json; charset=utf-8"} {
		r := newRequest(t, uninstall)
		r.Header.Set("Content-Type", contentType)
		if w := serve(h, r); w.Code != http.StatusOK {
			t.Errorf("Content-Type %q: got status %d, want 200", contentType, w.Code)
		}
	}
	r := newRequest(t, install)
	r.Body = io.NopCloser(io.MultiReader(strings.NewReader(install), iotest.ErrReader(io.ErrUnexpectedEOF)))
	if w := serve(h, r); w.Code != http.StatusBadRequest || len(delivered.events) != 2 {
		t.Errorf("truncated body: got status %d and %d events, want 400 and 2", w.Code, len(delivered.events))
	}
}

// deadlines records the read deadlines of a connection.
type deadlines struct {
	httptest.ResponseRecorder
	all []time.Time
}

func (d *deadlines) SetReadDeadline(t time.Time) error {
	d.all = append(d.all, t)
	return nil
}

// TestHandler_ReadTimeout checks that the time for reading the body is limited, and that the limit
// does not apply to deliver: the server ends the context of a request if a read fails.
func TestHandler_ReadTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var connection deadlines
		h := newTestHandler(t, func(context.Context, Event) error {
			if len(connection.all) != 2 || !connection.all[0].Equal(time.Now().Add(readTimeout)) || !connection.all[1].IsZero() {
				t.Errorf("got the deadlines %v, want one and none", connection.all)
			}
			return nil
		})
		h.ServeHTTP(&connection, newRequest(t, contactCreate))
		if len(connection.all) != 2 {
			t.Errorf("got the deadlines %v, want two", connection.all)
		}
	})
}

func TestWithTolerance(t *testing.T) {
	t.Parallel()
	minute := []Option{WithTolerance(time.Minute)}
	for _, test := range []struct {
		name, timestamp string
		opts            []Option
		status          int
	}{
		{"no tolerance", "1999-01-01T00:00:00Z", nil, http.StatusOK},
		{"in the tolerance", "1999-12-31T23:59:00Z", minute, http.StatusOK},
		{"too old", "1999-12-31T23:58:59.999Z", minute, http.StatusUnauthorized},
		{"in the future", "2000-01-01T00:01:00.001Z", minute, http.StatusUnauthorized},
		{"no time", "", minute, http.StatusUnauthorized},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { // begins at 2000-01-01T00:00:00Z
				body := `{"type":"NoteCreate","webhookId":"w","timestamp":"` + test.timestamp + `"}`
				var delivered inbox
				w := serve(newTestHandler(t, delivered.deliver, test.opts...), newRequest(t, body))
				if w.Code != test.status || (len(delivered.events) == 1) != (test.status == http.StatusOK) {
					t.Errorf("got status %d and %d events, want %d", w.Code, len(delivered.events), test.status)
				}
			})
		})
	}
}
