package main

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/highlevel-contacts/contacts-go/client"
)

// selection selects contacts by the flags --where and --since.
type selection struct {
	where []string
	since string
}

// grammar documents the expressions for the help of the commands.
const grammar = `An expression has the form FIELD OPERATOR VALUE, and several of them can be joined by "or". All
expressions must match.

  tags contains vip                   state = CA or state = NY
  dateUpdated >= 2026-11-01           "Shoe size" > 42
  companyName not contains 'Ltd.'     email exists

Operators: = != contains, not contains, exists, not exists, > >= < <=
Fields: those of the API's search, such as firstName, email, city, country, source, type, dnd, tags,
dateAdded, and custom fields by name, key or ID (custom:KEY if a property has the same name). Quote names
and values that contain spaces. Dates are days in UTC, or times such as 2026-11-01T08:00:00Z.`

func (s *selection) addFlags(flags *pflag.FlagSet) {
	flags.StringArrayVar(&s.where, "where", nil, "only contacts that match an `expression`, such as 'tags contains vip'; see 'highlevel search --help'")
	flags.StringVar(&s.since, "since", "", "only contacts that were updated since a `time`, such as 2026-11-01")
}

// open returns the account and the search for the selected contacts, oldest first, so that contacts
// that are created concurrently come last.
func (s *selection) open(cmd *cobra.Command) (*account, client.SearchRequest, error) {
	search := client.SearchRequest{Sort: []client.Sort{{Field: "dateAdded", Direction: "asc"}}}
	account, err := connect(cmd)
	if err != nil {
		return nil, search, err
	}
	for _, expression := range s.where {
		filter, err := parseExpression(expression, account.definitions)
		if err != nil {
			return nil, search, fmt.Errorf("%q: %w", expression, err)
		}
		search.Filters = append(search.Filters, filter)
	}
	if s.since != "" {
		since, err := parseTime(s.since)
		if err != nil {
			return nil, search, fmt.Errorf("--since: %w", err)
		}
		search.Filters = append(search.Filters, client.UpdatedSince(since))
	}
	return account, search, nil
}

// word matches a word of an expression: text in quotation marks, a comparison, or other text.
var word = regexp.MustCompile(`"([^"]*)"|'([^']*)'|[=!<>]+|[^\s=!<>"'][^\s=!<>]*`)

// parseExpression returns the filter of an expression.
func parseExpression(expression string, definitions client.CustomFieldDefinitions) (client.Filter, error) {
	if rest := word.ReplaceAllString(expression, ""); strings.TrimSpace(rest) != "" {
		return client.Filter{}, errors.New("a quotation mark is not closed")
	}
	var filters []client.Filter
	var words []string
	for _, match := range append(word.FindAllStringSubmatch(expression, -1), []string{"or", "", ""}) {
		if !strings.EqualFold(match[0], "or") {
			words = append(words, cmp.Or(match[1]+match[2], strings.Trim(match[0], `"'`)))
			continue
		}
		filter, err := parseCondition(words, definitions)
		if err != nil {
			return client.Filter{}, err
		}
		filters, words = append(filters, filter), nil
	}
	if len(filters) == 1 {
		return filters[0], nil
	}
	return client.AnyOf(filters...), nil
}

var operators = map[string]client.FilterOperator{
	"=": "eq", "==": "eq", "!=": "not_eq", "contains": "contains",
	"not contains": "not_contains", "exists": "exists", "not exists": "not_exists",
	">": "range", ">=": "range", "<": "range", "<=": "range",
}

var rangeEnds = map[string]string{">": "gt", ">=": "gte", "<": "lt", "<=": "lte"}

func parseCondition(words []string, definitions client.CustomFieldDefinitions) (client.Filter, error) {
	usage := errors.New("want FIELD OPERATOR VALUE, such as 'tags contains vip'; see 'highlevel search --help'")
	if len(words) < 2 {
		return client.Filter{}, usage
	}
	field, kind, err := fieldOf(words[0], definitions)
	if err != nil {
		return client.Filter{}, err
	}
	name, rest := strings.ToLower(words[1]), words[2:]
	if name == "not" && len(rest) > 0 {
		name, rest = "not "+strings.ToLower(rest[0]), rest[1:]
	}
	operator, ok := operators[name]
	needsValue := operator != "exists" && operator != "not_exists"
	switch {
	case !ok || needsValue != (len(rest) > 0):
		return client.Filter{}, usage
	case !needsValue:
		return client.Where(field, operator, nil), nil
	case operator == "range" && kind != dateValue && kind != numberValue:
		return client.Filter{}, fmt.Errorf("%s: only dates and numbers can be compared by size", words[0])
	}
	value, err := kind.parse(strings.Join(rest, " "))
	if err != nil {
		return client.Filter{}, fmt.Errorf("%s: %w", words[0], err)
	}
	if operator == "range" {
		value = map[string]any{rangeEnds[name]: value}
	}
	return client.Where(field, operator, value), nil
}

// valueKind is the kind of the values of a field.
type valueKind int

const (
	textValue valueKind = iota
	lowerValue
	boolValue
	dateValue
	numberValue
)

func (k valueKind) parse(text string) (any, error) {
	switch k {
	case lowerValue:
		return strings.ToLower(text), nil
	case boolValue:
		return strconv.ParseBool(text)
	case dateValue:
		at, err := parseTime(text)
		return at.UTC().Format("2006-01-02T15:04:05.000Z"), err
	case numberValue:
		return strconv.ParseFloat(text, 64)
	}
	return text, nil
}

// searchFields are the fields of the API's search by the kind of their values.
var searchFields = map[valueKind][]string{
	textValue: {
		"id", "address", "businessName", "city", "companyName", "phone", "postalCode", "source", "state", "website", "assignedTo", "country",
		"timezone", "type", "followers",
	},
	lowerValue: {"firstNameLowerCase", "lastNameLowerCase", "contactName", "tags", "email"},
	boolValue:  {"dnd", "validEmail"},
	dateValue:  {"dateAdded", "dateUpdated", "dateOfBirth", "lastActivity", "lastAppointment"},
}

// searchAliases are other names of fields, in lower case: those that contacts have.
var searchAliases = map[string]string{
	"address1": "address", "firstname": "firstNameLowerCase", "lastname": "lastNameLowerCase", "name": "contactName", "tag": "tags",
}

// fieldOf returns the API's name of a field and the kind of its values.
func fieldOf(name string, definitions client.CustomFieldDefinitions) (string, valueKind, error) {
	custom, isCustom := strings.CutPrefix(name, customPrefix)
	alias := cmp.Or(searchAliases[strings.ToLower(name)], name)
	for kind, fields := range searchFields {
		i := slices.IndexFunc(fields, func(field string) bool { return strings.EqualFold(field, alias) })
		if i >= 0 && !isCustom {
			return fields[i], kind, nil
		}
	}
	found := findFields(custom, definitions)
	switch len(found) {
	case 0:
		return "", 0, fmt.Errorf("unknown field %s: see 'highlevel search --help'", name)
	case 1:
		kind := map[string]valueKind{"DATE": dateValue, "NUMERICAL": numberValue, "MONETORY": numberValue, "FLOAT": numberValue}[found[0].DataType]
		return "customFields." + found[0].ID, kind, nil
	}
	return "", 0, fmt.Errorf("%s is the name of several custom fields: use the key, such as %s%s", name, customPrefix, found[0].Key)
}

// parseTime returns a day in UTC, or a time in RFC 3339.
func parseTime(text string) (time.Time, error) {
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	return time.Time{}, errors.New("want YYYY-MM-DD or a time such as 2026-11-01T08:00:00Z")
}
