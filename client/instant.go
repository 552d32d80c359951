package client

import (
	"encoding/json"
	"strconv"
	"time"
)

// instantLayouts are the forms in which instants have been seen, the documented one first.
var instantLayouts = []string{
	time.RFC3339Nano,
	"2006-01-02T15:04:05.999999999Z0700",
	"2006-01-02T15:04:05.999999999Z07",
	"2006-01-02T15:04:05.999999999",
	"2006-01-02 15:04:05.999999999Z0700",
	"2006-01-02 15:04:05.999999999",
	time.DateOnly,
}

// parseInstant reads an instant from raw JSON: a text in one of instantLayouts, or a number of milliseconds since 1970, bare
// or as text.
func parseInstant(raw []byte) (time.Time, bool) {
	var text string
	if json.Unmarshal(raw, &text) != nil {
		text = string(raw)
	}
	if millis, err := strconv.ParseInt(text, 10, 64); err == nil {
		return writable(time.UnixMilli(millis))
	}
	for _, layout := range instantLayouts {
		if instant, err := time.Parse(layout, text); err == nil {
			return writable(instant)
		}
	}
	return time.Time{}, false
}

// writable returns an instant in UTC if it could be written as JSON again.
func writable(instant time.Time) (time.Time, bool) {
	instant = instant.UTC()
	if instant.Year() < 0 || instant.Year() > 9999 {
		return time.Time{}, false
	}
	return instant, true
}
