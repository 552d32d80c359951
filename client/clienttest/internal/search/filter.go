package search

import (
	"encoding/json"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/wire"
	"github.com/highlevel-contacts/contacts-go/gen"
)

// filter is a filter with field, operator and value, or a group with group and filters.
type filter struct {
	Field    string         `json:"field"`
	Operator string         `json:"operator"`
	Value    jsontext.Value `json:"value"`
	Group    string         `json:"group"`
	Filters  []filter       `json:"filters"`
}

type matcher = func(*gen.Contact) bool

// all returns a function that reports whether a contact matches all filters.
func all(filters []filter, fields []gen.CustomFieldDefinition) (matcher, error) {
	matchers, err := compile(filters, fields)
	return func(c *gen.Contact) bool {
		return !slices.ContainsFunc(matchers, func(m matcher) bool { return !m(c) })
	}, err
}

func compile(filters []filter, fields []gen.CustomFieldDefinition) ([]matcher, error) {
	matchers := make([]matcher, len(filters))
	for i := range filters {
		var err error
		if matchers[i], err = filters[i].compile(fields); err != nil {
			return nil, err
		}
	}
	return matchers, nil
}

func (f *filter) compile(fields []gen.CustomFieldDefinition) (matcher, error) {
	switch {
	case f.Group == "AND":
		return all(f.Filters, fields)
	case f.Group == "OR":
		matchers, err := compile(f.Filters, fields)
		return func(c *gen.Contact) bool { // an empty group matches all contacts
			return len(matchers) == 0 || slices.ContainsFunc(matchers, func(m matcher) bool { return m(c) })
		}, err
	case f.Field == "" || f.Operator == "":
		return nil, wire.Unprocessable("filters must have field and operator, or group and filters")
	case f.Field == "opportunities":
		return f.nested()
	default:
		return f.simple(fields)
	}
}

// simple compiles a filter on one field.
func (f *filter) simple(fields []gen.CustomFieldDefinition) (matcher, error) {
	field, err := fieldOf(f.Field, fields)
	switch {
	case err != nil:
		return nil, err
	case !slices.Contains(operators[field.kind], f.Operator) && (f.Field != "phone" || f.Operator != "wildcard"):
		return nil, f.invalidOperator()
	}
	test, err := f.test(field.kind)
	if err != nil {
		return nil, err
	}
	return func(c *gen.Contact) bool { return test(field.get(c)) }, nil
}

// test returns a function that reports whether the values of a contact match. A value that is a
// list means any of its elements.
func (f *filter) test(k kind) (func(values []string) bool, error) {
	if f.Operator == "range" {
		return f.testRange(k)
	}
	exists := func(values []string) bool { return len(values) > 0 }
	switch f.Operator {
	case "exists":
		return exists, nil
	case "not_exists":
		return not(exists), nil
	}
	wanted, ok := f.texts()
	if !ok {
		return nil, wire.Unprocessable("value of " + f.Field + " must be a string, a number, a boolean value or a list of them")
	}
	anyOf := func(matches func(value, wanted string) bool) func([]string) bool {
		return func(values []string) bool {
			return slices.ContainsFunc(values, func(value string) bool {
				return slices.ContainsFunc(wanted, func(want string) bool { return matches(strings.ToLower(value), want) })
			})
		}
	}
	equal := anyOf(func(value, want string) bool { return value == want })
	switch f.Operator {
	case "eq":
		return equal, nil
	case "not_eq": // an empty string filters nothing
		return not(equal), nil
	case "wildcard":
		return anyOf(func(value, want string) bool { ok, _ := path.Match(want, value); return ok }), nil
	}
	if slices.ContainsFunc(wanted, func(want string) bool { return utf8.RuneCountInString(want) < 3 }) {
		return nil, wire.BadRequest("Min. 3 characters required for applying contains filter")
	}
	contains := anyOf(strings.Contains)
	if f.Operator == "not_contains" {
		return not(contains), nil
	}
	return contains, nil
}

func not(test func([]string) bool) func([]string) bool {
	return func(values []string) bool { return !test(values) }
}

