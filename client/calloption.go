package client

import (
	"errors"
	"fmt"
	"net/http"
	"net/textproto"
	"strings"
)

// A CallOption configures a single call.
type CallOption func(*callConfig) error

// callConfig holds the settings of one call.
type callConfig struct {
	header http.Header
	into   *Response
	onSend func()
	quiet  bool // do not report the cancellation of the call to the logger and the call hooks
}

func (c *callConfig) apply(opts []CallOption) error {
	for _, opt := range opts {
		if opt == nil {
			return errors.New("a CallOption is nil")
		}
		if err := opt(c); err != nil {
			return err
		}
	}
	return nil
}

// WithHeader sets a header of the request. For an invalid header, for Authorization and
// Content-Type, and for the headers that the transport sets, such as Host and Content-Length, the
// call returns an error that matches [ErrInvalid].
func WithHeader(key, value string) CallOption {
	return func(c *callConfig) error {
		if err := checkHeader(key, value); err != nil {
			return fmt.Errorf("WithHeader: %w", err)
		}
		if c.header == nil {
			c.header = http.Header{}
		}
		c.header.Set(key, value)
		return nil
	}
}

// WithResponseInto stores the last response of the call in response when the call ends, on success
// and on failure. StatusCode is 0 if no response was received. If the arguments are invalid,
// response is not modified. Concurrent calls must not share a response.
func WithResponseInto(response *Response) CallOption {
	return func(c *callConfig) error {
		if response == nil {
			return errors.New("WithResponseInto: the Response is nil")
		}
		c.into = response
		return nil
	}
}

// WithOnSend calls onSend once, when the first attempt has passed the rate limit and is about to be
// sent. It is not called if the call fails before that. It runs on the goroutine of the call.
func WithOnSend(onSend func()) CallOption {
	return func(c *callConfig) error {
		if onSend == nil {
			return errors.New("WithOnSend: the function is nil")
		}
		c.onSend = onSend
		return nil
	}
}

// reservedHeaders are set by the client or the transport; callers cannot override them.
var reservedHeaders = map[string]bool{
	"Authorization": true, "Content-Length": true, "Content-Type": true, "Host": true, "Connection": true,
	"Transfer-Encoding": true, "Accept-Encoding": true,
}

// checkHeader returns an error if a program may not set the header.
func checkHeader(key, value string) error {
	key = textproto.CanonicalMIMEHeaderKey(key)
	switch {
	case !isHeaderName(key):
		return errors.New("invalid header name")
	case !isHeaderValue(value):
		return errors.New("invalid header value")
	case reservedHeaders[key]:
		return errors.New("the client sets " + key + " itself")
	}
	return nil
}

// isHeaderName reports whether name is a token as defined in RFC 9110.
func isHeaderName(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}

// isHeaderValue reports whether value has no control characters, such as line breaks.
func isHeaderValue(value string) bool {
	return !strings.ContainsFunc(value, func(r rune) bool { return isControl(r) && r != '\t' })
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }
