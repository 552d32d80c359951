// Package httpx has the HTTP functions that the packages client, lenientjson and oauth share.
package httpx

import (
	"bytes"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// maxRetryAfter is the longest delay that RetryAfter returns.
const maxRetryAfter = 365 * 24 * time.Hour

// RetryAfter returns the delay that a Retry-After header asks for, in seconds or as a date. It
// returns 0 if the header is missing, invalid or in the past, and at most a year.
func RetryAfter(header http.Header) time.Duration {
	value := header.Get("Retry-After")
	if date, err := http.ParseTime(value); err == nil {
		return min(max(time.Until(date), 0), maxRetryAfter)
	}
	seconds, err := strconv.ParseUint(value, 10, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0
	}
	return time.Duration(min(seconds, uint64(maxRetryAfter/time.Second))) * time.Second
}

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
	case base.Scheme == "http" && !IsLoopback(base.Hostname()):
		return nil, errors.New("http would send the token unencrypted: use https (http is allowed on loopback only)")
	case base.User != nil || base.RawQuery != "" || base.ForceQuery || base.Fragment != "":
		return nil, errors.New("remove user, query and fragment")
	}
	return base, nil
}

// IsLoopback reports whether host is "localhost" or a loopback IP address.
func IsLoopback(host string) bool {
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}

// UserAgent returns the User-Agent of this module.
func UserAgent(version string) string {
	return "contacts-go/" + version + " (" + runtime.Version() + ")"
}

// TrimBOM returns body without a leading UTF-8 byte order mark.
func TrimBOM(body []byte) []byte {
	return bytes.TrimPrefix(body, []byte("\xEF\xBB\xBF"))
}

// WithoutURL returns the cause of an error of [http.Client.Do], and any other error unchanged. The
// message of an error of Do contains the URL with its query, but that of the cause does not.
func WithoutURL(err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return wrapped.Err
	}
	return err
}

// IsTemporary reports whether a request that failed with err, without a response, may succeed when
// it is retried. It returns false for a certificate that is not trusted.
func IsTemporary(err error) bool {
	_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	return !untrusted
}

// These strings surround an error in the message that HTTP/2 returns if it cannot send the body of
// the request again.
const (
	cannotRetryBefore = "http2: Transport: cannot retry err ["
	cannotRetryAfter  = "] after Request.Body was written; define Request.GetBody to avoid this error"
)

// NotProcessed reports whether err says that an HTTP/2 server did not process the request: the
// stream was refused, or it is above the last stream ID of a graceful GOAWAY (RFC 9113, sections
// 6.8 and 8.7). Such a request can be sent again without being applied twice. The HTTP/2 client
// exports no error values, so this function compares whole messages: a part of a message could come
// from the server.
func NotProcessed(err error) bool {
	text := WithoutURL(err).Error()
	if inner, ok := strings.CutPrefix(text, cannotRetryBefore); ok {
		if text, ok = strings.CutSuffix(inner, cannotRetryAfter); !ok {
			return false
		}
	}
	if text == "http2: Transport received Server's graceful shutdown GOAWAY" {
		return true
	}
	stream, ok := strings.CutPrefix(text, "stream error: stream ID ")
	if !ok {
		return false
	}
	id, reason, _ := strings.Cut(stream, ";")
	_, err = strconv.ParseUint(id, 10, 32)
	return err == nil && (reason == " REFUSED_STREAM" || reason == " REFUSED_STREAM; received from peer")
}
