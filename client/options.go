package client

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
)

// Option is a setting of a [Client], for [New].
type Option func(*Client) error

// setting returns an option that does what set does, or fails if its value is not valid.
func setting(valid bool, problem string, set func(*Client)) Option {
	return func(c *Client) error {
		if !valid {
			return errors.New("client: " + problem)
		}
		set(c)
		return nil
	}
}

// WithBaseURL sets the address of the API, https://services.leadconnectorhq.com by default. It must be https, except on
// loopback, for tests.
func WithBaseURL(address string) Option {
	return func(c *Client) error {
		base, err := url.Parse(address)
		if err != nil {
			return errors.New("client: WithBaseURL: that is not a URL")
		}
		switch {
		case base.Hostname() == "" || (base.Scheme != "https" && base.Scheme != "http"):
			return errors.New("client: WithBaseURL: give scheme and host, such as https://services.leadconnectorhq.com")
		case base.Scheme == "http" && !isLoopback(base.Hostname()):
			return errors.New("client: WithBaseURL: http would send the token in the clear; use https (http is for loopback only)")
		case base.User != nil || base.RawQuery != "" || base.ForceQuery || base.Fragment != "":
			return errors.New("client: WithBaseURL: leave out user, query and fragment")
		}
		c.baseURL = strings.TrimRight(base.String(), "/") + "/"
		return nil
	}
}

func isLoopback(host string) bool {
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}

// WithLocation sets the location (sub-account) of calls that name none.
func WithLocation(id string) Option {
	return setting(id != "", "WithLocation: the location id is empty", func(c *Client) { c.location = id })
}

// WithHTTPClient sets the HTTP client that sends the requests, with its transport, proxy, TLS settings, time-out and cookie
// jar. It is not modified. Without this option a client is used that takes the proxy from the environment, gives an attempt 30
// seconds and keeps connections for 100 parallel calls.
func WithHTTPClient(httpClient *http.Client) Option {
	return setting(httpClient != nil, "WithHTTPClient: the client is nil", func(c *Client) { c.doer.http = httpClient })
}

// WithUserAgent puts product, such as "example-sync/1.2", before this module's name in the User-Agent header.
func WithUserAgent(product string) Option {
	return setting(product != "" && isHeaderValue(product), "WithUserAgent: that cannot be sent in a header", func(c *Client) {
		c.doer.header.Set("User-Agent", product+" "+c.doer.header.Get("User-Agent"))
	})
}

// WithRetry sets how often a call is attempted and how long it waits in between. Without it there are up to 3 attempts, with
// waits of up to 500 ms, then 1 s; a wait that the API asks for is obeyed up to 30 s.
func WithRetry(policy RetryPolicy) Option {
	valid := policy.MaxAttempts >= 0 && policy.MinDelay >= 0 && policy.MaxDelay >= 0
	return setting(valid, "WithRetry: a member of the policy is negative", func(c *Client) { c.doer.retry = policy })
}

// WithPacer sets the pacer, to share one among clients with one budget, or to pace in another way; [Unpaced] does not pace.
// Without it the client has [NewPacer] of its own: 100 requests per 10 seconds, until the API's headers say otherwise.
func WithPacer(pacer Pacer) Option {
	return setting(pacer != nil, "WithPacer: the pacer is nil", func(c *Client) { c.doer.pacer = pacer })
}

// WithLogger sets the logger. Nothing is logged by default. Records carry operation, method, path, status, attempt, trace id
// and remaining budget, never a token, query or body: each attempt at debug level, a call that failed and an answer that
// differs from the document at warn level.
func WithLogger(logger *slog.Logger) Option {
	return setting(logger != nil, "WithLogger: the logger is nil", func(c *Client) { c.doer.logger = logger })
}

// WithMaxResponseBytes sets how large the body of a success may be, after decompression; 16 MiB by default. A larger one is
// [ErrResponseTooLarge]. Of the body of an error no more than 64 KiB is read, whatever this option says.
func WithMaxResponseBytes(limit int64) Option {
	return setting(limit > 0, fmt.Sprintf("WithMaxResponseBytes: %d is not a positive number of bytes", limit), func(c *Client) {
		c.doer.maxBytes = limit
	})
}

// CallOption is a setting of one call.
type CallOption func(*call) error

// ownHeaders are the headers that a caller cannot set, for the client or the transport does.
var ownHeaders = map[string]bool{
	"Authorization": true, "Content-Length": true, "Content-Type": true, "Host": true, "Connection": true,
	"Transfer-Encoding": true, "Accept-Encoding": true,
}

// WithHeader sets a header of the request. The Authorization header is the TokenSource's, and those of the transport are the
// transport's: they are refused.
func WithHeader(key, value string) CallOption {
	return func(c *call) error {
		key = textproto.CanonicalMIMEHeaderKey(key)
		if !isHeaderName(key) || !isHeaderValue(value) {
			return fmt.Errorf("%s: %w: WithHeader: name or value cannot be sent in a header", c.operation.id, ErrInvalid)
		}
		if ownHeaders[key] {
			return fmt.Errorf("%s: %w: WithHeader: the header %s is set by the client itself", c.operation.id, ErrInvalid, key)
		}
		if c.header == nil {
			c.header = http.Header{}
		}
		c.header.Set(key, value)
		return nil
	}
}

// CaptureResponse fills response when the call ends, whether it succeeded or not; if nothing came back, its StatusCode is 0. The
// response is not kept and must not be shared between calls that run at once. Arguments that are refused leave it as it was.
func CaptureResponse(response *Response) CallOption {
	return func(c *call) error {
		if response == nil {
			return fmt.Errorf("%s: %w: CaptureResponse: the response is nil", c.operation.id, ErrInvalid)
		}
		c.capture = response
		return nil
	}
}

// isHeaderName tells whether name is a token as RFC 9110 defines it.
func isHeaderName(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}

// isHeaderValue tells whether value has no control characters, line breaks above all.
func isHeaderValue(value string) bool {
	return !strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f })
}
