package clienttest

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/store"
	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/wire"
	"github.com/highlevel-contacts/contacts-go/gen"
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
	return setIf(valid, "WithWebhooks: URL is not an absolute HTTP URL", func(c *config) { c.webhooks = to })
}

// WebhookFault changes how webhooks are delivered. Type, After and Count select the webhooks. If
// several faults match a webhook, the one that was added first applies.
type WebhookFault struct {
	Type  string        // type of the webhooks, such as ContactUpdate; empty matches every type
	After int           // number of webhooks that the fault ignores before it matches the first one
	Count int           // largest number of webhooks that the fault matches; 0 is no limit
	Lost  bool          // whether the webhook is not sent
	Delay time.Duration // time by the fake's clock until the webhook is sent; later ones overtake it
	Twice bool          // whether the webhook is sent twice at the same time

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
	Fault      string    // what a fault did: lost, forged, twice or repeated
	Body       []byte
}

// event is a webhook that is to be sent.
type event struct {
	Delivery

	due       time.Time
	signature []byte
	fault     WebhookFault
}

type activeWebhookFault struct {
	WebhookFault

	ignored, matched int
}

// webhooks holds the webhooks of a server. A goroutine delivers them, which begins with the first
// webhook and ends with Close.
type webhooks struct {
	url         string
	key, forger ed25519.PrivateKey
	client      *http.Client
	wake        chan struct{}   // receives a value when the clock or the queue changes
	ended       chan struct{}   // closed when the goroutine has ended; nil if it was not started
	ctx         context.Context //nolint:containedctx // of the goroutine
	cancel      context.CancelFunc

	mu         sync.Mutex
	idle       sync.Cond    // signals that no webhook is being delivered
	handler    http.Handler // in place of the URL
	queue      []*event     // by due
	busy       bool         // whether a webhook is being delivered
	faults     []*activeWebhookFault
	deliveries []Delivery
}

func newWebhooks(to string) (*webhooks, error) {
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, err
	}
	_, forger, err := ed25519.GenerateKey(nil)
	w := &webhooks{url: to, key: key, forger: forger, wake: make(chan struct{}, 1), client: &http.Client{
		Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment},
		Timeout:       webhookTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	w.ctx, w.cancel = context.WithCancel(context.Background())
	w.idle.L = &w.mu
	return w, err
}

// WebhookKey returns the public key with which the fake signs webhooks. Every server has a key of
// its own.
func (s *Server) WebhookKey() ed25519.PublicKey {
	return slices.Clone(ed25519.PublicKey(s.webhooks.key[ed25519.SeedSize:]))
}

