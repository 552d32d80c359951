package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// recorder stores response bodies as fixtures. It replaces every value that may identify a person,
// a contact or a location. These are all strings except words of a fixed vocabulary, and all
// numbers except counts and statuses.
//
// A replacement has the form of the original. Equal values have equal replacements in all files, so
// that a cursor still matches its contact.
type recorder struct {
	directory string
	files     int               // number of files
	replaced  map[string]string // replacements by kind and original value
	counts    map[string]int    // number of replacements by kind
	secrets   []string          // strings that no file may contain
}

func newRecorder(directory string, secrets ...string) (*recorder, error) {
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return nil, fmt.Errorf("-record: %w", err)
	}
	return &recorder{directory: directory, replaced: map[string]string{}, counts: map[string]int{}, secrets: secrets}, nil
}

// record writes the body of a response to a file. It writes only JSON, because it cannot replace
// personal data in other bodies. A nil recorder writes nothing.
func (r *recorder) record(o *observation) error {
	if r == nil || o.body == nil {
		return nil
	}
	r.files++
	name := fmt.Sprintf("%02d-%s-%d.json", r.files, strings.ReplaceAll(o.step, " ", "-"), o.response.StatusCode)
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(r.replace("", o.body)); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	for _, secret := range r.secrets {
		if bytes.Contains(out.Bytes(), []byte(secret)) {
			return fmt.Errorf("%s: the file would contain the token or the location", name)
		}
	}
	return os.WriteFile(filepath.Join(r.directory, name), out.Bytes(), 0o600)
}

// Properties whose values are not replaced: words of a fixed vocabulary, counts and statuses. Of
// the messages, only IDs, email addresses, numbers and quoted text are replaced.
var (
	vocabulary = []string{"status", "code", "type", "matchingField", "channel", "medium", "utmMedium", "country", "timezone", "encoding", "mimetype"}
	numbers    = []string{"status", "statusCode", "total", "count", "currentPage", "nextPage", "prevPage"}
	messages   = []string{"message", "error", "error_description"}
)

var (
	wordPattern     = regexp.MustCompile(`^[A-Za-z0-9_./+-]{0,32}$`)
	uuidPattern     = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	idPattern       = regexp.MustCompile(`^[A-Za-z0-9]{20,24}$`)
	emailPattern    = regexp.MustCompile(`^[^@\s]+@[^@\s]+$`)
	phonePattern    = regexp.MustCompile(`^\+?[0-9][0-9 ()./-]{5,}$`)
	propertyPattern = regexp.MustCompile(`^[A-Za-z_]{1,40}$`)
	// inMessage matches an ID, email address, number or quoted text in a message.
	inMessage = regexp.MustCompile(`[^\s@"']+@[^\s@"']+|\b[A-Za-z0-9]{20,24}\b|\+?[0-9][0-9-]{5,}|"[^"]*"|'[^']*'`)
)

// replace returns the value of the property name without personal data.
func (r *recorder) replace(name string, value any) any {
	switch value := value.(type) {
	case map[string]any:
		object := map[string]any{}
		for key, propertyValue := range value {
			newKey := key
			if !propertyPattern.MatchString(key) {
				newKey = r.text(key) // such as the UUID of a file
			}
			object[newKey] = r.replace(key, propertyValue)
		}
		return object
	case []any:
		list := make([]any, len(value))
		for i, element := range value {
			list[i] = r.replace(name, element)
		}
		return list
	case string:
		switch {
		case slices.Contains(vocabulary, name) && wordPattern.MatchString(value):
			return value
		case slices.Contains(messages, name):
			return inMessage.ReplaceAllStringFunc(value, r.text)
		}
		return r.text(value)
	case float64:
		if slices.Contains(numbers, name) {
			return value
		}
		return r.number(value)
	}
	return value
}

// text returns the replacement of a string, which has the same form.
func (r *recorder) text(value string) string {
	if value == "" {
		return ""
	}
	if t, err := time.Parse(time.RFC3339, value); err == nil {
		return r.time(t).Format("2006-01-02T15:04:05.000Z07:00")
	}
	if _, err := time.Parse(time.DateOnly, value); err == nil {
		return r.replacement("date", value, func(n int) string { return time.Date(1990, 1, n, 0, 0, 0, 0, time.UTC).Format(time.DateOnly) })
	}
	lower := strings.ToLower(value)
	switch {
	case uuidPattern.MatchString(value):
		return r.replacement("uuid", lower, func(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", n) })
	case strings.Contains(value, "://"):
		return r.replacement("url", value, func(n int) string { return fmt.Sprintf("https://example.com/%d", n) })
	case emailPattern.MatchString(value):
		return r.replacement("email", lower, func(n int) string { return fmt.Sprintf("person%d@example.com", n) })
	case idPattern.MatchString(value):
		return r.replacement("id", value, func(n int) string { return fmt.Sprintf("Sample%0*d", len(value)-len("Sample"), n) })
	case phonePattern.MatchString(value):
		digits := strings.Map(func(c rune) rune {
			if c < '0' || c > '9' {
				return -1
			}
			return c
		}, value)
		return r.replacement("phone", digits, func(n int) string { return fmt.Sprintf("+1555010%04d", n) })
	}
	replacement := r.replacement("text", lower, func(n int) string { return fmt.Sprintf("Text %d", n) })
	if value == lower {
		return strings.ToLower(replacement) // names are in lower case in lists
	}
	return replacement
}

// number returns the replacement of a number. A time in milliseconds is replaced by another time.
func (r *recorder) number(value float64) any {
	const firstTime, lastTime = 1e11, 1e14 // milliseconds, in the years 1973 and 5138
	if value >= firstTime && value < lastTime {
		return r.time(time.UnixMilli(int64(value))).UnixMilli()
	}
	return json.Number(r.replacement("number", fmt.Sprint(value), strconv.Itoa))
}

// time returns the replacement of a time, which does not depend on the form of the original.
func (r *recorder) time(t time.Time) time.Time {
	replacement, err := time.Parse(time.RFC3339, r.replacement("time", strconv.FormatInt(t.UnixMilli(), 10), func(n int) string {
		return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(-time.Duration(n) * time.Minute).Format(time.RFC3339)
	}))
	if err != nil {
		panic(err) // the string was formatted above
	}
	return replacement
}

// replacement returns the replacement of original. If original is new, it calls create with the
// number of the new replacement, which begins with 1 for each kind.
func (r *recorder) replacement(kind, original string, create func(n int) string) string {
	key := kind + " " + original
	if existing, ok := r.replaced[key]; ok {
		return existing
	}
	r.counts[kind]++
	r.replaced[key] = create(r.counts[kind])
	return r.replaced[key]
}
