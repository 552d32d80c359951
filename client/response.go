package client

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
)

const (
	defaultMaxBytes = 16 << 20
	maxErrorBytes   = 64 << 10
	firstReadBytes  = 1 << 20 // how much of an announced length is believed before it has come
)

// Response is what came back from the API, for [CaptureResponse] and in [Error]. Header and Body are data: Body may hold
// personal data and is never printed by this package.
type Response struct {
	StatusCode int         // 0 if nothing came back
	Header     http.Header // cf-ray in it helps the vendor's support
	Body       []byte      // whole for a success; of an error the first 64 KiB
	Attempts   int         // requests sent for the call
	RateLimit  RateLimit
	Drift      []Drift // where the body differs from the document, at most 100 places
}

// String returns status, size and attempts, nothing of the content.
func (r Response) String() string {
	return fmt.Sprintf("status %d, %d bytes, attempt %d", r.StatusCode, len(r.Body), r.Attempts)
}

// GoString returns what String returns.
func (r Response) GoString() string { return r.String() }

// MarshalText returns what String returns, so that no encoding holds personal data.
func (r Response) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// LogValue returns status, size and attempts, nothing of the content.
func (r Response) LogValue() slog.Value {
	return slog.GroupValue(
		slog.Int("status", r.StatusCode), slog.Int("bytes", len(r.Body)), slog.Int("attempts", r.Attempts))
}

// Drift is a place where a body does not have the type that the document promises. The value was kept as far as it could be.
type Drift struct {
	Pointer string // JSON pointer into the body
	Want    string // type by the document: string, boolean, integer, number, date-time, array or object
	Got     string // JSON type found
}

// readBody reads the body of resp and closes it: a success within limit, of anything else the beginning.
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
	room := min(max(resp.ContentLength, 0), limit, firstReadBytes) + bytes.MinRead
	body := bytes.NewBuffer(make([]byte, 0, room))
	_, err := body.ReadFrom(io.LimitReader(resp.Body, limit+1)) // one more finds out whether it is larger
	if int64(body.Len()) <= limit {
		return body.Bytes(), err
	}
	if success {
		return nil, tooLarge(limit)
	}
	return body.Bytes()[:limit], nil
}

func tooLarge(limit int64) error {
	return fmt.Errorf("%w than %d bytes (see WithMaxResponseBytes)", ErrResponseTooLarge, limit)
}

func isSuccess(status int) bool {
	return status >= 200 && status <= 299
}
