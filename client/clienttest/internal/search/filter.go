package search

import (
	"encoding/json"
	"fmt"
	"math"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/wire"
	"github.com/highlevel-contacts/contacts-go/gen"
)

// matcher reports whether a contact matches a filter.
type matcher = func(*gen.Contact) bool

// compileGroup compiles a list of filters that are combined with AND or OR. An empty list matches
// all contacts.
func compileGroup(group gen.FilterGroup, filters []gen.SearchFilter, fields []gen.CustomFieldDefinition) (matcher, error) {
	matchers := make([]matcher, len(filters))
	for i, f := range filters {
		var err error
		if matchers[i], err = compile(f, fields); err != nil {
			return nil, err
		}
	}
	return func(c *gen.Contact) bool {
		if group == "OR" && len(matchers) > 0 {
			return slices.ContainsFunc(matchers, func(m matcher) bool { return m(c) })
		}
		return !slices.ContainsFunc(matchers, func(m matcher) bool { return !m(c) })
	}, nil
}

func compile(f gen.SearchFilter, fields []gen.CustomFieldDefinition) (matcher, error) {
	switch {
	case f.Group != "":
		return compileGroup(f.Group, f.Filters, fields)
	case f.Field == "opportunities":
		return compileNested(f)
	}
	field, err := fieldOf(f.Field, fields)
	switch {
	case err != nil:
		return nil, err
	case !slices.Contains(operators[field.kind], f.Operator) && (f.Field != "phone" || f.Operator != "wildcard"):
		return nil, invalidOperator(f)
	}
	test, err := compileTest(f, field.kind)
	return func(c *gen.Contact) bool { return test(field.values(c)) }, err
}

// compileNested compiles a filter on the opportunities of a contact: one of them must match all
// filters of the value.
func compileNested(f gen.SearchFilter) (matcher, error) {
	var filters []gen.SearchFilter
	if f.Operator != "nested" || json.Unmarshal(wire.Encode(f.Value), &filters) != nil {
		return nil, invalidOperator(f)
	}
	var tests []func(gen.Opportunity) bool
	for _, inner := range filters {
		get := opportunityFields[inner.Field]
		switch {
		case get == nil:
			return nil, invalidField(inner.Field)
		case !slices.Contains(operators[exact], inner.Operator):
			return nil, invalidOperator(inner)
		}
		test, err := compileTest(inner, exact)
		if err != nil {
			return nil, err
		}
		tests = append(tests, func(o gen.Opportunity) bool { return test(values(get(o), exact)) })
	}
	return func(c *gen.Contact) bool {
		return slices.ContainsFunc(c.Opportunities, func(o gen.Opportunity) bool {
			return !slices.ContainsFunc(tests, func(test func(gen.Opportunity) bool) bool { return !test(o) })
		})
	}, nil
}

// compileTest returns a function that reports whether the values of a contact match. A filter whose
// value is a list means any of its elements.
func compileTest(f gen.SearchFilter, k kind) (func(values []any) bool, error) {
	var test func(values []any) bool
	var err error
	name, isNegative := strings.CutPrefix(string(f.Operator), "not_")
	wanted := values(f.Value, k)
	anyOf := func(matches func(value, want string) bool) func([]any) bool {
		return func(values []any) bool {
			return slices.ContainsFunc(values, func(value any) bool {
				return slices.ContainsFunc(wanted, func(want any) bool { return matches(fmt.Sprint(value), fmt.Sprint(want)) })
			})
		}
	}
	switch name {
	case "range":
		test, err = compileRange(f, k)
	case "exists":
		test = func(values []any) bool { return len(values) > 0 }
	case "eq": // not_eq with an empty string filters nothing
		test = anyOf(func(value, want string) bool { return value == want })
	case "wildcard":
		test = anyOf(func(value, want string) bool { ok, _ := path.Match(want, value); return ok })
	case "contains":
		if slices.ContainsFunc(wanted, func(want any) bool { return utf8.RuneCountInString(fmt.Sprint(want)) < 3 }) {
			err = wire.BadRequest("Min. 3 characters required for applying contains filter")
		}
		test = anyOf(strings.Contains)
	}
	return func(values []any) bool { return test(values) != isNegative }, err
}

// compileRange returns a function that reports whether a number or a date is in a range.
func compileRange(f gen.SearchFilter, k kind) (func(values []any) bool, error) {
	ends, _ := f.Value.(map[string]any)
	delete(ends, "time_zone")
	low, high := math.Inf(-1), math.Inf(1)
	valid := len(ends) > 0
	for name, raw := range ends {
		end, ok := readEnd(raw, k)
		valid = valid && ok
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
			valid = false
		}
	}
	if !valid {
		return nil, wire.Unprocessable("value of " + f.Field + " must have gt, gte, lt or lte")
	}
	return func(values []any) bool {
		return slices.ContainsFunc(values, func(value any) bool {
			number, ok := value.(float64)
			return ok && number >= low && number <= high
		})
	}, nil
}

// readEnd reads an end of a range: a number, or a date in ISO 8601.
func readEnd(raw any, k kind) (end float64, ok bool) {
	if t, isDate := parseDate(fmt.Sprint(raw)); isDate && k == date {
		return float64(t.UnixMilli()), true
	}
	end, err := strconv.ParseFloat(fmt.Sprint(raw), 64)
	return end, err == nil
}

func invalidField(name string) error { return wire.BadRequest("Invalid field " + name) }

var capital = regexp.MustCompile(`[A-Z]`)

// invalidOperator returns the API's error, which has the name of the field in snake case.
func invalidOperator(f gen.SearchFilter) error {
	snake := strings.ToLower(capital.ReplaceAllString(f.Field, "_$0"))
	return wire.Unprocessable("Invalid Operator (" + string(f.Operator) + ") passed for field " + snake)
}
