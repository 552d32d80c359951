package webhook

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"runtime/debug"
	"slices"
	"time"
)

const (
	maxBody        = 1 << 20
	readTimeout    = 10 * time.Second
	deliverTimeout = 10 * time.Second
)

// An Option configures the handler of [NewHandler].
type Option func(*handler) error

// WithPublicKey sets the Ed25519 keys; a webhook must be signed with one of them. The default is
// [PublicKey]. To replace a key without losing events, set both keys until the old one is no longer
// used: WithPublicKey(webhook.PublicKey(), next).
func WithPublicKey(keys ...ed25519.PublicKey) Option {
	return func(h *handler) error {
		if err := checkKeys(keys); err != nil {
			return fmt.Errorf("WithPublicKey: %w", err)
		}
		h.keys = slices.Clone(keys)
		return nil
	}
}

// WithRSA also accepts webhooks without an X-GHL-Signature header if their X-WH-Signature header
// has an RSA signature by one of keys, or by HighLevel's key if keys is empty. HighLevel ended this
// signature in 2026. A webhook with a wrong X-GHL-Signature is refused whatever its X-WH-Signature.
func WithRSA(keys ...*rsa.PublicKey) Option {
	return func(h *handler) error {
		if slices.Contains(keys, nil) {
			return errors.New("WithRSA: a key is nil")
		}
		h.rsaKeys = slices.Clone(keys)
		if len(keys) == 0 {
			h.rsaKeys = []*rsa.PublicKey{parseKey[*rsa.PublicKey](rsaKey)}
		}
		return nil
	}
}

// WithSeen sets where the handler remembers which events have been delivered.
func WithSeen(seen Seen) Option {
	return func(h *handler) error {
		if seen == nil {
			return errors.New("WithSeen: seen is nil")
		}
		h.seen = seen
		return nil
	}
}

// WithTolerance refuses events whose time differs from the current time by more than tolerance. By
// default the time does not matter.
//
// A retry repeats the time of the event and arrives minutes to hours later. An event whose first
// deliveries fail for longer than tolerance is therefore lost, with all events during an outage.
// Repeated events are recognized by their ID without this option.
func WithTolerance(tolerance time.Duration) Option {
	return func(h *handler) error {
		if tolerance <= 0 {
			return errors.New("WithTolerance: the tolerance is not positive")
		}
		h.tolerance = tolerance
		return nil
	}
}

// WithLogger sets the logger for requests that the handler refuses and deliveries that fail. The
// handler logs nothing by default, and never a part of the body. It does not log errors of deliver,
// which may contain parts of it.
func WithLogger(logger *slog.Logger) Option {
	return func(h *handler) error {
		if logger == nil {
			return errors.New("WithLogger: the logger is nil")
		}
		h.logger = logger
		return nil
	}
}

// handler is the handler of [NewHandler].
type handler struct {
	deliver   func(context.Context, Event) error
	keys      []ed25519.PublicKey
	rsaKeys   []*rsa.PublicKey // empty without WithRSA
	seen      Seen
	tolerance time.Duration // 0 without WithTolerance
	logger    *slog.Logger
}

// NewHandler returns a handler that verifies the webhooks of a HighLevel app, decodes them and
// passes them to deliver. The handler responds with 200 after deliver has returned nil, and to a
// later delivery of the same event. If deliver returns an error or panics, the handler responds
// with 500, and HighLevel sends the event again.
//
// The context of deliver ends after 10 seconds: store the event, and process it later. Several
// goroutines may call deliver at the same time, but not with the same event.
func NewHandler(deliver func(context.Context, Event) error, opts ...Option) (http.Handler, error) {
	if deliver == nil {
		return nil, errors.New("highlevel: NewHandler: deliver is nil")
	}
	h := &handler{
		deliver: deliver, keys: []ed25519.PublicKey{PublicKey()},
		seen: newMemorySeen(memoryCapacity), logger: slog.New(slog.DiscardHandler),
	}
	for i, opt := range opts {
		if opt == nil {
			return nil, fmt.Errorf("highlevel: NewHandler: option %d is nil", i)
		}
		if err := opt(h); err != nil {
			return nil, fmt.Errorf("highlevel: NewHandler: %w", err)
		}
	}
	return h, nil
}

