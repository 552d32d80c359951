package client

import (
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"slices"
)

const (
	// maxErrorBytes is the number of bytes that are read of the body of an error response.
	maxErrorBytes = 64 << 10
	// maxInitialBuffer limits the initial size of the buffer, which Content-Length determines.
	maxInitialBuffer = 1 << 20
	// minRead is the size of the buffer beyond Content-Length, so that the read that returns io.EOF
	// does not enlarge it.
	minRead = 512
)

// Response holds a response of the API, for [WithResponseInto] and in [Error]. Its header and body
// may contain personal data. A Response is therefore printed, logged and encoded as a summary
// without them.
type Response struct {
	StatusCode int         // 0 if no response was received
	Header     http.Header // the vendor's support may ask for the cf-ray header
	Body       []byte      // complete for a 2xx response, otherwise the first 64 KiB
	Attempts   int         // requests sent for the call
	RateLimit  RateLimit
	Drift      []Drift // values of the body that do not match the schema; at most 100
}

// String returns the status, size and number of attempts.
func (r Response) String() string {
	return fmt.Sprintf("status %d, %d bytes, %d attempts", r.StatusCode, len(r.Body), r.Attempts)
}

// Format prints the result of String for every verb.
func (r Response) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, r.String()) }

// MarshalText returns the result of String.
func (r Response) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// LogValue returns the status, size and number of attempts.
func (r Response) LogValue() slog.Value {
	return slog.GroupValue(
		slog.Int("status", r.StatusCode), slog.Int("bytes", len(r.Body)), slog.Int("attempts", r.Attempts))
}

// readBody reads the body of resp and closes it. If the body of a 2xx response is longer than
// limit, it returns an error. Of any other body, it returns at most the first maxErrorBytes.
func readBody(resp *http.Response, limit int64) ([]byte, error) {
	defer resp.Body.Close()
	success := isSuccess(resp.StatusCode)
	if !success {
		limit = maxErrorBytes
	}
	if success && resp.ContentLength > limit {
		return nil, tooLarge(limit)
	}
	limit = min(limit, math.MaxInt64-1)
	body := make([]byte, 0, min(max(resp.ContentLength, 0), limit, maxInitialBuffer)+minRead)
	for int64(len(body)) <= limit { // one byte more shows that the body is too large
		if len(body) == cap(body) {
			body = slices.Grow(body, len(body))
		}
		n, err := resp.Body.Read(body[len(body):min(int64(cap(body)), limit+1)])
		body = body[:len(body)+n]
		switch {
		case err == io.EOF && int64(len(body)) <= limit:
			return body, nil
		case err != nil && int64(len(body)) <= limit:
			return body, err
		}
	}
	if success {
		return nil, tooLarge(limit)
	}
	return body[:limit], nil
}

func tooLarge(limit int64) error {
	return fmt.Errorf("%w: more than %d bytes (see WithMaxResponseBytes)", ErrResponseTooLarge, limit)
}

func isSuccess(status int) bool {
	return status >= 200 && status <= 299
}