// texts returns the value of a filter, or the elements of a list, in lower case.
func (f *filter) texts() (texts []string, ok bool) {
	elements := []jsontext.Value{f.Value}
	if f.Value.Kind() == '[' && json.Unmarshal(f.Value, &elements) != nil {
		return nil, false
	}
	for _, element := range elements {
		text := string(element) // of a number or a boolean
		switch element.Kind() {
		case '"':
			if json.Unmarshal(element, &text) != nil {
				return nil, false
			}
		case '0', 't', 'f':
		default:
			return nil, false
		}
		texts = append(texts, strings.ToLower(text))
	}
	return texts, true
}

// testRange returns a function that reports whether a number or a date is in a range.
func (f *filter) testRange(k kind) (func(values []string) bool, error) {
	var ends map[string]jsontext.Value
	invalid := wire.Unprocessable("value of " + f.Field + " must have gt, gte, lt or lte")
	if json.Unmarshal(f.Value, &ends) != nil {
		return nil, invalid
	}
	delete(ends, "time_zone")
	low, high := math.Inf(-1), math.Inf(1)
	for name, raw := range ends {
		end, ok := readEnd(raw, k)
		if !ok {
			return nil, invalid
		}
		switch name {
		case "gt":
			low = max(low, math.Nextafter(end, math.Inf(1)))
		case "gte":
			low = max(low, end)
		case "lt":
			high = min(high, math.Nextafter(end, math.Inf(-1)))
		case "lte":
			high = min(high, end)
		default:
			return nil, invalid
		}
	}
	if len(ends) == 0 {
		return nil, invalid
	}
	return func(values []string) bool {
		return slices.ContainsFunc(values, func(value string) bool {
			number, err := strconv.ParseFloat(value, 64)
			return err == nil && number >= low && number <= high
		})
	}, nil
}

// readEnd reads an end of a range: a number, or a date in ISO 8601.
func readEnd(raw jsontext.Value, k kind) (end float64, ok bool) {
	if json.Unmarshal(raw, &end) == nil {
		return end, true
	}
	var text string
	if json.Unmarshal(raw, &text) != nil {
		return 0, false
	}
	if k == date {
		return millis(text)
	}
	end, err := strconv.ParseFloat(text, 64)
	return end, err == nil
}

// millis returns a date in ISO 8601, or a number, in milliseconds since 1970.
func millis(text string) (ms float64, ok bool) {
	for _, layout := range []string{time.RFC3339, time.DateOnly, "2006-01-02T15:04:05"} {
		if t, err := time.Parse(layout, text); err == nil {
			return float64(t.UnixMilli()), true
		}
	}
	ms, err := strconv.ParseFloat(text, 64)
	return ms, err == nil
}

// nested compiles a filter on the opportunities of a contact: one of them must match all filters of
// the value.
func (f *filter) nested() (matcher, error) {
	if f.Operator != "nested" {
		return nil, f.invalidOperator()
	}
	var filters []filter
	if json.Unmarshal(f.Value, &filters) != nil {
		return nil, wire.Unprocessable("value of opportunities must be an array")
	}
	var tests []func(gen.Opportunity) bool
	for _, inner := range filters {
		get := opportunityFields[inner.Field]
		if get == nil {
			return nil, invalidField(inner.Field)
		}
		if !slices.Contains(operators[exact], inner.Operator) {
			return nil, inner.invalidOperator()
		}
		test, err := inner.test(exact)
		if err != nil {
			return nil, err
		}
		tests = append(tests, func(o gen.Opportunity) bool { return test(set(get(o))) })
	}
	return func(c *gen.Contact) bool {
		return slices.ContainsFunc(c.Opportunities, func(o gen.Opportunity) bool {
			return !slices.ContainsFunc(tests, func(test func(gen.Opportunity) bool) bool { return !test(o) })
		})
	}, nil
}

func invalidField(name string) error { return wire.BadRequest("Invalid field " + name) }

// invalidOperator returns the API's error, which has the name of the field in snake case.
func (f *filter) invalidOperator() error {
	var name strings.Builder
	for _, r := range f.Field {
		if r >= 'A' && r <= 'Z' {
			name.WriteByte('_')
			r += 'a' - 'A'
		}
		name.WriteRune(r)
	}
	return wire.UnprocessableText("Invalid Operator (" + f.Operator + ") passed for field " + name.String())
}
