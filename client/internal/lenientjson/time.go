package lenientjson

import (
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// timeLayouts are the observed layouts of times. The documented one is the first.
var timeLayouts = []string{
	time.RFC3339Nano,
	"2006-01-02T15:04:05.999999999Z0700",
	"2006-01-02T15:04:05.999999999Z07",
	"2006-01-02T15:04:05.999999999",
	"2006-01-02 15:04:05.999999999Z0700",
	"2006-01-02 15:04:05.999999999",
	time.DateOnly,
}

// ParseTime returns the time in raw JSON, in UTC: a string in one of several layouts, or
// milliseconds since 1970 as a number or a string. For any other value, it returns false.
func ParseTime(raw jsontext.Value) (time.Time, bool) {
	text := Text(raw)
	if millis, err := strconv.ParseInt(text, 10, 64); err == nil {
		return encodable(time.UnixMilli(millis))
	}
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, text); err == nil {
			return encodable(t)
		}
	}
	return time.Time{}, false
}

// encodable returns t in UTC, and reports whether it can be encoded as JSON.
func encodable(t time.Time) (time.Time, bool) {
	t = t.UTC()
	if t.Year() < 0 || t.Year() > 9999 {
		return time.Time{}, false
	}
	return t, true
}
