package client

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"time"
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

// RateLimit is the budget that the API's headers tell. Without them Known is false and the rest is zero.
type RateLimit struct {
	Known          bool
	Max            int           // requests allowed in each Interval
	Remaining      int           // of these, left in the present one
	Interval       time.Duration // usually 10 seconds
	DailyLimit     int           // requests allowed a day; 0 if the API did not tell
	DailyRemaining int           // of these, left today; means something only if DailyLimit is not 0
}

// parseRateLimit reads the budget from the headers of a response. A header that is no number counts as missing.
func parseRateLimit(header http.Header) RateLimit {
	maximum, okMax := headerInt(header, "X-Ratelimit-Max")
	remaining, okRemaining := headerInt(header, "X-Ratelimit-Remaining")
	interval, okInterval := headerInt(header, "X-Ratelimit-Interval-Milliseconds")
	dailyLimit, okDaily := headerInt(header, "X-Ratelimit-Limit-Daily")
	dailyRemaining, okDailyRemaining := headerInt(header, "X-Ratelimit-Daily-Remaining")
	var limit RateLimit
	if okMax && okRemaining && okInterval {
		limit.Known, limit.Max, limit.Remaining = true, maximum, remaining
		limit.Interval = time.Duration(interval) * time.Millisecond
	}
	if okDaily && okDailyRemaining {
		limit.Known, limit.DailyLimit, limit.DailyRemaining = true, dailyLimit, dailyRemaining
	}
	return limit
}

// headerInt reads a header that holds a number from 0 to a billion; key must be canonical.
func headerInt(header http.Header, key string) (int, bool) {
	values := header[key]
	if len(values) == 0 {
		return 0, false
	}
	number, err := strconv.ParseUint(values[0], 10, 32)
	return int(number), err == nil && number <= 1_000_000_000
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
