package client

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/textproto"
	"regexp"
	"strings"
	"time"

	"github.com/highlevel-contacts/contacts-go/client/internal/httpx"
)

const (
	defaultBaseURL  = "https://services.leadconnectorhq.com/"
	defaultTimeout  = 30 * time.Second
	defaultMaxBytes = 16 << 20
	// apiVersion is the value of the Version header, which the API checks before anything else.
	apiVersion = "2021-07-28"
)

// An Option configures a [Client].
type Option func(*config) error

// config holds the settings of a Client.
type config struct {
	baseURL  string // ends with a slash
	location string
	http     *http.Client
	timeout  time.Duration
	header   http.Header // sent with every request
	retry    RetryPolicy
	pacer    Pacer
	logger   *slog.Logger
	hooks    []func(context.Context, CallInfo)
	maxBytes int64
}

func defaultConfig() config {
	return config{
		baseURL: defaultBaseURL,
		http:    &http.Client{Transport: httpx.NewTransport()},
		timeout: defaultTimeout,
		header: http.Header{
			"Accept":     {"application/json"},
			"Version":    {apiVersion},
			"User-Agent": {httpx.UserAgent()},
		},
		retry:    defaultRetry,
		logger:   slog.New(slog.DiscardHandler),
		maxBytes: defaultMaxBytes,
	}
}

// setting returns an option that calls set, or returns an error with the given problem unless valid is
// true.
func setting[T any](valid bool, problem string, set func(*T)) func(*T) error {
	return func(settings *T) error {
		if !valid {
			return errors.New(problem)
		}
		set(settings)
		return nil
	}
}

// apply calls opts in order. It returns the first error.
func apply[T any, O ~func(*T) error](settings *T, opts []O) error {
	for _, opt := range opts {
		if opt == nil {
			return fmt.Errorf("a nil %T", opt)
		}
		if err := opt(settings); err != nil {
			return err
		}
	}
	return nil
}

// WithBaseURL sets the base URL of the API, https://services.leadconnectorhq.com by default. It
// must be https, except on loopback, for tests.
func WithBaseURL(address string) Option {
	return func(c *config) error {
		base, err := httpx.ParseBaseURL(address)
		if err != nil {
			return fmt.Errorf("WithBaseURL: %w", err)
		}
		c.baseURL = strings.TrimRight(base.String(), "/") + "/"
		return nil
	}
}

// WithLocation sets the ID of the default location (sub-account), which is used by requests that do
// not set LocationID. There is no default location without this option.
func WithLocation(id string) Option {
	return setting(id != "", "WithLocation: empty location ID", func(c *config) { c.location = id })
}

// WithHTTPClient sets the HTTP client that sends the requests, with its transport, proxy, TLS
// settings, redirect policy and cookie jar. Its Timeout, if set, limits each attempt in addition to
// [WithTimeout]. The HTTP client is not modified. The default HTTP client reads the proxy from the
// environment and has up to 100 idle connections.
func WithHTTPClient(httpClient *http.Client) Option {
	return setting(httpClient != nil, "WithHTTPClient: the HTTP client is nil", func(c *config) { c.http = httpClient })
}

// WithTimeout sets the timeout of each attempt, from acquiring a connection to reading the last
// byte of the body; 30 seconds by default. Waiting for the rate limit and between attempts does not
// count. A timeout of 0 means no timeout. Use a context to limit the duration of a whole call.
func WithTimeout(perAttempt time.Duration) Option {
	return setting(perAttempt >= 0, "WithTimeout: negative timeout", func(c *config) { c.timeout = perAttempt })
}

// WithUserAgent puts product, such as "example-sync/1.2", in front of this module's name in the
// User-Agent header.
func WithUserAgent(product string) Option {
	valid := product != "" && isHeaderValue(product)
	return setting(valid, "WithUserAgent: empty, or not allowed in a header", func(c *config) {
		c.header.Set("User-Agent", product+" "+c.header.Get("User-Agent"))
	})
}

// WithDefaultHeader sets a header that is sent with every request, unless [WithHeader] or a request
// editor sets another value. The headers that WithHeader rejects are rejected here too.
func WithDefaultHeader(key, value string) Option {
	return func(c *config) error { return setHeader("WithDefaultHeader", c.header, key, value) }
}

// WithRetry sets how many attempts a call has and how long it waits between them. A zero field
// means its default: 3 attempts, a first delay of at most 500 ms, and no delay over 30 s.
func WithRetry(policy RetryPolicy) Option {
	valid := policy.MaxAttempts >= 0 && policy.MinDelay >= 0 && policy.MaxDelay >= 0
	return setting(valid, "WithRetry: negative MaxAttempts, MinDelay or MaxDelay", func(c *config) { c.retry = policy.withDefaults() })
}

