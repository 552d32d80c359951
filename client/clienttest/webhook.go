package clienttest

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"sync"
	"time"
)

// How the fake delivers webhooks. The vendor does not publish the timeout and the backoff.
const (
	webhookRetries = 12
	webhookBackoff = 10 * time.Second // before the first retry; it doubles with every retry
	webhookTimeout = 10 * time.Second
)

// WithWebhooks makes the fake send the webhooks of the app to a URL, signed with the key of
// [Server.WebhookKey]: for each created, changed and deleted contact, and for installations of the
// app. Seeded contacts send none. The webhooks are sent one after the other. A response other than
// 2xx, or none within 10 seconds, is retried up to 12 times, after 10 seconds, 20 seconds and so on
// by the fake's clock.
func WithWebhooks(to string) Option {
	target, err := url.Parse(to)
	valid := err == nil && target.Host != "" && (target.Scheme == "http" || target.Scheme == "https")
	return setIf(valid, "WithWebhooks: URL is not an absolute HTTP URL", func(s *Server) { s.webhooks.url = to })
}

// WebhookFault changes how webhooks are delivered. Type and Count select the webhooks. If several
// faults match a webhook, the one that was added first applies.
type WebhookFault struct {
	Type  string        // type of the webhooks, such as ContactUpdate; empty matches every type
	Count int           // largest number of webhooks that the fault matches; 0 is no limit
	Lost  bool          // whether the webhook is not sent
	Delay time.Duration // time by the fake's clock until the webhook is sent; later ones overtake it

	Repeated bool // whether the webhook is sent again after it was delivered
	Forged   bool // whether a copy with another content and the signature of another key is sent first
}

// Delivery describes an attempt to deliver a webhook.
type Delivery struct {
	Time       time.Time // by the fake's clock
	Type       string    // type of the webhook, such as ContactCreate
	ID         string    // webhookId
	LocationID string    // empty for a webhook of an agency
	Attempt    int       // 1 for the first attempt
	Status     int       // status of the response; 0 if there was none
	Error      string    // why there was no response
	Fault      string    // what a fault did: lost, forged or repeated
	Body       []byte
}

// event is a webhook that is to be sent.
type event struct {
	Delivery

	due     time.Time
	key     ed25519.PrivateKey
	repeats bool // whether it is sent again after it was delivered
}

type activeWebhookFault struct {
	WebhookFault

	matched int
}

// webhooks holds the webhooks of a server. A goroutine delivers them until Close.
type webhooks struct {
	key    ed25519.PrivateKey
	wake   chan struct{}   // receives a value when the clock or the queue changes
	ended  chan struct{}   // closed when the goroutine has ended
	ctx    context.Context //nolint:containedctx // of the goroutine
	cancel context.CancelFunc

	mu         sync.Mutex
	url        string // empty if no webhooks are sent
	client     *http.Client
	idle       sync.Cond // signals that no webhook is being delivered
	queue      []*event  // by due
	busy       bool      // whether a webhook is being delivered
	faults     []*activeWebhookFault
	deliveries []Delivery
}

