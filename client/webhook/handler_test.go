package webhook

import (
	"bytes"
	"context"
	"crypto/rsa"
	"errors"
	"io"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"
)

var errDeliver = errors.New("cannot store edith@example.com")

func TestNewHandler_InvalidArguments(t *testing.T) {
	t.Parallel()
	if h, err := NewHandler(nil); err == nil || h != nil {
		t.Errorf("got %v, %v, want an error", h, err)
	}
	for name, opt := range map[string]Option{
		"nil option": nil, "no key": WithPublicKey(), "short key": WithPublicKey(publicKey, publicKey[1:]), "nil RSA key": WithRSA(nil, new(rsa.PublicKey)),
		"nil seen": WithSeen(nil), "no tolerance": WithTolerance(0), "negative tolerance": WithTolerance(-1), "nil logger": WithLogger(nil),
	} {
		if h, err := NewHandler(new(inbox).deliver, opt); err == nil || h != nil || !strings.HasPrefix(err.Error(), "highlevel: NewHandler: ") {
			t.Errorf("%s: got %v, %v, want an error", name, h, err)
		}
	}
}

// Each event is delivered once, with or without an ID, after its first deliveries failed.
func TestHandler_RetryOfFailedDelivery(t *testing.T) {
	t.Parallel()
	var delivered inbox
	h := newTestHandler(t, delivered.deliver)
	for i, body := range []string{contactCreate, `{"type":"NoteCreate"}`, `{"type":"TaskCreate"}`} {
		delivered.errs = []error{errDeliver, errDeliver}
		for _, want := range []int{500, 500, 200, 200} {
			wantStatus(t, h, body, want)
		}
		if delivered.wantEvents(t, i+1); string(delivered.events[i].Raw) != body {
			t.Errorf("got the event %s, want %s", delivered.events[i].Raw, body)
		}
	}
}

// TestHandler_ConcurrentDeliveries sends an event twice at the same time. The first delivery fails.
func TestHandler_ConcurrentDeliveries(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		results, calls := make(chan error), 0
		h := newTestHandler(t, func(context.Context, Event) error {
			calls++
			return <-results
		})
		var group sync.WaitGroup
		group.Go(func() { wantStatus(t, h, contactCreate, 500) })
		synctest.Wait()
		wantStatus(t, h, contactCreate, 503)
		results <- errDeliver
		group.Wait()
		close(results) // deliver returns nil
		for range 2 {
			wantStatus(t, h, contactCreate, 200)
		}
		if calls != 2 {
			t.Errorf("got %d calls of deliver, want 2", calls)
		}
	})
}

// TestHandler_TimeLimit checks that the context of deliver ends after the time limit, and that the
// claim of a delivery that continues expires.
func TestHandler_TimeLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start, calls := time.Now(), make(chan bool, 2)
		h := newTestHandler(t, func(ctx context.Context, _ Event) error {
			if calls <- true; len(calls) > 1 {
				return nil
			}
			<-ctx.Done()
			if elapsed := time.Since(start); elapsed != deliverTimeout || !errors.Is(ctx.Err(), context.DeadlineExceeded) {
				t.Errorf("the context ended after %v with %v", elapsed, ctx.Err())
			}
			time.Sleep(deliverTimeout)
			return ctx.Err()
		})
		var group sync.WaitGroup
		group.Go(func() { wantStatus(t, h, contactCreate, 500) })
		for _, want := range []int{503, 200} {
			time.Sleep(deliverTimeout - time.Second)
			wantStatus(t, h, contactCreate, want)
		}
		group.Wait()
		if wantStatus(t, h, contactCreate, 200); len(calls) != 2 {
			t.Errorf("got %d calls, want 2", len(calls))
		}
	})
}

