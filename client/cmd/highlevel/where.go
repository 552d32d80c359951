package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

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

// search returns the search for the selected contacts, oldest first, so that contacts that are
// created concurrently come last.
func (s *selection) search(definitions client.CustomFieldDefinitions) (client.SearchRequest, error) {
	search := client.SearchRequest{Sort: []client.Sort{{Field: "dateAdded", Direction: "asc"}}}
	for _, expression := range s.where {
		filter, err := parseExpression(expression, definitions)
		if err != nil {
			return search, fmt.Errorf("%q: %w", expression, err)
		}
		search.Filters = append(search.Filters, filter)
	}
	if s.since != "" {
		since, err := parseTime(s.since)
		if err != nil {
			return search, fmt.Errorf("--since: %w", err)
		}
		search.Filters = append(search.Filters, client.UpdatedSince(since))
	}
	return search, nil
}

// token is a word of an expression.
type token struct {
	text   string
	quoted bool
}

// parseExpression returns the filter of an expression.
func parseExpression(expression string, definitions client.CustomFieldDefinitions) (client.Filter, error) {
	tokens, err := tokenize(expression)
	if err != nil {
		return client.Filter{}, err
	}
	var filters []client.Filter
	for start, i := 0, 0; i <= len(tokens); i++ {
		if i < len(tokens) && (tokens[i].quoted || !strings.EqualFold(tokens[i].text, "or")) {
			continue
		}
		filter, err := parseCondition(tokens[start:i], definitions)
		if err != nil {
			return client.Filter{}, err
		}
		filters = append(filters, filter)
		start = i + 1
	}
	if len(filters) == 1 {
		return filters[0], nil
	}
	return client.AnyOf(filters...), nil
}

// tokenize splits an expression at spaces and around comparison operators.
func tokenize(expression string) ([]token, error) {
	const comparison = "=!<>"
	var tokens []token
	for rest := strings.TrimSpace(expression); rest != ""; rest = strings.TrimSpace(rest) {
		isQuoted := strings.ContainsAny(rest[:1], `"'`)
		var length int
		switch {
		case isQuoted:
			length = strings.IndexByte(rest[1:], rest[0]) + 2
			if length == 1 {
				return nil, errors.New("a quotation mark is not closed")
			}
		case strings.ContainsAny(rest[:1], comparison):
			length = len(rest) - len(strings.TrimLeft(rest, comparison))
		default:
			if length = strings.IndexAny(rest, " \t"+comparison); length < 0 {
				length = len(rest)
			}
		}
		text := rest[:length]
		if isQuoted {
			text = text[1 : length-1]
		}
		tokens = append(tokens, token{text, isQuoted})
		rest = rest[length:]
	}
	return tokens, nil
}

var operators = map[string]client.FilterOperator{
	"=": "eq", "==": "eq", "!=": "not_eq", "contains": "contains",
	"not contains": "not_contains", "exists": "exists", "not exists": "not_exists",
	">": "range", ">=": "range", "<": "range", "<=": "range",
}

var rangeEnds = map[string]string{">": "gt", ">=": "gte", "<": "lt", "<=": "lte"}

func parseCondition(tokens []token, definitions client.CustomFieldDefinitions) (client.Filter, error) {
	usage := errors.New("want FIELD OPERATOR VALUE, such as 'tags contains vip'; see 'highlevel search --help'")
	if len(tokens) < 2 {
		return client.Filter{}, usage
	}
	field, kind, err := fieldOf(tokens[0].text, definitions)
	if err != nil {
		return client.Filter{}, err
	}
	name, rest := strings.ToLower(tokens[1].text), tokens[2:]
	if name == "not" && len(rest) > 0 {
		name, rest = "not "+strings.ToLower(rest[0].text), rest[1:]
	}
	operator, ok := operators[name]
	needsValue := operator != "exists" && operator != "not_exists"
	switch {
	case !ok || needsValue != (len(rest) > 0):
		return client.Filter{}, usage
	case !needsValue:
		return client.Where(field, operator, nil), nil
	}
	words := make([]string, len(rest))
	for i, t := range rest {
		words[i] = t.text
	}
	value := strings.Join(words, " ")
	if operator != "range" {
		return client.Where(field, operator, scalar(kind, value)), nil
	}
	end, err := rangeEnd(kind, value)
	if err != nil {
		return client.Filter{}, fmt.Errorf("%s: %w", tokens[0].text, err)
	}
	return client.Where(field, operator, map[string]any{rangeEnds[name]: end}), nil
}

// valueKind is the kind of the values of a field that can be compared.
type valueKind int

const (
	textValue valueKind = iota
	lowerValue
	boolValue
	dateValue
	numberValue
)

// searchFields are the fields of the API's search by their names in lower case.
var searchFields = map[string]struct {
	name string
	kind valueKind
}{
	"id": {"id", textValue}, "address": {"address", textValue}, "address1": {"address", textValue}, "businessname": {"businessName", textValue},
	"city": {"city", textValue}, "companyname": {"companyName", textValue}, "firstname": {"firstNameLowerCase", lowerValue},
	"lastname": {"lastNameLowerCase", lowerValue}, "name": {"contactName", lowerValue}, "phone": {"phone", textValue},
	"postalcode": {"postalCode", textValue}, "source": {"source", textValue}, "state": {"state", textValue}, "tags": {"tags", lowerValue},
	"tag": {"tags", lowerValue}, "email": {"email", lowerValue}, "website": {"website", textValue}, "assignedto": {"assignedTo", textValue},
	"country": {"country", textValue}, "timezone": {"timezone", textValue}, "type": {"type", textValue}, "dnd": {"dnd", boolValue},
	"validemail": {"validEmail", boolValue}, "followers": {"followers", textValue}, "dateadded": {"dateAdded", dateValue},
	"dateupdated": {"dateUpdated", dateValue}, "dateofbirth": {"dateOfBirth", dateValue}, "lastactivity": {"lastActivity", dateValue},
	"lastappointment": {"lastAppointment", dateValue},
}

// fieldOf returns the API's name of a field and the kind of its values.
func fieldOf(name string, definitions client.CustomFieldDefinitions) (string, valueKind, error) {
	custom, isCustom := strings.CutPrefix(name, customPrefix)
	if field, ok := searchFields[strings.ToLower(name)]; ok && !isCustom {
		return field.name, field.kind, nil
	}
	found := findFields(custom, definitions)
	switch len(found) {
	case 0:
		return "", 0, fmt.Errorf("unknown field %s: see 'highlevel search --help'", name)
	case 1:
	default:
		return "", 0, fmt.Errorf("%s is the name of several custom fields: use the key, such as %s%s", name, customPrefix, found[0].Key)
	}
	kind := map[string]valueKind{"DATE": dateValue, "NUMERICAL": numberValue, "MONETORY": numberValue, "FLOAT": numberValue}[found[0].DataType]
	return "customFields." + found[0].ID, kind, nil
}

func scalar(kind valueKind, value string) any {
	number, err := strconv.ParseFloat(value, 64)
	switch {
	case kind == lowerValue:
		return strings.ToLower(value)
	case kind == boolValue && (value == "true" || value == "false"):
		return value == "true"
	case kind == numberValue && err == nil:
		return number
	}
	return value
}

func rangeEnd(kind valueKind, value string) (any, error) {
	if kind == numberValue {
		number, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return nil, errors.New("want a number")
		}
		return number, nil
	}
	if kind != dateValue {
		return nil, errors.New("only dates and numbers can be compared by size")
	}
	at, err := parseTime(value)
	return at.UTC().Format("2006-01-02T15:04:05.000") + "Z", err
}