func newWebhooks() *webhooks {
	seed := make([]byte, ed25519.SeedSize)
	_, _ = rand.Read(seed) // it never fails
	ctx, cancel := context.WithCancel(context.Background())
	w := &webhooks{
		key: ed25519.NewKeyFromSeed(seed), wake: make(chan struct{}, 1), ended: make(chan struct{}), ctx: ctx, cancel: cancel,
		client: &http.Client{
			Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment},
			Timeout:       webhookTimeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	w.idle.L = &w.mu
	return w
}

// WebhookKey returns the public key with which the fake signs webhooks. Every server has a key of
// its own.
func (s *Server) WebhookKey() ed25519.PublicKey {
	return slices.Clone(ed25519.PublicKey(s.webhooks.key[ed25519.SeedSize:]))
}

// HandleWebhooks delivers the webhooks to a handler in the same process, in place of the URL of
// [WithWebhooks], which is not needed then. It works in a testing/synctest bubble.
func (s *Server) HandleWebhooks(h http.Handler) {
	w := s.webhooks
	w.mu.Lock()
	defer w.mu.Unlock()
	w.url, w.client = "https://app.example/webhooks", &http.Client{Transport: handlerTransport{h}, Timeout: webhookTimeout}
}

// handlerTransport sends requests to a handler. As in net/http, a panic ends the response.
type handlerTransport struct{ http.Handler }

// RoundTrip implements http.RoundTripper.
func (h handlerTransport) RoundTrip(r *http.Request) (response *http.Response, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	recorder := httptest.NewRecorder()
	h.ServeHTTP(recorder, r)
	return recorder.Result(), nil
}

// WaitForWebhooks waits until the webhooks that are due have been sent. It does not wait for
// retries and late webhooks: [Server.Advance] makes them due.
func (s *Server) WaitForWebhooks() {
	w := s.webhooks
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.ctx.Err() == nil && (w.busy || len(w.queue) > 0 && !w.queue[0].due.After(s.Now())) {
		w.idle.Wait()
	}
}

// Deliveries returns the last attempts to deliver a webhook, the oldest first: at most the number
// that [WithRequestLog] sets.
func (s *Server) Deliveries() []Delivery {
	s.webhooks.mu.Lock()
	defer s.webhooks.mu.Unlock()
	return slices.Clone(s.webhooks.deliveries)
}

// InjectWebhookFaults adds faults of webhooks. They are active until they have matched Count
// webhooks or [Server.ClearFaults] is called.
func (s *Server) InjectWebhookFaults(faults ...WebhookFault) {
	s.webhooks.mu.Lock()
	defer s.webhooks.mu.Unlock()
	for _, f := range faults {
		s.webhooks.faults = append(s.webhooks.faults, &activeWebhookFault{WebhookFault: f})
	}
}

// match returns the first fault that matches a webhook. The caller holds the lock.
func (w *webhooks) match(kind string) WebhookFault {
	for _, f := range w.faults {
		if (f.Type == "" || f.Type == kind) && (f.Count == 0 || f.matched < f.Count) {
			f.matched++
			return f.WebhookFault
		}
	}
	return WebhookFault{}
}

// enqueue adds a webhook after those that are due at the same time. The caller holds the lock.
func (w *webhooks) enqueue(e *event, due time.Time) {
	e.due = due
	w.queue = append(w.queue, e)
	slices.SortStableFunc(w.queue, func(a, b *event) int { return a.due.Compare(b.due) })
	w.wakeUp()
}

func (w *webhooks) wakeUp() {
	select {
	case w.wake <- struct{}{}:
	default: // the goroutine will wake up anyway
	}
}

// deliverWebhooks delivers the webhooks when they are due, until the server is closed.
func (s *Server) deliverWebhooks() {
	w := s.webhooks
	defer close(w.ended)
	for w.ctx.Err() == nil {
		e, wait := s.nextWebhook()
		if e != nil {
			s.deliver(e)
			continue
		}
		select {
		case <-time.After(wait):
		case <-w.wake:
		case <-w.ctx.Done():
		}
	}
}

// nextWebhook removes the next webhook from the queue if it is due. Otherwise it returns how long to
// wait.
func (s *Server) nextWebhook() (e *event, wait time.Duration) {
	w := s.webhooks
	w.mu.Lock()
	defer w.mu.Unlock()
	w.busy = false
	w.idle.Broadcast()
	if len(w.queue) == 0 {
		return nil, math.MaxInt64
	}
	if wait = w.queue[0].due.Sub(s.Now()); wait > 0 {
		return nil, wait
	}
	e, w.queue, w.busy = w.queue[0], w.queue[1:], true
	return e, 0
}

// deliver sends a webhook, and adds its retry or repetition to the queue.
func (s *Server) deliver(e *event) {
	w := s.webhooks
	e.Time = s.Now()
	e.Status, e.Error = s.post(e)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.deliveries = appendBounded(w.deliveries, e.Delivery, s.requests.max)
	next, isDelivered := *e, e.Status >= 200 && e.Status < 300
	switch {
	case e.Fault == "forged":
	case !isDelivered && e.Attempt <= webhookRetries:
		next.Attempt++
		w.enqueue(&next, s.Now().Add(webhookBackoff<<(e.Attempt-1)))
	case isDelivered && e.repeats:
		next.Fault, next.repeats = "repeated", false
		w.enqueue(&next, s.Now())
	}
}

// post sends a webhook and returns the status of the response, or why there was none.
func (s *Server) post(e *event) (status int, problem string) {
	w := s.webhooks
	w.mu.Lock()
	url, client := w.url, w.client
	w.mu.Unlock()
	request, err := http.NewRequestWithContext(w.ctx, http.MethodPost, url, bytes.NewReader(e.Body))
	if err != nil {
		return 0, err.Error()
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-GHL-Signature", base64.StdEncoding.EncodeToString(ed25519.Sign(e.key, e.Body)))
	resp, err := client.Do(request)
	if err != nil {
		return 0, err.Error()
	}
	_ = resp.Body.Close() // only the status matters
	return resp.StatusCode, ""
}

// close ends the goroutine that delivers webhooks.
func (w *webhooks) close() {
	w.cancel()
	<-w.ended
	w.mu.Lock()
	defer w.mu.Unlock()
	w.idle.Broadcast()
	w.client.CloseIdleConnections()
}