// TestHandler_FailuresStayPrivate lets deliver and Seen fail. Logs and responses contain no value
// of the body.
func TestHandler_FailuresStayPrivate(t *testing.T) {
	t.Parallel()
	fails := func(context.Context, Event) error { return errDeliver }
	panics := func(_ context.Context, event Event) error { panic(event.Contact.Email) }
	ok := new(inbox).deliver
	beginFails, doneFails := WithSeen(brokenSeen{beginErr: io.ErrClosedPipe}), WithSeen(brokenSeen{doneErr: io.ErrClosedPipe})
	for name, test := range map[string]struct {
		deliver func(context.Context, Event) error
		body    string
		option  Option
		status  int
		log     string
	}{
		"error":                     {fails, contactCreate, WithRSA(), 500, `level=ERROR msg="highlevel: webhook refused"`},
		"panic":                     {panics, contactCreate, WithRSA(), 500, "handler_test.go"}, // in the stack
		"not an object":             {ok, `["edith@example.com"]`, WithRSA(), 400, "not a JSON object"},
		"too old":                   {ok, contactCreate, WithTolerance(time.Hour), 401, "outside the tolerance"},
		"Begin fails":               {ok, contactCreate, beginFails, 503, "closed pipe"},
		"done fails":                {ok, contactCreate, doneFails, 200, "closed pipe"},
		"done fails after an error": {fails, contactCreate, doneFails, 500, "deliver returned an error"},
	} {
		var log bytes.Buffer
		w := serve(newTestHandler(t, test.deliver, test.option, WithLogger(slog.New(slog.NewTextHandler(&log, nil)))), newRequest(t, test.body))
		if w.Code != test.status || !strings.Contains(log.String(), test.log) {
			t.Errorf("%s: got status %d and the log %q, want %d and %q", name, w.Code, log.String(), test.status, test.log)
		}
		checkPrivate(t, name, log.String()+w.Body.String())
	}
}

// brokenSeen is a Seen that fails.
type brokenSeen struct{ beginErr, doneErr error }

func (s brokenSeen) Begin(context.Context, string) (func(bool) error, bool, error) {
	return func(bool) error { return s.doneErr }, false, s.beginErr
}

// TestHandler_Requests sends valid signatures in other requests than those of HighLevel.
func TestHandler_Requests(t *testing.T) {
	t.Parallel()
	largest := strings.Replace(contactCreate, "{", "{"+strings.Repeat(" ", maxBody-len(contactCreate)), 1)
	const jsonType = "application/json"
	for _, test := range []struct {
		method, contentType, body string
		bodyErr                   error
		status                    int
	}{
		{"POST", "", contactCreate, nil, 200},
		{"POST", "application/json; charset=utf-8", contactCreate, nil, 200},
		{"POST", "text/plain", contactCreate, nil, 415},
		{"POST", "application/x-www-form-urlencoded", contactCreate, nil, 415},
		{"POST", "application/json/x", contactCreate, nil, 415},
		{"POST", jsonType, largest, nil, 200},
		{"POST", jsonType, largest + " ", nil, 413},
		{"POST", jsonType, contactCreate, io.ErrUnexpectedEOF, 400},
		{"GET", jsonType, contactCreate, nil, 405},
		{"HEAD", jsonType, contactCreate, nil, 405},
		{"PUT", jsonType, contactCreate, nil, 405},
	} {
		var delivered inbox
		r := newRequest(t, test.body)
		r.Method = test.method
		r.Header.Set("Content-Type", test.contentType)
		if test.bodyErr != nil {
			r.Body = io.NopCloser(io.MultiReader(r.Body, iotest.ErrReader(test.bodyErr)))
		}
		w := serve(newTestHandler(t, delivered.deliver), r)
		if w.Code != test.status || (len(delivered.events) == 1) != (test.status == 200) || (w.Header().Get("Allow") == "POST") != (test.status == 405) {
			t.Errorf("%s %s: got status %d, %v and %d events, want %d", test.method, test.contentType, w.Code, w.Header(), len(delivered.events), test.status)
		}
		checkPrivate(t, r.Method, w.Body.String())
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
		var delivered inbox
		newTestHandler(t, func(ctx context.Context, event Event) error {
			if len(connection.all) != 2 || !connection.all[0].Equal(time.Now().Add(readTimeout)) || !connection.all[1].IsZero() {
				t.Errorf("got the deadlines %v, want one and none", connection.all)
			}
			return delivered.deliver(ctx, event)
		}).ServeHTTP(&connection, newRequest(t, contactCreate))
		delivered.wantEvents(t, 1)
	})
}

func TestWithTolerance(t *testing.T) {
	t.Parallel()
	minute := WithTolerance(time.Minute)
	for _, test := range []struct {
		timestamp string
		option    Option
		status    int
	}{
		{"1999-12-31T23:59:00Z", minute, 200},
		{"1999-12-31T23:58:59.999Z", minute, 401},
		{"2000-01-01T00:01:00.001Z", minute, 401},
		{"", minute, 401},
		{"1999-01-01T00:00:00Z", WithRSA(), 200}, // no tolerance
	} {
		synctest.Test(t, func(t *testing.T) { // begins at 2000-01-01T00:00:00Z
			wantStatus(t, newTestHandler(t, new(inbox).deliver, test.option), `{"webhookId":"w","timestamp":"`+test.timestamp+`"}`, test.status)
		})
	}
}