// HandleWebhooks delivers the webhooks to a handler in the same process, in place of the URL of
// [WithWebhooks], which is not needed then. It works in a testing/synctest bubble.
func (s *Server) HandleWebhooks(h http.Handler) {
	s.webhooks.mu.Lock()
	defer s.webhooks.mu.Unlock()
	s.webhooks.handler = h
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
// webhooks or [Server.ClearFaults] is called. If a fault is invalid, InjectWebhookFaults ends the
// test; if the server was started by [Start], it panics.
func (s *Server) InjectWebhookFaults(faults ...WebhookFault) {
	s.webhooks.mu.Lock()
	defer s.webhooks.mu.Unlock()
	for _, f := range faults {
		if min(f.After, f.Count) < 0 || f.Delay < 0 {
			s.fail("InjectWebhookFaults", errors.New("fault: After, Count or Delay is negative"))
			return
		}
		s.webhooks.faults = append(s.webhooks.faults, &activeWebhookFault{WebhookFault: f})
	}
}

// notify sends the webhooks of a change of a contact. before is nil for a new contact, and after is
// nil for a deleted one.
func (s *Server) notify(before, after *gen.Contact) {
	switch {
	case before == nil:
		s.sendContact("ContactCreate", after)
	case after == nil:
		s.sendContact("ContactDelete", before)
	default:
		a, b := *before, *after
		if !slices.Equal(a.Tags, b.Tags) {
			s.sendContact("ContactTagUpdate", after)
		}
		if a.DND != b.DND || !reflect.DeepEqual(a.DNDSettings, b.DNDSettings) || !reflect.DeepEqual(a.InboundDNDSettings, b.InboundDNDSettings) {
			s.sendContact("ContactDndUpdate", after)
		}
		for _, c := range []*gen.Contact{&a, &b} {
			c.Tags, c.DND, c.DNDSettings, c.InboundDNDSettings, c.DateUpdated = nil, false, gen.DNDSettings{}, gen.InboundDNDSettings{}, time.Time{}
		}
		if !reflect.DeepEqual(a, b) {
			s.sendContact("ContactUpdate", after)
		}
	}
}

func (s *Server) sendContact(kind string, c *gen.Contact) {
	s.send(kind, c.LocationID, func(o *wire.Object) { o.WriteEvent(c, kind == "ContactDndUpdate") })
}

// sendInstall sends the webhook of an installation.
func (s *Server) sendInstall(g Grant) {
	location := g.LocationID
	s.send("INSTALL", location, func(o *wire.Object) {
		kind := "Location"
		if location == "" {
			kind = "Company"
		}
		o.String("installType", kind)
		o.String("companyId", g.CompanyID)
		o.String("userId", sampleUserID)
		o.String("companyName", "Sample agency")
		o.Value("isWhitelabelCompany", false)
		o.Raw("whitelabelDetails", []byte(`{"logoUrl":"","domain":""}`))
		o.Raw("trial", []byte("{}"))
	})
}

// send adds a webhook to the queue. write writes the properties of its type.
func (s *Server) send(kind, location string, write func(*wire.Object)) {
	w := s.webhooks
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.url == "" && w.handler == nil || w.ctx.Err() != nil {
		return
	}
	now := s.Now()
	e := &event{Delivery: Delivery{Type: kind, ID: s.randomIDs.UUID(), LocationID: location, Attempt: 1}, due: now, fault: w.match(kind)}
	app, _, _ := strings.Cut(s.App.ClientID, "-")
	var body wire.Object
	body.String("type", kind)
	body.String("locationId", location)
	body.String("versionId", app)
	body.String("appId", app)
	write(&body)
	body.Time("timestamp", store.Millisecond(now))
	body.String("webhookId", e.ID)
	e.Body = body.End()
	e.signature = ed25519.Sign(w.key, e.Body)
	switch {
	case e.fault.Lost:
		e.Fault, e.Time = "lost", now
		s.record(e.Delivery)
		return
	case e.fault.Forged:
		forged := *e
		forged.Fault, forged.fault = "forged", WebhookFault{}
		forged.ID = s.randomIDs.UUID()
		forged.Body = wire.Patch(e.Body, "/webhookId", []byte(`"`+forged.ID+`"`))
		forged.signature = ed25519.Sign(w.forger, forged.Body)
		w.enqueue(&forged, now)
	}
	w.enqueue(e, now.Add(e.fault.Delay))
	if w.ended == nil {
		w.ended = make(chan struct{})
		go s.deliverWebhooks()
	}
}

// match returns the first fault that matches a webhook. The caller holds the lock.
func (w *webhooks) match(kind string) WebhookFault {
	for _, f := range w.faults {
		switch {
		case f.Type != "" && f.Type != kind, f.Count > 0 && f.matched >= f.Count:
		case f.ignored < f.After:
			f.ignored++
		default:
			f.matched++
			return f.WebhookFault
		}
	}
	return WebhookFault{}
}

// enqueue adds a webhook after those that are due at the same time. The caller holds the lock.
func (w *webhooks) enqueue(e *event, due time.Time) {
	e.due = due
	at := slices.IndexFunc(w.queue, func(other *event) bool { return other.due.After(due) })
	if at < 0 {
		at = len(w.queue)
	}
	w.queue = slices.Insert(w.queue, at, e)
	w.wakeUp()
}

func (w *webhooks) wakeUp() {
	select {
	case w.wake <- struct{}{}:
	default: // the goroutine will wake up anyway
	}
}

// record adds an attempt to those of Deliveries. The caller holds the lock.
func (s *Server) record(d Delivery) {
	w := s.webhooks
	w.deliveries = append(w.deliveries, d)
	if len(w.deliveries) > s.requests.max {
		w.deliveries = slices.Delete(w.deliveries, 0, len(w.deliveries)-s.requests.max)
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
		var due <-chan time.Time // nil if the queue is empty
		if wait > 0 {
			due = time.After(wait)
		}
		select {
		case <-due:
		case <-w.wake:
		case <-w.ctx.Done():
		}
	}
}

// nextWebhook removes the next webhook from the queue if it is due. Otherwise it returns how long
// to wait, or 0 if the queue is empty.
func (s *Server) nextWebhook() (e *event, wait time.Duration) {
	w := s.webhooks
	w.mu.Lock()
	defer w.mu.Unlock()
	w.busy = false
	w.idle.Broadcast()
	if len(w.queue) == 0 {
		return nil, 0
	}
	e = w.queue[0]
	if wait = e.due.Sub(s.Now()); wait > 0 {
		return nil, wait
	}
	w.busy = true
	w.queue = w.queue[1:]
	return e, 0
}

// deliver sends a webhook, and adds its retry or repetition to the queue.
func (s *Server) deliver(e *event) {
	w := s.webhooks
	e.Time = s.Now()
	attempts := make([]Delivery, 1, 2)
	if e.fault.Twice {
		attempts = attempts[:2]
	}
	var senders sync.WaitGroup
	for i := range attempts {
		attempts[i] = e.Delivery
		if e.fault.Twice {
			attempts[i].Fault = "twice"
		}
		senders.Go(func() { attempts[i].Status, attempts[i].Error = s.post(e) })
	}
	senders.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	delivered := true
	for _, attempt := range attempts {
		s.record(attempt)
		delivered = delivered && attempt.Status >= 200 && attempt.Status < 300
	}
	next := *e
	next.fault.Twice = false
	switch {
	case e.Fault == "forged":
	case !delivered && e.Attempt <= webhookRetries:
		next.Attempt++
		w.enqueue(&next, s.Now().Add(webhookBackoff<<(e.Attempt-1)))
	case delivered && e.fault.Repeated:
		next.Fault, next.fault.Repeated = "repeated", false
		w.enqueue(&next, s.Now())
	}
}

// post sends a webhook and returns the status of the response, or why there was none.
func (s *Server) post(e *event) (status int, problem string) {
	w := s.webhooks
	ctx, cancel := context.WithTimeout(w.ctx, webhookTimeout)
	defer cancel()
	w.mu.Lock()
	handler := w.handler
	w.mu.Unlock()
	request, err := wire.WebhookRequest(ctx, w.url, e.Body, e.signature)
	if err != nil {
		return 0, err.Error()
	}
	if handler != nil {
		return handle(handler, request)
	}
	resp, err := w.client.Do(request)
	if err != nil {
		return 0, err.Error()
	}
	_ = resp.Body.Close() // only the status matters
	return resp.StatusCode, ""
}

// handle calls a handler with a request and returns the status of its response. As in net/http, a
// panic ends the response.
func handle(h http.Handler, r *http.Request) (status int, problem string) {
	defer func() {
		if p := recover(); p != nil {
			status, problem = 0, fmt.Sprintf("panic: %v", p)
		}
	}()
	response := httptest.NewRecorder()
	h.ServeHTTP(response, r)
	return response.Code, ""
}

// close ends the goroutine that delivers webhooks.
func (w *webhooks) close() {
	w.cancel()
	w.mu.Lock()
	ended := w.ended
	w.idle.Broadcast()
	w.mu.Unlock()
	if ended != nil {
		<-ended
	}
	w.client.CloseIdleConnections()
}
