// Package httpx has the HTTP functions that the packages client, lenientjson and oauth share.
package httpx

import (
	"bytes"
	"errors"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"runtime"
	"strconv"
	"time"

	"github.com/highlevel-contacts/contacts-go/client/internal/ratelimit"
)

// RetryAfter returns the delay that a Retry-After header asks for, in seconds or as a date, and
// whether there is a valid one. A date in the past is a delay of 0, and the longest delay is
// [ratelimit.LongestPause].
func RetryAfter(header http.Header) (time.Duration, bool) {
	value := header.Get("Retry-After")
	if date, err := http.ParseTime(value); err == nil {
		return min(max(time.Until(date), 0), ratelimit.LongestPause), true
	}
	seconds, err := strconv.ParseUint(value, 10, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, false
	}
	return time.Duration(min(seconds, uint64(ratelimit.LongestPause/time.Second))) * time.Second, true
}

// Backoff returns the limit of the delay before the retry that follows the given attempt, from 1 on:
// it doubles from first with each attempt, up to longest.
func Backoff(first, longest time.Duration, attempt int) time.Duration {
	for i := 1; i < attempt && first < longest; i++ {
		first *= 2
	}
	return min(first, longest)
}

// NewTransport returns a transport with up to 100 idle connections that reads the proxy from the
// environment.
func NewTransport() *http.Transport {
	const idleConnections = 100
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		ForceAttemptHTTP2:     true,
		MaxIdleConns:          idleConnections,
		MaxIdleConnsPerHost:   idleConnections,
		IdleConnTimeout:       90 * time.Second,
		TLSHandshakeTimeout:   10 * time.Second,
		ExpectContinueTimeout: time.Second,
	}
}

// DeniesAccess reports whether the message of a 401 says that the token is valid and does not allow
// the call: its scope, class, user type or location is wrong. A new token of the same kind does not
// help. The message is in lower case.
func DeniesAccess(message string) bool { return deniesAccess.MatchString(message) }

var deniesAccess = regexp.MustCompile(`scope|authclass|user type|location`)

// ParseBaseURL parses the base URL of an API. It must be an https URL with a host, or an http URL
// on a loopback host, and have no user, query or fragment. The error does not contain the address.
func ParseBaseURL(address string) (*url.URL, error) {
	base, err := url.Parse(address)
	switch {
	case err != nil:
		return nil, errors.New("invalid URL")
	case base.Scheme != "https" && base.Scheme != "http":
		return nil, errors.New("invalid URL: the scheme must be https")
	case base.Hostname() == "":
		return nil, errors.New("invalid URL: missing host")
	case base.Scheme == "http" && base.Hostname() != "localhost" && !net.ParseIP(base.Hostname()).IsLoopback():
		return nil, errors.New("http would send the token unencrypted: use https (http is allowed on loopback only)")
	case base.User != nil || base.RawQuery != "" || base.ForceQuery || base.Fragment != "":
		return nil, errors.New("remove user, query and fragment")
	}
	return base, nil
}

// version is the version of this module.
const version = "0.1.0"

// UserAgent returns the User-Agent of this module.
func UserAgent() string {
	return "highlevel/" + version + " (" + runtime.Version() + ")"
}

// TrimBOM returns body without a leading UTF-8 byte order mark.
func TrimBOM(body []byte) []byte {
	return bytes.TrimPrefix(body, []byte("\xEF\xBB\xBF"))
}

// WithoutURL returns the cause of an error of [http.Client.Do], and any other error unchanged. The
// message of an error of Do contains the URL with its query, but that of the cause does not.
func WithoutURL(err error) error {
	if wrapped, ok := err.(*url.Error); ok { //nolint:errorlint // an error around it has a message of its own
		return wrapped.Err
	}
	return err
}

// cause matches what HTTP/2 says of a request that the server did not process.
const cause = `(?:http2: Transport received Server's graceful shutdown GOAWAY` +
	`|stream error: stream ID \d+; REFUSED_STREAM(?:; received from peer)?)`

// notProcessed matches cause, alone and in the message of a request that cannot be sent again.
var notProcessed = regexp.MustCompile(`^(?:` + cause + `|http2: Transport: cannot retry err \[` + cause +
	`\] after Request\.Body was written; define Request\.GetBody to avoid this error)$`)

// NotProcessed reports whether err says that an HTTP/2 server did not process the request: the
// stream was refused, or it is above the last stream ID of a graceful GOAWAY (RFC 9113, sections
// 6.8 and 8.7). Such a request can be sent again without being applied twice. The HTTP/2 client
// exports no error values, so this function compares whole messages: a part of a message could come
// from the server.
func NotProcessed(err error) bool { return notProcessed.MatchString(WithoutURL(err).Error()) }
