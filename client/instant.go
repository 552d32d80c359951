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
		return time.UnixMilli(millis).UTC(), true
	}
	for _, layout := range instantLayouts {
		if instant, err := time.Parse(layout, text); err == nil {
			return instant, true
		}
	}
	return time.Time{}, false
}
