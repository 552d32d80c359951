package gen

import (
	"encoding/json"
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
	_, err = t.MarshalJSON() // fails for a year that RFC 3339 cannot express
	return err
}

// Date is a date as text. The API sends YYYY-MM-DD or RFC 3339, which Date holds unchanged, or
// milliseconds since 1970, which become YYYY-MM-DD.
type Date string

// UnmarshalJSON decodes all forms, and null as the empty string.
func (d *Date) UnmarshalJSON(data []byte) error {
	var t Time
	if len(data) == 0 || data[0] == '"' || data[0] == 'n' {
		return json.Unmarshal(data, (*string)(d))
	}
	if err := t.UnmarshalJSON(data); err != nil {
		return err
	}
	*d = Date(t.Format(time.DateOnly))
	return nil
}
