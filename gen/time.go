package gen

import (
	"encoding/json"
	"errors"
	"strconv"
	"time"
)

// Time is a time that the API sends in RFC 3339 or in milliseconds since 1970.
type Time struct{ time.Time }

// UnmarshalJSON decodes both forms, and null as the zero time.
func (t *Time) UnmarshalJSON(data []byte) error {
	millis, err := strconv.ParseInt(string(data), 10, 64)
	if err != nil {
		return t.Time.UnmarshalJSON(data)
	}
	t.Time = time.UnixMilli(millis).UTC()
	if t.Year() < 0 || t.Year() > 9999 {
		return errors.New("RFC 3339 cannot express the year")
	}
	return nil
}

// Date is a date as text. The API sends YYYY-MM-DD or RFC 3339, which Date holds unchanged, or
// milliseconds since 1970, which become YYYY-MM-DD.
type Date string

// UnmarshalJSON decodes all forms, and null as the empty string.
func (d *Date) UnmarshalJSON(data []byte) error {
	switch {
	case string(data) == "null":
		*d = ""
		return nil
	case len(data) == 0 || data[0] == '"':
		return json.Unmarshal(data, (*string)(d))
	}
	var t Time
	if err := t.UnmarshalJSON(data); err != nil {
		return err
	}
	*d = Date(t.Format(time.DateOnly))
	return nil
}
