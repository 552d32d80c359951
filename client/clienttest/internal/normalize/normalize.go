// Package normalize converts the values of contacts to the form in which the API stores them.
package normalize

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/nyaruka/phonenumbers"

	"github.com/highlevel-contacts/contacts-go/gen"
)

// Tags returns tags trimmed, in lower case, and without empty and repeated ones.
func Tags(tags []string) []string {
	normal := make([]string, 0, len(tags))
	for _, tag := range tags {
		tag = strings.ToLower(strings.TrimSpace(tag))
		if tag != "" && !slices.Contains(normal, tag) {
			normal = append(normal, tag)
		}
	}
	return normal
}

var e164 = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

// Phone returns a number in E.164. A number without a country code belongs to the country.
func Phone(number, country string) (normal string, ok bool) {
	parsed, err := phonenumbers.Parse(number, country)
	if err != nil || !phonenumbers.IsPossibleNumber(parsed) {
		return "", false
	}
	return phonenumbers.Format(parsed, phonenumbers.E164), true
}

// SeededPhone returns a number as Phone does, but does not change numbers that are in E.164 or
// impossible. It is much faster for numbers in E.164.
func SeededPhone(number, country string) string {
	if number != "" && !e164.MatchString(number) {
		if normal, ok := Phone(number, country); ok {
			return normal
		}
	}
	return number
}

// Email returns an email address without spaces around it.
func Email(address string) (normal string, ok bool) {
	address = strings.TrimSpace(address)
	name, host, _ := strings.Cut(address, "@")
	return address, name != "" && host != "" && !strings.ContainsAny(address, " \t\r\n")
}

// Country returns a two-letter code in upper case.
func Country(code string) (normal string, ok bool) {
	return strings.ToUpper(code), len(code) == 2
}

// separators replaces each separator of a day by a dash.
var separators = strings.NewReplacer("/", "-", ".", "-", "_", "-")

// Day reads a day in the forms that dateOfBirth accepts: YYYY-MM-DD and MM-DD-YYYY, separated by
// - / . or _, and RFC 3339. It returns the day as YYYY-MM-DD.
func Day(value string) (normal string, ok bool) {
	t, err := time.Parse(time.RFC3339, value)
	for _, layout := range []string{"2006-1-2", "1-2-2006"} {
		if err != nil {
			t, err = time.Parse(layout, separators.Replace(value))
		}
	}
	return t.Format(time.DateOnly), err == nil
}

// FullName returns what the API calls name and contactName.
func FullName(c *gen.Contact) string {
	return strings.TrimSpace(c.FirstName + " " + c.LastName)
}

// SplitName sets the first and last name of a contact from a full name. It splits the name at the
// first space; how the API splits it has not been observed.
func SplitName(c *gen.Contact, name string) {
	first, last, _ := strings.Cut(strings.TrimSpace(name), " ")
	c.FirstName, c.LastName = first, strings.TrimSpace(last)
}