// WithPacer sets the rate limiter. Use it to share one Pacer between clients that share a rate
// limit, or pass [Unpaced] to disable rate limiting in the client. Without this option, each client
// has a Pacer of its own, from [NewPacer] with the default limit of 100 requests per 10 seconds.
func WithPacer(pacer Pacer) Option {
	valid, problem := pacer != nil, "the Pacer is nil"
	if p, ok := pacer.(*windowPacer); ok && p.invalid != nil {
		valid, problem = false, p.invalid.Error()
	}
	return setting(valid, "WithPacer: "+problem, func(c *config) { c.pacer = pacer })
}

// WithLogger sets the logger. Nothing is logged by default. Each attempt is logged at debug level.
// A failed call and a response that does not match the schema are logged at warn level, except that
// a canceled call, and a Get or FindDuplicate of a contact that does not exist, are logged at debug
// level. Records contain the operation, method, path, status, attempt, durations, cf-ray header and
// remaining rate limit, for a failure the kind, message and trace ID, and for a mismatch its JSON
// pointer and types. They never contain a token, a query, a body, an email address or a phone number.
func WithLogger(logger *slog.Logger) Option {
	return setting(logger != nil, "WithLogger: the logger is nil", func(c *config) { c.logger = logger })
}

// WithCallHook adds a function that is called at the end of each call, for metrics. It is not called
// for a call with invalid arguments. The hook runs on the goroutine of the call and must be safe for
// concurrent use. For spans of single attempts, instrument the transport; [OperationFromContext]
// returns the operation there.
func WithCallHook(hook func(context.Context, CallInfo)) Option {
	return setting(hook != nil, "WithCallHook: the hook is nil", func(c *config) { c.hooks = append(c.hooks, hook) })
}

// WithMaxResponseBytes sets the maximum size of the body of a 2xx response after decompression, 16
// MiB by default. If a body is larger, the error matches [ErrResponseTooLarge]. The option does not
// apply to error responses: the client reads at most 64 KiB of their bodies.
func WithMaxResponseBytes(limit int64) Option {
	return setting(limit > 0, "WithMaxResponseBytes: not a positive number of bytes", func(c *config) { c.maxBytes = limit })
}

// A CallOption configures a single call.
type CallOption func(*callConfig) error

// callConfig holds the settings of one call.
type callConfig struct {
	header     http.Header // of the request
	into       *Response
	onSend     func()
	idempotent bool
	readOnly   bool
}

// WithHeader sets a header of the request. For an invalid header, for Authorization and
// Content-Type, and for the headers that the transport sets, such as Host and Content-Length, the
// call returns an error that matches [ErrInvalid].
func WithHeader(key, value string) CallOption {
	return func(c *callConfig) error { return setHeader("WithHeader", c.header, key, value) }
}

// WithResponseInto stores the last response of the call in response when the call ends, on success
// and on failure. StatusCode is 0 if no response was received. If the arguments are invalid,
// response is not modified. Concurrent calls must not share a response.
func WithResponseInto(response *Response) CallOption {
	return setting(response != nil, "WithResponseInto: the Response is nil", func(c *callConfig) { c.into = response })
}

// WithOnSend calls onSend once, when the first attempt has passed the rate limit and is about to be
// sent. It is not called if the call fails before that. It runs on the goroutine of the call.
func WithOnSend(onSend func()) CallOption {
	return setting(onSend != nil, "WithOnSend: the function is nil", func(c *callConfig) { c.onSend = onSend })
}

// Idempotent marks a call of [Client.Do] as one that may be applied more than once. It is retried
// like an update, and can match [ErrMaybeApplied].
func Idempotent() CallOption {
	return func(c *callConfig) error {
		c.idempotent = true
		return nil
	}
}

// ReadOnly marks a call of [Client.Do] as a read, such as a search by POST. It is retried like a get,
// and never matches [ErrMaybeApplied].
func ReadOnly() CallOption {
	return func(c *callConfig) error {
		c.readOnly = true
		return nil
	}
}

// reservedHeaders are set by the client or the transport; callers cannot override them.
var reservedHeaders = map[string]bool{
	"Authorization": true, "Content-Length": true, "Content-Type": true, "Host": true, "Connection": true,
	"Transfer-Encoding": true, "Accept-Encoding": true,
}

// setHeader sets a header, or returns an error of option if a program may not set it.
func setHeader(option string, header http.Header, key, value string) error {
	key = textproto.CanonicalMIMEHeaderKey(key)
	switch {
	case !headerName.MatchString(key):
		return errors.New(option + ": invalid header name")
	case !isHeaderValue(value):
		return errors.New(option + ": invalid header value")
	case reservedHeaders[key]:
		return errors.New(option + ": the client sets " + key + " itself")
	}
	header.Set(key, value)
	return nil
}

// headerName matches a token as defined in RFC 9110.
var headerName = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")

// isHeaderValue reports whether value has no control characters, such as line breaks.
func isHeaderValue(value string) bool {
	return !strings.ContainsFunc(value, func(r rune) bool { return isControl(r) && r != '\t' })
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }
