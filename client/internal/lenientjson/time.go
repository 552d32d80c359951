package lenientjson

import (
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// timeLayouts are the layouts of times, after a space between date and time has become a T. The
// first one is documented; the others have been observed. Parsing accepts fractions of a second.
var timeLayouts = []string{time.RFC3339, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05Z07", "2006-01-02T15:04:05", time.DateOnly}

// ParseTime returns the time in raw JSON, in UTC: a string in one of several layouts, or
// milliseconds since 1970 as a number or a string. For any other value, and for a time that cannot
// be encoded as JSON, it returns false.
func ParseTime(raw jsontext.Value) (time.Time, bool) {
	text := strings.Replace(Text(raw), " ", "T", 1)
	millis, err := strconv.ParseInt(text, 10, 64)
	t := time.UnixMilli(millis)
	for _, layout := range timeLayouts {
		if err != nil {
			t, err = time.Parse(layout, text)
		}
	}
	if t = t.UTC(); err != nil || t.Year() < 0 || t.Year() > 9999 {
		return time.Time{}, false
	}
	return t, true
}