// ServeHTTP responds with the status that handle returns.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	status, err := h.handle(w, r)
	if err == nil {
		return
	}
	level := slog.LevelWarn
	if status == http.StatusInternalServerError {
		level = slog.LevelError
	}
	h.logger.LogAttrs(r.Context(), level, "highlevel: webhook refused", slog.Int("status", status), slog.Any("error", err))
	http.Error(w, http.StatusText(status), status)
}

// handle verifies the body before anything else reads it, and delivers the event. It returns the
// status of an error, which does not contain a part of the body.
func (h *handler) handle(w http.ResponseWriter, r *http.Request) (status int, err error) {
	body, status, err := readBody(w, r)
	if err != nil {
		return status, err
	}
	if err := verify(r.Header, body, h.keys, h.rsaKeys); err != nil {
		return http.StatusUnauthorized, err
	}
	event, err := Parse(body)
	if err != nil {
		return http.StatusBadRequest, err
	}
	if h.tolerance != 0 && time.Since(event.Time).Abs() > h.tolerance {
		return http.StatusUnauthorized, errors.New("the time of the event is outside the tolerance")
	}
	return h.deliverOnce(r.Context(), event)
}

// readBody returns the body of a request, or the status with which to refuse it.
func readBody(w http.ResponseWriter, r *http.Request) (body []byte, status int, err error) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return nil, http.StatusMethodNotAllowed, errors.New("the method is not POST")
	}
	// Whether every webhook has a Content-Type is undocumented.
	if contentType := r.Header.Get("Content-Type"); contentType != "" {
		if mediaType, _, _ := mime.ParseMediaType(contentType); mediaType != "application/json" {
			return nil, http.StatusUnsupportedMediaType, errors.New("the Content-Type is not application/json")
		}
	}
	connection := http.NewResponseController(w)
	_ = connection.SetReadDeadline(time.Now().Add(readTimeout)) // not supported by every middleware
	body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, http.StatusRequestEntityTooLarge, err
	}
	if err != nil {
		return nil, http.StatusBadRequest, errors.New("the body cannot be read")
	}
	_ = connection.SetReadDeadline(time.Time{}) // otherwise it would end the context of the request
	return body, 0, nil
}

// deliverOnce calls deliver unless the event was delivered before. It returns the status of an
// error.
func (h *handler) deliverOnce(ctx context.Context, event Event) (status int, err error) {
	ctx, cancel := context.WithTimeout(ctx, deliverTimeout)
	defer cancel()
	id := event.ID
	if id == "" { // not observed
		sum := sha256.Sum256(event.Raw)
		id = hex.EncodeToString(sum[:])
	}
	done, seen, err := h.seen.Begin(ctx, id)
	if err != nil {
		return http.StatusServiceUnavailable, err
	}
	if seen {
		return 0, nil
	}
	err = h.callDeliver(ctx, event)
	doneErr := done(err == nil)
	if err != nil {
		return http.StatusInternalServerError, err
	}
	if doneErr != nil { // the event was delivered, so do not ask for a retry
		h.logger.LogAttrs(ctx, slog.LevelError, "highlevel: webhook: delivered, but not remembered", slog.Any("error", doneErr))
	}
	return 0, nil
}

// callDeliver calls deliver. It returns an error that does not contain a part of the event.
func (h *handler) callDeliver(ctx context.Context, event Event) (err error) {
	defer func() {
		if value := recover(); value != nil {
			h.logger.LogAttrs(ctx, slog.LevelError, "highlevel: webhook: deliver panicked", slog.String("stack", string(debug.Stack())))
			err = errors.New("deliver panicked")
		}
	}()
	if err := h.deliver(ctx, event); err != nil {
		return cmp.Or(ctx.Err(), errors.New("deliver returned an error"))
	}
	return nil
}
